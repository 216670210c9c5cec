"""The figures beyond the forest plot: what they compute, what they say, and what they do with bad input."""

import math

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from invented_review import LOW, appraise, edit
from scipy.stats import norm, t

from alsreview import exhibits
from alsreview.charts import (
    NARROW,
    Figure,
    baujat_alt,
    baujat_plot,
    course_alt,
    course_chart,
    drapery,
    drapery_alt,
    evidence_map,
    evidence_map_alt,
    funnel,
    funnel_alt,
    lights,
    lights_alt,
    timeline,
    timeline_alt,
)
from alsreview.charts.theme import LOW as GREEN
from alsreview.charts.theme import PAPER, WIDTH
from alsreview.exhibits.seen import seen_directions, seen_intervals, seen_outcomes, seen_spread
from alsreview.pooling import course, pool, synthesise
from alsreview.sensitivity import curve_units, p_curves
from alsreview.tables import html_table

LONG = "".join("Ein sehr langer Name " for _ in range(10))
HOSTILE = ["</script><b>", '" onload="alert(1)', "<!--<script>", "试验一", "$x$ | *y*", LONG]
NONE = pd.DataFrame({"a": [1]})


def words(chart) -> list[str]:
    svg = Figure(chart, "a", "c", html_table(NONE, caption="t")).svg()
    return [node.text for node in BeautifulSoup(svg, "html.parser").find_all("text")]


def drawn(chart, kind: str) -> list[dict]:
    """Give the rows behind every layer whose mark is of a kind."""
    spec = chart.to_dict()
    return [
        row | {"fill": layer["mark"].get("fill")}
        for layer in spec["layer"]
        if layer["mark"]["type"] == kind
        for row in spec["datasets"][layer["data"]["name"]]
    ]


def table(figure) -> list[list[str]]:
    page = BeautifulSoup(figure.table._repr_html_(), "html.parser")
    return [[cell.text for cell in row.find_all(["th", "td"])] for row in page.select("tbody tr")]


# p curves


def pooled(k: int, interval: str = "hk_guarded"):
    trials = pd.DataFrame(
        {"trial_id": [f"t{i}" for i in range(k)], "label": [f"Trial {i}" for i in range(k)]}
    )
    trials = trials.assign(kind="trial", n_intervention=10.0, n_comparator=10.0)
    return pool(np.linspace(0.2, 1.4, k), np.linspace(0.1, 0.4, k), interval=interval, trials=trials)


@pytest.mark.parametrize("interval", ["wald", "hk", "hk_guarded"])
def test_a_curve_peaks_at_its_estimate_and_crosses_p_where_the_interval_ends(interval):
    result = pooled(4, interval)
    units, curves = curve_units(result), p_curves(result)
    last = units.iloc[-1]
    assert last.kind == "pooled"
    assert last.p_zero == pytest.approx(result.p)
    assert (last.low_95, last.high_95) == pytest.approx((result.ci_low, result.ci_high))
    peak = curves.loc[curves[curves.kind == "pooled"].p.idxmax()]
    assert (peak.effect, peak.p) == pytest.approx((result.estimate, 1))


def test_the_p_of_an_effect_is_that_of_its_distribution():
    result = pooled(4)
    curves = p_curves(result)
    one = curves[(curves.label == "Trial 0") & (curves.effect == 0)].iloc[0]
    assert one.p == pytest.approx(2 * norm.sf(0.2 / math.sqrt(0.1)))
    whole = curves[(curves.kind == "pooled") & (curves.effect == 0)].iloc[0]
    assert whole.p == pytest.approx(2 * t.sf(result.estimate / result.se, 3))


def test_a_further_trial_has_a_curve_from_five_units_on():
    assert "prediction" not in set(curve_units(pooled(4)).kind)
    five = pooled(5)
    row = curve_units(five).query("kind == 'prediction'").iloc[0]
    assert (row.low_95, row.high_95) == pytest.approx((five.pi_low, five.pi_high))


