"""Meta-regression, subgroups and small-study effects give metafor's numbers."""

import numpy as np
import pandas as pd
import pytest
from golden import DRAWN, GOLDEN, HARTUNG_KNAPP, SETS, agrees, column, effects_of
from hypothesis import given, settings

from livingreview.statistics import (
    METHODS,
    begg,
    egger,
    meta_regression,
    pool,
    pool_many,
    subgroups,
    trim_and_fill,
)
from livingreview.statistics.regression import residual_heterogeneity

REFERENCE = GOLDEN["meta_regression"]
INPUTS = REFERENCE["inputs"]
ALLOCATION = np.array(INPUTS["alloc"])
MODERATORS = {
    "ablat": np.array(INPUTS["ablat"]),
    "ablat_year": pd.DataFrame(INPUTS)[["ablat", "year"]],
    "alloc": np.column_stack([ALLOCATION == "random", ALLOCATION == "systematic"]),
}
LIMITS = {"estimate": "beta", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub"}
TERMS = LIMITS | {"p": "pval"}
INTERVAL = {"z": "wald", "knha": "hk"}


def regress(moderators, **options):
    return meta_regression(INPUTS["yi"], INPUTS["vi"], MODERATORS[moderators], **options)


@pytest.mark.parametrize("moderators", MODERATORS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("test", INTERVAL)
def test_every_regression_of_metafor_is_reproduced(moderators, method, test):
    reference = REFERENCE[f"bcg_{moderators}_{method}_{test}"]
    fit = regress(moderators, method=method, interval=INTERVAL[test])
    agrees(fit.terms, reference, TERMS | {"statistic": "zval"})
    column(fit.covariance, np.ravel(reference["vcov"]))
    agrees(fit, reference, {"k": "k", "tau2": "tau2", "i2": "I2", "r2": "R2"})


def test_the_modified_interval_is_metafors_and_walds_where_trials_agree_with_the_line():
    agrees(regress("ablat").terms, HARTUNG_KNAPP["adhoc"]["regression"], TERMS)
    # residuals of 0.1 with variances of 1: the factor is far below 1
    given = [0.1, 0.9, 2.1, 2.9], [1, 1, 1, 1], [0, 1, 2, 3]
    adhoc, wald = (meta_regression(*given, interval=interval) for interval in ("hk_adhoc", "wald"))
    assert list(adhoc.terms["se"]) == pytest.approx(list(wald.terms["se"]), rel=1e-12)


def test_the_unit_of_a_moderator_changes_the_unit_of_its_slope_alone():
    slope = meta_regression(INPUTS["yi"], INPUTS["vi"], MODERATORS["ablat"] * 1e-10, interval="wald")
    reference = REFERENCE["bcg_ablat_REML_z"]["beta"]
    column(slope.terms["estimate"], [reference[0], reference[1] * 1e10])


def test_predictions_of_metafor_are_reproduced_and_terms_have_the_names_of_the_columns():
    assert list(regress("ablat_year").terms.index) == ["intercept", "ablat", "year"]
    reference = REFERENCE["bcg_ablat_predict"]
    rows = regress("ablat", interval="wald").predict(reference["newmods"])
    agrees(rows, reference, LIMITS | {"estimate": "pred", "pi_low": "pi_lb", "pi_high": "pi_ub"})


steady = settings(derandomize=True, deadline=None, max_examples=60)


@pytest.mark.parametrize("method", METHODS)
@steady
@given(drawn=DRAWN)
def test_without_moderators_the_kernel_is_met_over_nine_decades(method, drawn):
    yi, vi = np.array(drawn).T
    alone = pool_many(yi, vi, method=method)
    left = residual_heterogeneity(yi - yi[vi.argmin()], vi, np.ones((len(yi), 1)), method)
    assert left[0] + vi.min() == pytest.approx(alone.tau2[0] + vi.min(), rel=1e-11)
    assert left[2] == pytest.approx(alone.h2[0], rel=1e-9, abs=1e-13)


def test_subgroups_of_metafor_with_separate_tau2_are_reproduced():
    found = subgroups(INPUTS["yi"], INPUTS["vi"], INPUTS["alloc"], interval="wald")
    between = REFERENCE["subgroup_Qbetween_separate_tau2"]
    column([found.q_between, found.df, found.p], [between[key] for key in ("Q", "df", "p")])
    assert list(found.table.index) == ["alternate", "random", "systematic"]
    # With the alternated trials left out two groups remain: Q = (b1 - b2)^2 / (SE1^2 + SE2^2).
    yi, vi = (np.array(INPUTS[key])[ALLOCATION != "alternate"] for key in ("yi", "vi"))
    two = subgroups(yi, vi, ALLOCATION[ALLOCATION != "alternate"], interval="wald")
    for group, row in (*found.table.iterrows(), *two.table.iterrows()):
        agrees(row, REFERENCE[f"subgroup_{group}"], LIMITS | {"k": "k", "tau2": "tau2", "i2": "I2"})
    random, systematic = (REFERENCE[f"subgroup_{group}"] for group in two.table.index)
    gap = np.subtract(random["beta"], systematic["beta"])
    column(two.q_between, gap**2 / (np.square(random["se"]) + np.square(systematic["se"])))


# Small-study effects

TESTED = [name for name in SETS if "egger_lm" in SETS[name]]
VARYING = [name for name in TESTED if name != "edge_equal_vi"]


@pytest.mark.parametrize("name", VARYING)
def test_eggers_and_beggs_tests_are_metafors(name):
    for form in ("lm", "rma"):
        reference, found = SETS[name][f"egger_{form}"], egger(*effects_of(name), form)
        if name == "edge_identical":  # equal effects: metafor's t is 0/0
            assert found.slope == 0 and (form == "rma" or np.isnan(found.statistic))
            continue
        ours, theirs = [found.statistic, found.p, found.slope], [reference[key] for key in ("zval", "pval")]
        column(ours, [*theirs, reference["coef"][1]])
    reference, found = SETS[name]["begg"], begg(*effects_of(name))
    if reference["tau"] is None:
        assert np.isnan([found.statistic, found.p]).all()
    else:
        column([found.statistic, found.p], [reference["tau"], reference["pval"]])


@pytest.mark.parametrize("name", TESTED)
@pytest.mark.parametrize("method", ["REML", "EE"])
def test_trim_and_fill_is_metafors(name, method):
    reference, trials = SETS[name][f"trimfill_L0_{method}"], effects_of(name)
    if "error" in reference:
        with pytest.raises(ValueError, match="must differ between trials"):
            trim_and_fill(*trials, method=method)
        return
    found = trim_and_fill(*trials, method=method, interval="wald")
    assert (found.k0, found.side) == (reference["k0"], reference["side"])
    both, k = found.pooled.trials, len(trials[0])
    # metafor mirrors about a REML estimate that stops at 1e-5
    filled = np.atleast_1d(reference["fill_yi"])
    np.testing.assert_allclose(both.yi[k:], filled, rtol=1e-8 if method == "EE" else 2e-4)
    again = pool(both.yi, both.vi, method=method, interval="wald")
    assert (found.pooled.estimate, found.pooled.k) == (again.estimate, k + found.k0)
    if method == "EE":
        limits = found.pooled.ci_low, found.pooled.ci_high
        column([found.pooled.estimate, *limits], [reference["beta"], *reference["ci"]])


def test_variances_that_do_not_differ_have_no_asymmetry_to_test():
    assert "error" in SETS["edge_equal_vi"]["egger_lm"], "metafor refuses it too"
    assert np.isnan(begg(*effects_of("edge_equal_vi")).statistic)
    # Variances that differ by rounding alone would fit a line to noise.
    for trials in (effects_of("edge_equal_vi"), (np.arange(10), 1e6 * (0.1 + 1e-17 * np.arange(10)))):
        with pytest.raises(ValueError, match="vi: must differ between trials"):
            egger(*trials)
