"""What paper cannot hold as it is: a picture taller than a page, and letters that no font of the PDF has."""

import base64
import math
import re

import pandas as pd
import pikepdf
from test_charts import figure, pooled, unit_row

from livingreview.book.documents.typeset import set_pdf
from livingreview.charts import forest
from livingreview.charts.figure import draw_svg

ABOUT = {
    "full-title": "A book", "kind": "", "title": "A book", "subtitle": "", "authors": "Ada",
    "version": "2026.1", "evidence": "0" * 16, "citation": "Ada.", "url": "", "seconds": "1770000000",
    "date": "2026-05-01",
}  # fmt: skip


def set_page(folder, frame, words):
    """Typeset a page with the forest plot of some trials, and return its Typst source."""
    svg = draw_svg(figure(frame, forest(frame, title="T", unit="points")).spec)
    address = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
    shown = f'<figure><img src="{address}" alt="All."><figcaption>C</figcaption></figure>'
    set_pdf(f"<h1>A</h1>{shown}<p>{words}</p>", folder / "a.pdf", ABOUT)
    return (folder / "a" / "document.typ").read_text(encoding="utf-8")


def test_a_plot_taller_than_a_page_shrinks_to_one_and_its_caption_stays_with_it(tmp_path):
    source = set_page(
        tmp_path, pd.DataFrame([*(unit_row(f"A {i}", math.sin(i), 2.0) for i in range(80)), pooled()]), ""
    )
    assert "height: 22cm" in source
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        assert len(pdf.pages) == 2


def test_letters_that_no_font_has_are_spelled_out_in_words_and_picture_and_it_is_said(tmp_path):
    odd = "试验一 تجربة Δοκιμή"
    source = set_page(tmp_path, pd.DataFrame([unit_row(odd, 1.0, 1.0)]), odd)
    assert "试" not in re.sub(r"alt: \"[^\"]*\"", "", source) and "U+8BD5 U+9A8C U+4E00" in source
    assert "cannot show are written as their Unicode numbers" in source
    svg = (tmp_path / "a" / "0.svg").read_text(encoding="utf-8")
    assert "\ufffd\ufffd\ufffd" in svg and "Δοκιμή" in svg and "试" not in svg and "ت" not in svg