def test_a_drapery_of_200_units_stays_small_and_leaves_the_units_to_the_table():
    result = pooled(200)
    units, curves = curve_units(result), p_curves(result)
    assert set(curves.kind) == {"pooled", "prediction"} and len(units) == 202
    assert "Trial 7" not in words(drapery(curves, units, title="T", x_label="points"))
    assert "200 units peak from 0.20 to 1.40 points" in drapery_alt(units, "points")
    few = pooled(3)
    said = words(drapery(p_curves(few), curve_units(few), title="T", x_label="points"))
    assert {"Trial 0", "Trial 1", "Trial 2", "Pooled", "p 0.05"} <= set(said)


def test_the_words_of_a_drapery_say_which_side_of_0_05_each_unit_is_on():
    units = curve_units(pooled(2))
    # 0.2 on SE 0.32 gives p 0.53, 1.4 on SE 0.63 gives p 0.027.
    said = drapery_alt(units, "points")
    assert "Trial 0 and Trial 1 peak from 0.20 to 1.40 points" in said
    assert "p is above 0.05 for Trial 0." in said and "p is below 0.05 for Trial 1." in said


def test_the_drapery_of_an_analysis_has_a_row_per_unit_and_refuses_one_estimate(review):
    figure = exhibits.drapery_figure("function", root=review)
    assert [row[0] for row in table(figure)] == ["Alpha 2001", "Beta 2002", "Epsilon 2005", "Pooled"]
    with pytest.raises(ValueError, match="stimulation: One trial is not a meta-analysis"):
        exhibits.drapery_figure("stimulation", root=review)


# Loss over time


def test_the_course_ends_at_the_effect_after_the_months_that_were_measured(review):
    found, result = course("function", root=review), synthesise("function", root=review)
    last = found.table.iloc[-1]
    weights = result.trials.weight / result.trials.weight.sum()
    assert last.month == pytest.approx((weights * result.trials.timepoint_weeks).sum() * 7 / 30.4375)
    # The invented cohort loses 0.8 points a month.
    assert last.without == pytest.approx(-0.8 * last.month)
    assert last.gained - last.without == pytest.approx(result.estimate)
    assert last.gained_low - last.without == pytest.approx(result.ci_low)
    first = found.table.iloc[0]
    assert (first.month, first.without, first.gained) == (0, 0, 0)


def test_a_difference_per_month_is_multiplied_by_the_months(review):
    found, result = course("stimulation", root=review), synthesise("stimulation", root=review)
    sign = 1 if found.gain > 0 else -1
    assert found.gain == pytest.approx(sign * abs(result.trials.yi.iloc[0]) * found.months)
    assert not found.pooled


def test_a_course_refuses_what_is_not_in_points_or_has_no_estimate(review):
    with pytest.raises(ValueError, match="standardized: measure: must be a difference in points, got 'SMD'"):
        course("standardized", root=review)


COURSE = pd.DataFrame(
    {"month": [0.0, 6.0], "without": [0.0, -6.0], "gained": [0.0, -5.9], "gained_low": [0.0, -8.0],
     "gained_high": [0.0, -4.0], "people_low": [0.0, -12.0], "people_high": [0.0, -0.1]}
)  # fmt: skip


def test_the_ends_of_close_lines_are_named_apart():
    spec = course_chart(COURSE, title="T", with_words="with it").to_dict()
    texts = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    places = sorted(layer["encoding"]["y"]["value"] for layer in texts)
    assert len(places) == 4 and min(np.diff(places)) >= 15
    assert "without it: −6.0" in words(course_chart(COURSE, title="T", with_words="with it"))


def test_a_cohort_whose_spread_is_not_printed_has_no_dotted_lines():
    bare = COURSE.assign(people_low=math.nan, people_high=math.nan)
    assert not any("people" in text for text in words(course_chart(bare, title="T", with_words="with it")))
    assert "95 % of the people" not in course_alt(bare, "cohort")
    assert "between −12.0 and −0.1" in course_alt(COURSE, "cohort")


def test_the_words_of_a_course_say_whether_no_effect_is_held(review):
    assert "holds the course without any effect" in course_alt(COURSE, "cohort")
    assert "holds the course" not in course_alt(COURSE.assign(gained_low=[0.0, -5.95]), "cohort")
    assert "band holds the dashed line" in exhibits.course_figure("function", root=review).caption


# The evidence as a whole

TRIALS = pd.DataFrame(
    [("Abel 2001", 2001, 40.0, "Exercise", True), ("Berg 2005", 2005, 10.0, "Exercise", False),
     ("Cole 2005", 2005, math.nan, "Other", False)],
    columns=["label", "year", "people", "group", "used"],
)  # fmt: skip


