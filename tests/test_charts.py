"""Charts draw what the frame holds, where the axis says; their words say it, and no text is markup."""

import math
import re

import pandas as pd
import pytest

from livingreview.charts import forest, theme
from livingreview.charts.forest import diamond


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


def at(spec, px):
    """Give the value on the axis of a forest plot at a place in px."""
    scale = spec["layer"][0]["encoding"]["x"]["scale"]
    (low, high), (left, right) = scale["domain"], scale["range"]
    share = (px - left) / (right - left)
    return low * (high / low) ** share if scale.get("type") == "log" else low + share * (high - low)


def marks(spec, kind, **look):
    """Give the rows behind every layer with that mark and those of its options, with values on the axis."""
    return [
        row | {f"value{end}": at(spec, row[f"x{end}"]) for end in ("", "2") if f"x{end}" in row}
        for layer in spec["layer"][1:]
        if layer["mark"]["type"] == kind and look.items() <= layer["mark"].items()
        for row in spec["datasets"][layer["data"]["name"]]
    ]


def texts(spec):
    return [row["words"] for row in marks(spec, "text")]


# ---- colours


def contrast(one, other):
    """Contrast by WCAG 2.2."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_every_colour_has_a_twin_in_the_dark_and_stands_out_from_its_page():
    # Black on white is 21:1; the grey that just passes as text on white is #767676, 4.54:1.
    greys = [contrast(colour, "#ffffff") for colour in ("#000000", "#767676")]
    assert greys == pytest.approx([21, 4.54], abs=0.005)
    named = {name: value for name, value in vars(theme).items() if re.fullmatch("#[0-9a-f]{6}", str(value))}
    assert set(theme.DARK) == set(named.values())
    assert len(set(theme.DARK.values())) == len(theme.DARK) == len(named)
    # Only a bar is drawn in the colour of predictions, no words; separating lines say nothing.
    least = dict.fromkeys(named, 4.5) | {"PREDICTION": 3, "RULE": 0, "PAPER": 0}
    for name, colour in named.items():
        assert contrast(colour, theme.PAPER) >= least[name], name
        assert contrast(theme.DARK[colour], theme.DARK[theme.PAPER]) >= least[name], name


# ---- forest


@pytest.mark.parametrize("k", [0, 1, 40])
def test_both_forms_hold_a_square_and_an_interval_per_trial_and_the_same_numbers(k):
    frame = pd.DataFrame([*(unit_row(f"Abel {i}", math.sin(i), 2.0) for i in range(k)), pooled()])
    wide, narrow = (draw(frame, narrow=form) for form in (False, True))
    for spec in (wide, narrow):
        squares, whiskers = marks(spec, "point", shape="square"), marks(spec, "rule", strokeWidth=1.5)
        assert [row["value"] for row in squares] == pytest.approx([math.sin(i) for i in range(k)])
        limits = [value for row in whiskers for value in (row["value"], row["value2"])]
        assert limits == pytest.approx([math.sin(i) + half for i in range(k) for half in (-2, 2)])
    numbers = [sorted(t for t in texts(spec) if re.search(r" to |%$", t)) for spec in (wide, narrow)]
    assert numbers[0] == numbers[1] and len(numbers[0]) == 2 * k + 1
    assert wide["title"] == "A title" and (wide["width"], narrow["width"]) == (680, 276)
    assert "No trial in this analysis" in texts(draw(frame.iloc[:0], narrow=True))


def test_each_pooled_row_is_a_diamond_from_limit_to_limit_with_its_waist_at_the_estimate():
    corners = marks(draw(summary(3, pooled("Wald", 1.0, 0.5), pooled("HK", 1.0, 0.75))), "area")
    assert [row["value"] for row in corners] == pytest.approx([0.5, 1.0, 1.5, 0.25, 1.0, 1.75])
    assert [row["y2"] - row["y"] for row in corners] == pytest.approx([0, 16, 0, 0, 16, 0])
    # from 0 (half height 8) to 4 (0), cut at 3: a quarter of the half height is left
    assert diamond(0.0, -1.0, 4.0, (-2.0, 3.0)) == [(-1.0, 0.0), (0.0, 8.0), (3.0, 2.0)]


def test_a_prediction_interval_is_drawn_from_five_estimates_on_and_not_before():
    row = pooled(pi_low=-3.0, pi_high=4.0)
    assert "95% prediction interval" not in texts(draw(summary(4, row)))
    spec = draw(summary(5, row))
    assert {"95% prediction interval", "−3.00 to 4.00"} <= set(texts(spec))
    (bar,) = marks(spec, "rule", strokeWidth=5)
    assert (bar["value"], bar["value2"]) == pytest.approx((-3, 4))


def test_a_trial_without_an_estimate_says_so_or_what_it_reports_and_has_no_mark():
    absent = {"weight": math.nan, "kind": "trial"}
    told = unit_row("Told 2006", math.nan, 1.0, note="reports no difference", **absent)
    spec = draw(summary(1, unit_row("Blank 2005", math.nan, 1.0, **absent), told))
    assert {"Blank 2005", "not estimable", "Told 2006"} <= set(texts(spec))
    assert texts(spec).count("reports no difference") == 1
    assert [row["label"] for row in marks(spec, "point", shape="square")] == ["Abel 2001"]


@pytest.mark.parametrize(("k", "side", "narrow"), [(1, 1, False), (8, -1, False), (8, 1, True)])
def test_an_effect_a_hundred_times_the_rest_leaves_the_axis_with_an_arrow_and_a_note(k, side, narrow):
    near = [unit_row(f"Abel {2001 + i}", 1.0 + i / 10, 1.5) for i in range(k)]
    spec = draw(pd.DataFrame([*near, unit_row("Far 2009", side * 250.0, 150.0)]), narrow=narrow)
    ends = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert ends[1] - ends[0] < 30
    arrows = [row for row in marks(spec, "point") if row.get("label") == "Far 2009"]
    assert [row["value"] for row in arrows] == [pytest.approx(ends[side > 0])]
    assert {"250 (100 to 400)", "−250 (−400 to −100)"} & set(texts(spec))
    assert "extends beyond the axis" in " ".join(texts(spec))
    assert [row["label"] for row in marks(spec, "point", shape="square")] == [row["label"] for row in near]


@pytest.mark.parametrize("better", [True, False])
@pytest.mark.parametrize("narrow", [True, False])
def test_favours_words_stand_on_the_side_that_is_better(better, narrow):
    spec = draw(summary(2), favours=("rest", "work"), higher_is_better=better, narrow=narrow)
    places = {row["words"].strip("← →"): row["x"] for row in marks(spec, "text") if "favours" in row["words"]}
    assert (places["favours rest"] < places["favours work"]) == better


def test_ratios_stand_on_a_log_axis_as_ratios():
    spec = draw(pd.DataFrame([unit_row("Abel 2001", math.log(2), math.log(2))]), ratio=True, threshold=(0.0,))
    assert spec["layer"][0]["encoding"]["x"]["scale"]["type"] == "log"
    assert "2.00 (1.00 to 4.00)" in texts(spec)
    (square,), (whisker,) = marks(spec, "point", shape="square"), marks(spec, "rule", strokeWidth=1.5)
    assert [square["value"], whisker["value"], whisker["value2"]] == pytest.approx([2, 1, 4])
    null = spec["datasets"][spec["layer"][0]["data"]["name"]]
    assert {row["x"] for row in null} == {1.0}


def test_a_threshold_is_a_line_and_two_are_a_band_with_a_label():
    (line,) = marks(draw(summary(2), threshold=(1.5,)), "rule", strokeDash=[5, 3])
    assert line["value"] == pytest.approx(1.5)
    spec = draw(summary(2), threshold=(1.49, 1.07), threshold_label="worthwhile")
    (band,) = marks(spec, "rect")
    assert (band["value"], band["value2"]) == pytest.approx((1.07, 1.49))
    assert "Shaded: worthwhile" in texts(spec)


@pytest.mark.parametrize("narrow", [False, True])
def test_each_trial_bears_its_link_its_judgement_and_the_letter_of_its_source_and_a_key_reads_them(narrow):
    abel = {"bias": "low", "source_kind": "primary_abstract", "href": "trials/Abel.html"}
    berg = {"bias": "high", "source_kind": "secondary_review", "href": "trials/Berg.html"}
    cole = {"bias": "low to high", "source_kind": "primary_abstract", "href": ""}
    told = {"Abel": abel, "Berg": berg, "Cole": cole}
    rows = [unit_row(name, 1.0, 2.0, **more) for name, more in told.items()]
    spec = draw(pd.DataFrame([*rows, pooled()]), narrow=narrow)
    # once beside the trial, once in the key
    signs = [text for text in texts(spec) if re.fullmatch(r"[-+\u2212!]+|[A-Z]", text)]
    assert sorted(signs) == sorted([*"++\u2212\u2212AAAVV", "+\u2212", "+\u2212"])
    # The range is an open mark, so that it does not look like a judgement.
    assert len(marks(spec, "point", shape="circle", fill=theme.PAPER)) == 2
    linked = {row["words"]: row["href"] for row in marks(spec, "text") if "href" in row}
    assert linked == {"Abel": "trials/Abel.html", "Berg": "trials/Berg.html"}


# ---- words
