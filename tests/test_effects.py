"""Checks effect sizes and conversions against metafor's escalc and hand-worked numbers."""

import numpy as np
import pytest
from golden import GOLDEN

from livingreview.effects import (
    hedges_g,
    log_odds_ratio,
    log_risk_ratio,
    mean_difference,
    peto_log_odds_ratio,
    risk_difference,
    sd_from_se,
    se_from_ci,
    slope_to_points,
    smd_from_md,
)
from livingreview.effects.effect_sizes import hedges_j

SIZES = GOLDEN["effect_sizes"]
CONTINUOUS = {"MD": mean_difference, "SMD": hedges_g}
BINARY = {"RR": log_risk_ratio, "OR": log_odds_ratio, "RD": risk_difference, "PETO": peto_log_odds_ratio}


def arms(name):
    drawn = SIZES["inputs_continuous"][name]
    return [np.array(drawn[c]) for c in ("n1i", "m1i", "sd1i", "n2i", "m2i", "sd2i")]


def tables(name):
    a, b, c, d = (np.array(SIZES["inputs_binary"][name][cell]) for cell in ("ai", "bi", "ci", "di"))
    return a, a + b, c, c + d


def assert_golden(found, reference):
    for ours, theirs in zip(found, (reference["yi"], reference["vi"]), strict=True):
        np.testing.assert_allclose(ours, np.array(theirs, dtype=float), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("measure", CONTINUOUS)
@pytest.mark.parametrize("name", ["normand", "small"])
def test_continuous_measures_are_metafors(measure, name):
    assert_golden(CONTINUOUS[measure](*arms(name)), SIZES[f"{measure}_{name}"])


@pytest.mark.parametrize("measure", BINARY)
@pytest.mark.parametrize("name", ["bcg", "zero"])
def test_binary_measures_are_metafors_empty_cells_included(measure, name):
    assert_golden(BINARY[measure](*tables(name)), SIZES[f"{measure}_{name}"])


def test_hedges_correction_is_exact_for_few_and_many():
    exact = SIZES["hedges_J_exact"]
    # R took it as a difference of log-gammas, which leaves nine digits at the last, m = 1e6; that
    # one is held by J(m) J(m + 1) = (m - 1) / sqrt(m (m + 1)), since Gamma(z + 1) = z Gamma(z)
    assert (len(exact["m"]), exact["m"][-1]) == (15, 1e6)
    np.testing.assert_allclose(hedges_j(exact["m"][:-1]), exact["J"][:-1], rtol=1e-10)
    m = np.array([2, 10, 300, 5000, 1e6])
    np.testing.assert_allclose(hedges_j(m) * hedges_j(m + 1), (m - 1) / np.sqrt(m * (m + 1)), rtol=1e-12)


def test_a_hand_worked_table_of_events():
    # 10 of 20 against 5 of 20: RR 2, OR 3, RD 0.25
    table = (10, 20, 5, 20)
    assert log_risk_ratio(*table) == (pytest.approx(np.log(2)), pytest.approx(0.1 - 0.05 + 0.2 - 0.05))
    assert log_odds_ratio(*table) == (pytest.approx(np.log(3)), pytest.approx(0.1 + 0.1 + 0.2 + 1 / 15))
    assert risk_difference(*table) == (pytest.approx(0.25), pytest.approx(0.25 / 20 + 0.1875 / 20))
    # O - E = 10 - 7.5; V = 20 * 20 * 15 * 25 / (40^2 * 39) = 2.403846...
    v = 150_000 / 62_400
    assert peto_log_odds_ratio(*table) == (pytest.approx(2.5 / v), pytest.approx(1 / v))


def test_limits_give_the_standard_error_they_were_made_from():
    # half-width 1.96 SE; with one degree of freedom tan(0.475 pi); at 90 % 1.645 SE
    assert se_from_ci(1 - 1.959963984540054, 1 + 1.959963984540054) == pytest.approx(1, rel=1e-14)
    t = np.tan(0.475 * np.pi)
    assert se_from_ci(-t, t, df=1) == pytest.approx(1, rel=1e-13)
    assert se_from_ci(0, 2 * 1.6448536269514722, level=0.9) == pytest.approx(1, rel=1e-14)


def test_the_sd_of_two_participants_follows_from_the_standard_error():
    assert sd_from_se(3, 2) == pytest.approx(3 * np.sqrt(2))


def test_slopes_keep_their_sign_over_the_time_they_run():
    # 26 weeks are 182 / 30.4375 = 5.979466 months
    difference, se = slope_to_points(-0.5, 0.2, 26)
    assert difference == pytest.approx(-0.5 * 182 / 30.4375, rel=1e-15)
    assert se == pytest.approx(0.2 * 182 / 30.4375, rel=1e-15)


def test_a_difference_with_its_pooled_se_gives_the_g_of_its_arms():
    # sd 2 in both arms: pooled SE = 2 * sqrt(1/10 + 1/15)
    se = 2 * (1 / 10 + 1 / 15) ** 0.5
    assert smd_from_md(2, se, 10, 15) == pytest.approx(hedges_g(10, 5, 2, 15, 3, 2), rel=1e-13)