def test_a_trial_stands_in_its_year_as_large_as_its_people_are_many_and_filled_where_used():
    marks = {row["told"]: row for row in drawn(timeline(TRIALS, title="T"), "point")}
    abel, berg = marks["Abel 2001, 40 people"], marks["Berg 2005, 10 people"]
    assert abel["year"] == 2001 and abel["area"] == 4 * berg["area"]
    assert abel["fill"] != berg["fill"] == "#ffffff"
    assert marks["Cole 2005, people not seen"]["area"] > 0


def test_no_line_of_a_timeline_runs_through_the_name_of_a_group():
    chart = timeline(TRIALS, title="T")
    heads = {row["y"] for row in drawn(chart, "text") if row.get("group")}
    lines = [(row["y"], row["y2"]) for row in drawn(chart, "rule")]
    assert len(heads) == 2 and lines
    assert not any(y - 1 < head < y2 + 1 for head in heads for y, y2 in lines)


def test_the_words_of_a_timeline_count_the_trials_of_each_question():
    assert timeline_alt(TRIALS) == (
        "Exercise: 2 trials, 2001 to 2005, with 10 to 40 people each; a number is used from Abel 2001. "
        "Other: 1 trial, 2005; no number is used from any."
    )


MAP = pd.DataFrame(
    [("Exercise", "Function", "Abel 2001", "estimate"), ("Exercise", "Function", "Berg 2005", "nothing seen"),
     ("Other", "Function", "Cole 2005", "authors' statement")],
    columns=["group", "domain", "label", "basis"],
)  # fmt: skip


def test_a_map_draws_one_sign_for_each_trial_and_the_key():
    signs = [row["told"] for row in drawn(evidence_map(MAP, title="T"), "point") if row["told"]]
    assert sorted(signs) == ["Abel 2001: an estimate", "Berg 2005: nothing seen", "Cole 2005: words only"]
    assert {"an estimate", "words only", "nothing seen", "Exercise", "Other"} <= set(
        words(evidence_map(MAP, title="T"))
    )


def test_a_map_of_200_trials_breaks_its_lines_and_none_leaves_the_figure():
    many = pd.concat([MAP.assign(label=f"Trial {i}") for i in range(200)], ignore_index=True)
    chart = evidence_map(many, title="T")
    signs = [row for row in drawn(chart, "point") if row["told"]]
    assert len(signs) == len(many)
    assert max(row["x"] for row in signs) < chart.width and max(row["y"] for row in signs) < chart.height
    assert len({(row["x"], row["y"]) for row in signs}) == len(signs)


def test_the_map_and_the_timeline_count_what_the_evidence_holds(review):
    told = exhibits.evidence_map_figure(root=review)
    # Alpha 32, Beta 50, Gamma 20, Delta 24, Zeta 60 and Kappa 16 people.
    assert table(told)[0] == ["Function", "Exercise", "6", "4", "2", "0", "202"]
    assert told.alt.startswith("Exercise: function 4 with an estimate and 2 with words only, of 6;")
    assert "Iota 2009" in [row[0] for row in table(exhibits.timeline_figure(root=review))]


# Risk of bias

JUDGED = pd.DataFrame(
    [("Abel 2001", "blinding", "low", "One"), ("Abel 2001", "blinding", "high", "Two"),
     ("Berg 2005", "overall", "unclear", "One")],
    columns=["label", "domain", "judgement", "tool"],
)  # fmt: skip


def test_two_readings_of_one_trial_stand_side_by_side_and_a_dot_where_nobody_judged():
    chart = lights(JUDGED, ["Abel 2001", "Berg 2005"], ["blinding", "overall"], title="T")
    marks = [row for row in drawn(chart, "point") if row.get("label")]
    judged = {(row["label"], row["domain"], row["told"]): row["x"] for row in marks}
    assert judged["Abel 2001", "blinding", "low risk"] < judged["Abel 2001", "blinding", "high risk"]
    dots = [key[:2] for key in judged if key[2] == "not judged in what we read"]
    assert sorted(dots) == [("Abel 2001", "overall"), ("Berg 2005", "blinding")]
    # The sign says what the colour says.
    assert {"+", "?", "−"} <= set(words(chart))


