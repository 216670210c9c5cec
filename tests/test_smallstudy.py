"""Checks the small-study methods against metafor, by hand, and by what must hold for any data."""

from itertools import permutations

import numpy as np
import pytest
import statsmodels.api as sm
from golden import GOLDEN, SETS, effects_of, matches
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from meta_analyze import meta_analysis

from alsreview.pooling import pool
from alsreview.smallstudy import begg, egger, peese, pet, trim_and_fill

TESTED = [name for name in SETS if "egger_lm" in SETS[name]]
VARYING = [name for name in TESTED if name != "edge_equal_vi"]
# Equal effects: metafor's t is 0/0, ours is NaN
DIFFERING = [name for name in VARYING if name != "edge_identical"]
FILLED = [
    (name, estimator, method)
    for name in TESTED
    for estimator in ("L0", "R0", "Q0")
    for method in ("REML", "EE")
]


def golden_fill(name, estimator, method):
    return SETS[name][f"trimfill_{estimator}_{method}"]


def fill(name, estimator, method):
    return trim_and_fill(*effects_of(name), estimator, method=method, interval="wald")


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


@pytest.mark.parametrize("name", DIFFERING)
@pytest.mark.parametrize(("function", "key"), [(pet, "PET_lm"), (peese, "PEESE_lm")])
def test_every_golden_pet_and_peese_is_reproduced(name, function, key):
    found = function(*effects_of(name))
    assert [found.estimate, found.se, found.statistic, found.p] == [
        matches(value) for value in SETS[name][key]
    ]


@pytest.mark.parametrize("name", VARYING)
def test_every_golden_begg_test_is_reproduced(name):
    reference, found = SETS[name]["begg"], begg(*effects_of(name))
    if reference["tau"] is None:
        assert np.isnan([found.statistic, found.p]).all()
    else:
        assert (found.statistic, found.p) == (matches(reference["tau"]), matches(reference["pval"]))


def test_effects_that_do_not_differ_have_no_asymmetry_to_test():
    yi, vi = effects_of("edge_identical")
    for form in ("lm", "rma"):
        found = egger(yi, vi, form)
        assert (found.slope, found.limit) == (0, 0.5)
    assert np.isnan(egger(yi, vi).statistic)  # 0/0
    for function in (pet, peese):
        assert (function(yi, vi).estimate, function(yi, vi).se) == (0.5, 0)


def test_equal_variances_have_no_asymmetry_to_test():
    trials = effects_of("edge_equal_vi")
    assert np.isnan(begg(*trials).statistic) and SETS["edge_equal_vi"]["begg"]["tau"] is None
    # metafor refuses Egger's test; for PET and PEESE R's lm drops the slope and gives the mean, 0.35
    assert "error" in SETS["edge_equal_vi"]["egger_lm"]
    for function in (egger, pet, peese):
        with pytest.raises(ValueError, match="vi: must differ between trials"):
            function(*trials)
        # Variances that differ by rounding alone would fit a line to noise.
        with pytest.raises(ValueError, match="vi: must differ between trials"):
            function(np.arange(10), 0.1 + 1e-17 * np.arange(10))


def test_egger_pet_and_peese_are_weighted_least_squares():
    yi, vi = effects_of("molloy2014_ZCOR")
    for power, function in ((0.5, pet), (1.0, peese)):
        line = sm.WLS(yi, sm.add_constant(vi**power), weights=1 / vi).fit()
        found = function(yi, vi)
        assert [found.estimate, found.se, found.p] == pytest.approx(
            [line.params[0], line.bse[0], line.pvalues[0]], rel=1e-9
        )
        assert (found.ci_low, found.ci_high) == pytest.approx(tuple(line.conf_int()[0]), rel=1e-9)
    line = sm.WLS(yi, sm.add_constant(np.sqrt(vi)), weights=1 / vi).fit()
    assert egger(yi, vi).statistic == pytest.approx(line.tvalues[1], rel=1e-9)


def test_beggs_p_counts_orders():
    # ranks of vi are 1 to 5; p is the share of all 120 orders at least as far from 0 as the one seen
    yi, vi = np.array([0.1, 0.5, 0.2, 0.9, 0.8]), np.array([1.0, 2, 3, 4, 5]) / 10
    weight = 1 / vi
    effect = (yi - weight @ yi / weight.sum()) / np.sqrt(vi - 1 / weight.sum())

    def score(order):
        return sum(np.sign(order[j] - order[i]) for i in range(5) for j in range(i + 1, 5))

    scores = np.array([abs(score(order)) for order in permutations(range(5))])
    found = begg(yi, vi)
    assert found.exact
    assert found.statistic == pytest.approx(score(effect) / 10)
    assert found.p == pytest.approx((scores >= abs(score(effect))).mean())


