"""The first use of a term on a page leads to the glossary, and every abbreviation is in it."""

from bs4 import BeautifulSoup


def test_on_the_pages_a_term_is_marked_once_and_leads_to_its_entry(real_book):
    folder = real_book.html.parent
    names = {
        node["id"]
        for node in BeautifulSoup((folder / "chapters/glossary.html").read_text(), "lxml").select("[id]")
    }
    marks = 0
    for path in [folder / "index.html", *(folder / "chapters").glob("*.html")]:
        links = BeautifulSoup(path.read_text(), "lxml").select("a.lr-term")
        targets = [link["href"].partition("#")[2] for link in links]
        assert len(set(targets)) == len(targets) and set(targets) <= names, path
        for link in links:
            # The words that show on hover stand in the entry, so nobody needs to hover.
            assert link.get("title") or link.select_one("abbr[title]"), link
        marks += len(links)
    assert marks > 50