def test_on_a_phone_a_line_parts_the_marks_of_one_domain_from_those_of_the_next():
    trials, domains = ["Abel 2001", "Berg 2005"], ["blinding", "reporting", "overall"]
    both = [lights(JUDGED, trials, domains, title="T", width=width) for width in (WIDTH, NARROW)]
    upright = [[row for row in drawn(chart, "rule") if "x2" not in row] for chart in both]
    assert [len(lines) for lines in upright] == [0, 4]
    marks = [row["x"] for row in drawn(both[1], "point") if row.get("label")]
    assert all(abs(row["x"] - x) > 7 for row in upright[1] for x in marks)


def test_the_words_on_bias_name_who_was_judged_how_and_how_many_by_nobody():
    said = lights_alt(JUDGED, ["Abel 2001", "Berg 2005", "Cole 2009"], ["blinding", "reporting", "overall"])
    assert said == (
        "Blinding: low risk Abel 2001; high risk Abel 2001. Reporting: not judged in what we read. "
        "Overall: unclear Berg 2005. No judgement at all was seen for 1 of 3 trials."
    )


def test_every_judgement_is_listed_with_its_rater_and_where_it_was_read(review):
    (row,) = table(exhibits.published_bias_figure(root=review))
    assert row[:4] == ["Beta 2002", "overall", "low", "Invented"]
    assert "abstract" in row[4].lower()


def test_a_domain_that_no_tool_had_before_gets_its_column(review):
    edit(review / "data/trials/beta2002/trial.yml", "domain: overall", "domain: a new domain")
    figure = exhibits.published_bias_figure(root=review)
    assert "A new domain: low risk Beta 2002." in figure.alt and "Overall" not in figure.alt


def test_a_range_is_an_open_mark_with_the_signs_of_both_its_ends():
    ours = pd.DataFrame(
        [("Abel 2001", "overall", "low", "us"), ("Berg 2005", "overall", "low to high", "us"),
         ("Cole 2009", "overall", "some concerns to high", "us")],
        columns=["label", "domain", "judgement", "tool"],
    )  # fmt: skip
    for width in (WIDTH, NARROW):
        trials = ["Abel 2001", "Berg 2005", "Cole 2009", "Dahl 2010"]
        spec = lights(ours, trials, ["overall"], title="T", width=width, nobody="not assessed").to_dict()
        looks = {}
        for layer in spec["layer"]:
            for row in spec["datasets"][layer["data"]["name"]] if "name" in layer["data"] else []:
                if row.get("label") and layer["mark"]["type"] == "point":
                    looks[row["told"]] = (layer["mark"].get("fill"), layer["mark"].get("color"))
        assert looks["low risk"] == (None, GREEN)
        assert looks["low to high"] == looks["some concerns to high"] == (PAPER, None)
        said = words(lights(ours, trials, ["overall"], title="T", width=width, nobody="not assessed"))
        # Beside the trial and in the key, which has the marks of this chart alone.
        assert said.count("+\u2212") == said.count("!\u2212") == 2
        assert "not assessed" in said and "high risk" not in said


OPEN_TRIAL = {"2.1": "Y", "2.2": "Y", "4.1": "N", "4.2": "N", "4.3": "Y", "4.4": "PY", "1.1": "not_seen"}