def test_ties_are_told():
    assert not begg(*effects_of("molloy2014_ZCOR")).exact  # two trials of 65
    assert begg(*effects_of("bcg_RR")).exact


@pytest.mark.parametrize(("name", "estimator", "method"), FILLED)
def test_every_golden_trim_and_fill_finds_the_same_number_and_side(name, estimator, method):
    reference = golden_fill(name, estimator, method)
    if "error" in reference:
        with pytest.raises(ValueError, match=r"side: must be given|R0 does not exist|Q0 does not exist"):
            fill(name, estimator, method)
    else:
        found = fill(name, estimator, method)
        assert (found.k0, found.side) == (reference["k0"], reference["side"])


GIVEN = [cell for cell in FILLED if "error" not in golden_fill(*cell)]


def test_sixty_five_golden_trim_and_fills_are_given():
    assert len(GIVEN) == 65  # of 78; 13 are calls at which metafor fails, and we refuse


@pytest.mark.parametrize(("name", "estimator"), [cell[:2] for cell in GIVEN if cell[2] == "EE"])
def test_every_golden_fill_of_equal_effects_is_reproduced(name, estimator):
    reference, found = golden_fill(name, estimator, "EE"), fill(name, estimator, "EE")
    pooled = found.pooled
    assert list(found.yi) == [matches(value) for value in np.atleast_1d(reference["fill_yi"])]
    assert [pooled.estimate, pooled.se, pooled.ci_low, pooled.ci_high, pooled.k] == [
        matches(reference["beta"]), matches(reference["se"]), *(matches(v) for v in reference["ci"]),
        SETS[name]["k"] + reference["k0"],
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "estimator"), [cell[:2] for cell in GIVEN if cell[2] == "REML"])
def test_fills_and_the_refit_with_them_are_those_of_another_program(name, estimator):
    # metafor mirrors about a REML estimate that stops at 1e-5; PyMetaAnalysis goes on to 1e-13
    yi, vi = effects_of(name)
    found = fill(name, estimator, "REML")
    order = np.argsort(yi if found.side == "left" else -yi, kind="stable")
    kept, trimmed = order[: len(yi) - found.k0], order[len(yi) - found.k0 :]
    exact = {"tau2_method": "REML", "ci_method": "normal", "atol": 1e-13, "max_iter": 10_000}
    centre = yi[kept][0]  # one trial is its own estimate, and PyMetaAnalysis refuses it
    if len(kept) > 1:
        centre = meta_analysis(effect=yi[kept], variance=vi[kept], **exact).estimate
    mirrored = 2 * centre - yi[trimmed]
    np.testing.assert_allclose(found.yi, mirrored, rtol=1e-8)
    np.testing.assert_array_equal(found.vi, vi[trimmed])
    refit = meta_analysis(effect=np.append(yi, mirrored), variance=np.append(vi, vi[trimmed]), **exact)
    assert [found.pooled.estimate, found.pooled.se, found.pooled.tau2] == [
        matches(refit.estimate), matches(refit.standard_error), matches(refit.tau2),
    ]  # fmt: skip
    golden = np.atleast_1d(golden_fill(name, estimator, "REML")["fill_yi"])
    np.testing.assert_allclose(found.yi, golden, rtol=2e-4)


TIGHT = GOLDEN["trimfill_refit_tight"]


@pytest.mark.parametrize(("name", "estimator"), [(name, e) for name in TIGHT for e in TIGHT[name]])
def test_every_golden_refit_at_full_precision_is_reproduced(name, estimator):
    reference, found = TIGHT[name][estimator], fill(name, estimator, "REML")
    assert (found.k0, found.side) == (reference["k0"], reference["side"])
    # the reference holds metafor's filled trials, mirrored about an estimate good to 1e-5
    filled = np.atleast_1d(golden_fill(name, estimator, "REML")["fill_yi"])
    yi, vi = effects_of(name)
    refit = pool(np.append(yi, filled), np.append(vi, found.vi), interval="wald")
    assert [refit.estimate, refit.se, refit.tau2] == [
        matches(reference["beta"]), matches(reference["se"]), matches(reference["tau2"]),
    ]  # fmt: skip


