"""What paper cannot hold as it is: a picture taller than a page, and letters that no font of the PDF has."""

import math
import re
from itertools import pairwise
from types import SimpleNamespace

import pandas as pd
import pikepdf
import pytest
from bs4 import BeautifulSoup
from test_charts import figure, pooled, unit_row

from alsreview.book.glyphs import in_numbers, spelled_out, unshown
from alsreview.book.pdf import make_pdf
from alsreview.book.tall import TALLEST, in_parts
from alsreview.charts import forest, with_pictures

STAMP = SimpleNamespace(
    title="A book", authors=["Ada"], label="2026.1", evidence="0" * 16, date="1 May 2026", citation="Ada.",
    seconds=1_770_000_000,
)  # fmt: skip


def draw(tmp_path, frame, title="T"):
    """Write the single page that Sphinx would write, with one forest plot."""
    shown = with_pictures(figure(frame, forest(frame, title=title, unit="points"))._repr_html_())
    page = f"<html><body><article class='bd-article'><section id='a'><h1>A</h1>{shown}</section></article>"
    (tmp_path / "index.html").write_text(f"{page}</body></html>", encoding="utf-8")


def many(k):
    return pd.DataFrame([*(unit_row(f"Abel {i}", math.sin(i), 2.0) for i in range(k)), pooled()])


def test_a_plot_of_two_hundred_trials_fills_pages_in_parts_that_keep_every_row(tmp_path, root):
    draw(tmp_path, many(200))
    make_pdf(root, tmp_path, tmp_path / "a.pdf", STAMP)
    parts = sorted((tmp_path / "_charts").glob("*-part*.svg"))
    boxes = [re.search(r'viewBox="0 (\S+) \S+ (\S+)"', part.read_text()).groups() for part in parts]
    edges = [(float(top), float(top) + float(height)) for top, height in boxes]
    edges.sort()
    assert len(edges) > 5 and edges[0][0] == 0
    assert all(bottom == pytest.approx(top, abs=0.1) for (_, bottom), (top, _) in pairwise(edges))
    assert max(bottom - top for top, bottom in edges) <= TALLEST
    with pikepdf.open(tmp_path / "a.pdf") as pdf:
        assert len(pdf.pages) >= len(edges)


def test_no_part_cuts_a_line_of_words(tmp_path):
    (tmp_path / "_charts").mkdir()
    svg = figure(many(70)).svg()
    (tmp_path / "_charts" / "0.svg").write_text(svg)
    page = in_parts(
        '<figure><img src="_charts/0.svg" alt="All."><figcaption>C</figcaption></figure>',
        tmp_path / "_charts",
    )
    shown = BeautifulSoup(page, "html.parser").find_all("img")
    assert shown[0]["alt"] == f"Part 1 of {len(shown)}. All."
    assert [image.find_parent("figure") is not None for image in shown] == [False] * (len(shown) - 1) + [True]
    tops = [
        float(re.search(r'viewBox="0 (\S+)', (tmp_path / image["src"]).read_text())[1]) for image in shown[1:]
    ]
    # All words stand in groups that are moved by (3, y) in all: the title's and the plot's.
    words = BeautifulSoup(svg, "html.parser").find_all("text")
    moved = float(re.search(r'<g[^>]*transform="translate\([\d.]+,([\d.]+)\)"', svg)[1])
    lines = [moved + float(re.search(r",([-\d.]+)\)", word["transform"])[1]) for word in words]
    for top in tops:
        # A baseline 3 px below the cut or nearer, or 11 px below it at most, would be cut through.
        assert not [y for y in lines if top - 2 < y < top + 9], top


def test_a_plot_that_fits_its_page_is_left_alone(tmp_path):
    (tmp_path / "0.svg").write_text(figure(many(5)).svg())
    page = '<img src="x/0.svg" alt="All.">'
    assert in_parts(page, tmp_path) == page and [file.name for file in tmp_path.iterdir()] == ["0.svg"]


def test_letters_that_no_font_has_are_spelled_out_in_words_and_picture_and_it_is_said(tmp_path, root):
    draw(tmp_path, pd.DataFrame([unit_row("试验一 تجربة Δοκιμή", 1.0, 1.0)]))
    make_pdf(root, tmp_path, tmp_path / "a.pdf", STAMP)
    source = (tmp_path / "review.typ").read_text(encoding="utf-8")
    assert "试" not in re.sub(r"alt: \"[^\"]*\"", "", source) and "U+8BD5 U+9A8C U+4E00" in source
    assert "cannot show stand as their Unicode numbers" in source
    svg = (tmp_path / "_charts" / "0.svg").read_text(encoding="utf-8")
    assert "\ufffd\ufffd\ufffd" in svg and "Δοκιμή" in svg and "试" not in svg and "ت" not in svg


def test_a_page_whose_letters_all_show_says_nothing_of_it(tmp_path, root):
    draw(tmp_path, pd.DataFrame([unit_row("Abel Δ ≥ −1 ‘quoted’ <b> $x$ | 2001", 1.0, 1.0)]))
    make_pdf(root, tmp_path, tmp_path / "a.pdf", STAMP)
    assert "Unicode numbers" not in (tmp_path / "review.typ").read_text(encoding="utf-8")


def test_a_run_of_letters_is_one_bracket_and_an_escaped_one_is_read():
    assert in_numbers("a 试验 b 试", {"试", "验"}) == "a [U+8BD5 U+9A8C] b [U+8BD5]"
    said = 'error: PDF/UA-1 error: the text `"\\u{200f}"` could not be displayed with font `"Noto Sans"`'
    assert unshown(said) == {"\u200f"} and unshown("error: unknown variable") == set()


def test_a_second_round_of_spelling_adds_no_second_note(tmp_path):
    once = spelled_out("<h1>A</h1><p>试验</p>", tmp_path, {"试"})
    twice = spelled_out(once, tmp_path, {"试", "验"})
    assert twice.count("Unicode numbers") == 1 and "试" not in twice and "验" not in twice
