"""Directions without pooling, alternatives, and what the unread trials could do, on the invented review."""

import math

import pytest
from invented_review import cells, edit, report, row_of

from livingreview import exhibits
from livingreview.evidence import load_evidence
from livingreview.reviews import Review
from livingreview.statistics import (
    alternatives,
    count_directions,
    directions,
    pool,
    synthesise,
    unread,
    what_if_unread,
)


def test_a_direction_is_the_sign_of_an_estimate_whatever_the_authors_say(review):
    found = directions("function", load_evidence(review))
    told = found.set_index("trial_id")[["direction", "counted", "basis"]]
    # zeta: -1 on a scale where less is better, p 0.2, "no difference" in words
    assert told.loc["zeta2006"].tolist() == ["favours_intervention", True, "estimate"]
    assert row_of(found, "zeta2006").stated == "no_difference"
    # Words without an estimate give none.
    assert told.loc["gamma2003"].tolist() == ["unknown", False, "authors' statement"]
    gamma = row_of(found, "gamma2003")
    assert (gamma.stated, gamma.note) == ("favours_intervention", "")
    # eta tells of zero
    assert told.loc["eta2007"].tolist()[:2] == ["no_direction", False]
    assert row_of(found, "eta2007").note == "compares two doses; from a news report"
    assert "epsilon2005" not in told.index
    listed = row_of(directions("function", load_evidence(review), every_outcome=True), "epsilon2005")
    assert (listed.counted, listed.direction) == (False, "favours_intervention")
    assert "covers studies that are listed singly" in listed.note
    # alpha, beta, zeta, kappa in favour; gamma and delta state something; eta compares doses
    counts = count_directions(found)
    assert {key: n for key, n in counts.items() if n} == {
        "favours_intervention": 4, "unknown": 2, "not_counted": 1,
    }  # fmt: skip
    edit(review / "data/protocol.yml", "[score, decline, burden]", "[decline, score, burden]")
    beta = row_of(directions("function", load_evidence(review)), "beta2002")
    assert (beta.outcome, beta.difference, beta.direction) == ("decline", -0.5, "favours_intervention")


def test_a_trial_whose_outcomes_disagree_is_mixed_where_none_is_preferred(review):
    added = "  grip: {label: Grip, unit: kg, domain: strength, form: score, higher_is_better: true}\n"
    edit(review / "data/outcomes.yml", "important_slowing:\n", added + "important_slowing:\n")
    report(review, "gamma2003", "grip,13,MD,4,1,,,,,18", "strength,13,MD,-2,1,,,,,18")
    found = directions("strength", load_evidence(review))
    gamma = row_of(found, "gamma2003")
    assert (gamma.direction, gamma.outcome_label, gamma.n) == ("mixed", "Grip and 1 more", 18)
    assert gamma.rows == tuple(f"data/trials/gamma2003/reported.csv:{line}" for line in (2, 3))
    assert count_directions(found)["mixed"] == 1
    report(review, "gamma2003", "grip,13,,,,,,,no_difference,18", "strength,13,,,,,,,favours_comparator,18")
    assert row_of(directions("strength", load_evidence(review)), "gamma2003").direction == "unknown"


STANDS = [
    # Of strength an estimate of any time, whichever way it points, stands before words of the very time;
    ("strength", ["strength,13,MD,2,1,,,,,18", "strength,26,,,,,,,no_difference,18"],
     ("strength", 13, "favours_intervention", "estimate")),
    ("strength", ["strength,13,MD,-2,1,,,,,18", "strength,26,,,,,,,favours_intervention,18"],
     ("strength", 13, "favours_comparator", "estimate")),
    # of function the preferred outcome before an estimate of another;
    ("function", ["burden,26,MD,4,1,,,,,18", "score,26,,,,,,,favours_intervention,18"],
     ("score", 26, "unknown", "authors' statement")),
    # and the protocol's time, 26 weeks, before a difference that is claimed at another.
    ("function", ["score,13,,,,,,,favours_intervention,18", "score,26,,,,,,,no_difference,18"],
     ("score", 26, "unknown", "authors' statement")),
]  # fmt: skip


@pytest.mark.parametrize(("analysis", "rows", "stands"), STANDS)
def test_the_result_that_stands_for_a_trial_is_chosen_before_its_direction(review, analysis, rows, stands):
    report(review, "gamma2003", *rows)
    gamma = row_of(directions(analysis, load_evidence(review)), "gamma2003")
    assert (gamma.outcome, gamma.timepoint_weeks, gamma.direction, gamma.basis) == stands