def test_a_funnel_bare_on_the_left_is_filled_by_hand():
    # EE, variances all but equal. y = 0, 1, 2, 3, 10: mean 3.2; ranks of the distances from it are
    # 0.2: 1, 1.2: 2, 2.2: 3, 3.2: 4, 6.8: 5, only the last positive, so S = 5 and
    # L0 = (4 * 5 - 30) / 9 < 0: nothing; R0 = 5 - 4 - 1 = 0
    yi, vi = [0, 1, 2, 3, 10], [1, 1, 1, 1, 1]
    for estimator in ("L0", "R0"):
        found = trim_and_fill(yi, vi, estimator, side="left", method="EE")
        assert found.k0 == 0 and found.pooled.estimate == pytest.approx(3.2)
    # y = 0, 10, 11, 12: mean 8.25, from the right ranks 8.25: 4, 1.75: 1, 2.75: 2, 3.75: 3;
    # mirrored, the 0 is the extreme: S = 4, L0 = (16 - 20) / 7; from the left S = 6, (24 - 20) / 7 = 0.57,
    # so k0 = 1: without 12 the mean is 7, ranks 7: 4, 3: 1, 4: 2, 5: 3, S = 6 again. Filled: 14 - 12 = 2
    found = trim_and_fill([0, 10, 11, 12], [1, 1, 1, 1], side="left", method="EE")
    assert (found.k0, list(found.yi)) == (1, [2])
    assert found.pooled.estimate == pytest.approx(35 / 5)


def test_equal_variances_can_be_filled_on_a_given_side():
    found = trim_and_fill(*effects_of("edge_equal_vi"), side="right")
    assert found.side == "right" and found.pooled.k == 6 + found.k0


@pytest.mark.parametrize("name", VARYING)
def test_the_mirror_image_is_filled_on_the_other_side(name):
    yi, vi = effects_of(name)
    here, there = (trim_and_fill(sign * yi, vi, method="EE") for sign in (1, -1))
    if name == "edge_identical":
        assert here.k0 == there.k0 == 0
    else:
        assert {here.side, there.side} == {"left", "right"}
        assert here.k0 == there.k0
        assert list(there.yi) == pytest.approx(list(-here.yi), rel=1e-12)


effects = st.integers(-256, 256).map(lambda n: n / 64)
variances = st.floats(-9, 0).map(lambda e: 10.0**e)
trials = st.lists(st.tuples(effects, variances), min_size=3, max_size=9)
steady = settings(derandomize=True, deadline=None, max_examples=60)


@steady
@given(drawn=trials, shift=st.integers(-100, 100), power=st.integers(-8, 8), data=st.data())
def test_rank_and_regression_do_not_depend_on_unit_origin_or_order(drawn, shift, power, data):
    yi, vi = np.array(drawn).T
    vi = np.maximum(vi, 1e-4)
    assume(np.ptp(vi) > 1e-3 * vi.max())
    order, unit = np.array(data.draw(st.permutations(range(len(yi))))), 2.0**power
    moved = (yi[order] + shift) * unit, vi[order] * unit**2
    here, there = begg(yi, vi), begg(*moved)
    assert (there.statistic, there.p) == pytest.approx((here.statistic, here.p), nan_ok=True)
    for form in ("lm", "rma"):
        one, other = egger(yi, vi, form), egger(*moved, form)
        assert other.slope == pytest.approx(one.slope, rel=1e-6, abs=1e-7)
        assert other.limit / unit - shift == pytest.approx(one.limit, rel=1e-6, abs=1e-7)


def test_huge_differences_and_nine_decades_are_borne():
    yi, vi = np.array([-1e6, 2e6, 5e5, -3e6, 1e5]), 10.0 ** np.array([-9, -6, -4, -2, 0.0])
    assert np.isfinite([egger(yi, vi, form).statistic for form in ("lm", "rma")]).all()
    assert np.isfinite([begg(yi, vi).p, pet(yi, vi).p, peese(yi, vi).p]).all()


PAIR = ([0.1, 0.9], [0.02, 0.03])
THREE = ([0.1, 0.9, 0.4], [0.02, 0.03, 0.05])
WRONG = [
    (egger, PAIR, {}, "3 trials or more to regress on precision, got 2"),
    (begg, PAIR, {}, "3 trials or more to rank, got 2"),
    (pet, ([0.1], [0.02]), {}, "3 trials or more to regress on precision, got 1"),
    (peese, ([0.1, np.nan, 1], [1, 2, 3]), {}, r"yi\[1\]: must be a finite number, got nan"),
    (begg, ([0.1, 0.2, 1], [1, 2, -3]), {}, r"vi\[2\]: must be a finite number above 0, got -3.0"),
    (egger, THREE, {"form": "glm"}, "form: must be lm or rma, got 'glm'"),
    (egger, THREE, {"form": "rma", "method": "SJ"}, "method: must be one of"),
    (trim_and_fill, PAIR, {}, "3 trials or more to trim and fill, got 2"),
    (trim_and_fill, THREE, {"estimator": "S0"}, "estimator: must be one of L0, R0, Q0, got 'S0'"),
    (trim_and_fill, THREE, {"side": "top"}, "side: must be left or right, got 'top'"),
]


@pytest.mark.parametrize(("function", "given_", "options", "message"), WRONG)
def test_a_wrong_call_is_refused_with_its_reason(function, given_, options, message):
    with pytest.raises(ValueError, match=message):
        function(*given_, **options)
