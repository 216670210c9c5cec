"""Checks Mantel-Haenszel and Peto pooling against metafor, statsmodels and by hand."""

import numpy as np
import pytest
from golden import GOLDEN, matches

from livingreview.statistics import mantel_haenszel, peto

INPUTS, POOLED = GOLDEN["effect_sizes"]["inputs_binary"], GOLDEN["binary_pooled"]
NOBODY = [0, 0], [10, 10]  # had the event in an arm
NAMES = {"estimate": "beta", "se": "se", "p": "pval", "q": "QE", "q_p": "QEp"}


def tables(name):
    a, b, c, d = (np.array(INPUTS[name][cell]) for cell in ("ai", "bi", "ci", "di"))
    return a, a + b, c, c + d


def agrees(found, reference):
    assert {ours: getattr(found, ours) for ours in NAMES} == {
        ours: matches(reference[theirs]) for ours, theirs in NAMES.items()
    }
    assert (found.ci_low, found.ci_high) == tuple(matches(limit) for limit in reference["ci"])


@pytest.mark.parametrize("name", ["bcg", "zero"])
def test_every_golden_estimate_is_reproduced(name):
    for measure in ("OR", "RR", "RD"):
        agrees(mantel_haenszel(*tables(name), measure=measure), POOLED[f"mh_{measure}_{name}"])
    agrees(peto(*tables(name)), POOLED[f"peto_{name}"])
    assert peto(*tables(name)).i2 == matches(POOLED[f"peto_{name}"]["I2"])


def test_golden_peto_of_yusuf_is_reproduced_with_trials_without_events():
    reference = POOLED["peto_yusuf1985_t6"]
    cells = np.array([reference[key] for key in ("ai", "n1i", "ci", "n2i")], dtype=float)
    known = ~np.isnan(cells).any(axis=0)  # one trial of the table is empty
    found = peto(*cells[:, known])
    assert (found.estimate, found.se, found.q, found.k) == (
        matches(reference["beta"]), matches(reference["se"]), matches(reference["QE"]), reference["k"],
    )  # fmt: skip
    limits = matches(reference["ci.1"][0]), matches(reference["ci.1"][1])
    assert (found.ci_low, found.ci_high) == limits
    without = (cells[0] + cells[2])[known] == 0
    assert without.sum() > 0 and found.q_df == known.sum() - without.sum() - 1


def test_a_single_table_is_its_own_pool():
    # 5 of 20 against 2 of 20: log(5 * 18 / (15 * 2)), variance 1/5 + 1/15 + 1/2 + 1/18
    found = mantel_haenszel(5, 20, 2, 20)
    assert found.estimate == pytest.approx(np.log(3))
    assert found.se == pytest.approx((1 / 5 + 1 / 15 + 1 / 2 + 1 / 18) ** 0.5)
    assert (found.k, found.q_df, found.q_p, found.i2) == (1, 0, 1, 0)
    # the difference 0.15 with variance 0.25 * 0.75 / 20 + 0.1 * 0.9 / 20, by Sato's formula with
    # weight 10: (0.15 * (800 - 2000) / 1600 + (90 + 30) / 80) / 100 = 0.013875
    difference = mantel_haenszel(5, 20, 2, 20, measure="RD")
    assert difference.estimate == pytest.approx(0.15)
    assert difference.se**2 == pytest.approx(0.013875)


def test_a_trial_without_events_counts_for_the_difference_alone():
    with_, without = tables("zero"), [cells[[0, 1, 3, 4]] for cells in tables("zero")]
    for measure in ("OR", "RR"):
        both = [mantel_haenszel(*cells, measure=measure).estimate for cells in (with_, without)]
        assert both[0] == pytest.approx(both[1], rel=1e-13)
    # Nor do trials in which everybody had the event, nor count for Q.
    full = [np.append(cells, 10) for cells in without]
    assert mantel_haenszel(*full).q_df == mantel_haenszel(*without).q_df
    differences = [mantel_haenszel(*cells, measure="RD").estimate for cells in (with_, without)]
    assert differences == pytest.approx([2 / 50, 2 / 35])  # hand-worked: weights 10, 10, 15, 5, 10
    # An arm without events still has Peto's estimate and a difference.
    cells = (*NOBODY, [1, 2], [10, 10])
    assert peto(*cells).estimate < 0
    assert mantel_haenszel(*cells, measure="RD").estimate == pytest.approx(-0.15)
