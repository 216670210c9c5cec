"""Effect sizes, conversions and pooled two-by-two tables are metafor's, or worked by hand."""

import numpy as np
import pytest
from golden import GOLDEN, agrees, column, matches, tables

from livingreview.effects import (
    hedges_g,
    log_odds_ratio,
    log_risk_ratio,
    mean_difference,
    months_from_weeks,
    risk_difference,
    sd_from_se,
    se_from_ci,
    smd_from_md,
)
from livingreview.effects.effect_sizes import hedges_j
from livingreview.statistics import mantel_haenszel, peto

SIZES, POOLED = GOLDEN["effect_sizes"], GOLDEN["binary_pooled"]
CONTINUOUS = {"MD": mean_difference, "SMD": hedges_g}
BINARY = {"RR": log_risk_ratio, "OR": log_odds_ratio, "RD": risk_difference}


@pytest.mark.parametrize("measure", [*CONTINUOUS, *BINARY])
def test_effects_and_variances_are_metafors_empty_cells_included(measure):
    for name in ("normand", "small") if measure in CONTINUOUS else ("bcg", "zero"):
        if measure in CONTINUOUS:
            arms = SIZES["inputs_continuous"][name]
            arms = [np.array(arms[c]) for c in ("n1i", "m1i", "sd1i", "n2i", "m2i", "sd2i")]
            found = CONTINUOUS[measure](*arms)
        else:
            found = BINARY[measure](*tables(name))
        reference = SIZES[f"{measure}_{name}"]
        for ours, theirs in zip(found, (reference["yi"], reference["vi"]), strict=True):
            np.testing.assert_allclose(ours, np.array(theirs, dtype=float), rtol=1e-10, atol=1e-15)


def test_hedges_correction_is_exact_for_few_and_many():
    exact = SIZES["hedges_J_exact"]
    # R took it as a difference of log-gammas, which leaves nine digits at the last, m = 1e6; that
    # one is held by J(m) J(m + 1) = (m - 1) / sqrt(m (m + 1)), since Gamma(z + 1) = z Gamma(z)
    np.testing.assert_allclose(hedges_j(exact["m"][:-1]), exact["J"][:-1], rtol=1e-10)
    m = np.array([2, 10, 300, 5000, 1e6])
    np.testing.assert_allclose(hedges_j(m) * hedges_j(m + 1), (m - 1) / np.sqrt(m * (m + 1)), rtol=1e-12)


def test_conversions_of_what_papers_print_are_worked_by_hand():
    # half-width 1.96 SE; with one degree of freedom tan(0.475 pi); at 90 % 1.645 SE
    assert se_from_ci(1 - 1.959963984540054, 1 + 1.959963984540054) == pytest.approx(1, rel=1e-14)
    t = np.tan(0.475 * np.pi)
    assert se_from_ci(-t, t, df=1) == pytest.approx(1, rel=1e-13)
    assert se_from_ci(0, 2 * 1.6448536269514722, level=0.9) == pytest.approx(1, rel=1e-14)
    assert sd_from_se(3, 2) == pytest.approx(3 * np.sqrt(2))
    assert months_from_weeks(26) == pytest.approx(182 / 30.4375, rel=1e-15)
    # sd 2 in both arms: pooled SE = 2 * sqrt(1/10 + 1/15)
    se = 2 * (1 / 10 + 1 / 15) ** 0.5
    assert smd_from_md(2, se, 10, 15) == pytest.approx(hedges_g(10, 5, 2, 15, 3, 2), rel=1e-13)


# Pooled two-by-two tables


@pytest.mark.parametrize("name", ["bcg", "zero"])
def test_every_mantel_haenszel_and_peto_estimate_of_metafor_is_reproduced(name):
    found = {f"mh_{each}": mantel_haenszel(*tables(name), measure=each) for each in ("OR", "RR", "RD")}
    for method, pooled in (found | {"peto": peto(*tables(name))}).items():
        reference = POOLED[f"{method}_{name}"]
        agrees(pooled, reference, {"estimate": "beta", "se": "se", "p": "pval", "q": "QE", "q_p": "QEp"})
        column([pooled.ci_low, pooled.ci_high], reference["ci"])
    assert peto(*tables(name)).i2 == matches(POOLED[f"peto_{name}"]["I2"])


def test_peto_of_yusuf_is_reproduced_with_trials_without_events():
    reference = POOLED["peto_yusuf1985_t6"]
    cells = np.array([reference[key] for key in ("ai", "n1i", "ci", "n2i")], dtype=float)
    found = peto(*cells[:, ~np.isnan(cells).any(axis=0)])  # one trial of the table is empty
    agrees(found, reference, {"estimate": "beta", "se": "se", "q": "QE", "k": "k"})
    column([found.ci_low, found.ci_high], np.ravel(reference["ci.1"]))


def test_a_single_table_is_its_own_pool():
    # 5 of 20 against 2 of 20: log(5 * 18 / (15 * 2)), variance 1/5 + 1/15 + 1/2 + 1/18
    found = mantel_haenszel(5, 20, 2, 20)
    assert found.estimate == pytest.approx(np.log(3))
    assert found.se == pytest.approx((1 / 5 + 1 / 15 + 1 / 2 + 1 / 18) ** 0.5)
    assert (found.k, found.q_p, found.i2) == (1, 1, 0)


def test_a_trial_without_events_counts_for_the_difference_alone():
    with_, without = tables("zero"), [cells[[0, 1, 3, 4]] for cells in tables("zero")]
    for measure in ("OR", "RR"):
        both = [mantel_haenszel(*cells, measure=measure).estimate for cells in (with_, without)]
        assert both[0] == pytest.approx(both[1], rel=1e-13)
    # Nor do trials in which everybody had the event, nor count for Q.
    full = [np.append(cells, 10) for cells in without]
    assert mantel_haenszel(*full).q_p == pytest.approx(mantel_haenszel(*without).q_p)
    differences = [mantel_haenszel(*cells, measure="RD").estimate for cells in (with_, without)]
    assert differences == pytest.approx([2 / 50, 2 / 35])  # hand-worked: weights 10, 10, 15, 5, 10
