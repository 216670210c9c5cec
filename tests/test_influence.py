"""What repeats a synthesis gives metafor's numbers, and those of its trials alone."""

from itertools import combinations

import pytest
from golden import HARTUNG_KNAPP, SETS, agrees, column, effects_of

from livingreview.statistics import METHODS, influence, leave_one_out, pool_many, subsets

REPEATED = [name for name in SETS if "leave1out_REML_z" in SETS[name]]
REPEATS = {"estimate": "estimate", "se": "se", "ci_low": "ci_lb", "ci_high": "ci_ub",
           "q": "Q", "q_p": "Qp", "tau2": "tau2", "i2": "I2"}  # fmt: skip
DIAGNOSES = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "qe_del", "weight")


@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.parametrize(("test", "interval"), [("z", "wald"), ("knha", "hk")])
def test_every_deletion_of_metafor_is_reproduced(name, test, interval):
    rows = leave_one_out(*effects_of(name), interval=interval)
    agrees(rows, SETS[name][f"leave1out_REML_{test}"], REPEATS)


@pytest.mark.parametrize("name", REPEATED)
def test_every_diagnosis_of_metafor_is_reproduced(name):
    reference, rows = SETS[name]["influence_REML"], influence(*effects_of(name), interval="wald")
    for ours in DIAGNOSES:
        if name == "edge_identical" and ours in ("dffits", "cook_d"):
            # rounding where the shift is 0: metafor gives 1e-15, and its square
            assert (rows[ours] == 0).all()
        else:
            column(rows[ours], reference["QE_del" if ours == "qe_del" else ours])


@pytest.mark.parametrize(("test", "interval"), [("knha", "hk"), ("adhoc", "hk_adhoc")])
def test_influence_follows_the_hartung_knapp_factor_as_in_metafor(test, interval):
    rows = influence(*effects_of("bcg_RR"), interval=interval)
    dotted = {"cook_d": "cook.d", "cov_r": "cov.r", "tau2_del": "tau2.del", "qe_del": "QE.del"}
    agrees(rows, HARTUNG_KNAPP[test], {name: name for name in DIAGNOSES} | dotted, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_every_combination_is_what_its_trials_give_alone(method):
    yi, vi = effects_of("edge_tau0")[0] * 5, effects_of("edge_tau0")[1]
    options = {"method": method, "interval": "hk", "level": 0.9}
    rows = subsets(yi, vi, **options)
    every = [list(own) for size in range(1, 7) for own in combinations(range(6), size)]
    assert sorted(rows.index) == sorted(sum(2**i for i in own) for own in every)
    for own in every:
        alone, found = pool_many(yi[own], vi[own], **options), rows.loc[sum(2**i for i in own)]
        for name in rows.columns:
            absent = name in ("pi_low", "pi_high")
            assert found[name] == pytest.approx(getattr(alone, name)[0], rel=1e-11, abs=1e-12, nan_ok=absent)
