"""Every block of docs/engine.md runs on the second review, or stands in it word for word."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BCG = ROOT / "examples" / "bcg"
PAGE = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.M | re.S)


def test_every_block_of_the_page_is_closed_and_read():
    assert PAGE.count("\n```") == 2 * len(BLOCKS) and {"python", "md"} <= {kind for kind, _ in BLOCKS}


def test_the_python_of_the_page_gives_what_it_says(monkeypatch):
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
    from livingreview.__main__ import make_parser

    known = make_parser().format_help()
    for command in set(re.findall(r"`livingreview (\w+)", PAGE)):
        assert re.search(rf"^\s+{command}\s", known, re.M), command
