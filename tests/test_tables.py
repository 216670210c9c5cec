"""Tables are accessible HTML in which nothing from the data is markup."""

import math

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from livingreview.formats import interval, number, p_value, percent, weeks
from livingreview.tables import html_table

HOSTILE = [
    '</td></table><script>alert("1")</script><b>',
    "' onmouseover='alert(1)",
    "$x$ and \\(y\\)",
    "a | b",
    "Ω" * 200,
    "试验一",
    "تجربة سريرية",
    "<!--",
]


def parse(table):
    return BeautifulSoup(table._repr_html_(), "html.parser")


def test_a_table_has_a_caption_scoped_heads_and_a_named_region():
    frame = pd.DataFrame({"label": ["Abel 2001"], "n": [30]})
    page = parse(html_table(frame, caption="Two arms", columns={"label": "Trial", "n": "People"}))
    region = page.select_one("div.lr-scroll")
    assert (region["role"], region["tabindex"], region["aria-label"]) == ("region", "0", "Two arms")
    assert region.select_one("table.lr-table > caption").text == "Two arms"
    assert [th.text for th in page.select('thead th[scope="col"]')] == ["Trial", "People"]
    assert [th.text for th in page.select('tbody th[scope="row"]')] == ["Abel 2001"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_element_and_no_attribute_and_stays_readable(text):
    frame = pd.DataFrame({"label": [text], "note": [text]})
    options = {"columns": {"label": text, "note": "Note"}, "links": {"note": lambda row: "#a"}}
    plain = frame.assign(label="plain", note="plain")
    shown, expected = (
        parse(html_table(frame, caption=text, **options)),
        parse(
            html_table(plain, caption="plain", columns={"label": "L", "note": "Note"}, links=options["links"])
        ),
    )
    for place in shown.find_all("wbr"):  # ours: where a long word may break
        place.decompose()
    assert [(tag.name, sorted(tag.attrs)) for tag in shown.find_all()] == [
        (tag.name, sorted(tag.attrs)) for tag in expected.find_all()
    ]
    assert shown.caption.text == shown.thead.th.text == shown.tbody.th.text == shown.tbody.a.text == text
    assert shown.div["aria-label"] == text


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, pd.NaT])
def test_a_missing_value_is_a_dash_that_says_not_seen(nothing):
    frame = pd.DataFrame({"label": ["a"], "x": pd.Series([nothing], dtype=object)})
    formats = {"x": lambda value: pytest.fail("a format was handed a missing value")}
    links = {"x": lambda row: "https://example.org"}
    cell = parse(html_table(frame, caption="", formats=formats, links=links)).td
    assert cell.text == "–"
    assert cell.span["aria-label"] == "not available" and cell.span["role"] == "img"
    assert cell.a is None


def test_formats_are_a_spec_or_a_function_and_minus_signs_are_true():
    frame = pd.DataFrame({"label": ["a"], "x": [-1.25], "y": [-1.25], "z": [-0.001], "n": [np.int64(-3)]})
    formats = {"x": ".1f", "y": lambda value: f"<{value}>"}
    page = parse(html_table(frame, caption="", formats=formats))
    # -1.25 to one decimal is a tie, which goes to the even digit: 1.2
    assert [td.text for td in page.select("td")] == ["−1.2", "<-1.25>", "0.00", "−3"]


WEB = ["https://doi.org/10.1/x", "http://a.org", "#top", "trials/abel2001.html", "../index.html?a=1#b"]
REFUSED = [
    "JavaScript:alert(1)",
    "java\nscript:alert(1)",
    " javascript:x",
    "//evil.org/x",
    "data:text/html,x",
]
REFUSED += ["\\\\evil.org", "https:evil", "file:///etc/passwd", "http://[broken", "", None]


@pytest.mark.parametrize("url", [*WEB, *REFUSED])
def test_web_addresses_fragments_and_pages_of_the_book_are_links_and_nothing_else_is(url):
    page = parse(html_table(pd.DataFrame({"a": ["x"]}), caption="", links={"a": lambda row: url}))
    assert (page.a and page.a["href"]) == (url if url in WEB else None)
    assert page.tbody.th.text == "x"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(-0.5, 2), "−0.50"),
        (number(-0.001, 2), "0.00"),
        (number(0.125, 2), "0.13"),  # a tie, exact in binary: away from zero
        (number(-0.125, 2), "−0.13"),
        (number(2.5, 0), "3"),
        (number(np.int64(7), 1), "7.0"),
        (number(1.005, 2), "1.00"),  # no tie: the double lies below
        (number(math.nan), "–"),
        (number(-math.inf), "−∞"),
        (interval(-0.466, 8.004), "−0.47 to 8.00"),
        (interval(None, None), "–"),
        (percent(45.4), "45%"),
        (p_value(0.035), "0.035"),
        (p_value(0.0009), "< 0.001"),
        (p_value(0.001), "0.001"),
        (p_value(1.0), "> 0.99"),
        (weeks(26), "26 weeks"),
        (weeks(1), "1 week"),
        (weeks(8.25), "8.3 weeks"),
    ],
)
def test_numbers_read_as_a_page_prints_them(shown, expected):
    assert shown == expected


def test_zero_and_an_empty_text_and_no_are_values_and_not_missing():
    frame = pd.DataFrame({"label": ["a"], "x": [0], "y": [""], "z": [False]})
    page = parse(html_table(frame, caption=""))
    assert [td.text for td in page.select("td")] == ["0", "", "no"]


@pytest.mark.parametrize("options", [{"columns": {"b": "B"}}, {"row_header": "b"}])
def test_a_column_the_frame_lacks_is_refused_by_name(options):
    with pytest.raises(ValueError, match="'b'"):
        html_table(pd.DataFrame({"a": [1]}), caption="", **options)
