"""The page to print: one side of A4, tagged, and in the words of the plain summaries."""

import re
from dataclasses import replace

import pytest
from alsreview.wording import plain_facts
from pypdf import PdfReader

from alsreview.book import fresh, sheet
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
@pytest.mark.parametrize("key", ["exercise_function", "tsms_function"])
def test_it_says_what_the_plain_summary_says(printed, root, key):
    # A line of the page may break after a stroke or a hyphen, where no blank stands in the text.
    squeezed = re.sub(r"\s", "", words_of(printed))
    for name, text in plain_facts(key, root=root).items():
        assert re.sub(r"\s", "", text) in squeezed, name


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
def test_longer_words_shrink_the_type_and_words_without_end_are_refused(root, review, tmp_path, monkeypatch):
    target, words = tmp_path / "sheet.pdf", sheet.sheet_words(review)
    longer = words | {"common": ["Ten more words that make the page longer than before."] * 20}
    monkeypatch.setattr(sheet, "sheet_words", lambda root: longer)
    sheet.make_sheet(root, target, stamp(root))
    assert len(PdfReader(target).pages) == 1 and words_of(target).count("Ten more words") == 20
    longer["common"] = longer["common"] * 20
    with pytest.raises(ValueError, match="do not fit on one page"):
        sheet.make_sheet(root, target, stamp(root))


@pytest.mark.evidence
def test_the_words_are_text_and_no_markup(review, root, tmp_path, monkeypatch):
    odd = "#emph[x] *b* <u> $y$"
    (review / "references.bib").write_text((root / "references.bib").read_text())
    with (review / "references.bib").open("a") as entries:
        entries.write("\n@article{survey2000, title = {S}, year = {2000}}\n")
    with (review / "data/outcomes.yml").open("a") as outcomes:
        caution = f'{{question: nibs, text: "{odd}", cite: rossi2021, locator: abstract}}'
        outcomes.write(f"cautions:\n  - {caution}\n")
    words = sheet.sheet_words(review)
    assert [each["asks"] for each in words["questions"]] == ["Does training help?", "Does stimulation help?"]
    monkeypatch.setattr(sheet, "sheet_words", lambda root: words)
    sheet.make_sheet(root, tmp_path / "sheet.pdf", stamp(root))
    assert f"{odd} (Rossi and others 2021, https:" in words_of(tmp_path / "sheet.pdf")


@pytest.mark.evidence
def test_the_address_of_the_site_stands_on_the_page_once_there_is_one(root, tmp_path, printed):
    assert "Read more at" not in words_of(printed)
    sheet.make_sheet(root, tmp_path / "sheet.pdf", replace(stamp(root), url="https://example.org/als/"))
    assert "Read more at https://example.org/als/" in words_of(tmp_path / "sheet.pdf")


def test_a_book_holds_the_sheet_and_is_stale_without_it(book_to_change):
    assert not fresh.pdf_is_stale(book_to_change.root)
    (book_to_change.root / fresh.SHEET).unlink()
    assert fresh.pdf_is_stale(book_to_change.root)
