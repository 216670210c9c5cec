"""The first use of a term on a page leads to the glossary, and every abbreviation is in it."""

import re
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes

from livingreview.book.glossary import Glossary

# Formats of files, licences and identifiers, which are known by these letters alone.
KNOWN = set("AI CC BY MIT DOI DOIs PDF CSV SVG PNG RIS JSON HTML URL CFF APA PMC".split())


def entry(names, *meaning):
    terms = [nodes.term("", name, ids=[f"term-{name}"]) for name in names]
    return nodes.definition_list_item("", *terms, nodes.definition("", nodes.paragraph("", "", *meaning)))


@pytest.fixture
def glossary():
    page = new_document("glossary")
    cited = addnodes.pending_xref("", nodes.inline("", "someone2020"))
    page += addnodes.glossary(
        "",
        nodes.definition_list(
            "",
            entry(["ABC", "full name"], nodes.Text("A better cat.  It purrs.")),
            entry(["ABC-R"], nodes.Text("Revised "), nodes.Text("cat "), cited, nodes.Text(". More.")),
            entry(["95 % interval"], nodes.Text("A range")),
        ),
    )
    made = Glossary()
    env = SimpleNamespace(found_docs={"chapters/glossary"}, get_doctree=lambda name: page)
    made.read(None, env)
    return made


BUILDER = SimpleNamespace(format="html", get_relative_uri=lambda here, there: "glossary.html")
APP = SimpleNamespace(builder=BUILDER)


def marked(glossary, *content, docname="page"):
    page = new_document("page")
    page += content
    glossary.mark(APP, page, docname)
    return page, [node.astext() for node in page.findall(nodes.reference)]


def test_the_first_use_of_each_term_is_a_link_and_the_text_stays(glossary):
    said = "An ABC is an ABC-R, an ABC, a Full name, and a 95\u00a0% interval of abc."
    page, links = marked(glossary, nodes.paragraph("", said))
    assert links == ["ABC", "ABC-R", "95\u00a0% interval"]
    assert page.astext() == said
    first, second, third = page.findall(nodes.reference)
    assert first["refuri"] == "glossary.html#term-ABC"
    assert first.next_node(nodes.abbreviation)["explanation"] == "A better cat"
    assert second["refuri"] == "glossary.html#term-ABC-R"
    assert third["reftitle"] == "A range" and not list(third.findall(nodes.abbreviation))


@pytest.mark.parametrize(
    "kind",
    [nodes.title, nodes.literal, nodes.reference, nodes.math, nodes.raw, nodes.citation, addnodes.glossary],
)
def test_headings_code_links_and_what_others_wrote_stay(glossary, kind):
    held = kind("", "ABC") if issubclass(kind, nodes.TextElement) else kind("", nodes.paragraph("", "ABC"))
    page = new_document("page")
    page += nodes.paragraph("", "", held)
    before = page.pformat()
    glossary.mark(APP, page, "page")
    assert page.pformat() == before


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
