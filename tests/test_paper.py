"""Typesetting: what is taller than a page, and letters that no font has."""

import base64
import re

import pandas as pd
import pytest
from pypdf import PdfReader
from test_charts import draw, pooled, unit_row

from livingreview.book.documents.typeset import set_pdf
from livingreview.charts.figure import draw_svg

ABOUT = {
    "full-title": "A book", "kind": "", "title": "A book", "subtitle": "", "authors": "Ada",
    "version": "2026.1", "evidence": "0" * 16, "citation": "Ada.", "url": "", "seconds": "1770000000",
    "date": "2026-05-01", "readers": "",
}  # fmt: skip


def set_page(folder, frame, words):
    """Typeset a page with the forest plot of some trials, and return its Typst source."""
    svg = draw_svg(draw(frame))
    address = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
    shown = f'<figure><img src="{address}" alt="All."><figcaption>C</figcaption></figure>'
    set_pdf(f"<h1>A</h1>{shown}<p>{words}</p>", folder / "a.pdf", ABOUT)
    return (folder / "a" / "document.typ").read_text(encoding="utf-8")


def test_a_plot_of_many_trials_goes_on_over_pages_that_show_every_row_once_and_whole(tmp_path):
    rows = [unit_row(f"Abel {i}", 1.0, 2.0) for i in range(65)]
    set_page(tmp_path, pd.DataFrame([*rows, pooled()]), "")
    shown = [page.extract_text() for page in PdfReader(tmp_path / "a.pdf").pages[1:]]
    said = [[int(row) for row in re.findall(r"Abel (\d+)", text)] for text in shown]
    assert sum(said, []) == list(range(65)) and min(map(len, said)) > 10
    # Each part goes on where the one before ends, and none is taller than a page is wide and a third.
    end = 0
    for n, text in enumerate(shown, start=1):
        assert text.count(f"C (part {n} of {len(shown)})") == 1
        part = (tmp_path / "a" / f"0-{n}.svg").read_text(encoding="utf-8")
        top, width, height = map(float, re.search(r'viewBox="0 (\S+) (\S+) (\S+)"', part).groups())
        assert top == pytest.approx(end, abs=0.1) and height <= 1.34 * width
        end = top + height


def test_letters_that_no_font_has_are_spelled_out_in_words_and_picture_and_it_is_said(tmp_path):
    odd = "试验一 تجربة Δοκιμή"
    source = set_page(tmp_path, pd.DataFrame([unit_row(odd, 1.0, 1.0)]), odd)
    assert "试" not in re.sub(r"alt: \"[^\"]*\"", "", source) and "U+8BD5 U+9A8C U+4E00" in source
    assert "cannot show are written as their Unicode numbers" in source
    svg = (tmp_path / "a" / "0-1.svg").read_text(encoding="utf-8")
    assert "\ufffd\ufffd\ufffd" in svg and "Δοκιμή" in svg and "试" not in svg and "ت" not in svg


def test_the_type_of_a_summary_shrinks_until_all_words_fit_and_no_word_is_markup(tmp_path):
    def printed(page, **words):
        set_pdf(page, tmp_path / "sheet.pdf", ABOUT | words, "sheet")
        (sheet,) = PdfReader(tmp_path / "sheet.pdf").pages
        return " ".join(sheet.extract_text().split())

    longer = "<p>Ten more words that make the page longer than before.</p>" * 45
    assert printed(longer).count("Ten more words") == 45
    said = printed("<p>#emph[x] *b* &lt;u> $y$</p>")
    assert "In plain words #emph[x] *b* <u> $y$" in said and "Read more at" not in said
    said = printed("<p>A</p>", readers="people at sea", url="https://example.org/als/")
    assert "In plain words, for people at sea A" in said and "Read more at https://example.org/als/" in said
