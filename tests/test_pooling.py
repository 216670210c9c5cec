"""Pooling gives the numbers of metafor and of exact roots, and holds for any data."""

from functools import partial
from itertools import product

import numpy as np
import pandas as pd
import pytest
from golden import DRAWN, FIT, GOLDEN, SETS, TESTS, agrees, column, effects_of, matches
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview.statistics import INTERVALS, METHODS, kernel, pool, pool_many

REFERRED = [name for name in SETS if "mp_reference" in SETS[name]]


@pytest.mark.parametrize("name", SETS)
def test_every_fit_of_metafor_is_reproduced(name):
    for method, interval in product(METHODS, INTERVALS):
        reference = SETS[name]["fits"][method][TESTS[interval]]
        fit = pool_many(*effects_of(name), method=method, interval=interval)
        agrees(fit, reference, FIT | {"h2": "H2", "k": "k"})
        predicted = [fit.pi_low[0], fit.pi_high[0]]
        if method == "EE" or SETS[name]["k"] < 3:  # metafor predicts at k = 1 and 2 too; we refuse
            assert np.isnan(predicted).all()
        else:
            assert predicted == [matches(reference[key], 1e-6) for key in ("pi_lb", "pi_ub")]


@pytest.mark.parametrize("name", REFERRED)
def test_forty_digit_references_are_met_to_twelve_digits(name):
    for method, reference in SETS[name]["mp_reference"].items():
        wald, hk = (pool_many(*effects_of(name), method=method, interval=each) for each in ("wald", "hk"))
        found = [wald.tau2[0], wald.estimate[0], wald.se[0], hk.se[0]]
        assert found == [matches(reference[key], 1e-12) for key in ("tau2", "beta", "se", "se_knha")]


@pytest.mark.parametrize("model", GOLDEN["multiverse_bcg_RR"]["results"])
def test_every_subset_is_reproduced_in_one_call(model):
    method, test = model.split("_")
    interval = {t: i for i, t in TESTS.items()}[test]
    mask = GOLDEN["multiverse_bcg_RR"]["mask"]
    fits = pool_many(*effects_of("bcg_RR"), mask, method=method, interval=interval)
    found = np.column_stack([fits.estimate, fits.se, fits.ci_low, fits.ci_high, fits.tau2])
    column(found, GOLDEN["multiverse_bcg_RR"]["results"][model])


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
    # 0, with the trough between the peaks in the first stride of the search
    ("ML", [0, 0.5, 2], [4, 0.1, 0.5], False),
    # four of the trials of dat.bcg: both peaks lie within one stride of the search
    ("REML", *(values[[0, 2, 4, 12]] for values in effects_of("bcg_RR")), True),
]


@pytest.mark.parametrize(("method", "yi", "vi", "inside"), TWO_PEAKS)
def test_the_higher_of_two_likelihood_peaks_is_found(method, yi, vi, inside):
    yi, vi = np.array(yi, dtype=float), np.array(vi, dtype=float)
    tau2 = pool_many(yi, vi, method=method).tau2
    heights = log_likelihood(yi, vi, np.concatenate([[0], np.geomspace(1e-7, 1e3, 20_001)]), method)
    peaks = (heights[0] > heights[1]) + (np.diff(np.sign(np.diff(heights))) < 0).sum()
    assert peaks == 2, "the example has one peak only and tests nothing"
    assert log_likelihood(yi, vi, tau2, method)[0] >= heights.max()
    assert (tau2[0] > 0) == inside


steady = settings(derandomize=True, deadline=None, max_examples=40)


