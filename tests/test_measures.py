"""Measures own their scale, null value, sign and forms: a direction and its pooled estimate agree."""

import shutil
from itertools import product
from math import log

import numpy as np
import pandas as pd
import pytest
from golden import SETS, agrees, tables
from invented_review import edit, faults

from livingreview.effects.estimates import (
    can_pool,
    contrast_estimates,
    preference,
    trial_estimates,
)
from livingreview.effects.measures import KIND_OF_FORM, MEASURES
from livingreview.evidence import load_evidence
from livingreview.statistics import analysis, directions, pool, synthesise
from livingreview.statistics.direction import direction_of

NAN = float("nan")
ARM = {"phase": None, "n_basis": "analysed", "source_kind": "primary_abstract", "source": "paper"}
ARM |= {"locator": "abstract", "note": None, "file": "arms.csv", "timepoint_weeks": 26.0, "trial_id": "a2001"}
REPORTED = ARM | {"contrast": "a_b", "file": "reported.csv", "line": 9, "direction": None, "p": None}
CONTRAST = {"trial_id": "a2001", "contrast": "a_b", "intervention": "a", "comparator": "b"}
CONTRAST |= {"label": "A 2001", "people": 60.0, "trial_kind": "trial", "until_weeks": NAN}
# Every pair of a printed measure, or arms, with the measure of an analysis that can be had of it.
PAIRS = [
    (form, printed, asked)
    for form, printed, asked in product(KIND_OF_FORM, [None, *MEASURES], MEASURES)
    if form in MEASURES[asked].forms
    and not MEASURES[asked].adjusted
    and (MEASURES[asked].from_arms if printed is None else form in MEASURES[printed].forms)
    and (printed in (None, asked) or (MEASURES[printed].is_difference and MEASURES[asked].from_difference))
    and not (printed and MEASURES[printed].monthly)
]


class Evidence:
    """One trial with one outcome, as the estimates want it."""

    def __init__(self, form: str, better: bool | None, arms=(), reported=()):
        self.outcomes = {"outcomes": {"x": {"form": form, "higher_is_better": better}}}
        self.rows = {
            table: {"a2001": [row | {"outcome": "x"} for row in rows]}
            for table, rows in (("results", arms), ("reported", reported))
        }
        self.cards = {}
        self.arms = pd.DataFrame(columns=["trial_id", "arm"])


def arms(first: dict, second: dict) -> list[dict]:
    given = dict.fromkeys(("n", "mean", "sd", "se", "events"), NAN)
    return [ARM | given | {"arm": "a", "line": 2} | first, ARM | given | {"arm": "b", "line": 3} | second]


def reported(measure: str, estimate: float, **more) -> dict:
    given = dict.fromkeys(("se", "ci_low", "ci_high", "df"), NAN) | {"n": 60.0}
    return REPORTED | given | {"measure": measure, "estimate": estimate} | more


def estimate_of(evidence: Evidence, measure: str | None, higher_is_better: bool = True, **more) -> dict:
    choice = {"measure": measure, "higher_is_better": higher_is_better, "outcomes": ["x"]} | more
    found = contrast_estimates(evidence, CONTRAST, choice, lambda row: True)
    return min(found, key=lambda estimate: preference(estimate, choice))


def sided(printed: str | None, form: str, size: float) -> dict:
    """Invent the rows of a trial whose difference has the sign of size, as counts, means or printed."""
    if printed is None and form == "events":
        return {"arms": arms({"n": 40.0, "events": 20.0 + round(5 * size)}, {"n": 40.0, "events": 20.0})}
    if printed is None:
        figures = {"n": 30.0, "sd": 2.0}
        return {"arms": arms(figures | {"mean": 10.0 + size}, figures | {"mean": 10.0})}
    measure = MEASURES[printed]
    return {"reported": [reported(printed, measure.printed(size), se=0.5)]}


SIDES = {"favours_intervention": 1, "favours_comparator": -1, "no_direction": 0}


@pytest.mark.parametrize("size", [0.4, 1.9])
@pytest.mark.parametrize(("better", "own"), [(True, False), (False, False), (True, True)])
def test_direction_and_pooled_estimate_agree_for_every_measure_and_form(size, better, own):
    for form, printed, asked in PAIRS:
        told = []
        for difference in (size, -size):
            evidence = Evidence(form, better, **sided(printed, form, difference))
            estimate = estimate_of(evidence, asked, own)
            told.append(SIDES[direction_of(estimate["gain"])])
            gain = estimate["yi"] if own else -estimate["yi"]
            assert np.sign(gain) == told[-1] != 0, (form, printed, asked)
            # Without a measure asked for, the direction is that of the figures as they were printed.
            assert SIDES[direction_of(estimate_of(evidence, None)["gain"])] == told[-1]
        assert told[0] == -told[1]


