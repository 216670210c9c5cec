"""The figures beyond the forest plot: what they compute, what they say, and what they do with bad input."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from invented_review import LOW, appraise, edit

from livingreview import exhibits
from livingreview.charts import (
    NARROW,
    Figure,
    evidence_map,
    evidence_map_alt,
    lights,
)
from livingreview.charts.theme import LOW as GREEN
from livingreview.charts.theme import PAPER, WIDTH
from livingreview.exhibits.evidence_map import outcome_trials
from livingreview.exhibits.results import seen_directions
from livingreview.exhibits.robustness import seen_intervals, seen_spread
from livingreview.reviews import Review
from livingreview.tables import html_table

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


# The evidence as a whole

MAP = pd.DataFrame(
    [("Exercise", "Function", "Abel 2001", "estimate"), ("Exercise", "Function", "Berg 2005", "nothing seen"),
     ("Other", "Function", "Cole 2005", "authors' statement")],
    columns=["group", "domain", "label", "basis"],
)  # fmt: skip


def test_a_map_draws_one_sign_for_each_trial_and_the_key():
    signs = [row["told"] for row in drawn(evidence_map(MAP, title="T"), "point") if row["told"]]
    assert sorted(signs) == [
        "Abel 2001: an estimate",
        "Berg 2005: no result available",
        "Cole 2005: a statement only",
    ]
    assert {"an estimate", "a statement only", "no result available", "Exercise", "Other"} <= set(
        words(evidence_map(MAP, title="T"))
    )


def test_a_map_of_200_trials_breaks_its_lines_and_none_leaves_the_figure():
    many = pd.concat([MAP.assign(label=f"Trial {i}") for i in range(200)], ignore_index=True)
    chart = evidence_map(many, title="T")
    signs = [row for row in drawn(chart, "point") if row["told"]]
    assert len(signs) == len(many)
    assert max(row["x"] for row in signs) < chart.width and max(row["y"] for row in signs) < chart.height
    assert len({(row["x"], row["y"]) for row in signs}) == len(signs)


def test_the_map_counts_what_the_evidence_holds(review):
    told = exhibits.evidence_map_figure(Review(review))
    # Alpha 32, Beta 50, Gamma 20, Delta 24, Zeta 60 and Kappa 16 people.
    assert table(told)[0] == ["Function", "Training", "6", "4", "2", "0", "202"]
    assert told.alt.startswith("Training: function 4 with an estimate and 2 with a statement only, of 6;")


def test_a_trial_whose_only_result_is_of_another_comparison_is_silent_and_not_left_out(review):
    before = outcome_trials(Review(review), "exercise")
    card = review / "data/trials/zeta2006/trial.yml"
    late = "\n  late: {intervention: training, comparator: usual, kind: delayed_start}"
    edit(card, "kind: control}", "kind: control, until_weeks: 4}" + late)
    path = review / "data/trials/zeta2006/reported.csv"
    path.write_text(path.read_text().replace("training_vs_usual", "late"))
    after = outcome_trials(Review(review), "exercise")
    zeta = after[(after.trial_id == "zeta2006") & (after.domain == "Function")]
    assert list(zeta.basis) == ["nothing seen"]
    counted = [found.groupby("domain").label.nunique().to_dict() for found in (before, after)]
    assert counted[0] == counted[1] == {"Function": 6, "Strength": 6}


# Risk of bias

JUDGED = pd.DataFrame(
    [("Abel 2001", "blinding", "low", "One"), ("Berg 2005", "overall", "high", "One")],
    columns=["label", "domain", "judgement", "tool"],
)  # fmt: skip


def test_a_sign_stands_where_somebody_judged_and_a_dot_where_nobody_did():
    chart = lights(JUDGED, ["Abel 2001", "Berg 2005"], ["blinding", "overall"], title="T", nobody="unjudged")
    told = {(row["label"], row["domain"]): row["told"] for row in drawn(chart, "point") if row.get("label")}
    assert told == {
        ("Abel 2001", "blinding"): "low risk",
        ("Berg 2005", "overall"): "high risk",
        ("Abel 2001", "overall"): "unjudged",
        ("Berg 2005", "blinding"): "unjudged",
    }
    # The sign says what the colour says.
    assert {"+", "−"} <= set(words(chart))


def test_every_judgement_is_listed_with_its_rater_and_where_it_was_read(review):
    shown = BeautifulSoup(exhibits.published_bias_table(Review(review)).html, "html.parser")
    (row,) = [[cell.text for cell in tr.find_all(["th", "td"])] for tr in shown.select("tbody tr")]
    assert row[:4] == ["Beta 2002", "overall", "low", "Invented"]
    assert "abstract" in row[4].lower() and "of 1 trial," in shown.caption.text


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
    figure = exhibits.bias_figure(Review(review))
    assert (
        "Measurement of the outcome: low for Alpha 2001 and Beta 2002; some concerns to high for Beta 2002."
        in figure.alt
    )
    assert figure.alt.endswith(
        "Not assessed: Delta 2004, Eta 2007, Gamma 2003, Kappa 2010, Zeta 2006 and Iota 2009."
    )
    assert "All 3 assessments are provisional" in figure.caption
    rows = {(row[0], row[1]): row[2:] for row in table(figure)}
    assert rows["Alpha 2001", "Score, 26 weeks"] == ["low"] * 6 + ["", "no, provisional"]
    told = rows["Beta 2002", "Score, 26 weeks"]
    assert told[:6] == ["low to high"] * 3 + [
        "some concerns to high",
        "low to high",
        "at least some concerns",
    ]
    assert told[6] == "1.1, 1.2, 1.3, 2.3, 2.4, 2.5, 2.6, 2.7, 3.1, 3.2, 3.3, 3.4, 4.5, 5.1, 5.2, 5.3"
    assert rows["Gamma 2003", "not yet assessed"][5] == "not assessed"
    # Two results of a trial that look different have their own rows in the chart, two that look alike one.
    marks = {row["label"] for row in drawn(figure.chart, "point") if row.get("label")}
    assert {"Alpha 2001", "Beta 2002: Decline, 26 weeks", "Beta 2002: Score, 26 weeks"} <= marks
    appraise(review, "beta2002", ("decline", 26, OPEN_TRIAL), ("score", 26, OPEN_TRIAL))
    marks = {
        row["label"] for row in drawn(exhibits.bias_figure(Review(review)).chart, "point") if row.get("label")
    }
    assert "Beta 2002" in marks


def test_what_is_confirmed_is_shown_apart(review):
    more = "    confirmed: {by: Ada Invented, date: 2020-02-01, reason: Read twice}\n"
    appraise(review, "beta2002", ("decline", 26, LOW), ("score", 26, LOW), more=more)
    figure = exhibits.bias_figure(Review(review))
    assert "has confirmed 1 of the 2 assessments; the others are provisional" in figure.caption
    said = [row[-1] for row in table(figure) if row[0] == "Beta 2002"]
    assert said == ["no, provisional", "confirmed by Ada Invented on 2020-02-01: Read twice"]


def test_every_answer_stands_with_its_support_and_source_and_nothing_of_it_is_markup(review):
    path = appraise(
        review, "beta2002", ("decline", 26, {"1.1": "PY"}), ("score", 26, {"1.1": "PY", "3.1": "N"})
    )
    path.write_text(path.read_text().replace("As told", '"<b>A & B</b>"'))
    shown = exhibits.bias_answers_table(Review(review)).html
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])]
            for row in BeautifulSoup(shown, "html.parser").tbody.find_all("tr")]  # fmt: skip
    assert [row[:1] + row[2:5] for row in rows] == [
        ["Beta 2002", "all results", "probably yes", "<b>A & B</b>"],
        ["Beta 2002", "Score, 26 weeks", "no", "<b>A & B</b>"],
    ]
    assert rows[0][1].startswith("1.1 ") and rows[0][5] == "Abstract" and "<b>" not in shown


# Bad input


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_any_figure_adds_no_element(text):
    def tags(name):
        charts = {
            "map": evidence_map(MAP.assign(label=name, domain=name, group=name), title=name),
            "lights": lights(JUDGED.assign(label=name, domain=name), [name], [name], title=name, nobody=name),
        }
        shown = "".join(
            Figure(each, name, name, html_table(NONE, caption=name))._repr_html_() for each in charts.values()
        )
        return [tag.name for tag in BeautifulSoup(shown, "html.parser").find_all()]

    assert tags(text) == tags("plain")


def test_no_trial_at_all_draws_a_sentence():
    assert "No trial yet" in words(evidence_map(MAP.iloc[:0], title="T"))
    assert evidence_map_alt(MAP.iloc[:0]) == "No trial yet."
    assert words(lights(JUDGED.iloc[:0], [], ["blinding"], title="T", nobody="unjudged"))


def test_a_narrow_form_fits_a_phone_and_still_names_its_outcomes(review):
    figure = exhibits.evidence_map_figure(Review(review))
    assert figure.narrow_spec["width"] <= 276 < figure.spec["width"]
    assert {"Function", "Strength", "an estimate"} <= set(words(figure.narrow))


# Conclusions of captions


def test_a_caption_concludes_from_the_numbers_drawn():
    rows = pd.DataFrame({"estimate": [1.0, 2.0], "ci_low": [-1.0, 0.5], "ci_high": [3.0, 4.0]})
    assert seen_intervals(rows) == "1 of the 2 confidence intervals include no effect."
    assert seen_intervals(rows[:1]) == "Every confidence interval includes no effect."
    assert seen_intervals(rows[1:]) == "No confidence interval includes no effect."
    assert seen_spread(rows) == (
        "The estimates range from 1.00 to 2.00, and their confidence intervals from −1.00 to 4.00."
    )
    found = pd.DataFrame(
        {"label": ["a", "b", "c", "d"], "counted": [True, True, True, False],
         "direction": ["favours_intervention", "favours_comparator", "unknown", "favours_intervention"]}
    )  # fmt: skip
    rest = "; for the other 2 the direction is unknown or not counted."
    sides = ("exercise", "usual care")
    said = "of the 2 studies with an estimate that is counted, 1 favours exercise and 1 favours usual care"
    assert seen_directions(found, *sides) == said + rest
    found["direction"] = found.direction.replace("favours_comparator", "favours_intervention")
    said = f"all 2 studies with an estimate that is counted favour exercise{rest}"
    assert seen_directions(found, *sides) == said