@pytest.mark.parametrize("method", METHODS)
@steady
@given(drawn=DRAWN, shift=st.integers(-1000, 1000), power=st.integers(-20, 20), data=st.data())
def test_origin_unit_and_order_change_what_they_should_and_nothing_else(method, drawn, shift, power, data):
    yi, vi = np.array(drawn).T
    fit = partial(pool_many, method=method)
    here, moved = fit(yi, vi), fit(yi + shift, vi)
    assert (moved.tau2, moved.se, moved.q) == (here.tau2, here.se, here.q)
    assert moved.estimate == pytest.approx(here.estimate + shift, rel=1e-13, abs=1e-11)
    unit = 2.0**power  # exact in binary, so that only the code can differ
    there = fit(yi * unit, vi * unit**2)
    for field, factor in (("estimate", unit), ("se", unit), ("tau2", unit**2), ("i2", 1), ("p", 1)):
        assert getattr(there, field) == pytest.approx(getattr(here, field) * factor, rel=1e-13, abs=0)
    order = np.array(data.draw(st.permutations(range(len(yi)))))
    turned = fit(yi[order], vi[order])
    assert turned.tau2 + vi.min() == pytest.approx(here.tau2 + vi.min(), rel=1e-11, abs=0)
    assert turned.se == pytest.approx(here.se, rel=1e-10, abs=0)
    assert turned.estimate == pytest.approx(here.estimate, rel=1e-10, abs=1e-12)


def test_rows_of_effects_give_what_each_row_gives_alone_across_blocks(monkeypatch):
    monkeypatch.setattr(kernel, "BLOCK", 2**10)  # 204 rows of five
    random = np.random.default_rng(12)
    vi = 10.0 ** random.uniform(-4, 0, (500, 5))
    yi = random.normal(0, np.sqrt(vi + 0.2))
    together = pool_many(yi, vi)
    for row in (0, 203, 204, 407, 408, 499):
        alone = pool_many(yi[row], vi[row])
        assert [f[row] for f in together] == pytest.approx([f[0] for f in alone], rel=1e-11)


YI, VI = [0.0, 2.0, 4.0], [1.0, 1.0, 1.0]


def test_a_hand_worked_synthesis_of_three_trials():
    # tau2 = 4 - 1 = 3, each weight 1/4, SE = sqrt(4 / 3), HK factor 1; Q = 8 on 2 df, p = exp(-4);
    # I2 = 100 * 3 / (3 + 1); the quantile of t(2) at (1 + level) / 2 is level sqrt(2 / (1 - level^2))
    for level in (0.8, 0.95, 0.99):
        t2 = level * (2 / (1 - level**2)) ** 0.5
        pooled = pool(YI, VI, level=level)
        assert (pooled.k, pooled.estimate, pooled.tau2, pooled.i2) == pytest.approx((3, 2, 3, 75))
        assert (pooled.se, pooled.q, pooled.q_p) == pytest.approx(((4 / 3) ** 0.5, 8, np.exp(-4)))
        assert pooled.ci_high == pytest.approx(2 + t2 * (4 / 3) ** 0.5, rel=1e-13)
        assert pooled.pi_high == pytest.approx(2 + t2 * (4 / 3 + 3) ** 0.5, rel=1e-13)
    assert list(pooled.trials["ci_low"]) == pytest.approx(np.array(YI) - 2.5758293)
    assert list(pooled.trials["ci_high"]) == pytest.approx(np.array(YI) + 2.5758293)


def test_the_summary_ends_with_the_pooled_row():
    described = pd.DataFrame(
        {"label": ["Ash", "Elm", "Oak"], "kind": ["trial", "composite", "trial"],
         "n_intervention": [10, 20, 30], "n_comparator": [11, np.nan, 31]}, index=[7, 3, 5],
    )  # fmt: skip
    pooled = pool(YI, VI, trials=described)
    described["label"] = "changed later"
    summary = pooled.summary_frame()
    assert list(summary.label) == ["Ash", "Elm", "Oak", "Pooled"]
    assert list(summary.kind) == ["trial", "composite", "trial", "pooled"]
    last = summary.iloc[-1]
    assert (last.weight, last.n_intervention) == (100, 60) and np.isnan(last.n_comparator)
    limits = ["ci_low", "ci_high", "pi_low", "pi_high"]
    assert list(last[["yi", *limits]]) == [getattr(pooled, name) for name in ("estimate", *limits)]
    assert summary.pi_low.isna().tolist() == [True, True, True, False]
    assert summary.weight.iloc[:-1].sum() == pytest.approx(100)


@pytest.mark.parametrize(("k", "shown"), [(2, False), (4, False), (5, True)])
def test_a_prediction_interval_is_shown_from_five_trials(k, shown):
    found = pool([0.0, 2, 4, 1, 3][:k], [1.0] * k)
    assert np.isfinite(found.prediction).tolist() == [shown] * 2
    assert not shown or found.prediction == (found.pi_low, found.pi_high)
