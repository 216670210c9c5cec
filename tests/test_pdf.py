"""The PDFs of the real book: tagged, told in words, bookmarked, with tables to read and a page to print."""

import re

import pikepdf
import pytest
from conftest import ARTICLE, SUMMARY, SUPPLEMENT
from pypdf import PdfReader

from livingreview.book.documents.typeset import to_typst, words_of
from livingreview.evidence import evidence_hash
from livingreview.release import stamp


@pytest.fixture(scope="module", params=[ARTICLE, SUPPLEMENT, SUMMARY])
def pdf(real_book, request):
    with pikepdf.open(real_book.html.parent / request.param) as opened:
        yield opened


def structure(pdf):
    """Yield every element of the tree that a screen reader walks."""
    waiting, met = [pdf.Root.StructTreeRoot], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting += list(node)
        elif isinstance(node, pikepdf.Dictionary) and node.objgen not in met:
            met |= {node.objgen} if node.is_indirect else set()
            if "/S" in node:
                yield node
            waiting += [node.K] if "/K" in node else []


def test_the_pdf_is_tagged_and_named_and_every_link_says_where_it_leads(pdf, root):
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.Root.Lang) == "en-GB"
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert "ALS" in str(pdf.docinfo["/Title"])
    assert f"evidence {evidence_hash(root)}" in str(pdf.docinfo["/Keywords"])
    with pdf.open_metadata() as said:
        assert said["pdfuaid:part"] == "1"
    # A screen reader walks the pages in the order of the tags.
    assert {str(page.Tabs) for page in pdf.pages} == {"/S"}
    for node in structure(pdf):
        if str(node.S) == "/Table":
            assert "/THead" in {str(part.S) for part in node.K if isinstance(part, pikepdf.Dictionary)}
        assert str(node.S) != "/Formula" or str(node.Alt)
    links = [mark for page in pdf.pages for mark in page.get("/Annots", [])]
    assert links or len(pdf.pages) == 1, "only the page to print has none"
    assert {str(mark.Subtype) for mark in links} <= {"/Link"}
    # Each belongs to its text.
    assert all(str(mark.Contents) and "/StructParent" in mark for mark in links)
    assert all("/A" in mark or "/Dest" in mark for mark in links)


def test_figures_are_described_and_printed_once_under_the_bookmarks_of_all_chapters(real_book, pages, root):
    parts, figures = {}, []
    for name in (ARTICLE, SUPPLEMENT):
        with pikepdf.open(real_book.html.parent / name) as opened, opened.open_outline() as outline:
            assert name != ARTICLE or len(opened.pages) <= 40
            parts |= {entry.title: [part.title for part in entry.children] for entry in outline.root}
            figures += [str(node.get("/Alt", "")) for node in structure(opened) if str(node.S) == "/Figure"]
    assert len(figures) == sum(len(page.select("figure.lr-figure")) for page in pages.values()) > 0
    assert all(len(words) > 40 for words in figures)
    for chapter in (root / "chapters").glob("*.md"):
        title = re.search("^# (.*)", chapter.read_text(encoding="utf-8"), re.M)[1]
        assert title in parts, title
    assert "Included studies" in parts["Exercise"]


def test_a_chapter_that_the_text_names_is_on_the_page_that_stands_beside_it(pdf_pages):
    found = {int(n) for text in pdf_pages for n in re.findall(r"Discussion\s+\(p\.\s+(\d+)\)", text)}
    assert found and all(re.search(r"\nDiscussion|\nParticipants studied", pdf_pages[n - 1]) for n in found)
    assert not re.search(r"\(p\.", to_typst('<p><a href="#a">a</a></p>'))


def test_the_summary_is_one_page_of_a4_and_says_what_the_front_page_says(real_book, pages, root):
    (page,) = PdfReader(real_book.html.parent / SUMMARY).pages
    assert tuple(round(float(side)) for side in page.mediabox[2:]) == (595, 842)
    # A line of the page may break after a stroke or a hyphen, where no blank stands in the text.
    squeezed = re.sub(r"\s", "", page.extract_text())
    found = pages[real_book.html].select("#status p, #key-messages li p, #what-did-we-find p")
    assert len(found) > 12
    made = stamp(root)
    said = [paragraph.get_text() for paragraph in found]
    said += [made.label, evidence_hash(root), words_of(made)["authors"]]
    # A link to a report becomes its address.
    for words in [*said, "doi:10."]:
        assert re.sub(r"\s", "", words) in squeezed, words
