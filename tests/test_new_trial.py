"""A person who follows the guide in CONTRIBUTING.md word for word gets there, and no test has to change."""

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pandas as pd
import pytest
from made_up import git

from livingreview.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
NOT_COPIED = (".git", ".venv", ".lockenv", "_build", "_releases", ".*_cache", ".hypothesis")
# Without its diagram.
GUIDE = re.sub(r"```mermaid.*?```", "", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.S)
NOBODY = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
# A block with the line above it, which names the file; or a sentence that says what to replace.
STEP = re.compile(
    r"^(?:(?P<told>(?!```)[^\n]+)\n\n)?```(?P<kind>\w+)\n(?P<block>.*?)^```$"
    r"|^Replace `(?P<old>[^`]+)` with `(?P<new>[^`]+)` in `(?P<path>[^`]+)`\.$",
    re.MULTILINE | re.DOTALL,
)
# What a copy without network and remote cannot do; each is tested where it belongs.
ELSEWHERE = ("make html", "make serve")


def play(root, line: str) -> str:
    """Run a line of the guide in the copy, and give what it says."""
    check = ".venv/bin/livingreview check"
    words = shlex.split(line.replace("make check DRAFT=1", check).replace("make check", check))
    if line.startswith("git push") or "release" in words or line in ELSEWHERE:
        return ""
    if words[0] == "git":
        return git(root, *NOBODY, *words[1:])
    assert words[0] == ".venv/bin/livingreview", line
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
        done = main(words[1:])
    assert done == 0, f"{line}\n{out.getvalue()}"
    return out.getvalue()


def follow(root, text: str) -> dict[str, str]:
    """Do what a text tells, step by step, and give what each command said."""
    said = {}
    for step in STEP.finditer(text):
        if step["old"]:
            path = root / step["path"]
            assert path.read_text().count(step["old"]) == 1, step["old"]
            path.write_text(path.read_text().replace(step["old"], step["new"]))
        elif step["kind"] == "sh":
            said |= {line: play(root, line) for line in step["block"].splitlines()}
        else:
            how, name = re.fullmatch(r"(Add to the end of|Let) `([^`]+)`(?: hold)?:", step["told"]).groups()
            before = (root / name).read_text() if how.startswith("Add") else ""
            (root / name).write_text(before + step["block"])
    return said


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """The review as it is, in a repository of its own, which lacks the commits that the records name."""
    copy = shutil.copytree(ROOT, tmp_path / "review", ignore=shutil.ignore_patterns(*NOT_COPIED))
    for path in (copy / "data/releases").glob("*.yml"):
        path.unlink()
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "Begin"]):
        git(copy, *NOBODY, *words)
    monkeypatch.chdir(copy)
    return copy


def test_a_person_who_follows_the_guide_gets_there_and_changes_no_test(copy, monkeypatch):
    """Every marked test passes on a copy with two more trials."""
    before = len(list(copy.glob("data/trials/*")))
    # Sentences that the invented trials make untrue are for a person to rewrite.
    monkeypatch.setenv("DRAFT", "1")
    said = follow(copy, GUIDE)
    (moved,) = [text for line, text in said.items() if line.endswith("livingreview diff")]
    assert "Trial omega2027 (Omega 2027) added" in moved
    assert re.search(r"arms.csv: +\(none\) -> 2 rows\n", moved)
    function = moved[moved.index("  Exercise and function\n") :]
    was, now = map(int, re.search(r"(?:Estimates|k):? +(\d+) -> (\d+)", function).groups())
    assert now == was + 1
    assert git(copy, "log", "-1", "--format=%s", "omega2027") == "Add trial omega2027"
    assert "read yet" not in git(copy, "show", "--unified=0", "omega2027")
    screened = pd.read_csv(copy / "data/screening.csv", index_col="record_id")
    assert screened.loc["doi10.5555/chi.2027", ["decision", "by"]].tolist() == ["excluded", "Ada Reader"]
    assert pd.read_csv(copy / "data/candidates.csv").empty
    assert "Ben Checker" in (copy / "data/trials/omega2027/arms.csv").read_text()
    table = (copy / "data/trials/psi2027/arms.csv").read_text()
    assert "cycling,alsfrs_r,26,,18,analysed,33.5,5.9" in table

    # A figure is corrected.
    _correct(min(copy.glob("data/trials/*/arms.csv")))
    assert len(list(copy.glob("data/trials/*"))) == before + 2
    monkeypatch.delenv("DRAFT")
    with redirect_stdout(io.StringIO()) as out:
        assert main(["check"]) == 1
    faults = out.getvalue().splitlines()
    assert faults and all(re.match(r"\S+\.md:\d+: statement: no longer holds: ", fault) for fault in faults)

    # The tests that hold for any evidence hold for this.
    shutil.rmtree(copy / ".git")
    for path in (ROOT / "data/releases").glob("*.yml"):
        shutil.copy(path, copy / "data/releases")
    marked = [path for path in copy.glob("tests/test_*.py") if "mark.evidence" in path.read_text()]
    assert len(marked) > 4
    # Whatever runs this test says nothing to the tests of the copy.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    words = [sys.executable, *"-m pytest -m evidence -rfE --tb=short -p no:cacheprovider".split(), *marked]
    env |= {"PYTHONPATH": str(copy)}
    done = subprocess.run(words, cwd=copy, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr


def _correct(path: Path) -> None:
    """Change the first mean of a table that was not printed for the start of its trial."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    later = table["mean"].ne("") & table.timepoint_weeks.replace("", "0").astype(float).gt(0)
    first = later.idxmax()
    table.loc[first, "mean"] = f"{float(table.loc[first, 'mean']) + 0.1:.2f}"
    table.to_csv(path, index=False, lineterminator="\n")
