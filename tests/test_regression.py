"""Checks meta-regression against metafor, the kernel, statsmodels, and what must hold for any data."""

import numpy as np
import pandas as pd
import pytest
from golden import GOLDEN, HARTUNG_KNAPP, matches
from hypothesis import given, settings
from hypothesis import strategies as st
from meta_analyze import meta_regression as other_regression

from livingreview.statistics import METHODS, meta_regression, pool_many
from livingreview.statistics.regression import residual_heterogeneity

REFERENCE = GOLDEN["meta_regression"]
INPUTS = REFERENCE["inputs"]
ALLOCATION = np.array(INPUTS["alloc"])
MODERATORS = {
    "ablat": np.array(INPUTS["ablat"]),
    "ablat_year": np.column_stack([INPUTS["ablat"], INPUTS["year"]]),
    "alloc": np.column_stack([ALLOCATION == "random", ALLOCATION == "systematic"]),
}
TERMS = {"estimate": "beta", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub", "p": "pval"}
# 30 regressions
CELLS = [
    (moderators, method, test)
    for moderators in MODERATORS
    for method in METHODS
    for test in ("z", "knha")
    if f"bcg_{moderators}_{method}_{test}" in REFERENCE
]


def regress(moderators, **options):
    return meta_regression(INPUTS["yi"], INPUTS["vi"], MODERATORS[moderators], **options)


@pytest.mark.parametrize(("moderators", "method", "test"), CELLS)
def test_every_golden_regression_is_reproduced(moderators, method, test):
    reference = REFERENCE[f"bcg_{moderators}_{method}_{test}"]
    fit = regress(moderators, method=method, interval={"z": "wald", "knha": "hk"}[test])
    names = TERMS | {"statistic": "zval"}
    for ours, theirs in names.items():
        assert list(fit.terms[ours]) == [matches(value) for value in reference[theirs]], ours
    assert fit.covariance.ravel() == matches(np.ravel(reference["vcov"]).tolist())
    whole = {"k": "k", "tau2": "tau2", "i2": "I2", "h2": "H2", "qe": "QE", "qe_p": "QEp",
             "qm": "QM", "qm_p": "QMp", "r2": "R2"}  # fmt: skip
    assert {ours: getattr(fit, ours) for ours in whole} == {
        ours: matches(reference[theirs]) for ours, theirs in whole.items()
    }


def test_a_regression_with_the_modified_interval_is_metafors():
    reference, fit = HARTUNG_KNAPP["adhoc"]["regression"], regress("ablat")
    for ours, theirs in TERMS.items():
        assert list(fit.terms[ours]) == [matches(value) for value in reference[theirs]], ours
    whole = {"qm": "QM", "qm_p": "QMp", "tau2": "tau2", "r2": "R2"}
    assert [getattr(fit, name) for name in whole] == [matches(reference[name]) for name in whole.values()]


def test_the_modified_interval_is_walds_where_trials_agree_with_the_line():
    # residuals of 0.1 with variances of 1: the factor is far below 1
    given = [0.1, 0.9, 2.1, 2.9], [1, 1, 1, 1], [0, 1, 2, 3]
    adhoc, wald = (meta_regression(*given, interval=interval) for interval in ("hk_adhoc", "wald"))
    assert list(adhoc.terms["se"]) == pytest.approx(list(wald.terms["se"]), rel=1e-12)


def test_golden_predictions_are_reproduced():
    reference = REFERENCE["bcg_ablat_predict"]
    rows = regress("ablat", interval="wald").predict(reference["newmods"])
    names = {
        "estimate": "pred",
        "se": "se",
        "ci_low": "ci_lb",
        "ci_high": "ci_ub",
        "pi_low": "pi_lb",
        "pi_high": "pi_ub",
    }
    for ours, theirs in names.items():
        assert list(rows[ours]) == [matches(value) for value in reference[theirs]], ours


@pytest.mark.parametrize("method", ["DL", "PM", "REML"])
def test_pymetaanalysis_agrees_on_three_moderators(method):
    random = np.random.default_rng(5)
    vi = random.uniform(0.01, 0.5, 25)
    yi = random.normal(0, np.sqrt(vi + 0.2))
    moderators = pd.DataFrame(random.normal(size=(25, 3)), columns=["a", "b", "c"])
    fit = meta_regression(yi, vi, moderators, method=method, interval="hk")
    columns = {"data": moderators.assign(yi=yi, vi=vi), "effect": "yi", "variance": "vi"}
    other = other_regression(
        **columns, moderators=["a", "b", "c"], tau2_method=method, inference_method="hksj", atol=1e-13
    )
    assert fit.tau2 == pytest.approx(other.tau2, rel=1e-7)
    assert list(fit.terms["estimate"]) == pytest.approx(list(other.coefficients["estimate"]), rel=1e-7)
    assert fit.covariance == pytest.approx(other.coefficient_covariance.to_numpy(), rel=1e-7)
    assert list(fit.terms.index) == ["intercept", "a", "b", "c"]


effects = st.integers(-256, 256).map(lambda n: n / 64)
variances = st.floats(-9, 0).map(lambda e: 10.0**e)
trials = st.lists(st.tuples(effects, variances), min_size=2, max_size=10)
steady = settings(derandomize=True, deadline=None, max_examples=60)


@pytest.mark.parametrize("method", METHODS)
@steady
@given(drawn=trials)
def test_without_moderators_the_kernel_is_met_over_nine_decades(method, drawn):
    yi, vi = np.array(drawn).T
    alone, left = (
        pool_many(yi, vi, method=method),
        residual_heterogeneity(yi - yi[vi.argmin()], vi, np.ones((len(yi), 1)), method),
    )
    assert left.tau2 + vi.min() == pytest.approx(alone.tau2[0] + vi.min(), rel=1e-11)
    assert left.q == pytest.approx(alone.q[0], rel=1e-9, abs=1e-13)
    assert left.h2 == pytest.approx(alone.h2[0], rel=1e-9, abs=1e-13)
