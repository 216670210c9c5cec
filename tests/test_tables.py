"""Tables are our own HTML, and nothing in them is ever markup."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from alsreview.formats import number
from alsreview.tables import html_table

HOSTILE = ["</table><script>alert(1)</script>", '"><img src=x>', "$x$ | **b**", "Ω 汉字 العربية", "x" * 200]


def table(frame, **options):
    return BeautifulSoup(html_table(frame, caption="A caption", **options)._repr_html_(), "html.parser")


def test_a_table_has_a_caption_and_headings_with_their_scope():
    page = table(pd.DataFrame({"label": ["Alpha"], "n": [12.0]}), columns={"label": "Trial", "n": "People"})
    assert page.caption.text == "A caption"
    assert [(th["scope"], th.text) for th in page.select("thead th")] == [("col", "Trial"), ("col", "People")]
    assert [(th["scope"], th.text) for th in page.select("tbody th")] == [("row", "Alpha")]
    region = page.select_one(".als-scroll")
    assert (region["role"], region["tabindex"], region["aria-label"]) == ("region", "0", "A caption")


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_the_data_stays_text(text):
    page = table(pd.DataFrame({"label": [text]}))
    assert page.select_one("tbody th").text == text
    assert not page.select("script, img, b")


def test_a_missing_value_says_so_to_a_screen_reader():
    page = table(pd.DataFrame({"label": ["Alpha"], "n": [None]}))
    assert page.select_one("td [role=img]")["aria-label"] == "not seen"


def test_numbers_are_formatted_and_marked():
    page = table(pd.DataFrame({"label": ["Alpha"], "yi": [-0.04]}), formats={"yi": lambda v: number(v, 2)})
    assert page.td.text == "\u22120.04"
    assert page.td["class"] == ["als-number"]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a", True),
        ("#alpha", True),
        ("javascript:alert(1)", False),
        ("//evil.org", False),
    ],
)
def test_only_safe_addresses_become_links(url, kept):
    page = table(pd.DataFrame({"label": ["Alpha"], "url": [url]}), links={"label": lambda row: row["url"]})
    assert bool(page.select("tbody th a")) is kept


def test_an_unknown_column_is_refused_by_name():
    with pytest.raises(ValueError, match="absent"):
        html_table(pd.DataFrame({"a": [1]}), caption="x", columns={"absent": "Absent"})
