"""What is fixed in a finished page: its policy, its names, and what it does not load."""

import base64
import hashlib

import pytest
from bs4 import BeautifulSoup

from livingreview.book.policy import policy, with_policy

HEAD = '<head><meta charset="utf-8" /></head>'


def said(page):
    return dict(part.split(" ", 1) for part in policy(page).split("; "))


def test_a_policy_lets_run_the_scripts_that_the_page_was_written_with_and_no_others():
    body = "\n let mode = 'auto' "
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    allowed = said(f'{HEAD}<script data-x="1">{body}</script><script src="a.js"></script>')["script-src"]
    assert allowed == f"'self' 'sha256-{digest}'"


def test_every_page_has_one_policy_before_anything_that_it_governs(real_book):
    for path in real_book.html.parent.rglob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
        (tag,) = page.select('meta[http-equiv="Content-Security-Policy"]')
        assert [node.name for node in tag.find_previous_siblings()] == ["meta"], path
        assert "unsafe-eval" not in tag["content"], path
        scripts = next(part for part in tag["content"].split("; ") if part.startswith("script-src"))
        assert "unsafe-inline" not in scripts and "http" not in tag["content"], path
        assert not [name for node in page.find_all(True) for name in node.attrs if name.startswith("on")], (
            path
        )


def test_every_table_and_landmark_of_the_book_has_its_names(real_book):
    for path in real_book.html.parent.rglob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
        assert page.html["lang"] == "en" and len(page.select("main")) == 1, path
        assert all(head.get("scope") in ("col", "row") for head in page.select("th")), path
        for summary in page.select("nav summary"):
            assert summary["aria-label"].startswith("Pages within: "), path


def test_a_page_without_the_place_for_a_policy_is_refused():
    with pytest.raises(ValueError, match="charset"):
        with_policy("<html><head></head></html>")
