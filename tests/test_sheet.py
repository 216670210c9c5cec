"""The page to print: one side of A4, tagged, and in the words of the blocks that the configuration names."""

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from conftest import SUMMARY
from pypdf import PdfReader

from livingreview.book.documents.current import are_stale
from livingreview.book.documents.typeset import set_pdf, words_of
from livingreview.charts.theme import FONTS
from livingreview.evidence import evidence_hash
from livingreview.release import stamp

A4 = (595, 842)


def words_in(path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


@pytest.fixture(scope="module")
def printed(real_book):
    return real_book.html.parent / SUMMARY


def test_it_is_one_tagged_page_of_a4_with_its_language_and_title(printed, root):
    book = PdfReader(printed)
    (page,) = book.pages
    assert tuple(round(float(side)) for side in page.mediabox[2:]) == A4
    catalog = book.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in catalog
    assert catalog["/Lang"] == "en-GB" and stamp(root).title in book.metadata.title
    assert "<pdfuaid:part>1</pdfuaid:part>" in catalog["/Metadata"].get_data().decode()


def test_it_says_what_the_front_page_says_of_status_answers_and_harms(printed, real_book):
    # A line of the page may break after a stroke or a hyphen, where no blank stands in the text.
    squeezed = re.sub(r"\s", "", words_in(printed))
    front = BeautifulSoup(real_book.html.read_text(encoding="utf-8"), "lxml")
    found = [
        *front.select("#status p"),
        *front.select("#key-messages li p"),
        *front.select("#what-did-we-find p"),
    ]
    assert len(found) > 12
    for paragraph in found:
        assert re.sub(r"\s", "", paragraph.get_text()) in squeezed, paragraph.get_text()
    # A link to a report becomes its address.
    assert "doi:10." in squeezed


def test_it_names_version_hash_and_citation(printed, root):
    said, made = words_in(printed), stamp(root)
    for words in (made.label, evidence_hash(root), made.authors[0]):
        assert words in said, words


def set_sheet(root, folder, page, made=None):
    target = folder / "sheet.pdf"
    set_pdf(page, [], target, words_of(root, made or stamp(root)), FONTS, "sheet")
    return target


@pytest.mark.evidence
def test_longer_words_shrink_the_type_and_words_without_end_are_refused(root, tmp_path):
    longer = "<p>Ten more words that make the page longer than before.</p>" * 45
    target = set_sheet(root, tmp_path, longer)
    assert len(PdfReader(target).pages) == 1 and words_in(target).count("Ten more words") == 45
    with pytest.raises(ValueError, match="sheet.pdf cannot be set: .*does not fit on one page"):
        set_sheet(root, tmp_path, longer * 20)


@pytest.mark.evidence
def test_the_words_are_text_and_no_markup_and_the_bytes_are_the_same_each_time(root, tmp_path):
    odd = "#emph[x] *b* <u> $y$"
    target = set_sheet(root, tmp_path, f"<p>{odd.replace('<', '&lt;')}</p>")
    assert odd in words_in(target)
    first = target.read_bytes()
    assert set_sheet(root, tmp_path, f"<p>{odd.replace('<', '&lt;')}</p>").read_bytes() == first


@pytest.mark.evidence
def test_it_says_for_whom_it_is_written_where_the_review_does(root, tmp_path):
    said = words_of(root, stamp(root))
    for readers, line in {
        "": "In plain words A",
        "people at sea": "In plain words, for people at sea A",
    }.items():
        set_pdf("<p>A</p>", [], tmp_path / "a.pdf", {**said, "readers": readers}, FONTS, "sheet")
        assert line in words_in(tmp_path / "a.pdf")


@pytest.mark.evidence
def test_the_address_of_the_site_stands_on_the_page_once_there_is_one(root, tmp_path):
    assert "Read more at" not in words_in(set_sheet(root, tmp_path, "<p>A</p>"))
    made = stamp(root)
    made = replace(made, card={**made.card, "url": "https://example.org/als"})
    assert "Read more at https://example.org/als/" in words_in(set_sheet(root, tmp_path, "<p>A</p>", made))


def test_a_book_holds_the_sheet_and_is_stale_without_it(book_to_change):
    assert not are_stale(book_to_change.root)
    (book_to_change.root / "_build" / "html" / SUMMARY).unlink()
    assert are_stale(book_to_change.root)
