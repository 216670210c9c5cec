"""The ways to reach the authors: links where CITATION.cff has them, and a sentence where it does not."""

import pytest
from bs4 import BeautifulSoup

from livingreview.book.contact import NOT_SET, foot, ways

CODE = "https://github.com/invented/review"


def write(root, text: str):
    (root / "CITATION.cff").write_text(f"title: T\nversion: '1'\nauthors: [{{name: A}}]\n{text}")
    return root


def test_a_page_says_that_nothing_is_set_and_links_nowhere(tmp_path):
    page = BeautifulSoup(foot(write(tmp_path, ""), "index.md"), "html.parser")
    assert page.text == NOT_SET and not page.a


def test_a_repository_gives_links_to_report_suggest_and_edit(tmp_path):
    page = BeautifulSoup(
        foot(write(tmp_path, f"repository-code: {CODE}.git/\n"), "chapters/a b.md"), "html.parser"
    )
    assert {link.text: link["href"] for link in page.select("a")} == {
        "Repository": CODE,
        "Report an error": f"{CODE}/issues/new?title=Error%3A%20",
        "Suggest a trial": f"{CODE}/issues/new?title=Trial%3A%20",
        "Edit this page": f"{CODE}/edit/main/chapters/a%20b.md",
    }


def test_without_a_list_of_issues_reports_go_to_the_contact():
    card = {
        "contact": [{"name": "Ada"}, {"email": "ada@example.org"}],
        "repository-code": "https://example.org/r",
    }
    assert ways(card, "index.md") == {
        "Repository": "https://example.org/r",
        "Report an error": "mailto:ada@example.org?subject=Error%3A%20",
        "Suggest a trial": "mailto:ada@example.org?subject=Trial%3A%20",
        "Write to us": "mailto:ada@example.org",
    }


@pytest.mark.parametrize("code", ["javascript:alert(1)", "nowhere", "https://exa mple.org", "//"])
def test_an_address_that_leads_nowhere_is_not_linked(code):
    assert ways({"repository-code": code}) == {}
