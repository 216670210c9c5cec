"""The first use of a term on a page leads to the glossary, and every abbreviation is in it."""

import re

from bs4 import BeautifulSoup

# Formats of files, licences and identifiers, which are known by these letters alone.
KNOWN = set("AI CC BY MIT DOI DOIs PDF CSV SVG PNG RIS JSON HTML URL CFF APA PMC".split())


def prose(path) -> str:
    """Give the sentences of a chapter: no head, code, link, fact, citation or key."""
    text = re.sub(
        r"\A---.*?^---$|^```(?:\{code-cell\}|\w).*?^```$|^\$\$.*?^\$\$$",
        "",
        path.read_text(),
        flags=re.M | re.S,
    )
    text = re.sub(r"^`{3,}.*$", "", text, flags=re.M)
    return re.sub(r"\{[\w:]+\}`[^`]*`|`[^`\n]*`|\]\([^)]*\)|<[^>]*>|\$[^$\n]*\$", " ", text)


def test_every_abbreviation_of_the_chapters_is_in_the_glossary(root):
    text = (root / "chapters/glossary.md").read_text()
    terms = set(
        re.findall(r"^(\S[^\n]*)$", "\n".join(re.findall(r"```\{glossary\}\n(.*?)```", text, re.S)), re.M)
    )
    # A registered trial has a name and a number of its own.
    registered = (root / "data/ongoing.csv").read_text()
    for path in [root / "index.md", *(root / "chapters").glob("*.md")]:
        found = set(re.findall(r"(?<![\w-])[\w-]*[A-Z]{2}[\w-]*", prose(path)))
        found = {word for word in found if word not in registered or not re.search(r"[0-9-]", word)}
        assert found - KNOWN <= terms, (path.name, found - KNOWN - terms)


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
