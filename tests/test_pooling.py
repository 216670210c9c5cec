"""Checks the pooled result: its names, its guards, and a second program's opinion."""

import numpy as np
import pandas as pd
import pytest
from golden import SETS, effects_of, matches
from meta_analyze import meta_analysis

from livingreview.statistics import pool

PLURAL = [name for name in SETS if SETS[name]["k"] > 1]
YI, VI = [0.0, 2.0, 4.0], [1.0, 1.0, 1.0]


@pytest.mark.parametrize("name", PLURAL)
def test_pool_gives_metafors_default_synthesis_with_its_names(name):
    pooled = pool(*effects_of(name))
    reference = SETS[name]["fits"]["REML"]["adhoc"]
    names = {"estimate": "beta", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub", "p": "pval",
             "tau2": "tau2", "i2": "I2", "q": "QE", "q_p": "QEp", "k": "k"}  # fmt: skip
    found = {ours: getattr(pooled, ours) for ours in names}
    assert found == {ours: matches(reference[theirs]) for ours, theirs in names.items()}
    low, high = SETS[name]["tau2_ci_QP"]["tau2"]
    assert pooled.tau2_interval == (matches(low), matches(high))


@pytest.mark.parametrize("name", ["bcg_RR", "normand1999_MD", "molloy2014_ZCOR", "edge_tau0"])
@pytest.mark.parametrize("method", ["DL", "PM", "REML"])
@pytest.mark.parametrize(("interval", "theirs"), [("wald", "normal"), ("hk", "hksj")])
def test_pymetaanalysis_agrees(name, method, interval, theirs):
    yi, vi = effects_of(name)
    other = meta_analysis(
        effect=yi, variance=vi, tau2_method=method, ci_method=theirs, atol=1e-13, max_iter=10_000
    )
    pooled = pool(yi, vi, method=method, interval=interval)
    # Its iterations stop earlier than ours: at 1e-8.
    assert pooled.estimate == pytest.approx(other.estimate, rel=1e-8)
    assert pooled.ci_low == pytest.approx(other.ci_low, rel=1e-8)
    assert pooled.ci_high == pytest.approx(other.ci_high, rel=1e-8)
    assert pooled.q == pytest.approx(other.heterogeneity.q, rel=1e-12)
    assert pooled.tau2 == pytest.approx(other.tau2, rel=1e-8, abs=1e-12)


def test_a_hand_worked_synthesis_of_three_trials():
    # tau2 = 4 - 1 = 3, each weight 1/4, SE = sqrt(4 / 3), HK factor 1; Q = 8 on 2 df, p = exp(-4);
    # I2 = 100 * 3 / (3 + 1); the 0.975 quantile of t(2) is 0.95 sqrt(2 / (1 - 0.95^2))
    t2 = 0.95 * (2 / (1 - 0.95**2)) ** 0.5
    pooled = pool(YI, VI)
    assert (pooled.k, pooled.estimate) == (3, pytest.approx(2))
    assert pooled.tau2 == pytest.approx(3)
    assert pooled.se == pytest.approx((4 / 3) ** 0.5)
    assert pooled.ci_high == pytest.approx(2 + t2 * (4 / 3) ** 0.5, rel=1e-13)
    assert pooled.pi_high == pytest.approx(2 + t2 * (4 / 3 + 3) ** 0.5, rel=1e-13)
    assert (pooled.q, pooled.q_p) == (pytest.approx(8), pytest.approx(np.exp(-4)))
    assert pooled.i2 == pytest.approx(75)


DESCRIBED = pd.DataFrame(
    {
        "trial_id": ["ash2001", "elm2002", "oak2003"],
        "label": ["Ash 2001", "Elm 2002", "Oak 2003"],
        "kind": ["trial", "composite", "trial"],
        "n_intervention": [10, 20, 30],
        "n_comparator": [11, 21, 31],
        "source": ["a", "b", "c"],
    },
    index=[7, 3, 5],
)


def test_the_summary_ends_with_the_pooled_row():
    given = DESCRIBED.copy()
    pooled = pool(YI, VI, trials=given)
    given["label"] = "changed later"
    summary = pooled.summary_frame()
    assert list(summary.columns) == [
        "trial_id", "label", "kind", "n_intervention", "n_comparator",
        "yi", "ci_low", "ci_high", "weight", "pi_low", "pi_high",
    ]  # fmt: skip
    assert list(summary["kind"]) == ["trial", "composite", "trial", "pooled"]
    last = summary.iloc[-1]
    assert (last["label"], last["weight"]) == ("Pooled", 100)
    assert (last["n_intervention"], last["n_comparator"]) == (60, 63)
    shown = ["yi", "ci_low", "ci_high", "pi_low", "pi_high"]
    fields = ["estimate", "ci_low", "ci_high", "pi_low", "pi_high"]
    assert list(last[shown]) == [getattr(pooled, field) for field in fields]
    assert summary["pi_low"].isna().tolist() == [True, True, True, False]
    assert summary["weight"].iloc[:-1].sum() == pytest.approx(100)


@pytest.mark.parametrize("unknown", ["n_intervention", "n_comparator"])
def test_an_unknown_number_of_participants_leaves_the_sum_unknown(unknown):
    counts = {"n_intervention": 60, "n_comparator": 63}
    trials = DESCRIBED.assign(**{unknown: [10, np.nan, 30]})
    last = pool(YI, VI, trials=trials).summary_frame().iloc[-1]
    assert np.isnan(last[unknown])
    assert [last[n] for n in counts if n != unknown] == [counts[n] for n in counts if n != unknown]


@pytest.mark.parametrize(("k", "shown"), [(2, False), (4, False), (5, True)])
def test_a_prediction_interval_is_shown_from_five_trials(k, shown):
    found = pool([0.0, 2, 4, 1, 3][:k], [1.0] * k)
    assert np.isfinite(found.prediction).tolist() == [shown] * 2
    assert not shown or found.prediction == (found.pi_low, found.pi_high)


def test_the_level_reaches_every_interval():
    wide, narrow = pool(YI, VI, level=0.99), pool(YI, VI, level=0.8)
    for low, high in (("ci_low", "ci_high"), ("pi_low", "pi_high")):
        assert getattr(wide, low) < getattr(narrow, low) < getattr(narrow, high) < getattr(wide, high)
    (low, high), (inner, outer) = wide.tau2_interval, narrow.tau2_interval
    assert low < inner < outer < high
    assert (wide.trials["ci_low"] < narrow.trials["ci_low"]).all()