def test_a_hazard_ratio_is_signed_against_one():
    # A longer time to death is better, and a hazard ratio below 1 means that fewer die.
    for ratio, direction in {
        0.4: "favours_intervention",
        1: "no_direction",
        2.5: "favours_comparator",
    }.items():
        evidence = Evidence("time_to_event", True, reported=[reported("HR", ratio, se=0.3)])
        assert direction_of(estimate_of(evidence, None)["gain"]) == direction
        estimate = estimate_of(evidence, "HR", higher_is_better=False)
        assert (estimate["yi"], estimate["vi"]) == pytest.approx((log(ratio), 0.09))


@pytest.mark.parametrize("measure", ["RR", "OR", "RD"])
def test_events_and_totals_of_arms_are_pooled_as_metafor_pools_them(measure):
    # dat.bcg: events and totals of both arms, through rows as they stand in arms.csv
    found = []
    for a, n_a, c, n_c in zip(*tables("bcg"), strict=True):
        rows = arms({"n": float(n_a), "events": float(a)}, {"n": float(n_c), "events": float(c)})
        found.append(estimate_of(Evidence("events", False, arms=rows), measure, higher_is_better=False))
        assert (found[-1]["events_intervention"], found[-1]["n_comparator"]) == (a, n_c)
        assert found[-1]["difference"] == pytest.approx(a / n_a - c / n_c)
    pooled = pool(*([each[name] for each in found] for name in ("yi", "vi")))
    agrees(pooled, SETS[f"bcg_{measure}"]["fits"]["REML"]["adhoc"])


def test_a_cell_of_zero_gets_a_half_and_says_so_and_arms_without_events_are_not_pooled():
    def of(first, second, measure, better=False):
        rows = arms(*({"n": n, "events": events} for events, n in (first, second)))
        return estimate_of(Evidence("events", False, arms=rows), measure, better)

    zero = of((0.0, 10.0), (6.0, 30.0), "RR")
    assert zero["yi"] == pytest.approx(log((0.5 / 11) / (6.5 / 31)))
    assert zero["steps"][-1] == "1/2 added to each cell, because one is 0"
    whole = of((1.0, 9.0), (2.0, 9.0), "OR", better=True)
    assert whole["steps"] == ("log of the odds ratio", "sign reversed, because a higher value is worse")
    nobody = of((0.0, 10.0), (0.0, 30.0), "RR")
    assert direction_of(nobody["gain"]) == "no_direction" and not can_pool(nobody, {"measure": "RR"})


def test_an_effect_on_a_risk_of_a_tenth_per_thousand():
    # odds 1/9 halved are 1/18, a risk of 1/19: 1000 (1/19 - 1/10) = -900/19
    for measure, effect, more in (("RR", log(0.5), -50), ("OR", log(0.5), -900 / 19), ("RD", -0.02, -20)):
        assert MEASURES[measure].absolute_difference(effect, 0.1) == pytest.approx(more)
    with pytest.raises(ValueError, match="a risk between 0 and 1, got .* and a risk of 1.5"):
        MEASURES["RR"].absolute_difference(-1, 1.5)
    with pytest.raises(ValueError, match="expected an effect on risks"):
        MEASURES["MD"].absolute_difference(1, 0.1)


def test_the_variance_of_what_is_printed_comes_from_its_interval_or_from_the_standard_errors_of_means():
    plain = reported("MD", 2.0, ci_low=0.0, ci_high=4.0)
    by_t = estimate_of(Evidence("score", True, reported=[plain | {"df": 10.0}]), "MD")
    assert by_t["vi"] == pytest.approx((4 / 2 / 2.228139) ** 2)
    assert any("t distribution with 10 degrees of freedom" in step for step in by_t["steps"])
    assert estimate_of(Evidence("score", True, reported=[plain]), "MD")["vi"] > by_t["vi"]
    # An SD of 6 in 9 people is an SE of 2.
    for spread in ({"se": 2.0}, {"n": 9.0, "sd": 6.0}):
        evidence = Evidence("score", True, arms=arms({"mean": 20.0, "se": 1.0}, {"mean": 18.0} | spread))
        means = estimate_of(evidence, "MD")
        assert (means["yi"], means["vi"], means["n_basis"], means["people"]) == (2.0, 5.0, "assumed", 60)
        assert not can_pool(estimate_of(evidence, "SMD"), {"measure": "SMD"})


# ---- one estimate for pool and direction


