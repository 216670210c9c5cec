"""Checks the pooled result: its names, its guards, and a second program's opinion."""

from dataclasses import FrozenInstanceError, replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from golden import SETS, TESTS, effects_of, matches
from meta_analyze import meta_analysis

from alsreview.statistics import INTERVALS, METHODS, pool

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


def test_fourteen_golden_sets_hold_two_trials_or_more():
    assert len(PLURAL) == 14


PREDICTED = [
    cell for cell in product(PLURAL, METHODS, INTERVALS) if cell[1] != "EE" and SETS[cell[0]]["k"] > 2
]


def test_thirteen_sets_have_golden_prediction_intervals():
    assert len(PREDICTED) == 13 * 4 * 3


@pytest.mark.parametrize(("name", "method", "interval"), PREDICTED)
def test_the_alternative_prediction_interval_takes_k_minus_two(name, method, interval):
    reference = SETS[name]["fits"][method][TESTS[interval]]["pi_hts_hand"]
    pooled = pool(*effects_of(name), method=method, interval=interval)
    assert pooled.prediction_hts() == tuple(matches(limit, 1e-8) for limit in reference)


@pytest.mark.parametrize("name", ["bcg_RR", "normand1999_MD", "molloy2014_ZCOR", "edge_tau0"])
@pytest.mark.parametrize("method", ["DL", "PM", "REML"])
@pytest.mark.parametrize(("interval", "theirs"), [("wald", "normal"), ("hk", "hksj")])
def test_pymetaanalysis_agrees(name, method, interval, theirs):
    yi, vi = effects_of(name)
    other = meta_analysis(
        effect=yi, variance=vi, tau2_method=method, ci_method=theirs, atol=1e-13, max_iter=10_000
    )
    pooled = pool(yi, vi, method=method, interval=interval)
    # its iterations stop earlier than ours: 1e-8, as measured in stats_libraries.md
    assert pooled.estimate == pytest.approx(other.estimate, rel=1e-8)
    assert pooled.ci_low == pytest.approx(other.ci_low, rel=1e-8)
    assert pooled.ci_high == pytest.approx(other.ci_high, rel=1e-8)
    assert pooled.q == pytest.approx(other.heterogeneity.q, rel=1e-12)
    assert pooled.tau2 == pytest.approx(other.tau2, rel=1e-8, abs=1e-12)


def test_a_hand_worked_synthesis_of_three_trials():
    # tau2 = 4 - 1 = 3, each weight 1/4, SE = sqrt(4 / 3), HK factor 1; Q = 8 on 2 df, p = exp(-4);
    # I2 = 100 * 3 / (3 + 1); 0.975 quantiles are 0.95 sqrt(2 / (1 - 0.95^2)) of t(2) and
    # tan(0.475 pi) of t(1)
    t2, t1 = 0.95 * (2 / (1 - 0.95**2)) ** 0.5, np.tan(0.475 * np.pi)
    pooled = pool(YI, VI)
    assert (pooled.k, pooled.estimate) == (3, pytest.approx(2))
    assert pooled.tau2 == pytest.approx(3)
    assert pooled.se == pytest.approx((4 / 3) ** 0.5)
    assert pooled.ci_high == pytest.approx(2 + t2 * (4 / 3) ** 0.5, rel=1e-13)
    assert pooled.pi_high == pytest.approx(2 + t2 * (4 / 3 + 3) ** 0.5, rel=1e-13)
    assert pooled.prediction_hts()[1] == pytest.approx(2 + t1 * (13 / 3) ** 0.5, rel=1e-13)
    assert (pooled.q, pooled.q_p) == (pytest.approx(8), pytest.approx(np.exp(-4)))
    assert pooled.i2 == pytest.approx(75)


def test_the_q_profile_of_two_trials_is_worked_by_hand():
    # Q = (y1 - y2)^2 / (2 v + 2 tau2) = 0.5 / (0.01 + tau2) with y = 0, 1, v = 0.01: limits are
    # 0.5 / chi2 - 0.01 at the quantiles 0.975 and 0.025 of chi2(1), 5.023886187 and 0.000982069
    pooled = pool([0, 1], [0.01, 0.01])
    low, high = pooled.tau2_interval
    assert low == pytest.approx(0.5 / 5.02388618731489 - 0.01, rel=1e-12)
    assert high == pytest.approx(0.5 / 0.000982069117175256 - 0.01, rel=1e-12)


def test_the_q_profile_is_solved_only_when_it_is_asked_for(monkeypatch):
    from alsreview.statistics import pooling as module

    asked = []
    monkeypatch.setattr(module, "tau2_interval", lambda *given: asked.append(given) or (0.0, 1.0))
    found = pool([0, 1], [0.01, 0.01])
    assert not asked
    assert found.tau2_interval == found.tau2_interval == (0.0, 1.0) and len(asked) == 1


