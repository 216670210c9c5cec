"""Charts draw what the frame holds; their words say it, and nothing from the data is markup."""

import base64
import json
import math
import re
from functools import cache

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from livingreview.charts import (
    Figure,
    directions_alt,
    forest,
    forest_alt,
    with_pictures,
)
from livingreview.charts.forest import diamond
from livingreview.tables import html_table

HOSTILE = [
    "</script><b>",
    '" onload="alert(1)',
    "$x$ \\(y\\)",
    "a | b",
    "<!--<script>",
    "试验一",
    "تجربة سريرية",
    "x" * 200,
]


def unit_row(label, yi, half, kind="trial", **more):
    row = {"trial_id": "abel2001", "label": label, "kind": kind, "yi": yi}
    limits = {"ci_low": yi - half, "ci_high": yi + half}
    people = {"n_intervention": 30, "n_comparator": 28, "weight": 50.0 if kind == "trial" else math.nan}
    return row | limits | people | {"pi_low": math.nan, "pi_high": math.nan} | more


def summary(k=2, *more):
    rows = [unit_row(f"Abel {2001 + i}", float(i), 2.0) for i in range(k)]
    return pd.DataFrame([*rows, *more])


def pooled(label="Pooled, Wald", yi=0.5, half=1.0, **more):
    return unit_row(label, yi, half, "pooled", n_intervention=None, n_comparator=None, **more)


def draw(frame, **options):
    return forest(frame, **{"title": "A title", "unit": "points"} | options).to_dict()


def layers(spec, kind, **wanted):
    """Return the rows of data of every layer with that mark and those options of the mark."""
    found = [
        layer
        for layer in spec["layer"]
        if layer["mark"]["type"] == kind
        and all(layer["mark"].get(key) == value for key, value in wanted.items())
    ]
    return [row for layer in found for row in spec["datasets"][layer["data"]["name"]]]


def texts(spec):
    return [
        str(row[layer["encoding"]["text"]["field"]])
        for layer in spec["layer"]
        if layer["mark"]["type"] == "text"
        for row in spec["datasets"][layer["data"]["name"]]
    ]


def figure(frame=None, chart=None, alt="What it shows.", caption="See."):
    frame = summary(2, pooled()) if frame is None else frame
    chart = forest(frame, title="T", unit="points") if chart is None else chart
    return Figure(chart, alt, caption, html_table(frame[["label"]], caption="Numbers"))


# ---- forest


@pytest.mark.parametrize("k", [1, 2, 3, 8, 40, 200])
def test_a_forest_draws_one_square_and_one_whisker_per_trial_at_every_size(k):
    frame = pd.DataFrame([unit_row(f"Abel {i}", math.sin(i), 2.0) for i in range(k)])
    spec = draw(frame)
    assert spec["title"] == "A title" and spec["width"] == 680
    assert len(layers(spec, "point", shape="square")) == k
    assert sum("x2" in row and "label" in row for row in layers(spec, "rule")) == k
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', figure(frame).svg()).groups())
    assert 680 <= width <= 700 and height > 20 * k


def test_each_pooled_row_is_a_diamond_from_limit_to_limit_with_its_waist_at_the_estimate():
    spec = draw(summary(3, pooled("Wald", 1.0, 0.5), pooled("HK", 1.0, 0.75)))
    corners = layers(spec, "area")
    assert [row["x"] for row in corners] == [0.5, 1.0, 1.5, 0.25, 1.0, 1.75]
    assert [row["bottom"] - row["top"] for row in corners] == pytest.approx([0, 16, 0, 0, 16, 0])


def test_a_diamond_that_leaves_the_axis_is_cut_there_at_its_true_height():
    # from 0 (half height 8) to 4 (0), cut at 3: a quarter of the half height is left
    corners = diamond({"yi": 0.0, "ci_low": -1.0, "ci_high": 4.0, "y": 0.0}, (-2.0, 3.0))
    assert corners[-1] == {"x": 3.0, "top": -2.0, "bottom": 2.0}
    assert corners[0]["x"] == -1.0 and corners[0]["top"] == 0.0


def test_a_prediction_interval_is_drawn_from_five_estimates_on_and_not_before():
    row = pooled(pi_low=-3.0, pi_high=4.0)
    assert "95 % prediction interval" not in texts(draw(summary(4, row)))
    spec = draw(summary(5, row))
    assert "−3.00 to 4.00" in texts(spec)
    assert {(r["x"], r["x2"]) for r in layers(spec, "rule", strokeWidth=5)} == {(-3.0, 4.0)}


def test_a_trial_without_an_estimate_says_so_and_has_no_mark():
    frame = summary(1, unit_row("Blank 2005", math.nan, 1.0, weight=math.nan))
    spec = draw(frame)
    assert {"Blank 2005", "not estimable"} <= set(texts(spec))
    assert [row["label"] for row in layers(spec, "point", shape="square")] == ["Abel 2001"]


def test_an_interval_that_leaves_the_axis_ends_in_an_arrow_and_the_others_keep_their_room():
    frame = summary(8, unit_row("Far 2009", 250.0, 150.0))
    spec = draw(frame)
    low, high = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert high < 20
    assert [
        (r["label"], r["x"]) for r in layers(spec, "point", shape="triangle-right", filled=True, size=70)
    ] == [("Far 2009", high)]
    assert "250 (100 to 400)" in texts(spec)


@pytest.mark.parametrize(("better", "left", "right"), [(True, "rest", "work"), (False, "work", "rest")])
def test_favours_words_stand_on_the_side_that_is_better(better, left, right):
    spec = draw(summary(2), favours=("rest", "work"), higher_is_better=better)
    # Text left of no difference ends at its arrow, text right of it begins there.
    for words, align in ((f"favours {left}", "right"), (f"favours {right}", "left")):
        assert [row["words"] for row in layers(spec, "text", align=align) if row.get("words") == words]


