"""On a phone a chart keeps its width whatever the names are, and no word of it is smaller than 11 px."""

import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from livingreview.charts import NARROW, directions, flow, lights
from livingreview.charts.figure import draw_svg

NAMES = ["a long name " * 16, '试验一试验二试验三试验四 ניסוי "<$x|']
WIDEST = NARROW + 24  # px; what the margins of a chart add at most


def results(name: str, rows: int) -> pd.DataFrame:
    one = {"label": name, "domain": name, "outcome_label": name, "timepoint_weeks": 26.0, "n": 60.0,
           "people": 60.0, "direction": "favours_intervention", "stated": None, "basis": "estimate",
           "p": "0.0298", "counted": False}  # fmt: skip
    return pd.DataFrame([one | {"label": f"{name}{row or ''}"} for row in range(rows)], columns=list(one))


def charts(name: str, rows: int = 2) -> list:
    found = results(name, rows)
    judged = found.assign(domain="overall", judgement="high", tool=name)
    boxes = [{"row": row, "column": column, "heading": name, "lines": (name, f" {name}")}
             for row in range(2) for column in ("main", "side")]  # fmt: skip
    return [
        directions(found, title="T", width=NARROW),
        lights(judged, list(found.label), ["overall", *"abcdefg"], title="T", width=NARROW, nobody="no"),
        flow(pd.DataFrame(boxes), title="T", width=NARROW),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_narrow_chart_is_as_narrow_with_any_name_and_its_words_are_large_enough(name):
    for chart in charts(name):
        svg = draw_svg(chart.to_dict())
        assert float(re.search(r'width="([\d.]+)"', svg)[1]) <= WIDEST
        sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)px"', svg)]
        assert sizes and min(sizes) >= 11


def test_a_name_as_long_as_names_of_people_are_is_not_cut():
    for name in ("Dal Bello-Haas 2007", "van Groenestijn 2019"):
        assert "\u2026" not in draw_svg(charts(name)[0].to_dict())


def test_no_trial_and_two_hundred_are_drawn_as_narrow():
    for rows in (0, 200):
        for chart in charts("Abel 2001", rows)[:1]:
            assert float(re.search(r'width="([\d.]+)"', draw_svg(chart.to_dict()))[1]) <= WIDEST


def test_a_narrow_chart_says_all_that_the_wide_one_says_of_a_trial():
    said = [
        node.text
        for chart in charts("Abel 2001", 1)[:1]
        for node in BeautifulSoup(draw_svg(chart.to_dict()), "html.parser").find_all("text")
    ]
    assert {"Abel 2001", "60 participants", "Abel 2001, 26 weeks"} <= set(said)
    assert any("p 0.0298" in text and "not counted" in text for text in said)
