"""What paper cannot hold as it is: a picture taller than a page, and letters that no font of the PDF has."""

import base64
import math
import re
from itertools import pairwise

import pandas as pd
import pikepdf
import pytest
from bs4 import BeautifulSoup
from test_charts import figure, pooled, unit_row

from livingreview.book.documents.pictures import TALLEST, in_parts, write_pictures
from livingreview.book.documents.typeset import in_numbers, set_pdf, spelled_out, unshown
from livingreview.charts import forest
from livingreview.charts.theme import FONTS

ABOUT = {
    "full-title": "A book", "kind": "", "title": "A book", "subtitle": "", "authors": "Ada",
    "version": "2026.1", "evidence": "0" * 16, "citation": "Ada.", "url": "", "seconds": "1770000000",
    "date": "2026-05-01", "year": "2026", "month": "5", "day": "1",
}  # fmt: skip
PAGE = '<h1>A</h1><figure><img src="picture:0" alt="All."><figcaption>C</figcaption></figure><p>{}</p>'


def set_page(folder, root, svg, words=""):
    """Typeset a page with one picture, and return its Typst source."""
    set_pdf(
        PAGE.format(words),
        [base64.b64encode(svg.encode()).decode()],
        folder / "a.pdf",
        ABOUT,
        FONTS,
    )
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


def test_no_part_cuts_a_line_of_words_and_the_last_has_the_caption(tmp_path):
    svg = figure(many(70)).svg()
    page = write_pictures(PAGE, [base64.b64encode(svg.encode()).decode()], tmp_path / "pictures")
    shown = BeautifulSoup(page, "lxml").find_all("img")
    assert shown[0]["alt"] == f"Part 1 of {len(shown)}. All."
    assert [image.find_parent("figure") is not None for image in shown] == [False] * (len(shown) - 1) + [True]
    tops = [float(re.search(r'viewBox="0 (\S+)', part)[1]) for part in in_parts(svg)[1:]]
    # All words stand in groups that are moved by (3, y) in all: the title's and the plot's.
    words = BeautifulSoup(svg, "html.parser").find_all("text")
    moved = float(re.search(r'<g[^>]*transform="translate\([\d.]+,([\d.]+)\)"', svg)[1])
    lines = [moved + float(re.search(r",([-\d.]+)\)", word["transform"])[1]) for word in words]
    for top in tops:
        # A baseline 3 px below the cut or nearer, or 11 px below it at most, would be cut through.
        assert not [y for y in lines if top - 2 < y < top + 9], top


def test_a_plot_that_fits_its_page_is_left_alone():
    svg = figure(many(5)).svg()
    assert in_parts(svg) == [svg]


def test_letters_that_no_font_has_are_spelled_out_in_words_and_picture_and_it_is_said(tmp_path, root):
    odd = "试验一 تجربة Δοκιμή"
    source = set_page(tmp_path, root, drawn(pd.DataFrame([unit_row(odd, 1.0, 1.0)])), odd)
    assert "试" not in re.sub(r"alt: \"[^\"]*\"", "", source) and "U+8BD5 U+9A8C U+4E00" in source
    assert "cannot show are written as their Unicode numbers" in source
    svg = (tmp_path / "a" / "pictures" / "0.svg").read_text(encoding="utf-8")
    assert "\ufffd\ufffd\ufffd" in svg and "Δοκιμή" in svg and "试" not in svg and "ت" not in svg


def test_a_page_whose_letters_all_show_says_nothing_of_it(tmp_path, root):
    odd = "Abel Δ ≥ −1 ‘quoted’ <b> $x$ | {2001} " + "long " * 40
    source = set_page(
        tmp_path, root, drawn(pd.DataFrame([unit_row(odd, 1.0, 1.0)])), odd.replace("<", "&lt;")
    )
    assert "Unicode numbers" not in source


def test_a_run_of_letters_is_one_bracket_and_an_escaped_one_is_read():
    assert in_numbers("a 试验 b 试", {"试", "验"}) == "a [U+8BD5 U+9A8C] b [U+8BD5]"
    said = 'error: PDF/UA-1 error: the text `"\\u{200f}"` could not be displayed with font `"Noto Sans"`'
    assert unshown(said) == {"\u200f"} and unshown("error: unknown variable") == set()


def test_a_second_round_of_spelling_adds_no_second_note(tmp_path):
    once = spelled_out("<h1>A</h1><p>试验</p>", tmp_path, {"试"})
    twice = spelled_out(once, tmp_path, {"试", "验"})
    assert twice.count("Unicode numbers") == 1 and "试" not in twice and "验" not in twice
