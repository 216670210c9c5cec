"""The page to print: one side of A4, tagged, and in the words that the front page marks for it."""

import re
from dataclasses import replace

import pytest
from pypdf import PdfReader

from alsreview.book import documents, sheet
from alsreview.evidence import evidence_hash
from alsreview.release import stamp

A4 = (595, 842)


def words_of(path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


@pytest.fixture(scope="module")
def printed(tmp_path_factory, root):
    target = tmp_path_factory.mktemp("sheet") / "sheet.pdf"
    sheet.make_sheet(root, target, stamp(root))
    return target


@pytest.mark.evidence
def test_it_is_one_page_of_a4(printed):
    (page,) = PdfReader(printed).pages
    assert tuple(round(float(side)) for side in page.mediabox[2:]) == A4


@pytest.mark.evidence
def test_it_is_tagged_and_says_its_language_and_title(printed, root):
    book = PdfReader(printed)
    catalog = book.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in catalog
    assert catalog["/Lang"] == "en-GB" and stamp(root).title in book.metadata.title
    assert "<pdfuaid:part>1</pdfuaid:part>" in catalog["/Metadata"].get_data().decode()


@pytest.mark.evidence
def test_it_says_what_the_front_page_marks(printed, root):
    # A line of the page may break after a stroke or a hyphen, where no blank stands in the text.
    squeezed = re.sub(r"\s", "", words_of(printed))
    blocks = sheet.sheet_blocks(root)
    assert {block["kind"] for block in blocks} == {"heading", "item", "text"}
    for block in blocks:
        for text, _ in block["runs"]:
            assert re.sub(r"\s", "", text) in squeezed and not re.search(r"[{}*`]|:::", text), text


@pytest.mark.evidence
def test_it_names_version_hash_and_citation(printed, root):
    said, made = words_of(printed), stamp(root)
    for words in (made.label, evidence_hash(root), made.authors[0]):
        assert words in said, words


@pytest.mark.evidence
def test_it_is_the_same_bytes_each_time(printed, root, tmp_path):
    sheet.make_sheet(root, tmp_path / "again.pdf", stamp(root))
    assert (tmp_path / "again.pdf").read_bytes() == printed.read_bytes()


@pytest.mark.evidence
def test_longer_words_shrink_the_type_and_words_without_end_are_refused(root, tmp_path, monkeypatch):
    target = tmp_path / "sheet.pdf"
    longer = [text("Ten more words that make the page longer than before.")] * 45
    monkeypatch.setattr(sheet, "sheet_blocks", lambda root: longer)
    sheet.make_sheet(root, target, stamp(root))
    assert len(PdfReader(target).pages) == 1 and words_of(target).count("Ten more words") == 45
    longer *= 20
    with pytest.raises(ValueError, match="does not fit on one page"):
        sheet.make_sheet(root, target, stamp(root))


def text(words: str) -> dict:
    return {"kind": "text", "runs": [(words, False)]}


PAGE = """# A page

Not on the sheet.

% sheet

::::{admonition} Note
:class: tip

:::{holds} function.k == 3
Pooled: {{ function.k }} studies,
see [there](chapters/there.md).
:::
:::{holds} function.k > 1
And more.
:::
::::

% end of sheet

Nor this.

% sheet

## A heading

- **A question?**

  :::{holds} function.k == 3
  An answer, *so* {cite}`guide2021`.
  :::

- Another.

Last words.

% end of sheet
"""


def test_the_blocks_are_those_that_the_page_marks_with_the_facts_in_their_places(review):
    (review / "index.md").write_text(PAGE)
    with (review / "references.bib").open("a") as entries:
        entries.write("\n@article{guide2021, author = {Doe, A. and Roe, B.}, title = {G}, year = {2021},\n")
        entries.write("  url = {https://example.org/g}}\n")
    paper = "Doe and others 2021, https://example.org/g"
    assert sheet.sheet_blocks(review) == [
        text("Pooled: 3 studies, see there. And more."),
        {"kind": "heading", "runs": [("A heading", False)]},
        {"kind": "item", "runs": [("A question?", True), (f" An answer, so ({paper}).", False)]},
        {"kind": "item", "runs": [("Another.", False)]},
        text("Last words."),
    ]


def test_a_front_page_that_marks_nothing_is_refused(review):
    (review / "index.md").write_text("# A page\n\nWords.\n")
    with pytest.raises(ValueError, match="index.md: expected text between the lines '% sheet'"):
        sheet.sheet_blocks(review)


@pytest.mark.evidence
def test_the_words_are_text_and_no_markup(root, tmp_path, monkeypatch):
    odd = "#emph[x] *b* <u> $y$"
    monkeypatch.setattr(sheet, "sheet_blocks", lambda root: [text(odd)])
    sheet.make_sheet(root, tmp_path / "sheet.pdf", stamp(root))
    assert odd in words_of(tmp_path / "sheet.pdf")


@pytest.mark.evidence
def test_the_address_of_the_site_stands_on_the_page_once_there_is_one(root, tmp_path, printed):
    assert "Read more at" not in words_of(printed)
    made = stamp(root)
    published = replace(made, card={**made.card, "url": "https://example.org/als"})
    sheet.make_sheet(root, tmp_path / "sheet.pdf", published)
    assert "Read more at https://example.org/als/" in words_of(tmp_path / "sheet.pdf")


def test_a_book_holds_the_sheet_and_is_stale_without_it(book_to_change):
    assert not documents.pdf_is_stale(book_to_change.root)
    (book_to_change.root / documents.SHEET).unlink()
    assert documents.pdf_is_stale(book_to_change.root)
