"""A new trial lands without touching a test: the promise that this review lives on."""

import csv
import os
import re
import shutil
import subprocess
import sys

import pytest
from test_update import GUIDE, follow

from livingreview.__main__ import main
from livingreview.evidence import load_evidence

NOT_COPIED = (".git", ".venv", ".lockenv", "_build", "_releases", "__pycache__", ".*_cache", ".hypothesis")
# The guide's own trial of exercise under another id, and one of stimulation in its place.
EXERCISE = {"omega2027": "tau2028", "Omega 2027": "Tau 2028", "omega.2027": "tau.2028"}
STIMULATION = {
    "omega2027": "upsilon2028",
    "Omega 2027": "Upsilon 2028",
    "omega.2027": "upsilon.2028",
    "--question exercise": "--question tsms",
    ",exercise,10.5555": ",nibs,10.5555",
    "Endurance training": "Magnetic stimulation",
    "exercise": "active",
    "usual_care": "sham",
    "Usual care": "Sham stimulation",
    "kind: control": "kind: sham",
    "alsfrs_r,": "alsfrs_r_decline,",
    "all,serious_": "all,seizures,,,,not_mentioned,report,whole report,\nall,serious_",
    "outcome: alsfrs_r\n": "outcome: alsfrs_r_decline\n",
    "31.2,6.8": "0.90,0.60",
    "29.9,7.1": "1.00,0.50",
}
PINNED = """import pytest
from livingreview.evidence import load_evidence

@pytest.mark.evidence
def test_a_number_of_trials_that_is_pinned(root):
    assert len(load_evidence(root).cards) == {count}
"""


def told(changes: dict[str, str]) -> str:
    """Give what the guide tells of adding a trial, from its beginning to the check, for another trial."""
    text = GUIDE[GUIDE.index("## Add a trial") : GUIDE.index("### Check, and rewrite")]
    text = text.replace("git switch -c omega2027\n", "")
    for old, new in changes.items():
        assert old in text, f"the guide no longer holds {old!r}"
        text = text.replace(old, new)
    return text


def correct(table):
    """Change the first mean of a table that was not printed for the start of its trial."""
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    row = next(row for row in rows if row["mean"] and float(row["timepoint_weeks"] or 0) > 0)
    row["mean"] = f"{float(row['mean']) + 0.1:.2f}"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_a_new_trial_and_a_corrected_figure_change_no_test(tmp_path, root, capsys, monkeypatch):
    """Every marked test passes on a copy with two more trials, and one that pins a number fails."""
    copy = shutil.copytree(root, tmp_path / "review", ignore=shutil.ignore_patterns(*NOT_COPIED))
    before = len(list(copy.glob("data/trials/*")))
    (copy / "tests/test_pinned.py").write_text(PINNED.format(count=before), encoding="utf-8")
    monkeypatch.chdir(copy)
    correct(min(copy.glob("data/trials/*/arms.csv")))
    for changes in (EXERCISE, STIMULATION):
        with monkeypatch.context() as draft:
            draft.setenv("DRAFT", "1")
            follow(copy, told(changes), capsys)
            assert main(["check"]) == 0
    # All that is wrong now are sentences that the new trials make untrue, which a person rewrites.
    capsys.readouterr()
    assert main(["check"]) == 1
    faults = capsys.readouterr().out.splitlines()
    assert faults and all(re.match(r"\S+\.md:\d+: statement: no longer holds: ", fault) for fault in faults)
    assert len(list(copy.glob("data/trials/*"))) == before + 2
    # Whatever runs this test says nothing to the tests of the copy.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    words = "-m pytest -m evidence -rfE --tb=short -p no:cacheprovider"
    done = subprocess.run(
        [sys.executable, *words.split()],
        cwd=copy,
        env=env | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
    )
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    pinned = "tests/test_pinned.py::test_a_number_of_trials_that_is_pinned"
    assert failed == [pinned], done.stdout[-8000:] + done.stderr


def test_a_test_that_is_not_marked_cannot_read_the_real_evidence(root):
    with pytest.raises(AssertionError, match="only a test marked `evidence`"):
        load_evidence(root)
