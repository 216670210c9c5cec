"""A released page has a lasting address and a way to the other versions; a draft has neither."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from sphinx.errors import ExtensionError
from versions import STAMP

from alsreview.book import serve
from alsreview.book.versions import _check_moved, foot, head


def test_a_released_page_names_its_version_and_its_lasting_address():
    said = head(STAMP, "chapters/a b.html")
    assert '<meta name="als-version" content="2026.1" />' in said
    assert 'rel="canonical" href="../../2026.1/chapters/a%20b.html"' in said
    assert 'href="../../versions/"' in foot("chapters/a b.html") and 'href="../versions/"' in foot(
        "index.html"
    )


def test_the_lasting_address_is_whole_once_the_sites_is_known():
    said = head(replace(STAMP, url='https://review.example/"als"/'), "index.html")
    assert 'href="https://review.example/&quot;als&quot;/2026.1/index.html"' in said


def test_a_draft_is_not_to_be_found_by_search_engines():
    assert head(replace(STAMP, released=False), "index.html") == '\n<meta name="robots" content="noindex" />'


@pytest.mark.parametrize(
    ("moved", "fault"),
    [
        ({"here": "new"}, "here is still a page"),
        ({"old": "nowhere"}, "old: no page nowhere"),
        ({"old": "middle", "middle": "nowhere"}, "middle: no page nowhere"),
        ({"old": "older", "older": "old"}, "old moves in a circle"),
    ],
)
def test_a_page_that_moved_is_gone_and_its_successor_is_there(moved, fault):
    book = SimpleNamespace(config=SimpleNamespace(als_moved=moved))
    with pytest.raises(ExtensionError, match=f"als_moved: {fault}"):
        _check_moved(book, SimpleNamespace(found_docs={"here", "new"}))


def test_a_page_may_move_more_than_once():
    book = SimpleNamespace(config=SimpleNamespace(als_moved={"old": "middle", "middle": "new"}))
    assert _check_moved(book, SimpleNamespace(found_docs={"new"})) is None


def test_a_site_that_is_not_there_is_made_first(review):
    with pytest.raises(ValueError, match="make site"):
        serve(review, site=True)
