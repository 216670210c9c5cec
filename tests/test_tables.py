"""Tables are accessible HTML in which nothing from the data is markup."""

import math

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from livingreview.formats import interval, number, p_value, percent, weeks
from livingreview.tables import Column, table


def parse(caption, rows, columns):
    return BeautifulSoup(table(caption, rows, columns)._repr_html_(), "html.parser")


def test_a_table_has_a_caption_scoped_heads_and_a_named_region():
    frame = pd.DataFrame({"label": ["Abel 2001"], "n": [30]})
    page = parse("Two arms", frame, {"Trial": "label", "People": "n"})
    region = page.select_one("div.lr-scroll")
    assert (region["role"], region["tabindex"], region["aria-label"]) == ("region", "0", "Two arms")
    assert region.select_one("table.lr-table > caption").text == "Two arms"
    assert [th.text for th in page.select('thead th[scope="col"]')] == ["Trial", "People"]
    assert [th.text for th in page.select('tbody th[scope="row"]')] == ["Abel 2001"]
    with pytest.raises(ValueError, match="'people'"):
        table("Two arms", frame, {"People": "people"})


@pytest.mark.parametrize("nothing", [None, math.nan, pd.NA])
def test_a_missing_value_is_a_dash_that_says_not_seen(nothing):
    form = lambda value: pytest.fail("a format was handed a missing value")  # noqa: E731
    column = Column("x", form, link=lambda row: "https://example.org")
    cell = parse("", [{"label": "a", "x": nothing}], {"Label": "label", "X": column}).td
    assert cell.text == "–"
    assert cell.span["aria-label"] == "not available" and cell.span["role"] == "img"
    assert cell.a is None


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-1.25, ".1f", "−1.2"),  # a tie, which goes to the even digit
        (-1.25, lambda value: f"<{value}>", "<-1.25>"),
        (np.int64(-3), None, "−3"),
        (-0.001, None, "0.00"),
        (0, None, "0"),
        (False, None, "no"),
    ],
)
def test_a_value_is_printed_by_its_format_or_kind_with_a_true_minus_sign(value, form, text):
    page = parse("", pd.DataFrame({"label": ["a"], "x": [value]}), {"Label": "label", "X": Column("x", form)})
    assert page.td.text == text


WEB = ["https://doi.org/10.1/x", "http://a.org", "#top", "trials/abel2001.html", "../index.html?a=1#b"]
REFUSED = ["JavaScript:alert(1)", "java\nscript:alert(1)", " javascript:x", "data:text/html,x", "file:///etc"]
REFUSED += ["//evil.org/x", "\\\\evil.org", "https:evil", "http://[broken", "", None]


@pytest.mark.parametrize("url", [*WEB, *REFUSED])
def test_web_addresses_fragments_and_pages_of_the_book_are_links_and_nothing_else_is(url):
    page = parse("", [{"a": "x"}], {"A": Column("a", link=lambda row: url)})
    assert (page.a and page.a["href"]) == (url if url in WEB else None)
    assert page.tbody.th.text == "x"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(-0.5, 2), "−0.50"),
        (number(-0.001, 2), "0.00"),
        (number(0.125, 2), "0.13"),  # a tie, exact in binary: away from zero
        (number(-0.125, 2), "−0.13"),
        (number(1.005, 2), "1.00"),  # no tie: the double lies below
        (number(math.nan), "–"),
        (number(-math.inf), "−∞"),
        (interval(-0.466, 8.004), "−0.47 to 8.00"),
        (percent(45.4), "45%"),
        (p_value(0.035), "0.035"),
        (p_value(0.0009), "< 0.001"),
        (p_value(1.0), "> 0.99"),
        (weeks(26), "26 weeks"),
        (weeks(8.25), "8.3 weeks"),
    ],
)
def test_numbers_read_as_a_page_prints_them(shown, expected):
    assert shown == expected