def test_our_appraisal_is_shown_by_domain_as_judgements_or_ranges_with_what_was_not_seen(review):
    appraise(review, "beta2002", ("decline", 26, LOW), ("score", 26, OPEN_TRIAL))
    appraise(review, "alpha2001", ("score", 26, LOW))
    figure = exhibits.bias_figure(root=review)
    assert (
        "Measurement of the outcome: low for Alpha 2001 and Beta 2002; some concerns to high for Beta 2002."
        in figure.alt
    )
    assert figure.alt.endswith(
        "Not assessed: Delta 2004, Eta 2007, Gamma 2003, Kappa 2010, Zeta 2006 and Iota 2009."
    )
    assert "none of the 3 appraisals; all are provisional" in figure.caption
    rows = {(row[0], row[1]): row[2:] for row in table(figure)}
    assert rows["Alpha 2001", "Score, 26 weeks"] == ["low"] * 6 + ["", "no, provisional"]
    told = rows["Beta 2002", "Score, 26 weeks"]
    assert told[:6] == ["low to high"] * 3 + [
        "some concerns to high",
        "low to high",
        "at least some concerns",
    ]
    assert told[6] == "1.1, 1.2, 1.3, 2.3, 2.4, 2.5, 2.6, 2.7, 3.1, 3.2, 3.3, 3.4, 4.5, 5.1, 5.2, 5.3"
    assert rows["Gamma 2003", "no appraisal yet"][5] == "not assessed"
    # Two results of a trial that look different have their own rows in the chart, two that look alike one.
    marks = {row["label"] for row in drawn(figure.chart, "point") if row.get("label")}
    assert {"Alpha 2001", "Beta 2002: Decline, 26 weeks", "Beta 2002: Score, 26 weeks"} <= marks
    appraise(review, "beta2002", ("decline", 26, OPEN_TRIAL), ("score", 26, OPEN_TRIAL))
    marks = {
        row["label"] for row in drawn(exhibits.bias_figure(root=review).chart, "point") if row.get("label")
    }
    assert "Beta 2002" in marks


def test_what_is_confirmed_is_shown_apart(review):
    more = "    confirmed: {by: Ada Invented, date: 2020-02-01, reason: Read twice}\n"
    appraise(review, "beta2002", ("decline", 26, LOW), ("score", 26, LOW), more=more)
    figure = exhibits.bias_figure(root=review)
    assert "has confirmed 1 of the 2 appraisals; the others are provisional" in figure.caption
    said = [row[-1] for row in table(figure) if row[0] == "Beta 2002"]
    assert said == ["no, provisional", "confirmed by Ada Invented on 2020-02-01: Read twice"]


def test_every_answer_stands_with_its_support_and_source_and_nothing_of_it_is_markup(review):
    path = appraise(
        review, "beta2002", ("decline", 26, {"1.1": "PY"}), ("score", 26, {"1.1": "PY", "3.1": "N"})
    )
    path.write_text(path.read_text().replace("As told", '"<b>A & B</b>"'))
    shown = exhibits.bias_answers_table(root=review).html
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])]
            for row in BeautifulSoup(shown, "html.parser").tbody.find_all("tr")]  # fmt: skip
    assert [row[:1] + row[2:5] for row in rows] == [
        ["Beta 2002", "all results", "probably yes", "<b>A & B</b>"],
        ["Beta 2002", "Score, 26 weeks", "no", "<b>A & B</b>"],
    ]
    assert rows[0][1].startswith("1.1 ") and rows[0][5] == "Abstract" and "<b>" not in shown


# Funnel and Baujat

UNITS = pd.DataFrame(
    {"label": ["Abel", "Berg", "Cole"], "yi": [1.0, 1.2, 5.0], "se": [0.1, 0.5, 1.0],
     "heterogeneity": [0.5, 0.1, 9.0], "influence": [0.2, 0.1, 3.0]}
)  # fmt: skip


def test_the_sides_of_the_funnel_are_95_percent_limits_around_the_pooled_effect():
    corners = {(row["se"], row["x"]) for row in drawn(funnel(UNITS, 1.0, title="T", x_label="u"), "line")}
    deep = max(se for se, _ in corners)
    assert (0, 1.0) in corners
    half = norm.ppf(0.975) * deep
    assert sorted(x for se, x in corners if se == deep) == pytest.approx([1 - half, 1 + half])
    assert "Outside the funnel: Cole." in funnel_alt(UNITS, 1.0)


def test_a_baujat_plot_names_the_unit_that_disagrees_and_pulls():
    assert "Cole" in words(baujat_plot(UNITS, title="T"))
    assert baujat_alt(UNITS).startswith("Cole adds most to the heterogeneity, 9.00; Cole pulls most")


def test_funnel_and_baujat_are_withheld_below_ten_units_and_say_why(review):
    for figure in (exhibits.funnel_figure, exhibits.baujat_figure):
        said = BeautifulSoup(figure("function", root=review)._repr_html_(), "html.parser")
        assert not said.find("figure") and "with 3 units" in said.text and "from 10 units on" in said.text


