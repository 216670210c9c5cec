"""What paper cannot hold as it is: a picture taller than a page, and letters that no font of the PDF has."""

import base64
import math
import re
from itertools import pairwise

import pandas as pd
import pikepdf
import pytest
from test_charts import figure, pooled, unit_row

from livingreview.book.documents.pictures import TALLEST
from livingreview.book.documents.typeset import set_pdf
from livingreview.charts import forest
from livingreview.charts.theme import FONTS

ABOUT = {
    "full-title": "A book", "kind": "", "title": "A book", "subtitle": "", "authors": "Ada",
    "version": "2026.1", "evidence": "0" * 16, "citation": "Ada.", "url": "", "seconds": "1770000000",
    "date": "2026-05-01", "year": "2026", "month": "5", "day": "1", "unbroken": "a-b",
}  # fmt: skip
PAGE = '<h1>A</h1><figure><img src="picture:0" alt="All."><figcaption>C</figcaption></figure><p>{}</p>'


def set_page(folder, root, svg, words=""):
    """Typeset a page with one picture, and return its Typst source."""
    set_pdf(PAGE.format(words), [base64.b64encode(svg.encode()).decode()], folder / "a.pdf", ABOUT, FONTS)
    return (folder / "a" / "document.typ").read_text(encoding="utf-8")


def many(k):
    return pd.DataFrame([*(unit_row(f"Abel {i}", math.sin(i), 2.0) for i in range(k)), pooled()])


def drawn(frame):
    return figure(frame, forest(frame, title="T", unit="points")).svg()


def test_a_plot_of_two_hundred_trials_fills_pages_in_parts_that_keep_every_row(tmp_path, root):
    set_page(tmp_path, root, drawn(many(200)))
    boxes = [
        re.search(r'viewBox="0 (\S+) \S+ (\S+)"', part.read_text()).groups()
        for part in (tmp_path / "a" / "pictures").glob("0-*.svg")
    ]
    edges = sorted((float(top), float(top) + float(height)) for top, height in boxes)
    assert len(edges) > 5 and edges[0][0] == 0
    assert all(bottom == pytest.approx(top, abs=0.1) for (_, bottom), (top, _) in pairwise(edges))
    assert max(bottom - top for top, bottom in edges) <= TALLEST
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        assert len(pdf.pages) >= len(edges)


def test_letters_that_no_font_has_are_spelled_out_in_words_and_picture_and_it_is_said(tmp_path, root):
    odd = "试验一 تجربة Δοκιμή"
    source = set_page(tmp_path, root, drawn(pd.DataFrame([unit_row(odd, 1.0, 1.0)])), odd)
    assert "试" not in re.sub(r"alt: \"[^\"]*\"", "", source) and "U+8BD5 U+9A8C U+4E00" in source
    assert "cannot show are written as their Unicode numbers" in source
    svg = (tmp_path / "a" / "pictures" / "0.svg").read_text(encoding="utf-8")
    assert "\ufffd\ufffd\ufffd" in svg and "Δοκιμή" in svg and "试" not in svg and "ت" not in svg
