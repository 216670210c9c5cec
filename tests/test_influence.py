"""Checks the analyses that repeat a synthesis against metafor, by hand, and by what must hold."""

from itertools import combinations

import numpy as np
import pytest
from golden import GOLDEN, HARTUNG_KNAPP, SETS, effects_of, matches

from livingreview.statistics import METHODS, influence, leave_one_out, pool_many, subgroups, subsets

REPEATED = [name for name in SETS if "leave1out_REML_z" in SETS[name]]
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
def test_every_golden_diagnosis_is_reproduced(name):
    reference, rows = SETS[name]["influence_REML"], influence(*effects_of(name), interval="wald")
    names = ["rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "QE_del", "hat", "weight"]
    for theirs in names:
        if name == "edge_identical" and theirs in ("dffits", "cook_d"):
            # rounding where the shift is 0: metafor gives 1e-15, and its square
            assert (rows[theirs] == 0).all()
        else:
            column(rows[SHORT.get(theirs, theirs)], reference[theirs])


@pytest.mark.parametrize(("test", "interval"), [("knha", "hk"), ("adhoc", "hk_adhoc")])
def test_influence_follows_the_hartung_knapp_factor_as_in_metafor(test, interval):
    reference, trials = HARTUNG_KNAPP[test], effects_of("bcg_RR")
    rows = influence(*trials, interval=interval)
    for theirs in ("rstudent", "dffits", "cook.d", "cov.r", "tau2.del", "QE.del", "hat", "weight"):
        column(rows[SHORT.get(theirs, theirs)], reference[theirs], rel=1e-12)


def test_a_single_trial_has_its_whole_weight_and_no_other_diagnosis():
    only = influence([0.5], [0.04]).iloc[0]
    assert (only["hat"], only["weight"]) == (1, 100)
    assert only.drop(["hat", "weight"]).isna().all() and len(only) == 8


def test_two_trials_are_diagnosed_by_hand_and_one_is_its_only_combination():
    # without the first the estimate is 2 with SE 1: (0 - 2) / sqrt(1 + 1)
    rows = influence([0, 2], [1, 1], method="EE", interval="wald")
    assert list(rows["rstudent"]) == pytest.approx([-(2**0.5), 2**0.5])
    assert subsets([0.5], [0.04])["estimate"].to_dict() == {1: 0.5}


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
            for name in rows.columns:
                assert found[name] == pytest.approx(
                    getattr(alone, name)[0], rel=1e-11, abs=1e-12, nan_ok=name in ("pi_low", "pi_high")
                )
    assert seen == set(rows.index)


def test_options_reach_the_pooling():
    trials = effects_of("bcg_RR")
    wide = leave_one_out(*trials, method="DL", interval="hk", level=0.9)
    alone = pool_many(trials[0][1:], trials[1][1:], method="DL", interval="hk", level=0.9)
    assert wide["ci_low"][0] == pytest.approx(alone.ci_low[0], rel=1e-12)


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
