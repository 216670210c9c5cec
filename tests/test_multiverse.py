"""Every specification of the multiverse is a direct synthesis, and suppositions are what they say."""

from functools import cache
from math import sqrt

import numpy as np
import pandas as pd
import pytest
from invented_review import HIGH, LOW, appraise, cells, edit

from livingreview import exhibits
from livingreview.effects.estimates import choose_estimates, trial_estimates
from livingreview.evidence import load_evidence
from livingreview.reviews import Review
from livingreview.schema import DataError
from livingreview.statistics import (
    analysis,
    dropout_cases,
    measured_meaning,
    multiverse,
    pool,
    required_information,
    seen_sd,
    synthesise,
)
from livingreview.statistics.further_trial import GOALS, change_our_mind, trial_sizes
from livingreview.statistics.multiverse import specifications, which_moves

RESULT = ["estimate", "ci_low", "ci_high"]


@cache
def directly(units, method, interval):
    return pool(*zip(*units, strict=True), method=method, interval=interval)


def test_every_combination_is_a_direct_synthesis_or_has_fewer_than_two_units(review):
    evidence = load_evidence(review)
    choice, found, units = analysis("function", evidence), multiverse("function", evidence), {}
    dimensions = list(choice["multiverse"])
    kept = {tuple(row[name] for name in dimensions): row for row in found.every.to_dict("records")}
    declared = specifications(choice)
    # 3 kinds x 2 x 2 x 3 x 2 choices of units, and 4 models x 3 intervals + 1 of equal effects
    assert len(declared) == 72 * 13 == len(kept) + found.too_few
    for levels, own in declared:
        key = tuple(level for name, level in levels.items() if name not in ("model", "ci"))
        if key not in units:
            chosen = choose_estimates(trial_estimates(evidence, own), evidence, own)
            units[key] = tuple((each["yi"], each["vi"]) for each in chosen)
        row = kept.get(tuple(levels.values()))
        assert (row is None) == (len(units[key]) < 2)
        if row is not None:
            direct = directly(units[key], own["method"], own["interval"])
            expected = [getattr(direct, name) for name in ("k", *RESULT)]
            assert [row[name] for name in ("k", *RESULT)] == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_what_is_collapsed_is_the_same_and_what_is_not_differs_and_the_headline_is_among_it(review):
    evidence = load_evidence(review)
    found, headline = multiverse("function", evidence), synthesise("function", evidence)
    (own,) = found.table.query("own").to_dict("records")
    assert [own[name] for name in RESULT] == pytest.approx([getattr(headline, name) for name in RESULT])
    assert (own["k"], own["people"]) == (headline.k, headline.trials.people.sum())
    columns = ["k", "people", *RESULT]
    for number, rows in found.every.groupby("result"):
        kept = found.table.loc[number]
        assert len(rows) == kept.specifications
        assert np.isclose(rows[columns], kept[columns].astype(float), rtol=1e-9, atol=1e-12).all()
        assert all(set(kept[name]) == set(rows[name]) for name in found.dimensions)
    values = found.table[columns].to_numpy(float)
    assert np.isclose(values[:, None], values, rtol=1e-9, atol=1e-12).all(axis=2).sum() == len(values)
    assert (np.diff(found.table.estimate) >= -1e-9).all()


def test_a_result_at_high_risk_goes_and_no_other_result_of_the_trial_takes_its_place(review):
    appraise(review, "beta2002", ("decline", 26, HIGH), ("score", 26, LOW))
    every = multiverse("function", load_evidence(review)).every
    assert set(every.bias) == {"any", "not_high"}, "what was not assessed is never low"
    rows = every.query("bias == 'not_high' and beta == 'in'")
    # Its slope is preferred, and at high risk; its end score stands only where end scores are asked for.
    assert set(rows[rows.kind == "preferred"].people) == {72}
    assert set(rows[rows.kind == "ends"].people) == {82, 122}  # without and with the composite
    # A composite is judged by its trials, as certainty rates it: delta was not assessed.
    appraise(review, "alpha2001", ("score", 26, LOW))
    appraise(review, "beta2002", ("decline", 26, LOW))
    for gamma, level in ((LOW, "low"), (HIGH, "not_high")):
        appraise(review, "gamma2003", ("score", 13, gamma))
        every = multiverse("function", load_evidence(review)).every
        rows = every[every.bias == level]
        assert set(rows.k) == {2} and set(rows.people) == {82}  # alpha 32 and beta 50


