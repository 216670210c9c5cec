"""Checks the small-study methods against metafor, by hand, and by what must hold for any data."""

import numpy as np
import pytest
import statsmodels.api as sm
from golden import SETS, effects_of, matches
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alsreview.statistics import egger

TESTED = [name for name in SETS if "egger_lm" in SETS[name]]
VARYING = [name for name in TESTED if name != "edge_equal_vi"]
# Equal effects: metafor's t is 0/0, ours is NaN
DIFFERING = [name for name in VARYING if name != "edge_identical"]


def test_thirteen_golden_sets_are_tested():
    assert (len(TESTED), len(DIFFERING)) == (13, 11)


@pytest.mark.parametrize("name", DIFFERING)
@pytest.mark.parametrize("form", ["lm", "rma"])
def test_every_golden_egger_test_is_reproduced(name, form):
    reference, found = SETS[name][f"egger_{form}"], egger(*effects_of(name), form)
    assert (found.statistic, found.p) == (matches(reference["zval"]), matches(reference["pval"]))
    assert found.df == (np.inf if form == "rma" else reference["dfs"])
    assert [found.limit, found.slope] == [matches(value) for value in reference["coef"]]
    assert [found.limit_low, found.limit_high] == [matches(value) for value in reference["limit_ci"]]


def test_effects_that_do_not_differ_have_no_asymmetry_to_test():
    yi, vi = effects_of("edge_identical")
    for form in ("lm", "rma"):
        found = egger(yi, vi, form)
        assert (found.slope, found.limit) == (0, 0.5)
    assert np.isnan(egger(yi, vi).statistic)  # 0/0


def test_equal_variances_have_no_asymmetry_to_test():
    # metafor refuses it too.
    assert "error" in SETS["edge_equal_vi"]["egger_lm"]
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


effects = st.integers(-256, 256).map(lambda n: n / 64)
variances = st.floats(-9, 0).map(lambda e: 10.0**e)
trials = st.lists(st.tuples(effects, variances), min_size=3, max_size=9)
steady = settings(derandomize=True, deadline=None, max_examples=60)


@steady
@given(drawn=trials, shift=st.integers(-100, 100), power=st.integers(-8, 8), data=st.data())
def test_the_regression_does_not_depend_on_unit_origin_or_order(drawn, shift, power, data):
    yi, vi = np.array(drawn).T
    vi = np.maximum(vi, 1e-4)
    assume(np.ptp(vi) > 1e-3 * vi.max())
    order, unit = np.array(data.draw(st.permutations(range(len(yi))))), 2.0**power
    moved = (yi[order] + shift) * unit, vi[order] * unit**2
    for form in ("lm", "rma"):
        one, other = egger(yi, vi, form), egger(*moved, form)
        assert other.slope == pytest.approx(one.slope, rel=1e-6, abs=1e-7)
        assert other.limit / unit - shift == pytest.approx(one.limit, rel=1e-6, abs=1e-7)


def test_huge_differences_and_nine_decades_are_borne():
    yi, vi = np.array([-1e6, 2e6, 5e5, -3e6, 1e5]), 10.0 ** np.array([-9, -6, -4, -2, 0.0])
    assert np.isfinite([egger(yi, vi, form).statistic for form in ("lm", "rma")]).all()


PAIR = ([0.1, 0.9], [0.02, 0.03])
THREE = ([0.1, 0.9, 0.4], [0.02, 0.03, 0.05])
WRONG = [
    (PAIR, {}, "3 trials or more to regress on precision, got 2"),
    (([0.1, np.nan, 1], [1, 2, 3]), {}, r"yi\[1\]: must be a finite number, got nan"),
    (([0.1, 0.2, 1], [1, 2, -3]), {}, r"vi\[2\]: must be a finite number above 0, got -3.0"),
    (THREE, {"form": "glm"}, "form: must be lm or rma, got 'glm'"),
    (THREE, {"form": "rma", "method": "SJ"}, "method: must be one of"),
]


@pytest.mark.parametrize(("given_", "options", "message"), WRONG)
def test_a_wrong_call_is_refused_with_its_reason(given_, options, message):
    with pytest.raises(ValueError, match=message):
        egger(*given_, **options)