def test_ratios_stand_on_a_log_axis_as_ratios():
    frame = pd.DataFrame([unit_row("Abel 2001", math.log(2), math.log(2))])
    spec = draw(frame, ratio=True)
    assert spec["layer"][0]["encoding"]["x"]["scale"]["type"] == "log"
    assert "2.00 (1.00 to 4.00)" in texts(spec)
    (square,) = layers(spec, "point", shape="square")
    assert square["x"] == pytest.approx(2)
    assert layers(spec, "rule")[0]["x"] == 1.0


def test_a_threshold_is_a_line_and_two_are_a_band_with_a_label():
    assert {row["x"] for row in layers(draw(summary(2), threshold=1.5), "rule", strokeDash=[5, 3])} == {1.5}
    spec = draw(summary(2), threshold=(1.49, 1.07), threshold_label="worthwhile")
    (band,) = layers(spec, "rect")
    assert (band["x"], band["x2"]) == (1.07, 1.49) and "worthwhile" in texts(spec)


# ---- figure


def test_a_figure_keeps_the_contract_of_its_html():
    html = with_pictures(figure()._repr_html_())
    page = BeautifulSoup(html, "html.parser")
    path = "figure.lr-figure > div.lr-chart"
    image, script = page.select_one(f"{path} > img.lr-static"), page.select_one(f"{path} > script.lr-spec")
    assert image["alt"] == "What it shows."
    svg = base64.b64decode(image["src"].removeprefix("data:image/svg+xml;base64,")).decode()
    assert svg.startswith("<svg") and "Abel 2001" in svg
    assert script["type"] == "application/json"
    assert json.loads(script.string)["description"] == "What it shows."
    assert page.select_one("figure > figcaption").text == "See."
    assert page.select_one("figure > details.lr-data > summary").text == "The numbers in this figure"
    assert page.select_one("details table caption").text == "Numbers"


def tags(page):
    return [(tag.name, sorted(tag.attrs)) for tag in page.find_all()]


@cache
def forest_page(text):
    frame = summary(2, pooled()).assign(label=text, note=text, source_kind=text)
    chart = forest(frame, title=text, unit=text, x_label=text, favours=(text, text))
    shown = figure(frame, chart, alt=text, caption=text)
    return BeautifulSoup(with_pictures(shown._repr_html_()), "html.parser")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_figure_adds_no_element_and_is_kept(text):
    hostile = forest_page(text)
    assert tags(hostile) == tags(forest_page("plain"))
    assert hostile.img["alt"] == hostile.figcaption.text == text
    spec = json.loads(hostile.select_one("script.lr-spec").string)
    assert spec["description"] == spec["title"] == text and text in texts(spec)
    assert "</" not in hostile.script.string and "<!--" not in hostile.script.string


def test_equal_figures_give_equal_bytes_and_another_number_gives_others():
    assert with_pictures(figure()._repr_html_()) == with_pictures(figure()._repr_html_())
    assert figure()._repr_html_() != figure(summary(3, pooled()))._repr_html_()


# ---- directions


def directions_frame(*rows):
    base = {
        "trial_id": "abel2001", "label": "Abel 2001", "outcome_label": "Function", "timepoint_weeks": 26.0,
        "n": 30.0, "direction": "favours_intervention", "stated": None, "basis": "estimate", "p": None,
        "counted": True, "note": None,
    }  # fmt: skip
    return pd.DataFrame([base | row for row in rows], columns=list(base))


FOUR = directions_frame(
    {},
    {"label": "Berg 2002", "direction": "favours_comparator", "n": 12.0},
    {"label": "Cole 2003", "direction": "no_direction", "counted": False},
    {"label": "Dahl 2004", "direction": "unknown", "n": None, "counted": False},
)


# ---- words


def test_the_words_of_a_forest_give_the_numbers_of_its_frame():
    frame = pd.DataFrame(
        [
            unit_row("Abel 2001", 4.1, 2.0),
            unit_row("Berg 2002", -1.2, 2.0),
            unit_row("Cole 2003", math.nan, 1.0),
            pooled("Pooled, HK", 3.21, 2.75),
            pooled("Pooled, modified HK", 3.21, 4.25),
        ]
    )
    assert forest_alt(frame, "points") == (
        "2 estimates from −1.20 to 4.10 points. "
        "Pooled, HK: 3.21, 95% CI 0.46 to 5.96, which does not include zero. "
        "Pooled, modified HK: 3.21, 95% CI −1.04 to 7.46, which includes zero. "
        "Without an estimate: Cole 2003."
    )


def test_the_words_of_a_forest_of_ratios_are_ratios_and_compare_with_one():
    # 2 / 1.5 = 1.33 and 2 x 1.5 = 3; 2 / 4 = 0.5 and 2 x 4 = 8
    narrow, wide = (pooled(yi=math.log(2), half=math.log(by)) for by in (1.5, 4))
    said = forest_alt(pd.DataFrame([unit_row("Abel 2001", 0.0, 1.0), narrow, wide]), "risk ratio", ratio=True)
    assert "2.00, 95% CI 1.33 to 3.00, which does not include 1." in said
    assert "2.00, 95% CI 0.50 to 8.00, which includes 1." in said


def test_the_words_of_directions_name_every_trial_once_with_its_people():
    assert directions_alt(FOUR) == (
        "In favour of the intervention: Abel 2001 (30 participants). "
        "Against it: Berg 2002 (12 participants). "
        "Unknown: Dahl 2004. Not in the synthesis: Cole 2003 (30 participants)."
    )