def test_how_far_a_choice_moves_the_answer_is_found_by_looking_at_every_pair():
    levels = {"a": ["one", "two"], "b": ["x", "y", "z"], "c": ["p", "q"]}
    dimensions = {name: {"label": name, "levels": dict.fromkeys(own, {})} for name, own in levels.items()}
    rows = [("one", "x", 1, 0), ("one", "y", 2, -5), ("one", "z", 4, 0), ("two", "x", 1.5, 0)]
    rows = [(*row[:2], "p", *row[2:]) for row in (*rows, ("two", "y", 9, 1))] + [("two", "y", "q", 9.25, 1.5)]
    every = pd.DataFrame(rows, columns=["a", "b", "c", "estimate", "ci_low"]).assign(ci_high=10)
    moves = which_moves(every, dimensions).set_index("dimension")
    # Under p, a: x moves 1 to 1.5, y 2 to 9, z stands alone; b: under one 1 to 4, under two 1.5 to 9.
    # Under q stands one result, and c moves only that.
    assert list(moves.index) == ["b", "a", "c"]
    told = moves[["levels", "range", "most", "limit_range", "limit_most"]]
    assert told.loc["a"].tolist() == [2, 0.5, 7, 0, 6] and told.loc["b"].tolist() == [3, 3, 7.5, 5, 5]
    assert told.loc["c", ["most", "limit_most"]].tolist() == [0.25, 0.5]
    # With one level left there is no range.
    alone = which_moves(every[:1], {"a": dimensions["a"]})
    assert alone.levels[0] == 1 and alone[["range", "most", "limit_most"]].isna().all(axis=None)