HEAD = (
    "contrast,outcome,timepoint_weeks,phase,measure,estimate,se,ci_low,ci_high,df,p,direction,n,n_basis,"
    "source,locator"
)


def write(review, row: str) -> None:
    """Write the one effect that Alpha 2001 reports."""
    path = review / "data/trials/alpha2001/reported.csv"
    path.write_text(f"{HEAD}\ntraining_vs_usual,{row},paper,p\n")


# The means are 20 and 18. An adjusted estimate goes before them, but not one that has no variance.
@pytest.mark.parametrize(
    ("se", "yi", "side"), [("0.5", -1.5, "favours_comparator"), ("", 2, "favours_intervention")]
)
def test_pool_and_direction_take_one_estimate_an_adjusted_one_where_it_can_be_pooled(review, se, yi, side):
    write(review, f"score,26,,adjusted_MD,-1.5,{se},,,,,,,")
    evidence = load_evidence(review)
    pooled = synthesise("function", evidence).trials.set_index("trial_id").loc["alpha2001"]
    told = directions("function", evidence).set_index("trial_id").loc["alpha2001"]
    assert (pooled.yi, told.difference, told.direction) == (yi, yi, side)
    assert pooled.rows == told["rows"]


# ---- refusals


WRONG_ROWS = {
    "score,13,,HR,0.5,0.2,,,,,,,": "measure: expected one of MD, adjusted_MD, SMD for an outcome of",
    "survival,13,,MD,0.5,0.2,,,,,,,": "measure: expected one of HR for an outcome of the form",
    "score,13,,MD,2,0.5,,,9,,,,": "df: expected an interval with the degrees of freedom, found none",
    "score,13,,MD,2,0.5,,,,,,40,": "n_basis: expected what n counts",
    "score,-26,,MD,2,0.5,,,,,,,": "phase: expected baseline or run_in for week -26, found an empty",
    "score,13,run_in,MD,2,0.5,,,,,,,": "phase: expected an empty cell for week 13, after randomisation",
}


@pytest.mark.parametrize("row", WRONG_ROWS)
def test_a_row_that_cannot_be_is_refused_with_its_place(review, row):
    write(review, row)
    (fault,) = faults(review)
    assert fault.startswith(f"data/trials/alpha2001/reported.csv:2: {WRONG_ROWS[row]}")


ENDS = "measure: MD_per_month\n    unit: points lost per month\n    higher_is_better: "


WRONG_ANALYSES = [
    ("measure: MD_per_month", "measure: HR", "expected outcomes that can have a HR, found decline"),
    ("outcomes: [decline]", "outcomes: [score_change]", "can have a MD_per_month, found score_change"),
    ("outcomes: [score, percent]", "outcomes: [relapse]", "with_percent.outcomes: expected outcomes"),
    ("outcomes: [score]\n", "outcomes: [threshold]\n", "with a better end, found threshold"),
    (f"{ENDS}false", f"{ENDS}true", ""),
    (
        f"{ENDS}false\n    estimates: [slope]\n    outcomes: [decline]",
        "measure: HR\n    higher_is_better: true\n    outcomes: [survival]",
        "found survival, of which a higher HR is worse",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG_ANALYSES)
def test_an_analysis_whose_outcomes_cannot_have_its_measure_is_refused_with_its_place(review, old, new, said):
    edit(review / "data/protocol.yml", old, new)
    found = faults(review)
    assert len(found) == bool(said) and all(said in fault for fault in found)
    assert all(fault.startswith("data/protocol.yml:") and ":1: " not in fault for fault in found)


def test_overlapping_composites_are_refused_and_never_both_pooled(review):
    other = shutil.copytree(review / "data/trials/epsilon2005", review / "data/trials/omicron2006")
    edit(other / "trial.yml", "[gamma2003, delta2004]", "[delta2004, zeta2006]")
    edit(other / "trial.yml", "epsilon2005", "omicron2006")
    assert faults(review) == [
        "data/trials/omicron2006/trial.yml:6: covers: expected trials that no other composite covers, found "
        "delta2004 of epsilon2005"
    ]


@pytest.mark.parametrize(("weeks", "phase"), [("-26", "run_in"), ("-4", "baseline"), ("0", "")])
def test_a_row_before_randomization_is_read_and_never_a_result(review, weeks, phase):
    write(review, f"score,{weeks},{phase},MD,9,1,,,,,,,")
    assert faults(review) == []
    evidence = load_evidence(review)
    choice = analysis("function", evidence) | {"window": {"nearest": 0, "from": 0, "to": 52}}
    assert 9 not in {row["yi"] for row in trial_estimates(evidence, choice)}
    assert 9 not in set(directions("function", evidence, every_outcome=True).difference)
