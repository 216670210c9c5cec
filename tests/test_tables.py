"""Tables are accessible HTML in which nothing from the data is markup."""

import math

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from livingreview.formats import interval, number, p_value, percent, weeks
from livingreview.tables import html_table, safe_url

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


def test_columns_are_shown_in_the_order_named_and_no_others():
    frame = pd.DataFrame({"a": [1], "b": [2], "c": [3]})
    page = parse(html_table(frame, caption="", columns={"c": "C", "a": "A"}, row_header="a"))
    assert [cell.text for cell in page.select("tbody tr > *")] == ["3", "1"]
    assert page.select_one('th[scope="row"]').text == "1"


def test_a_column_the_frame_lacks_is_refused_by_name():
    with pytest.raises(ValueError, match="'b'"):
        html_table(pd.DataFrame({"a": [1]}), caption="", columns={"b": "B"})
    with pytest.raises(ValueError, match="'c'"):
        html_table(pd.DataFrame({"a": [1]}), caption="", row_header="c")


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


def test_numbers_are_marked_for_alignment_and_text_is_not():
    frame = pd.DataFrame({"label": ["a", "b"], "yi": [1.5, None], "p": ["0.04", None]})
    page = parse(html_table(frame, caption=""))
    marked = [th.text for th in page.select("thead th.lr-number")]
    assert marked == ["yi"]
    assert len(page.select("tbody .lr-number")) == 2


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, pd.NaT])
def test_a_missing_value_is_a_dash_that_says_not_seen(nothing):
    frame = pd.DataFrame({"label": ["a"], "x": pd.Series([nothing], dtype=object)})
    formats = {"x": lambda value: pytest.fail("a format was handed a missing value")}
    links = {"x": lambda row: "https://example.org"}
    cell = parse(html_table(frame, caption="", formats=formats, links=links)).td
    assert cell.text == "–"
    assert cell.span["aria-label"] == "not available" and cell.span["role"] == "img"
    assert cell.a is None


def test_zero_and_an_empty_text_and_no_are_values_and_not_missing():
    frame = pd.DataFrame({"label": ["a"], "x": [0], "y": [""], "z": [False]})
    page = parse(html_table(frame, caption=""))
    assert [td.text for td in page.select("td")] == ["0", "", "no"]
    assert not page.select(".lr-missing")


def test_formats_are_a_spec_or_a_function_and_minus_signs_are_true():
    frame = pd.DataFrame({"label": ["a"], "x": [-1.25], "y": [-1.25], "z": [-0.001], "n": [np.int64(-3)]})
    formats = {"x": ".1f", "y": lambda value: f"<{value}>"}
    page = parse(html_table(frame, caption="", formats=formats))
    # -1.25 to one decimal is a tie, which goes to the even digit: 1.2
    assert [td.text for td in page.select("td")] == ["−1.2", "<-1.25>", "0.00", "−3"]


@pytest.mark.parametrize(
    "url", ["https://doi.org/10.1/x", "http://a.org", "#top", "trials/abel2001.html", "../index.html?a=1#b"]
)
def test_web_addresses_fragments_and_pages_of_the_book_are_links(url):
    page = parse(html_table(pd.DataFrame({"a": ["x"]}), caption="", links={"a": lambda row: url}))
    assert page.a["href"] == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\nscript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "//evil.org/x",
        "\\\\evil.org",
        "https:evil",
        "file:///etc/passwd",
        "http://[broken",
        "",
        None,
    ],
)
def test_any_other_address_gives_the_text_without_a_link(url):
    assert safe_url(url) is None
    page = parse(html_table(pd.DataFrame({"a": ["x"]}), caption="", links={"a": lambda row: url}))
    assert page.a is None and page.tbody.th.text == "x"


def test_an_empty_frame_still_has_its_heads():
    page = parse(html_table(pd.DataFrame({"a": []}), caption="none"))
    assert page.th.text == "a" and not page.select("tbody tr")


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(-0.5, 2), "−0.50"),
        (number(-0.001, 2), "0.00"),
        (number(0.125, 2), "0.13"),  # a tie, exact in binary: away from zero
        (number(-0.125, 2), "−0.13"),
        (number(0.375, 2), "0.38"),
        (number(2.5, 0), "3"),
        (number(np.int64(7), 1), "7.0"),
        (number(1.005, 2), "1.00"),  # no tie: the double lies below
        (number(-0.004, 2), "0.00"),
        (number(1e30, 2), "1000000000000000019884624838656.00"),
        (p_value(0.125), "0.13"),
        (number(math.nan), "–"),
        (number(-math.inf), "−∞"),
        (interval(0.46, 5.96), "0.46 to 5.96"),
        (interval(-0.466, 8.004), "−0.47 to 8.00"),
        (interval(None, None), "–"),
        (percent(45.4), "45%"),
        (p_value(0.035), "0.035"),
        (p_value(0.0009), "< 0.001"),
        (p_value(0.001), "0.001"),
        (p_value(0.25), "0.25"),
        (p_value(1.0), "> 0.99"),
        (weeks(26), "26 weeks"),
        (weeks(1), "1 week"),
        (weeks(13.04), "13 weeks"),
        (weeks(8.7), "8.7 weeks"),
        (weeks(8.25), "8.3 weeks"),
    ],
)
def test_numbers_read_as_a_page_prints_them(shown, expected):
    assert shown == expected


def test_words_find_their_own_direction_and_numbers_need_none():
    html = html_table(
        pd.DataFrame({"trial": ["ניסוי 2020", "Abel 2001"], "people": [3, 4]}), caption="T"
    ).html
    cells = BeautifulSoup(html, "lxml").select("tbody th, tbody td")
    assert [cell.get("dir") for cell in cells] == ["auto", None] * 2


def test_a_table_of_many_columns_takes_the_margin_too_and_its_long_words_may_break():
    columns = ["a", "b", "c", "arms.*.randomized.locator"]
    frame = pd.DataFrame([["a.b", "people_of_the_trial<b>", "https://example.org/a", 1.5]], columns=columns)
    page = parse(html_table(frame, caption="Four"))
    assert "lr-wide" in page.div["class"]
    assert "lr-wide" not in parse(html_table(frame[columns[:3]], caption="Three")).div["class"]
    cells = page.select("tbody tr > *")
    assert [cell.text for cell in cells] == ["a.b", "people_of_the_trial<b>", "https://example.org/a", "1.50"]
    assert [len(cell.select("wbr")) for cell in cells] == [0, 3, 3, 0]


def test_a_date_is_one_piece_and_a_number_that_looks_like_one_is_not():
    frame = pd.DataFrame({"a": ["version of 2026-11-22", "2019-03-05-17", "<2026-11-22>"]})
    html = html_table(frame, caption="t").html
    assert "version of <time>2026-11-22</time><" in html and "2019-03-05-17" in html
    assert "&lt;<time>2026-11-22</time>&gt;" in html