WRONG = [
    ("preferred: {label: Preferred}", "preferred: {label: Preferred, composites: true}",
     "multiverse.kind: expected the protocol's own choice first, preferred changes it"),
    ("window: {nearest: 26, from: 20, to: 52}}\n", "composites: false}\n",
     "multiverse.time: expected a key of its own, found composites of composite"),
    ("      kind:\n        label: Kind", "      estimate:\n        label: Kind",
     "multiverse.estimate: expected a name that is not one of the results"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_a_declaration_that_leaves_doubt_is_refused(review, old, new, message):
    edit(review / "data/protocol.yml", old, new)
    with pytest.raises(DataError, match=message):
        multiverse("function", load_evidence(review))
    with pytest.raises(ValueError, match="standardized declares no multiverse"):
        multiverse("standardized", load_evidence(review))


# A further trial


def one(result, difference, n, sd):
    vi = np.append(result.trials.vi, 2 * sd**2 / n)
    return pool(np.append(result.trials.yi, difference), vi, method=result.method, interval=result.interval)


def test_what_would_change_our_mind_holds_just_inside_its_ends_and_not_just_outside(review):
    evidence = load_evidence(review)
    result = synthesise("function", evidence)
    lower, upper = measured_meaning(result, analysis("function", evidence), evidence).thresholds
    limits = {"above_zero": 0, "above_lower": lower, "above_upper": upper}
    found = change_our_mind("function", evidence)
    assert set(found.goal) == set(GOALS) and found[found.goal == "below_lower"].low.isna().all(), (
        "out of reach"
    )
    assert len(found.dropna()) == 18
    for row in found.dropna().itertuples():
        assert row.low < row.high
        for edge, outward in ((row.low, -1), (row.high, 1)):
            for side in (-1, 1):
                again = one(result, edge + side * outward * 1e-6, row.n_per_arm, seen_sd(result))
                assert (again.ci_low > limits[row.goal]) == (side < 0)
    sizes = trial_sizes("function", evidence).set_index("supposed")
    n = sizes.loc["the pooled difference"]
    assert n.above_zero == 2 and 2 < n.above_lower < n.above_upper
    for goal in ("above_lower", "above_upper"):
        for size in (n[goal] - 1, n[goal], n[goal] + 1, 2 * n[goal], 1000):
            again = one(result, result.estimate, size, seen_sd(result))
            assert (again.ci_low > limits[goal]) == (size >= n[goal])
    assert sizes.loc["no difference", GOALS].isna().all()
    for analysis_id in ("standardized", "stimulation"):
        assert change_our_mind(analysis_id, evidence).empty and trial_sizes(analysis_id, evidence).empty


def test_with_equal_effects_a_larger_difference_always_goes_further(review):
    path = review / "data/protocol.yml"
    path.write_text(path.read_text().replace("interval: hk_adhoc", "interval: wald").replace("REML", "EE"))
    found = change_our_mind("function", load_evidence(review)).set_index("goal")
    assert np.isinf(found.loc[["above_zero", "above_upper"], "high"]).all()
    assert (found.loc["below_lower", "low"] == -np.inf).all()


def test_the_sd_behind_effects_and_the_required_information_are_worked_by_hand():
    trials = pd.DataFrame({"n_intervention": [20, 30, np.nan], "n_comparator": [20, 25, np.nan]})
    three = pool([1.0, 2.5, 4.0], [1.5, 1.0, 2.0], trials=trials)
    # SD^2 = vi / (1/n_i + 1/n_c): 15 on 38 degrees of freedom, 150/11 on 53; no arms, no part
    assert seen_sd(three) == pytest.approx(sqrt((15 * 38 + 150 / 11 * 53) / 91))
    unsized = pool([1, 2], [1, 1], trials=pd.DataFrame({"n_intervention": [np.nan] * 2, "n_comparator": 9}))
    with pytest.raises(ValueError, match="one with the sizes of both arms, found none"):
        seen_sd(unsized)
    # 4 x 36 x (1.959964 + 0.841621)^2 / 4 = 282.56; twice that where half the variance lies between
    alone = 36 * (1.959964 + 0.841621) ** 2
    assert required_information(three, 2, 6, 0.8, 0) == pytest.approx(alone, rel=1e-6)
    assert required_information(three, -2, 6, 0.8, 0.5) == pytest.approx(2 * alone, rel=1e-6)
    even = pool([0, 4], [1, 1], method="DL")  # tau2 7: 1 - (1/2) / (8/2)
    assert required_information(even, 2, 6, 0.8) == pytest.approx(8 * alone, rel=1e-6)
    for wrong in ((0, 6, 0.8, 0), (2, 6, 1, 0), (2, 6, 0.8, 1)):
        with pytest.raises(ValueError, match="difference, power, diversity"):
            required_information(three, *wrong)


# Who left


def test_best_and_worst_case_are_worked_by_hand(review):
    # iota: 16 of 21 and 16 of 19 completed, and both SDs are 0.6; points lost: fewer are better
    shift = 0.6 * (5 / 21 + 3 / 19)
    cases = dropout_cases("stimulation", load_evidence(review)).set_index("case")
    expected = {"as reported": -0.1, "best": -0.1 - shift, "worst": -0.1 + shift}
    assert cases.yi.to_dict() == pytest.approx(expected)
    widths = cases.ci_high - cases.ci_low
    assert widths.to_list() == pytest.approx([widths.iloc[0]] * 3)
    assert dropout_cases("function", load_evidence(review)).empty, "not every trial counts both arms"
    # beta: 20 of 25 in both arms; SDs of 1 a month, over 26 weeks
    of = "source: paper, locator: abstract}"
    counts = f"randomized: {{n: 25, {of}, completed: {{n: 20, weeks: 26, {of}"
    for role in ("intervention", "comparator"):
        edit(review / "data/trials/beta2002/trial.yml", f"role: {role}", f"role: {role}, {counts}")
    beta = dropout_cases("function", load_evidence(review)).set_index("case").yi
    assert beta["best"] - beta["as reported"] == pytest.approx(0.4 * 26 * 7 / 30.4375)


def test_the_count_of_those_who_completed_names_its_time(review):
    card = review / "data/trials/iota2009/trial.yml"
    before, _, after = card.read_text().rpartition("weeks: 26, ")
    for weeks, when in {"26": "26 weeks", "4": "26 weeks or 4 weeks", "": "26 weeks or not reported"}.items():
        card.write_text(before + (f"weeks: {weeks}, " if weeks else "") + after)
        counted = cells(exhibits.completion_table(Review(review)))
        assert counted == {"Iota 2009": ["16 of 21", "16 of 19", when]}


# What is shown


def test_the_curve_draws_each_distinct_result_once_and_marks_its_levels(review):
    table = multiverse("function", load_evidence(review)).table
    figure = exhibits.multiverse_figure(Review(review)["function"])
    spec = figure.chart.to_dict()
    layers = [layer for part in spec["vconcat"] for layer in part["layer"]]
    marks = [
        (layer["mark"]["type"], row) for layer in layers for row in spec["datasets"][layer["data"]["name"]]
    ]
    drawn = [row for kind, row in marks if kind == "rule" and "estimate" in row]
    assert [row["estimate"] for row in drawn] == pytest.approx(list(table.estimate))
    assert sum(row["own"] for row in drawn) == 1
    said = {row["words"] for kind, row in marks if kind == "text"}
    assert {"Risk of bias", "Not high", "Modified"} <= said and "Low" not in said
    assert "Half a year" in figure.table.html
