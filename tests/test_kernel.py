"""Checks the kernel against metafor, exact arithmetic, and what must hold for any data."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from golden import GOLDEN, SETS, TESTS, effects_of, matches
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview.statistics import INTERVALS, METHODS, Fits, pool_many, tau2_interval

GRID = list(product(SETS, METHODS, INTERVALS))  # 15 data sets, 5 methods and 3 intervals
FIELDS = {
    "estimate": "beta", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub", "p": "pval",
    "tau2": "tau2", "i2": "I2", "h2": "H2", "q": "QE", "q_p": "QEp",
}  # fmt: skip
MULTIVERSE = GOLDEN["multiverse_bcg_RR"]
REFERRED = [name for name in SETS if "mp_reference" in SETS[name]]


@pytest.mark.parametrize(("name", "method", "interval"), GRID)
def test_every_golden_fit_is_reproduced(name, method, interval):
    reference = SETS[name]["fits"][method][TESTS[interval]]
    assert not {"error", "oracle_suspect"} & set(reference)
    fit = pool_many(*effects_of(name), method=method, interval=interval)
    found = {field: getattr(fit, field)[0] for field in FIELDS}
    assert found == {field: matches(reference[key]) for field, key in FIELDS.items()}
    assert fit.k[0] == reference["k"]
    # metafor writes no statistic where the standard error is 0
    statistic = reference["zval"]
    assert np.isposinf(fit.stat[0]) if statistic is None else fit.stat[0] == matches(statistic)
    predicted = [fit.pi_low[0], fit.pi_high[0]]
    if method == "EE" or SETS[name]["k"] < 3:  # metafor predicts at k = 1 and 2 too; we refuse
        assert np.isnan(predicted).all()
    else:
        assert predicted == [matches(reference["pi_lb"], 1e-6), matches(reference["pi_ub"], 1e-6)]


@pytest.mark.parametrize("name", REFERRED)
@pytest.mark.parametrize("method", ["REML", "ML", "PM"])
def test_forty_digit_references_are_met_to_twelve_digits(name, method):
    reference = SETS[name]["mp_reference"][method]
    wald = pool_many(*effects_of(name), method=method, interval="wald")
    hk = pool_many(*effects_of(name), method=method, interval="hk")
    assert wald.tau2[0] == matches(reference["tau2"], 1e-12)
    assert wald.estimate[0] == matches(reference["beta"], 1e-12)
    assert wald.se[0] == matches(reference["se"], 1e-12)
    assert hk.se[0] == matches(reference["se_knha"], 1e-12)


@pytest.mark.parametrize("name", REFERRED)
def test_every_golden_q_profile_is_reproduced(name):
    low, high = SETS[name]["tau2_ci_QP"]["tau2"]
    assert tau2_interval(*effects_of(name)) == (matches(low, 1e-8), matches(high, 1e-8))


@pytest.mark.parametrize("column", MULTIVERSE["results"])
def test_every_subset_of_the_multiverse_is_reproduced_in_one_call(column):
    method, test = column.split("_")
    interval = {t: i for i, t in TESTS.items()}[test]
    fits = pool_many(*effects_of("bcg_RR"), MULTIVERSE["mask"], method=method, interval=interval)
    found = np.column_stack([fits.estimate, fits.se, fits.ci_low, fits.ci_high, fits.tau2])
    reference = np.array(MULTIVERSE["results"][column])
    assert reference.shape == (60, 5)
    zero = reference == 0
    assert np.abs(found[zero]).max(initial=0) <= 1e-12
    np.testing.assert_allclose(found[~zero], reference[~zero], rtol=1e-8, atol=0)


def log_likelihood(yi, vi, tau2, method):
    """Say it anew, over a column of tau2, from the normal density of y given its weighted mean."""
    w = 1 / (vi + tau2[:, None])
    mean = (w @ yi) / w.sum(axis=1)
    fit = (w * (yi - mean[:, None]) ** 2).sum(axis=1) - np.log(w).sum(axis=1)
    return -(fit + (np.log(w.sum(axis=1)) if method == "REML" else 0)) / 2


TWO_PEAKS = [
    # ML and REML: at 0, where the two precise trials agree, and where all three are equal
    ("ML", [-2, -2, 3], [1e-4, 1e-2, 1], True),
    ("REML", [-2, -2, 3], [1e-4, 1e-2, 1], True),
    ("ML", [-3, -0.1, 2], [1, 1, 1e-4], True),
    ("ML", [-0.1, 3, 0], [4, 1e-3, 1], False),
    # four of the trials of dat.bcg: both peaks lie within one stride of the search
    ("REML", *(values[[0, 2, 4, 12]] for values in effects_of("bcg_RR")), True),
]


@pytest.mark.parametrize(("method", "yi", "vi", "inside"), TWO_PEAKS)
def test_the_higher_of_two_likelihood_peaks_is_found(method, yi, vi, inside):
    yi, vi = np.array(yi, dtype=float), np.array(vi, dtype=float)
    tau2 = pool_many(yi, vi, method=method).tau2
    nodes = np.concatenate([[0], np.geomspace(1e-7, 1e3, 20_001)])
    heights = log_likelihood(yi, vi, nodes, method)
    rises = np.sign(np.diff(heights))
    peaks = (heights[0] > heights[1]) + (np.diff(rises) < 0).sum()
    assert peaks == 2, "the example has one peak only and tests nothing"
    assert log_likelihood(yi, vi, tau2, method)[0] >= heights.max()
    assert (tau2[0] > 0) == inside


def exact_slope(yi, vi, tau2, method):
    """Evaluate the estimating equation of tau2 in rational arithmetic: positive below the root."""
    y, w = [Fraction(v) for v in yi], [1 / (Fraction(v) + Fraction(tau2)) for v in vi]
    total = sum(w)
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / total
    residuals = [b - mean for b in y]
    if method == "PM":
        return sum(a * r * r for a, r in zip(w, residuals, strict=True)) - (len(y) - 1)
    rise = sum((a * r) ** 2 for a, r in zip(w, residuals, strict=True))
    trace = total - (sum(a * a for a in w) / total if method == "REML" else 0)
    return rise - trace


# Effects on a grid of 1/64 can be shifted and doubled without rounding.
effects = st.integers(-256, 256).map(lambda n: n / 64)
variances = st.floats(-9, 0).map(lambda e: 10.0**e)
trials = st.lists(st.tuples(effects, variances), min_size=2, max_size=10)
steady = settings(derandomize=True, deadline=None, max_examples=40)


@pytest.mark.parametrize("method", ["PM", "REML", "ML"])
@steady
@given(drawn=trials)
def test_tau2_solves_its_equation_to_twelve_digits_over_nine_decades(method, drawn):
    yi, vi = np.array(drawn).T
    tau2 = pool_many(yi, vi, method=method).tau2[0]
    width = 1e-12 * (tau2 + vi.min())  # the scale on which weights change
    assert exact_slope(yi, vi, tau2 + width, method) < 0
    assert tau2 == 0 or exact_slope(yi, vi, max(tau2 - width, 0.0), method) > 0


@pytest.mark.parametrize("method", METHODS)
@steady
@given(drawn=trials, shift=st.integers(-1000, 1000), power=st.integers(-20, 20), data=st.data())
def test_origin_unit_and_order_change_what_they_should_and_nothing_else(method, drawn, shift, power, data):
    yi, vi = np.array(drawn).T
    here, moved = (pool_many(y, vi, method=method) for y in (yi, yi + shift))
    assert (moved.tau2, moved.se, moved.q) == (here.tau2, here.se, here.q)
    assert moved.estimate == pytest.approx(here.estimate + shift, rel=1e-13, abs=1e-11)
    unit = 2.0**power  # exact in binary, so that only the code can differ
    there = pool_many(yi * unit, vi * unit**2, method=method)
    for field, factor in (("estimate", unit), ("se", unit), ("tau2", unit**2), ("i2", 1), ("p", 1)):
        assert getattr(there, field) == pytest.approx(getattr(here, field) * factor, rel=1e-13, abs=0)
    order = np.array(data.draw(st.permutations(range(len(yi)))))
    turned = pool_many(yi[order], vi[order], method=method)
    assert turned.tau2 + vi.min() == pytest.approx(here.tau2 + vi.min(), rel=1e-11, abs=0)
    assert turned.se == pytest.approx(here.se, rel=1e-10, abs=0)
    assert turned.estimate == pytest.approx(here.estimate, rel=1e-10, abs=1e-12)


def test_rows_of_effects_give_what_each_row_gives_alone_across_blocks():
    random = np.random.default_rng(12)
    vi = 10.0 ** random.uniform(-4, 0, (250_000, 5))  # more than one block of 2^20 elements
    yi = random.normal(0, np.sqrt(vi + 0.2))
    together = pool_many(yi, vi)
    assert isinstance(together, Fits) and {len(f) for f in together} == {250_000}
    for row in (0, 209_714, 209_715, 209_716, 249_999):
        alone = pool_many(yi[row], vi[row])
        assert [f[row] for f in together] == pytest.approx([f[0] for f in alone], rel=1e-11)
