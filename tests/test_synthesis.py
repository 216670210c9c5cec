"""From rows to estimates to a synthesis, on the invented review; numbers are worked by hand."""

from math import isnan, sqrt

import pandas as pd
import pytest
from invented_review import edit, row_of

from livingreview.evidence import load_evidence
from livingreview.schema import DataError
from livingreview.statistics import (
    Pooled,
    Unpooled,
    meaning,
    measured_meaning,
    pool,
    synthesise,
    tally,
)

MONTHS = 26 * 7 / 30.4375


def test_end_scores_slopes_and_printed_intervals_give_the_units_of_a_synthesis(review):
    result = synthesise("function", load_evidence(review))
    assert isinstance(result, Pooled)
    # Neither news, nor a comparison of doses, nor a trial that is not randomized.
    assert list(result.trials.trial_id) == ["alpha2001", "beta2002", "epsilon2005"]
    assert tally(result.trials, load_evidence(review)) == {"units": 3, "trials": 4, "people": 32 + 50 + 40}
    alpha, beta, epsilon = (row_of(result.trials, name) for name in result.trials.trial_id)
    # means 20 and 18, sd 4, n 16 + 16: vi = 16/16 + 16/16
    assert (alpha.yi, alpha.vi, alpha.estimate_kind, alpha.people) == (2, 2, "end", 32)
    assert alpha.rows == ("data/trials/alpha2001/arms.csv:2", "data/trials/alpha2001/arms.csv:3")
    # 0.5 points a month less lost over 26 weeks; vi = (1/25 + 1/25) x months squared
    assert beta.estimate_kind == "slope" and beta.yi == pytest.approx(0.5 * MONTHS)
    assert beta.vi == pytest.approx(0.08 * MONTHS**2)
    assert beta.steps == (
        "difference in points lost per month × 26 weeks",
        "sign reversed, because a higher value is worse",
    )
    # 3 (1 to 5): SE = 4 / (2 x 1.959964)
    assert (epsilon.kind, epsilon.yi, epsilon.people) == ("composite", 3, 40)
    assert sqrt(epsilon.vi) == pytest.approx(4 / (2 * 1.959964), rel=1e-6)
    assert "SE from the 95% CI" in epsilon.steps
    of_beta = row_of(synthesise("function", load_evidence(review), "beta_end").trials, "beta2002")
    assert (of_beta.yi, of_beta.estimate_kind) == (5, "end"), "an alternative for one trial alone"
    edit(review / "data/trials/alpha2001/trial.yml", "kind: primary_abstract", "kind: news")
    assert "alpha2001" not in set(synthesise("function", load_evidence(review)).trials.trial_id)


def test_a_composite_stands_until_all_of_its_trials_have_numbers(review):
    header = "arm,outcome,timepoint_weeks,n,mean,sd,se,events,source,locator,note,n_basis\n"
    rows = "".join(
        f"{arm},score,13,10,{mean},4,,,paper,abstract,,analysed\n"
        for arm, mean in (("training", 20), ("usual", 18))
    )
    for part, used in (("gamma2003", {"epsilon2005"}), ("delta2004", {"gamma2003", "delta2004"})):
        (review / f"data/trials/{part}/arms.csv").write_text(header + rows)
        found = set(synthesise("function", load_evidence(review)).trials.trial_id)
        assert found == {"alpha2001", "beta2002", *used}, "nobody counts twice"


def test_two_contrasts_that_share_people_and_names_that_are_unknown_are_refused(review):
    with pytest.raises(ValueError, match=r"unknown analysis 'functions'; protocol.yml has function, stand"):
        synthesise("functions", load_evidence(review))
    with pytest.raises(ValueError, match="unknown alternative 'x' of function; it has hk, wald"):
        synthesise("function", load_evidence(review), alternative="x")
    again = "kind: control}\n  again: {intervention: training, comparator: usual, kind: control}"
    edit(review / "data/trials/alpha2001/trial.yml", "kind: control}", again)
    with pytest.raises(DataError, match="alpha2001/trial.yml:1: contrasts: two contrasts share people"):
        synthesise("function", load_evidence(review))


def test_a_time_outside_the_window_is_not_used_and_the_nearest_one_is(review):
    arms = review / "data/trials/alpha2001/arms.csv"
    later = "training,score,52,16,9,4,,,paper,abstract,,analysed\n"
    later += "usual,score,52,16,2,4,,,paper,abstract,,analysed\n"
    arms.write_text(arms.read_text() + later)
    assert row_of(synthesise("function", load_evidence(review)).trials, "alpha2001").yi == 2
    arms.write_text(arms.read_text().replace(",26,", ",53,").replace(",52,", ",54,"))
    assert "alpha2001" not in set(synthesise("function", load_evidence(review)).trials.trial_id)