def test_funnel_and_baujat_show_themselves_from_ten_units_on(review, monkeypatch):
    real = synthesise("function", root=review)
    many = pool(
        np.linspace(0, 2, 10),
        np.linspace(0.1, 0.9, 10),
        trials=pd.concat([real.trials] * 4, ignore_index=True)[:10],
    )
    monkeypatch.setattr("alsreview.exhibits.smallstudy.synthesise", lambda *_, **__: many)
    for figure in (exhibits.funnel_figure, exhibits.baujat_figure):
        shown = figure("function", root=review)
        assert isinstance(shown, Figure) and len(table(shown)) == 10


# Bad input


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_any_figure_adds_no_element(text):
    def tags(name):
        few = pooled(2)
        named = curve_units(few).assign(label=name)
        charts = {
            "drapery": drapery(p_curves(few).assign(label=name), named, title=name, x_label=name),
            "timeline": timeline(TRIALS.assign(label=name, group=name), title=name),
            "map": evidence_map(MAP.assign(label=name, domain=name, group=name), title=name),
            "lights": lights(JUDGED.assign(label=name, domain=name), [name], [name], title=name),
            "funnel": funnel(UNITS.assign(label=name), 1.0, title=name, x_label=name),
            "baujat": baujat_plot(UNITS.assign(label=name), title=name),
            "course": course_chart(COURSE, title=name, with_words=name),
        }
        shown = "".join(
            Figure(each, name, name, html_table(NONE, caption=name))._repr_html_() for each in charts.values()
        )
        return [tag.name for tag in BeautifulSoup(shown, "html.parser").find_all()]

    assert tags(text) == tags("plain")


def test_no_trial_at_all_draws_a_sentence():
    assert "No trial yet" in words(timeline(TRIALS.iloc[:0], title="T"))
    assert "No trial yet" in words(evidence_map(MAP.iloc[:0], title="T"))
    assert timeline_alt(TRIALS.iloc[:0]) == evidence_map_alt(MAP.iloc[:0]) == "No trial yet."
    assert words(lights(JUDGED.iloc[:0], [], ["blinding"], title="T"))
    assert lights_alt(JUDGED.iloc[:0], [], []) == "No judgement at all was seen for 0 of 0 trials."


def test_a_narrow_form_fits_a_phone_and_still_says_which_line_is_which(review):
    lines, curves, years, outcomes = (
        exhibits.course_figure("function", root=review),
        exhibits.drapery_figure("function", root=review),
        exhibits.timeline_figure(root=review),
        exhibits.evidence_map_figure(root=review),
    )
    for figure in (lines, curves, years, outcomes):
        assert figure.narrow_spec["width"] <= 276 < figure.spec["width"]
    said = words(lines.narrow)
    assert any(text.startswith("dashed: without it") for text in said)
    assert {"Alpha 2001", "Beta 2002", "Epsilon 2005", "Pooled"} <= set(words(curves.narrow))
    assert "Alpha 2001 (32)" in words(years.narrow)
    assert {"Function", "Strength", "an estimate"} <= set(words(outcomes.narrow))


# What is to be seen


def test_a_caption_says_what_the_numbers_show():
    rows = pd.DataFrame({"estimate": [1.0, 2.0], "ci_low": [-1.0, 0.5], "ci_high": [3.0, 4.0]})
    assert seen_intervals(rows, "row") == "See that the intervals of 1 of 2 rows hold no effect."
    assert seen_intervals(rows[:1], "row") == "See that every row's interval holds no effect."
    assert seen_intervals(rows[1:], "row") == "See that no row's interval holds no effect."
    assert seen_spread(rows) == (
        "See that the estimates run from 1.00 to 2.00, and their intervals from −1.00 to 4.00."
    )
    found = pd.DataFrame(
        {"label": ["a", "b", "c", "d"], "counted": [True, True, True, False],
         "direction": ["favours_intervention", "favours_comparator", "unknown", "favours_intervention"]}
    )  # fmt: skip
    assert seen_directions(found) == (
        "See that of those that are counted 1 point up and 1 down, and that 2 trials could not be counted."
    )
    outcomes = pd.DataFrame(
        {"label": ["a", "b", "a", "b"], "domain": ["f", "f", "s", "s"],
         "basis": ["estimate", "nothing seen", "nothing seen", "nothing seen"]}
    )  # fmt: skip
    assert seen_outcomes(outcomes) == "See that less than half of the trials speak of 1 of the 2 outcomes."
