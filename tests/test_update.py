"""A person who follows the guide in CONTRIBUTING.md word for word gets there."""

import csv
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from livingreview.__main__ import main, make_parser

ROOT = Path(__file__).resolve().parents[1]
# Without its diagram.
GUIDE = re.sub(r"```mermaid.*?```", "", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.S)
# A block with the line above it, which names the file; or a sentence that says what to replace.
STEP = re.compile(
    r"^(?:(?P<told>(?!```)[^\n]+)\n\n)?```(?P<kind>\w+)\n(?P<block>.*?)^```$"
    r"|^Replace `(?P<old>[^`]+)` with `(?P<new>[^`]+)` in `(?P<path>[^`]+)`\.$",
    re.MULTILINE | re.DOTALL,
)
# What a copy without chapters, network and remote cannot do; each is tested where it belongs.
ELSEWHERE = ("make html", "make serve")


@pytest.fixture
def copy(tmp_path):
    """The review as it is, in a repository of its own."""
    for name in ("data", "chapters"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("references.bib", "CHANGELOG.md", "CITATION.cff", "index.md"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".gitignore").write_bytes((ROOT / ".gitignore").read_bytes())
    # The records name commits of the real repository.
    for path in (tmp_path / "data/releases").glob("*.yml"):
        path.unlink()
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "Begin"]):
        git(tmp_path, *words)
    return tmp_path


def git(root, *words) -> str:
    me = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
    done = subprocess.run(["git", *me, *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


def rows(root, table) -> list[dict]:
    with (root / "data" / table).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def play(root, line: str, capsys) -> str:
    """Run a line of the guide in the copy, and give what it says."""
    check = ".venv/bin/livingreview check"
    words = shlex.split(line.replace("make check DRAFT=1", check).replace("make check", check))
    if line.startswith("git push") or "release" in words or line in ELSEWHERE:
        return ""
    if words[0] == "git":
        return git(root, *words[1:])
    assert words[0] == ".venv/bin/livingreview", line
    capsys.readouterr()
    done, said = main(words[1:]), capsys.readouterr()
    assert done == 0, f"{line}\n{said.out}{said.err}"
    return said.out


def follow(root, text: str, capsys) -> dict[str, str]:
    """Do what a text tells, step by step, and give what each command said."""
    said = {}
    for step in STEP.finditer(text):
        if step["old"]:
            path = root / step["path"]
            assert path.read_text().count(step["old"]) == 1, step["old"]
            path.write_text(path.read_text().replace(step["old"], step["new"]))
        elif step["kind"] == "sh":
            said |= {line: play(root, line, capsys) for line in step["block"].splitlines()}
        else:
            how, name = re.fullmatch(r"(Add to the end of|Let) `([^`]+)`(?: hold)?:", step["told"]).groups()
            before = (root / name).read_text() if how.startswith("Add") else ""
            (root / name).write_text(before + step["block"])
    return said


@pytest.mark.evidence
def test_a_person_who_follows_the_guide_word_for_word_gets_there(copy, capsys, monkeypatch):
    monkeypatch.chdir(copy)
    # Sentences that the invented trial makes untrue are for a person to rewrite.
    monkeypatch.setenv("DRAFT", "1")
    said = follow(copy, GUIDE, capsys)
    (moved,) = [text for line, text in said.items() if line.endswith("livingreview diff")]
    assert "Trial omega2027 (Omega 2027) added" in moved
    assert re.search(r"arms.csv: +\(none\) -> 2 rows\n", moved)
    function = moved[moved.index("  Exercise and function\n") :]
    before, after = map(int, re.search(r"Estimates:? +(\d+) -> (\d+)", function).groups())
    assert after == before + 1
    assert git(copy, "log", "-1", "--format=%s", "omega2027").strip() == "Add trial omega2027"
    assert "read yet" not in git(copy, "show", "--unified=0", "omega2027")
    (excluded,) = [row for row in rows(copy, "screening.csv") if row["record_id"] == "doi10.5555/chi.2027"]
    assert (excluded["decision"], excluded["by"]) == ("excluded", "Ada Reader")
    assert rows(copy, "candidates.csv") == []
    assert "Ben Checker" in (copy / "data/trials/omega2027/arms.csv").read_text()
    assert "cycling,alsfrs_r,26,,18,analysed,33.5,5.9" in (copy / "data/trials/psi2027/arms.csv").read_text()


def test_every_command_of_the_guide_is_known():
    (known,) = (action.choices for action in make_parser()._actions if action.choices)
    targets = re.findall(r"^([\w./]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    lines = [
        line for step in STEP.finditer(GUIDE) if step["kind"] == "sh" for line in step["block"].splitlines()
    ]
    assert len(lines) > 8
    for words in map(str.split, lines):
        assert words[0] == "git" or words[1] in {*targets, *known}, words