def test_what_holds_for_one_arm_names_it_and_what_holds_for_both_is_said_once(review):
    for mean, left in ((20, 9), (18, 7)):
        told = f"{mean},4,,,paper,abstract,"
        edit(review / "data/trials/alpha2001/arms.csv", f"{told},analysed", f"{told}{left} left,randomized")
    steps = row_of(synthesise("function", load_evidence(review)).trials, "alpha2001").steps
    assert steps == ("n as randomised", "9 left (training)", "7 left (usual)", "difference of means")


def test_hedges_g_comes_from_end_scores_and_by_flagged_conversions(review):
    def found(trial_id, alternative=None):
        return row_of(
            synthesise("standardized", load_evidence(review), alternative=alternative).trials, trial_id
        )

    # d = 2/4 with 30 df and 5/5 with 48 df; J(48) as in the reference file, J(30) = 1 - 3/119 to 4 digits
    assert found("alpha2001").yi == pytest.approx(0.5 * (1 - 3 / 119), rel=1e-4)
    assert found("beta2002").yi == pytest.approx(0.984279426, rel=1e-8)
    # SE 2.5 and 5 with n = 8: SDs 7.07 and 14.14, pooled 11.18; 15 / 11.18 x J(14)
    percent = found("kappa2010", "with_percent")
    assert percent.yi == pytest.approx(15 / sqrt((50 + 200) / 2) * 0.9455, rel=1e-3)
    assert "SD = SE × √n" in percent.steps
    # t = 3 / 1.0204, d = t x sqrt(2/20), J(38)
    composite = found("epsilon2005", "with_composite")
    assert composite.yi == pytest.approx(3 / 1.020427 * sqrt(0.1) * 0.98010, rel=1e-4)


def test_one_trial_or_none_is_not_pooled_and_says_why(review):
    result = synthesise("stimulation", load_evidence(review))
    assert isinstance(result, Unpooled)
    assert "Only one estimate is usable" in result.why
    iota = row_of(result.trials, "iota2009")
    # 0.9 - 1.0; vi = 0.36/16 + 0.36/16 with the people who completed
    assert iota.yi == pytest.approx(-0.1)
    assert iota.vi == pytest.approx(0.045)
    assert iota.ci_low == pytest.approx(-0.1 - 1.959964 * sqrt(0.045))
    assert iota.steps[0].startswith("n not reported with the rates, so the number who completed")
    # It has the attributes of a pooled result.
    assert (result.estimate, result.ci_low) == (iota.yi, iota.ci_low) and isnan(result.tau2)
    other = row_of(
        synthesise("stimulation", load_evidence(review), alternative="randomized_n").trials, "iota2009"
    )
    assert other.vi == pytest.approx(0.36 / 21 + 0.36 / 19)
    edit(review / "data/trials/iota2009/trial.yml", "kind: sham", "kind: delayed_start")
    result = synthesise("stimulation", load_evidence(review))
    assert (result.k, result.why) == (0, "No trial gives a usable estimate.")


def test_a_result_is_judged_by_the_time_over_which_it_was_measured(review):
    evidence = load_evidence(review)
    # slopes 0.8 and 1.0 a month, 20 and 25 percent, 6 months
    at = meaning(6, evidence)
    assert (at.decline, at.thresholds) == (pytest.approx((4.8, 6.0)), pytest.approx((0.96, 1.5)))
    assert at.percent(3) == pytest.approx((50, 62.5))
    # halfway between 13 and 26 is 19.5 weeks, in months of 30.4375 days
    equal = pool([1.0, 2.0], [1.0, 1.0], trials=pd.DataFrame({"timepoint_weeks": [13.0, 26.0]}))
    one = Unpooled(pd.DataFrame({"timepoint_weeks": [13.0], "vi": [2.0]}), "one")
    none = Unpooled(pd.DataFrame({"timepoint_weeks": [], "vi": []}), "none")
    month = 30.4375 / 7
    for result, measure, months in (
        (equal, "MD", 19.5 / month), (equal, "MD_per_month", 1), (one, "MD", 13 / month), (none, "MD", 6),
    ):  # fmt: skip
        assert measured_meaning(result, {"measure": measure}, evidence).months == pytest.approx(months)