def test_trials_carry_normal_limits_and_random_effects_weights():
    pooled = pool([0.0, 1.0], [0.04, 0.25], method="EE")
    # weights 25 and 4 of 29; half-widths 1.959963984540054 times 0.2 and 0.5
    assert list(pooled.trials["trial_id"]) == ["1", "2"]
    assert list(pooled.trials["weight"]) == pytest.approx([2500 / 29, 400 / 29])
    assert list(pooled.trials["ci_high"]) == pytest.approx([0.3919927969080108, 1.979981992270027])
    assert list(pooled.trials["se"]) == pytest.approx([0.2, 0.5])


def test_weights_even_out_as_trials_differ():
    # tau2 = 0.295 (see test_kernel): weights 1/0.315 and 1/0.325
    weight = pool([0.1, 0.9], [0.02, 0.03]).trials["weight"]
    assert list(weight) == pytest.approx([100 * 0.325 / 0.64, 100 * 0.315 / 0.64])


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


def test_described_trials_keep_their_columns_and_order():
    pooled = pool(YI, VI, trials=DESCRIBED)
    assert list(pooled.trials["trial_id"]) == ["ash2001", "elm2002", "oak2003"]
    assert list(pooled.trials["source"]) == ["a", "b", "c"]
    assert list(pooled.trials["yi"]) == YI


def test_the_summary_ends_with_the_pooled_row():
    pooled = pool(YI, VI, trials=DESCRIBED)
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


def test_undescribed_trials_are_numbered_and_labelled_so():
    summary = pool(YI, VI).summary_frame()
    assert list(summary["label"]) == ["1", "2", "3", "Pooled"]
    assert list(summary["kind"]) == ["trial"] * 3 + ["pooled"]


def test_a_description_without_trial_ids_gets_numbers():
    pooled = pool(YI, VI, trials=DESCRIBED[["label"]])
    assert list(pooled.trials["trial_id"]) == ["1", "2", "3"]


def test_a_result_cannot_be_changed_in_place():
    pooled = pool(YI, VI, trials=DESCRIBED)
    with pytest.raises(FrozenInstanceError):
        pooled.estimate = 0.0
    renamed = replace(pooled, why="Three trials.")
    assert (renamed.why, renamed.estimate) == ("Three trials.", pooled.estimate)
    assert list(renamed.trials["trial_id"]) == ["ash2001", "elm2002", "oak2003"]


def test_later_changes_to_the_callers_data_do_not_reach_the_result():
    yi, vi, trials = np.array(YI), np.array(VI), DESCRIBED.copy()
    pooled = pool(yi, vi, trials=trials)
    yi[0], vi[0] = 99, 99
    trials["label"] = "changed"
    assert list(pooled.trials["yi"]) == YI
    assert list(pooled.trials["vi"]) == VI
    assert list(pooled.trials["label"]) == ["Ash 2001", "Elm 2002", "Oak 2003"]


@pytest.mark.parametrize(("k", "predicts"), [(2, False), (3, True)])
def test_prediction_starts_at_three_trials(k, predicts):
    pooled = pool(YI[:k], VI[:k])
    limits = [pooled.pi_low, pooled.pi_high, *pooled.prediction_hts()]
    assert np.isfinite(limits).tolist() == [predicts] * 4


def test_equal_effects_predict_nothing():
    pooled = pool(YI, VI, method="EE")
    assert np.isnan([pooled.pi_low, pooled.pi_high, *pooled.prediction_hts()]).all()


def test_the_level_reaches_every_interval():
    wide, narrow = pool(YI, VI, level=0.99), pool(YI, VI, level=0.8)
    for low, high in (("ci_low", "ci_high"), ("pi_low", "pi_high")):
        assert getattr(wide, low) < getattr(narrow, low) < getattr(narrow, high) < getattr(wide, high)
    (low, high), (inner, outer) = wide.tau2_interval, narrow.tau2_interval
    assert low < inner < outer < high
    assert (wide.trials["ci_low"] < narrow.trials["ci_low"]).all()


WRONG = [
    (([0.5], [0.04]), {}, "yi: must hold 2 trials or more to pool, got 1"),
    (([], []), {}, "2 trials or more"),
    (([[0.5, 0.6]], [[0.04, 0.04]]), {}, r"must both have shape \(k,\)"),
    (([0.5, 0.6], [0.04]), {}, r"must both have shape \(k,\)"),
    (([0.5, np.nan], [0.04, 0.04]), {}, r"yi\[1\]: must be a finite number"),
    (([0.5, 0.6], [0.04, 0]), {}, r"vi\[1\]: must be a finite number above 0"),
    ((YI, VI), {"method": "SJ"}, "method: must be one of"),
    ((YI, VI), {"level": 0}, "level: must lie between 0 and 1"),
    ((YI, VI), {"trials": DESCRIBED.iloc[:2]}, r"one row per effect \(3\), got 2"),
]


@pytest.mark.parametrize(("given_", "options", "message"), WRONG)
def test_a_wrong_call_is_refused_with_its_reason(given_, options, message):
    with pytest.raises(ValueError, match=message):
        pool(*given_, **options)
