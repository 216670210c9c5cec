"""The ways to reach the authors: links where CITATION.cff has them, and a sentence where it does not."""

import pytest
from bs4 import BeautifulSoup

from livingreview.book.contact import NOT_SET, foot

CODE = "https://github.com/invented/review"
MAIL = "contact: [{name: Ada}, {email: ada@example.org}]\nrepository-code: https://example.org/r\n"
SAID = {
    "": {},
    f"repository-code: {CODE}.git/\n": {
        "Repository": CODE,
        "Report an error": f"{CODE}/issues/new?title=Error%3A%20",
        "Suggest a trial": f"{CODE}/issues/new?title=Trial%3A%20",
        "Edit this page": f"{CODE}/edit/main/chapters/a%20b.md",
    },
    MAIL: {
        "Repository": "https://example.org/r",
        "Report an error": "mailto:ada@example.org?subject=Error%3A%20",
        "Suggest a trial": "mailto:ada@example.org?subject=Trial%3A%20",
        "Write to us": "mailto:ada@example.org",
    },
}
NOWHERE = ["javascript:alert(1)", "nowhere", "https://exa mple.org", "//"]


@pytest.mark.parametrize("card", [*SAID, *(f'repository-code: "{address}"\n' for address in NOWHERE)])
def test_a_page_links_the_ways_that_the_citation_has_and_says_where_there_is_none(tmp_path, card):
    (tmp_path / "CITATION.cff").write_text(f"title: T\nversion: '1'\nauthors: [{{name: A}}]\n{card}")
    page = BeautifulSoup(foot(tmp_path, "chapters/a b.md"), "html.parser")
    assert {link.text: link["href"] for link in page.select("a")} == SAID.get(card, {})
    assert SAID.get(card) or page.text == NOT_SET
