"""Charts draw the frames they are given: marks, words, alternative texts; no pixel is compared."""

import json

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from alsreview.charts import Figure, directions, directions_alt, forest, forest_alt
from alsreview.tables import html_table

HOSTILE = ["</script><b>bold</b>", '"quoted" & <img src=x>', "$x$ | `code`", "Ω 汉字 العربية", "x" * 200]


def trial(label, yi=1.0, low=-1.0, high=3.0, kind="trial", **more):
    row = {
        "trial_id": "alpha2001",
        "label": label,
        "kind": kind,
        "n_intervention": 10.0,
        "n_comparator": 12.0,
    }
    return (
        row
        | {"yi": yi, "ci_low": low, "ci_high": high, "weight": 50.0, "pi_low": None, "pi_high": None}
        | more
    )


def summary(*rows):
    return pd.DataFrame(rows)


POOLED = trial("Pooled", 1.5, 0.2, 2.8, "pooled", weight=100.0, pi_low=-1.0, pi_high=4.0)
THREE = summary(
    trial("Alpha"), trial("Beta", 2.0, 0.5, 3.5, "composite"), trial("Gamma", None, None, None), POOLED
)


def drawn(chart):
    """The chart's layers with the rows that each one draws."""
    spec = chart.to_dict()
    data = spec.get("datasets", {})
    return [(layer["mark"], data.get(layer.get("data", {}).get("name"), [])) for layer in spec["layer"]]


def texts(chart) -> set:
    return {str(value) for _, rows in drawn(chart) for row in rows for value in row.values()}


def marks(chart, kind, **style):
    return [
        rows
        for mark, rows in drawn(chart)
        if mark["type"] == kind and all(mark.get(key) == value for key, value in style.items())
    ]


def test_a_forest_plot_has_a_square_per_estimate_and_a_diamond_per_pooled_value():
    chart = forest(THREE, title="A title", unit="points")
    squares = [row for rows in marks(chart, "point", shape="square") for row in rows]
    assert [row["x"] for row in squares] == [1.0, 2.0]
    assert len(marks(chart, "area")) == 1
    assert chart.to_dict()["title"] == "A title"


def test_a_forest_plot_writes_estimates_people_and_weights():
    said = texts(forest(THREE, title="t", unit="points"))
    assert {"1.00 (\u22121.00 to 3.00)", "10 / 12", "50\u00a0%", "not estimable"} <= said


def test_a_trial_without_an_estimate_says_what_it_reports_instead():
    said = texts(
        forest(
            summary(trial("Alpha", None, None, None, note="reports no difference"), POOLED),
            title="t",
            unit="u",
        )
    )
    assert "reports no difference" in said and "not estimable" not in said


def test_a_prediction_interval_is_drawn_from_five_trials_on():
    four = [trial(f"Trial {i}") for i in range(4)]
    assert "95 % prediction interval" not in texts(forest(summary(*four, POOLED), title="t", unit="u"))
    assert "95 % prediction interval" in texts(
        forest(summary(*four, trial("Five"), POOLED), title="t", unit="u")
    )


def test_the_sides_swap_when_less_is_better():
    spec = json.dumps(
        forest(THREE, title="t", unit="u", favours=("sham", "coil"), higher_is_better=False).to_dict()
    )
    assert "favours coil" in spec and "favours sham" in spec
    left, right = (
        json.dumps(
            forest(THREE, title="t", unit="u", favours=("sham", "coil"), higher_is_better=up).to_dict()
        )
        for up in (True, False)
    )
    assert left != right


@pytest.mark.parametrize("k", [0, 1, 2, 60, 200])
def test_a_forest_plot_of_any_size_is_drawn(k):
    rows = [trial(f"Trial {i}") for i in range(k)]
    chart = forest(summary(*rows, POOLED) if k else summary(POOLED).iloc[:0], title="t", unit="u")
    assert chart.to_dict()["height"] > 20 * k


