"""The engine holds for any review: no word of this one stands in it, and its page runs on a second one."""

import doctest
import re
import subprocess
from pathlib import Path

import pytest

from livingreview.__main__ import make_parser

ROOT = Path(__file__).parents[1]
OURS = (
    r"als|alsfrs\w*|alsaq\w*|amyotroph\w*|exercis\w*|programmes?|stimulation|rtms|tdcs|tsms|nibs|sham|riluzole"
    r"|seizures?|lunetta\w*|banos\w*"
)
BCG = ROOT / "examples" / "bcg"
PAGE = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.M | re.S)


def test_no_word_of_this_review_stands_in_the_engine():
    def places(folder):
        grep = ["git", "grep", "--untracked", "-nIiwE", OURS, "--", folder]
        return subprocess.run(grep, cwd=ROOT, capture_output=True, text=True).stdout

    assert places("livingreview") == ""
    assert all(f"chapters/{name}.md:" in places("chapters") for name in ("exercise", "nibs"))


def test_the_python_of_the_page_gives_what_it_says(monkeypatch):
    assert PAGE.count("\n```") == 2 * len(BLOCKS)
    monkeypatch.chdir(BCG)
    code = "\n".join(text for kind, text in BLOCKS if kind == "python")
    test = doctest.DocTestParser().get_doctest(code, {}, "docs/engine.md", None, 0)
    said = []
    doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert test.examples and not said, "".join(said)


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind != "python"])
def test_every_other_block_stands_in_the_second_review(text):
    files = [path for pattern in ("data/**/*", "chapters/*") for path in BCG.glob(pattern) if path.is_file()]
    assert any(text in path.read_text(encoding="utf-8") for path in files), text


def test_every_command_of_the_page_exists():
    known = make_parser().format_help()
    for command in set(re.findall(r"`livingreview (\w+)", PAGE)):
        assert re.search(rf"^\s+{command}\s", known, re.M), command
