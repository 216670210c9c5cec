"""Figures and tables are numbered through the book, prose refers to them, and each figure has its files."""

import csv
import io
import re
from html import escape

import pytest
import yaml
from bs4 import BeautifulSoup
from invented_review import cases

from livingreview.book.documents.split import split
from livingreview.book.figures import table_csv


@pytest.mark.parametrize(("cell", "written"), cases("cells"))
def test_only_what_is_a_number_to_its_end_begins_with_a_hyphen(cell, written):
    table = f'<details class="lr-data"><table><tr><td>{escape(cell)}</td></tr></table></details>'
    assert list(csv.reader(io.StringIO(table_csv(table)))) == [[written]]


def test_every_figure_of_the_book_has_the_next_number_and_files_that_say_what_its_table_says(
    real_book, pages
):
    numbers, limit = [], 15_000_000
    shown = [(path, each) for path, page in pages.items() for each in page.select("figure.lr-figure")]
    for path, each in shown:
        numbers.append(re.match(r"Figure (S?\d+)\. \S", each.figcaption.get_text()).group(1))
        files = {link.get_text(): path.parent / link["href"] for link in each.select(".lr-files a[download]")}
        assert set(files) == {"SVG", "PNG", "CSV"} and all(file.is_file() for file in files.values()), path
        told = list(csv.reader(files["CSV"].open(encoding="utf-8", newline="")))
        rows = each.select("details.lr-data tr")
        assert len(told) == len(rows) > 1 and all(len(row) == len(told[0]) for row in told), path
        heads = [" ".join(cell.get_text().split()) for cell in rows[0].find_all("th")]
        assert [head.replace("\N{NO-BREAK SPACE}", " ") for head in heads] == told[0], path
    for mark in ("", "S"):
        own = {number for number in numbers if number.startswith("S") == bool(mark)}
        assert own == {f"{mark}{n}" for n in range(1, len(own) + 1)} and len(own) > 3
    assert len(set(numbers)) == len(numbers)
    folder = real_book.html.parent
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < limit


def test_prose_refers_to_the_number_that_stands_at_the_exhibit(pages):
    references = [(path, mark) for path, page in pages.items() for mark in page.select(".std-numref")]
    assert len(references) > 10
    for path, mark in references:
        file, _, name = mark.parent["href"].partition("#")
        exhibit = pages[(path.parent / file).resolve() if file else path].find(id=name)
        assert exhibit.select_one(".lr-number-of").get_text() == f"{mark.get_text()}.", (path, name)


def test_each_document_has_its_figures_and_tables_with_the_numbers_of_the_pages(real_book, pages, pdf_pages):
    root = real_book.html.parents[2]
    declared = yaml.safe_load((root / "_config.yml").read_text())["sphinx"]["config"]["lr_documents"]
    printed = split((real_book.html.parents[1] / "singlehtml/index.html").read_text(), declared)
    said = {name: " ".join(BeautifulSoup(text, "lxml").get_text().split()) for name, text in printed.items()}
    paper = " ".join(" ".join(pdf_pages).split())
    for page in pages.values():
        for each in page.select("figure.lr-figure > figcaption, .lr-exhibit caption"):
            start = " ".join(each.get_text().split()[:4])
            inside = "supplement" if re.match(r"\w+ S\d", start) else "article"
            assert {name for name in ("article", "supplement") if start in said[name]} == {inside}, start
            assert (start in paper) == (inside == "article"), start
    assert "Download as" not in paper + "".join(said.values())