@pytest.mark.parametrize("label", HOSTILE)
def test_a_figure_keeps_text_from_the_data_inert(label):
    frame = summary(trial(label), POOLED)
    table = html_table(frame[["label", "yi"]], caption=label)
    html = Figure(forest(frame, title=label, unit="u"), forest_alt(frame, "u"), label, table)._repr_html_()
    page = BeautifulSoup(html, "html.parser")
    assert len(page.find_all("script")) == 1 and len(page.find_all("img")) == 1 and not page.find_all("b")
    assert page.figcaption.text == label
    spec = json.loads(page.script.string.replace("<\\/", "</"))
    assert label in json.dumps(spec, ensure_ascii=False).replace('\\"', '"')


def test_a_figure_is_a_chart_an_alt_text_and_a_table():
    figure = Figure(
        forest(THREE, title="t", unit="u"), "What it shows", "What to see", html_table(THREE, caption="c")
    )
    page = BeautifulSoup(figure._repr_html_(), "html.parser")
    assert page.select_one("figure.als-figure .als-chart img.als-static")["alt"] == "What it shows"
    assert page.select_one(".als-chart script.als-spec[type='application/json']")
    assert page.select_one("details.als-data table.als-table")
    assert page.img["src"].startswith("data:image/svg+xml;base64,")


def test_equal_figures_give_equal_bytes_and_name_no_other_host():
    def html():
        return Figure(
            forest(THREE, title="t", unit="u"), "a", "c", html_table(THREE, caption="c")
        )._repr_html_()

    assert html() == html()
    figure = Figure(forest(THREE, title="t", unit="u"), "a", "c", html_table(THREE, caption="c"))
    spec = json.dumps(figure.spec()).replace(figure.spec()["$schema"], "")
    assert "http" not in spec
    assert "Alpha" in figure.svg()


def test_the_alt_text_of_a_forest_plot_says_its_numbers():
    said = forest_alt(THREE, "points")
    assert said.startswith("2 estimates from 1.00 to 2.00 points.")
    assert "Pooled: 1.50, 95 % interval 0.20 to 2.80, which does not hold zero." in said
    assert said.endswith("Without an estimate: Gamma.")
    assert "Alpha gives the only estimate, 1.00 points" in forest_alt(summary(trial("Alpha")), "points")
    assert forest_alt(summary(trial("Gamma", None, None, None)), "points").startswith(
        "No trial gives an estimate."
    )


def way(label, direction, counted=True, **more):
    row = {
        "trial_id": "alpha2001",
        "label": label,
        "outcome_label": "Score",
        "timepoint_weeks": 26.0,
        "n": 20.0,
    }
    row |= {"direction": direction, "stated": None, "basis": "estimate", "p": "0.04", "counted": counted}
    return row | more


WAYS = pd.DataFrame(
    [
        way("Alpha", "favours_intervention"),
        way("Beta", "favours_comparator"),
        way("Gamma", "unknown", False, basis="nothing seen", n=None, p=None, timepoint_weeks=None),
        way("Delta", "mixed"),
        way("Eta", "no_direction", False),
    ]
)


def test_directions_are_told_by_shape_and_counting_by_fill():
    found = {
        rows[0]["label"]: mark for mark, rows in drawn(directions(WAYS, title="t")) if mark["type"] == "point"
    }
    shapes = {label: mark["shape"] for label, mark in found.items()}
    assert shapes == {
        "Alpha": "triangle-up",
        "Beta": "triangle-down",
        "Gamma": "circle",
        "Delta": "diamond",
        "Eta": "square",
    }
    assert found["Alpha"]["fill"] != "#ffffff" and found["Eta"]["fill"] == "#ffffff"


def test_directions_are_also_said_in_words():
    said = texts(directions(WAYS, title="t"))
    assert {
        "in favour (estimate, p 0.04)",
        "nothing seen",
        "exactly zero (estimate, p 0.04), not counted",
    } <= said
    assert "Score, 26 weeks" in said


def test_no_trial_and_many_trials_are_drawn():
    assert "No trial in this analysis" in texts(directions(WAYS.iloc[:0], title="t"))
    many = pd.concat([WAYS] * 20, ignore_index=True)
    assert directions(many, title="t").to_dict()["height"] > 2000


def test_the_alt_text_of_directions_names_every_trial_once():
    said = directions_alt(WAYS)
    assert said == (
        "In favour of the intervention: Alpha (20 people). Against it: Beta (20 people). "
        "Both ways: Delta (20 people). Unknown: Gamma. Shown but not counted: Eta (20 people)."
    )