@pytest.mark.parametrize(("weeks", "stands"), [("8", 8), ("52", 24)])
def test_the_end_of_a_short_course_stands_for_a_trial_and_not_a_visit_after_it(review, weeks, stands):
    arm = f", programme: {{what: It, weeks: {weeks}, source: paper, locator: abstract}}}}"
    edit(review / "data/trials/gamma2003/trial.yml", ", role: intervention}", f", role: intervention{arm}")
    told = "strength,8,,,,,,,favours_comparator,18", "strength,24,,,,,,,no_difference,18"
    report(review, "gamma2003", *told)
    assert row_of(directions("strength", load_evidence(review)), "gamma2003").timepoint_weeks == stands


def test_a_comparison_that_has_ended_claims_no_later_means_nor_those_of_another(review):
    edit(review / "data/trials/alpha2001/trial.yml", "kind: control}", "kind: control, until_weeks: 12}")
    other = "\n  late: {intervention: training, comparator: usual, kind: delayed_start}"
    edit(
        review / "data/trials/zeta2006/trial.yml", "kind: control}", "kind: control, until_weeks: 4}" + other
    )
    path = review / "data/trials/zeta2006/reported.csv"
    path.write_text(path.read_text().replace("training_vs_usual", "late"))
    evidence = load_evidence(review)
    found, absent = directions("function", evidence), unread("function", evidence)
    for trial_id in ("alpha2001", "zeta2006"):
        assert row_of(found, trial_id).basis == row_of(absent, trial_id).basis == "nothing seen"
    assert "alpha2001" not in set(synthesise("function", evidence).trials.trial_id)
    late = row_of(directions("function", evidence, every_outcome=True), "zeta2006")
    assert (late.basis, late.eligible) == ("estimate", False)


def test_an_alternative_stands_beside_the_protocols_choice_pooled_alone_or_empty(review):
    left_out = "composites: false, leave_out: [alpha2001, beta2002], why: To see}"
    nothing = f"      none: {{label: None, {left_out}\n      alone: {{"
    edit(review / "data/protocol.yml", "      alone: {", nothing)
    found = alternatives("function", load_evidence(review)).set_index("choice")
    # alpha 20 - 18; beta half a point a month, or 24 - 19 at the end; epsilon 3 (1 to 5)
    months, epsilon = 26 * 7 / 30.4375, (2 / 1.959964) ** 2
    rates = [2, 0.5 * months, 3], [2, 2 / 25 * months**2, epsilon]
    by_hand = {
        "Primary analysis": pool(*rates, interval="hk_adhoc"),
        "HK": pool(*rates, interval="hk"),
        "Wald": pool(*rates, interval="wald"),
        "End scores": pool([2, 5, 3], [2, 2, epsilon]),
    }
    ends = ["estimate", "ci_low", "ci_high"]
    for name, pooled in by_hand.items():
        assert list(found.loc[name, ends]) == pytest.approx([getattr(pooled, end) for end in ends], rel=1e-6)
    own, beta, none = (found.loc[name] for name in ("Primary analysis", "Only Beta", "None"))
    assert [(bool(row.pooled), row.units) for row in (own, beta, none)] == [(True, 3), (False, 1), (False, 0)]
    whole = synthesise("function", load_evidence(review))
    assert (own.i2, own.tau2) == (whole.i2, whole.tau2)
    # Beta loses 1 and 1.5 points a month, with SDs of 1 in 25 and 25 people, over 26 weeks.
    half = 1.959963984540054 * months * math.sqrt(2 / 25)
    middle = 0.5 * months
    assert list(beta[ends]) == pytest.approx([middle, middle - half, middle + half])
    assert beta[["i2", "tau2"]].isna().all() and none[[*ends, "i2", "tau2"]].isna().all()


def test_an_estimate_in_a_form_that_is_not_pooled_is_not_called_unread(review):
    shown = cells(exhibits.missing_table(Review(review)["function"]))
    needs = "where the analysis needs adjusted scores, slopes, change or end scores"
    assert shown["Kappa 2010"][4] == f"available as percentage change, {needs} (read as SE)"
    assert shown["Zeta 2006"][4] == "full article not available to us"


def test_the_what_if_gives_unread_trials_their_people_as_weights(review):
    evidence = load_evidence(review)
    absent = unread("function", evidence)
    assert dict(zip(absent.trial_id, absent.people, strict=True)) == {"zeta2006": 60, "kappa2010": 16}
    result = synthesise("function", evidence)
    found = what_if_unread("function", evidence).set_index("choice")
    scale = (result.trials.vi * result.trials.people).mean()
    again = pool([*result.trials.yi, 0, 0], [*result.trials.vi, scale / 60, scale / 16])
    assert found.loc["exactly no effect"].estimate == pytest.approx(again.estimate)
    assert found.loc["exactly no effect"].ci_low == pytest.approx(again.ci_low)
    assert found.loc["the pooled effect"].estimate == pytest.approx(result.estimate)
    assert (found.units == 5).all() and (found.people == 122 + 76).all()
    assert what_if_unread("stimulation", evidence).empty, "nothing is pooled"
