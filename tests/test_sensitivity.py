"""Checks the analyses that repeat a synthesis against metafor, by hand, and by what must hold."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from golden import GOLDEN, SETS, effects_of, matches
from hypothesis import given, settings
from hypothesis import strategies as st

from alsreview.statistics import (
    INTERVALS,
    METHODS,
    baujat,
    cumulative,
    influence,
    leave_one_out,
    pool,
    pool_many,
    repeated,
    subgroups,
    subsets,
)

REPEATED = [name for name in SETS if "leave1out_REML_z" in SETS[name]]
HARTUNG_KNAPP = json.loads((Path(__file__).parent / "reference" / "metafor_hartung_knapp.json").read_text())
REPEATS = {
    "estimate": "estimate", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub",
    "q": "Q", "tau2": "tau2", "i2": "I2",
}  # fmt: skip
SHORT = {"cook.d": "cook_d", "cov.r": "cov_r", "tau2.del": "tau2_del", "QE.del": "qe_del", "QE_del": "qe_del"}


def column(found, reference, rel=1e-8):
    """Compare a column with a reference that may hold nulls, which metafor did not compute."""
    found, reference = np.asarray(found), np.atleast_1d(reference)
    known = np.array([value is not None for value in reference])
    zero = np.array([value == 0 for value in reference])
    assert found.shape == reference.shape
    assert known.any()
    assert np.abs(found[zero]).max(initial=0) <= 1e-12
    kept = known & ~zero
    np.testing.assert_allclose(found[kept], reference[kept].astype(float), rtol=rel, atol=0)


def test_thirteen_golden_sets_are_repeated():
    assert len(REPEATED) == 13  # all but k = 1 and k = 2


@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.parametrize(("test", "interval"), [("z", "wald"), ("knha", "hk")])
def test_every_golden_deletion_is_reproduced(name, test, interval):
    reference, rows = (
        SETS[name][f"leave1out_REML_{test}"],
        leave_one_out(*effects_of(name), interval=interval),
    )
    for ours, theirs in (REPEATS | {"q_p": "Qp"}).items():
        column(rows[ours], reference[theirs])


@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.parametrize(("test", "interval"), [("z", "wald"), ("knha", "hk")])
def test_every_golden_addition_is_reproduced(name, test, interval):
    reference = SETS[name][f"cumul_REML_{test}"]
    order = np.array(reference["order"]) - 1
    rows = cumulative(*effects_of(name), order, interval=interval)
    assert list(rows["added"]) == list(order)
    for ours, theirs in REPEATS.items():
        column(rows[ours], reference[theirs])


@pytest.mark.parametrize("name", REPEATED)
def test_every_golden_diagnosis_is_reproduced(name):
    reference, rows = SETS[name]["influence_REML"], influence(*effects_of(name), interval="wald")
    names = ["rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "QE_del", "hat", "weight"]
    for theirs in names:
        if name == "edge_identical" and theirs in ("dffits", "cook_d"):
            # rounding where the shift is 0: metafor gives 1e-15, and its square
            assert (rows[theirs] == 0).all()
        else:
            column(rows[SHORT.get(theirs, theirs)], reference[theirs])


@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.parametrize("method", ["REML", "EE"])
def test_every_golden_baujat_plot_is_reproduced(name, method):
    reference, rows = (
        SETS[name][f"baujat_{method}"],
        baujat(*effects_of(name), method=method, interval="wald"),
    )
    column(rows["heterogeneity"], reference["x"])
    if name == "edge_identical":
        assert (rows["influence"] == 0).all()
    else:
        column(rows["influence"], reference["y"])


@pytest.mark.parametrize(("test", "interval"), [("knha", "hk"), ("adhoc", "hk_guarded")])
def test_influence_follows_the_hartung_knapp_factor_as_in_metafor(test, interval):
    reference, trials = HARTUNG_KNAPP[test], effects_of("bcg_RR")
    rows, pull = influence(*trials, interval=interval), baujat(*trials, interval=interval)
    for theirs in ("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat", "weight"):
        column(rows[SHORT.get(theirs, theirs)], reference[theirs], rel=1e-12)
    column(pull["heterogeneity"], reference["baujat_x"], rel=1e-12)
    column(pull["influence"], reference["baujat_y"], rel=1e-11)


def test_the_influence_of_a_pair_of_trials_is_worked_by_hand():
    # y = 0.1, 0.9, v = 0.02, 0.03, EE: weights 50, 33.3; mean 0.42, variance 0.012. Without trial 1
    # the mean is 0.9 with variance 0.03: rstudent = -0.8 / sqrt(0.02 + 0.03), cook = 0.48^2 / 0.012,
    # cov_r = 0.03 / 0.012, dffits = -0.48 / sqrt(0.6 * 0.02)
    first = influence([0.1, 0.9], [0.02, 0.03], method="EE", interval="wald").iloc[0]
    assert first["rstudent"] == pytest.approx(-0.8 / 0.05**0.5)
    assert first["cook_d"] == pytest.approx(0.48**2 / 0.012)
    assert first["cov_r"] == pytest.approx(2.5)
    assert first["dffits"] == pytest.approx(-0.48 / 0.012**0.5)
    assert (first["tau2_del"], first["qe_del"], first["hat"]) == (0, 0, pytest.approx(0.6))


def test_a_single_trial_has_its_whole_weight_and_no_other_diagnosis():
    only = influence([0.5], [0.04]).iloc[0]
    assert (only["hat"], only["weight"]) == (1, 100)
    assert only.drop(["hat", "weight"]).isna().all() and len(only) == 8


def test_leaving_one_of_two_out_leaves_the_other_as_it_is():
    rows = leave_one_out([0.1, 0.9], [0.02, 0.03])
    assert list(rows["estimate"]) == [0.9, 0.1]
    assert list(rows["se"]) == pytest.approx([0.03**0.5, 0.02**0.5])
    assert list(rows["k"]) == [1, 1]


def test_adding_up_ends_with_all_trials_in_any_order():
    yi, vi = effects_of("bcg_RR")
    whole = pool(yi, vi)
    year = np.array(SETS["bcg_RR"]["year"])
    rows = cumulative(yi, vi, np.argsort(year, kind="stable"))
    assert len(rows) == 13 and list(year[rows["added"]]) == sorted(year)
    last = rows.iloc[-1]
    assert (last["estimate"], last["ci_low"], last["tau2"]) == (
        pytest.approx(whole.estimate, rel=1e-12), pytest.approx(whole.ci_low, rel=1e-12),
        pytest.approx(whole.tau2, rel=1e-12),
    )  # fmt: skip


def test_a_single_trial_adds_up_to_itself():
    assert cumulative([0.5], [0.04]).iloc[0][["added", "estimate", "k"]].tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("method", METHODS)
def test_every_combination_is_what_its_trials_give_alone(method):
    yi, vi = effects_of("edge_tau0")[0] * 5, effects_of("edge_tau0")[1]
    rows = subsets(yi, vi, method=method)
    assert list(rows.index) == list(range(1, 64)) and rows.index.name == "members"
    seen = set()
    for size in range(1, 7):
        for trials in combinations(range(6), size):
            members = sum(2**i for i in trials)
            alone = pool_many(yi[list(trials)], vi[list(trials)], method=method)
            found = rows.loc[members]
            seen.add(members)
            for name in repeated.COLUMNS:
                assert found[name] == pytest.approx(
                    getattr(alone, name)[0], rel=1e-11, abs=1e-12, nan_ok=name in ("pi_low", "pi_high")
                )
    assert seen == set(rows.index)


def test_the_golden_multiverse_lies_among_all_combinations():
    rows = subsets(*effects_of("bcg_RR"), interval="wald")
    assert len(rows) == 2**13 - 1
    masks = np.array(GOLDEN["multiverse_bcg_RR"]["mask"], dtype=int)
    reference = np.array(GOLDEN["multiverse_bcg_RR"]["results"]["REML_z"])
    found = rows.loc[masks @ 2 ** np.arange(13), ["estimate", "se", "ci_low", "ci_high", "tau2"]].to_numpy()
    zero = reference == 0
    assert np.abs(found[zero]).max(initial=0) <= 1e-12
    np.testing.assert_allclose(found[~zero], reference[~zero], rtol=1e-8, atol=0)


def test_making_masks_in_small_pieces_changes_nothing(monkeypatch):
    trials = effects_of("normand1999_MD")
    whole = [subsets(*trials), leave_one_out(*trials), cumulative(*trials)]
    monkeypatch.setattr(repeated, "ELEMENTS", 50)
    pieces = [subsets(*trials), leave_one_out(*trials), cumulative(*trials)]
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


def test_options_reach_the_pooling():
    trials = effects_of("bcg_RR")
    wide = leave_one_out(*trials, method="DL", interval="hk", level=0.9)
    alone = pool_many(trials[0][1:], trials[1][1:], method="DL", interval="hk", level=0.9)
    assert wide["ci_low"][0] == pytest.approx(alone.ci_low[0], rel=1e-12)


# Effects on a grid of 1/64 can be shifted and doubled without rounding.
effects = st.integers(-256, 256).map(lambda n: n / 64)
variances = st.floats(-9, 0).map(lambda e: 10.0**e)
trials_drawn = st.lists(st.tuples(effects, variances), min_size=2, max_size=8)
steady = settings(derandomize=True, deadline=None, max_examples=40)


@steady
@given(drawn=trials_drawn, shift=st.integers(-100, 100), power=st.integers(-8, 8))
def test_shift_and_unit_leave_every_diagnosis_but_tau2_alone(drawn, shift, power):
    yi, vi = np.array(drawn).T
    unit = 2.0**power
    here, there = influence(yi, vi), influence((yi + shift) * unit, vi * unit**2)
    np.testing.assert_allclose(there["tau2_del"], here["tau2_del"] * unit**2, rtol=1e-12)
    for name in ("cov_r", "qe_del", "hat", "weight"):
        np.testing.assert_allclose(there[name], here[name], rtol=1e-11, atol=0)
    # a shift of the estimate is a difference of estimates, so that rounding is that of the effects
    coarse = 1e-9 + np.abs(yi + shift).max() * 1e-13 / np.sqrt(vi.min())
    for name in ("rstudent", "dffits"):
        np.testing.assert_allclose(there[name], here[name], rtol=1e-9, atol=coarse)


@pytest.mark.parametrize("method", METHODS)
@steady
@given(drawn=trials_drawn, data=st.data())
def test_the_order_of_trials_only_orders_the_deletions(method, drawn, data):
    yi, vi = np.array(drawn).T
    order = np.array(data.draw(st.permutations(range(len(yi)))))
    here = leave_one_out(yi, vi, method=method).iloc[order].reset_index(drop=True)
    there = leave_one_out(yi[order], vi[order], method=method)
    np.testing.assert_allclose(there["tau2"] + vi.min(), here["tau2"] + vi.min(), rtol=1e-10)
    np.testing.assert_allclose(there["se"], here["se"], rtol=1e-9)
    np.testing.assert_allclose(there["estimate"], here["estimate"], rtol=1e-9, atol=1e-12)


@steady
@given(drawn=trials_drawn)
def test_a_twin_leaves_what_its_copy_would(drawn):
    yi, vi = np.array(drawn).T
    rows = leave_one_out(np.append(yi, yi[0]), np.append(vi, vi[0]))
    assert rows["estimate"].iloc[0] == pytest.approx(rows["estimate"].iloc[-1], rel=1e-9, abs=1e-12)
    assert rows["se"].iloc[0] == pytest.approx(rows["se"].iloc[-1], rel=1e-9)


def test_no_differences_and_enormous_ones_are_borne():
    vi = np.array([0.01, 0.02, 0.05, 0.04])
    same, apart = influence(np.full(4, 0.5), vi), influence([-1e6, 2e6, 5e5, -3e6], vi)
    assert (same["rstudent"] == 0).all() and (same["tau2_del"] == 0).all()
    assert np.isfinite(apart).all(axis=None)
    assert list(apart["hat"]) == pytest.approx([0.25] * 4, rel=1e-12)


def test_ml_finds_the_higher_of_two_peaks_in_every_deletion():
    # the middle three are TWO_PEAKS of test_kernel; without the fourth they stand alone
    yi, vi = np.array([-2, -2, 3, 40.0]), np.array([1e-4, 1e-2, 1, 1.0])
    row = leave_one_out(yi, vi, method="ML").iloc[3]
    alone = pool_many(yi[:3], vi[:3], method="ML")
    assert row["tau2"] == pytest.approx(alone.tau2[0], rel=1e-12) and row["tau2"] > 0


ALLOCATION = GOLDEN["meta_regression"]["inputs"]


def grouped(**options):
    return subgroups(ALLOCATION["yi"], ALLOCATION["vi"], ALLOCATION["alloc"], **options)


def test_golden_subgroups_with_separate_tau2_are_reproduced():
    found, reference = grouped(interval="wald"), GOLDEN["meta_regression"]
    between = reference["subgroup_Qbetween_separate_tau2"]
    assert (found.q_between, found.df, found.p) == (
        matches(between["Q"]), between["df"], matches(between["p"]),
    )  # fmt: skip
    assert list(found.table.index) == ["alternate", "random", "systematic"]
    names = {"k": "k", "estimate": "beta", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub",
             "tau2": "tau2", "i2": "I2"}  # fmt: skip
    for group, row in found.table.iterrows():
        expected = reference[f"subgroup_{group}"]
        assert row.to_dict() == {ours: matches(expected[theirs]) for ours, theirs in names.items()}


@pytest.mark.parametrize(("test", "interval"), [("z", "wald"), ("knha", "hk"), ("adhoc", "hk_guarded")])
def test_subgroups_with_a_common_tau2_agree_with_metafor(test, interval):
    found, reference = grouped(tau2="common", interval=interval), HARTUNG_KNAPP[test]
    column([found.q_between, found.p, found.table["tau2"].iloc[0]], reference["common_QM"])
    for ours, theirs in {"estimate": "estimate", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub"}.items():
        column(found.table[ours], reference[f"common_{theirs}"])
    assert list(found.table["k"]) == [2, 7, 4]


def test_two_subgroups_of_one_trial_each_are_worked_by_hand():
    # estimates 0 and 1 with variances 0.02 and 0.03: Q = 1 / 0.05 = 20
    found = subgroups([0, 1], [0.02, 0.03], ["b", "a"])
    assert (found.q_between, found.df) == (pytest.approx(20), 1)
    assert list(found.table["estimate"]) == [1, 0]


@pytest.mark.parametrize("interval", INTERVALS)
def test_with_separate_tau2_the_test_does_not_depend_on_the_interval(interval):
    assert grouped(interval=interval).q_between == grouped(interval="wald").q_between


GOOD = ([0.1, 0.9, 0.4], [0.02, 0.03, 0.05])
WRONG = [
    (leave_one_out, ([0.5], [0.04]), {}, "2 trials or more to leave one out, got 1"),
    (leave_one_out, ([], []), {}, "2 trials or more to leave one out, got 0"),
    (cumulative, ([], []), {}, "1 trial or more to add up, got 0"),
    (cumulative, (*GOOD, [0, 1, 1]), {}, r"order: must hold each of 0 to 2 once, got \[0, 1, 1\]"),
    (cumulative, (*GOOD, [0, 1]), {}, "order: must hold each of 0 to 2 once"),
    (subsets, (np.zeros(21), np.ones(21)), {}, "20 trials or fewer to combine, got 21"),
    (baujat, ([0.5], [0.04]), {}, "2 trials or more to compare, got 1"),
    (influence, ([0.1, np.nan], [1, 1]), {}, r"yi\[1\]: must be a finite number, got nan"),
    (influence, ([0.1, 0.2], [1, 0]), {}, r"vi\[1\]: must be a finite number above 0, got 0.0"),
    (influence, ([0.1, 0.2], [1]), {}, r"must both have shape \(k,\)"),
    (leave_one_out, GOOD, {"method": "SJ"}, "method: must be one of"),
    (leave_one_out, GOOD, {"level": np.nan}, "level: must lie between 0 and 1, got nan"),
    (subgroups, (*GOOD, ["a", "a", "a"]), {}, r"groups: must name 2 groups or more, got \['a'\]"),
    (subgroups, (*GOOD, ["a", "b"]), {}, r"one name per trial \(3\), got 2"),
    (subgroups, (*GOOD, ["a", None, "b"]), {}, r"groups\[1\]: must name a group"),
    (subgroups, (*GOOD, ["a", "b", "b"]), {"tau2": "shared"}, "tau2: must be separate or common"),
    (subgroups, (*GOOD, ["a", "b", "c"]), {"tau2": "common"}, "4 trials or more to regress"),
]


@pytest.mark.parametrize(("function", "given_", "options", "message"), WRONG)
def test_a_wrong_call_is_refused_with_its_reason(function, given_, options, message):
    with pytest.raises(ValueError, match=message):
        function(*given_, **options)
