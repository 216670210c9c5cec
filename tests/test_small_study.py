"""Checks the small-study methods against metafor, by hand, and by what must hold for any data."""

import numpy as np
import pytest
import statsmodels.api as sm
from golden import SETS, effects_of, matches

from livingreview.statistics import begg, egger, pool, trim_and_fill

TESTED = [name for name in SETS if "egger_lm" in SETS[name]]
VARYING = [name for name in TESTED if name != "edge_equal_vi"]
# Equal effects: metafor's t is 0/0, ours is NaN
DIFFERING = [name for name in VARYING if name != "edge_identical"]


@pytest.mark.parametrize("name", DIFFERING)
@pytest.mark.parametrize("form", ["lm", "rma"])
def test_every_golden_egger_test_is_reproduced(name, form):
    reference, found = SETS[name][f"egger_{form}"], egger(*effects_of(name), form)
    assert (found.statistic, found.p) == (matches(reference["zval"]), matches(reference["pval"]))
    assert found.df == (np.inf if form == "rma" else reference["dfs"])
    assert [found.limit, found.slope] == [matches(value) for value in reference["coef"]]
    assert [found.limit_low, found.limit_high] == [matches(value) for value in reference["limit_ci"]]


@pytest.mark.parametrize("name", VARYING)
def test_every_golden_begg_test_is_reproduced(name):
    reference, found = SETS[name]["begg"], begg(*effects_of(name))
    if reference["tau"] is None:
        assert np.isnan([found.statistic, found.p]).all()
    else:
        assert (found.statistic, found.p) == (matches(reference["tau"]), matches(reference["pval"]))
        assert found.exact == (name != "molloy2014_ZCOR")  # two of its trials have 65 participants


@pytest.mark.parametrize("name", TESTED)
@pytest.mark.parametrize("method", ["REML", "EE"])
def test_every_golden_trim_and_fill_is_reproduced(name, method):
    reference, trials = SETS[name][f"trimfill_L0_{method}"], effects_of(name)
    if "error" in reference:
        with pytest.raises(ValueError, match="must differ between trials"):
            trim_and_fill(*trials, method=method)
        return
    found = trim_and_fill(*trials, method=method, interval="wald")
    assert (found.k0, found.side) == (reference["k0"], reference["side"])
    # metafor mirrors about a REML estimate that stops at 1e-5
    filled = np.atleast_1d(reference["fill_yi"])
    np.testing.assert_allclose(found.yi, filled, rtol=1e-8 if method == "EE" else 2e-4)
    both = [np.append(own, more) for own, more in zip(trials, (found.yi, found.vi), strict=True)]
    again = pool(*both, method=method, interval="wald")
    assert (found.pooled.estimate, found.pooled.k) == (again.estimate, len(trials[0]) + found.k0)
    if method == "EE":
        limits = found.pooled.ci_low, found.pooled.ci_high
        assert [found.pooled.estimate, *limits] == [matches(v) for v in (reference["beta"], *reference["ci"])]


def test_a_funnel_bare_on_the_left_is_filled_by_hand():
    # y = 0, 10, 11, 12: mean 8.25, ranks of the distances 4, 1, 2, 3, of the positive ones 6 in all:
    # L0 = (4 * 6 - 20) / 7 = 0.57, so k0 = 1; without 12 the mean is 7 and L0 the same. Filled: 14 - 12 = 2
    found = trim_and_fill([0, 10, 11, 12], [1, 1, 1, 1], side="left", method="EE")
    assert (found.k0, list(found.yi), list(found.vi)) == (1, [2], [1])
    mirrored = trim_and_fill([0, -10, -11, -12], [1, 1, 1, 1], side="right", method="EE")
    assert (mirrored.k0, list(mirrored.yi), mirrored.pooled.estimate) == (1, [-2], pytest.approx(-7))


def test_effects_or_variances_that_do_not_differ_have_no_asymmetry_to_test():
    for form in ("lm", "rma"):
        found = egger(*effects_of("edge_identical"), form)
        assert (found.slope, found.limit) == (0, 0.5)
    assert np.isnan(egger(*effects_of("edge_identical")).statistic)  # 0/0
    # metafor refuses it too.
    assert "error" in SETS["edge_equal_vi"]["egger_lm"]
    assert np.isnan(begg(*effects_of("edge_equal_vi")).statistic)
    # Variances that differ by rounding alone would fit a line to noise.
    for trials in (effects_of("edge_equal_vi"), (np.arange(10), 0.1 + 1e-17 * np.arange(10))):
        with pytest.raises(ValueError, match="vi: must differ between trials"):
            egger(*trials)


def test_eggers_test_is_weighted_least_squares():
    yi, vi = effects_of("molloy2014_ZCOR")
    line = sm.WLS(yi, sm.add_constant(np.sqrt(vi)), weights=1 / vi).fit()
    found = egger(yi, vi)
    assert found.statistic == pytest.approx(line.tvalues[1], rel=1e-9)
    assert found.p == pytest.approx(line.pvalues[1], rel=1e-9)
    assert (found.limit, found.limit_low, found.limit_high) == pytest.approx(
        (line.params[0], *line.conf_int()[0]), rel=1e-9
    )
