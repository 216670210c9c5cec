"""Checks Mantel-Haenszel and Peto pooling against metafor, statsmodels and by hand."""

import numpy as np
import pytest
from golden import GOLDEN, matches
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from alsreview.statistics import mantel_haenszel, peto

INPUTS, POOLED = GOLDEN["effect_sizes"]["inputs_binary"], GOLDEN["binary_pooled"]
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
@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_every_golden_mantel_haenszel_estimate_is_reproduced(name, measure):
    reference = POOLED[f"mh_{measure}_{name}"]
    found = mantel_haenszel(*tables(name), measure=measure)
    agrees(found, reference)
    if reference["CMH"] is not None:
        assert (found.cmh, found.cmh_p) == (matches(reference["CMH"]), matches(reference["CMHp"]))


@pytest.mark.parametrize("name", ["bcg", "zero"])
def test_every_golden_peto_estimate_is_reproduced(name):
    found = peto(*tables(name))
    agrees(found, POOLED[f"peto_{name}"])
    assert found.i2 == matches(POOLED[f"peto_{name}"]["I2"])


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


def test_statsmodels_agrees_where_it_is_right():
    a, n_i, c, n_c = tables("bcg")
    other = StratifiedTable(np.array([[a, n_i - a], [c, n_c - c]], dtype=float))
    found = mantel_haenszel(a, n_i, c, n_c)
    assert found.estimate == pytest.approx(other.logodds_pooled, rel=1e-12)
    assert found.se == pytest.approx(other.logodds_pooled_se, rel=1e-12)
    assert found.cmh == pytest.approx(other.test_null_odds(correction=True).statistic, rel=1e-12)
    ratio = mantel_haenszel(a, n_i, c, n_c, measure="RR")
    assert np.exp(ratio.estimate) == pytest.approx(other.riskratio_pooled, rel=1e-12)


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


def test_petos_method_on_one_table_by_hand():
    # O - E = 5 - 3.5, V = 20 * 20 * 7 * 33 / (1600 * 39)
    variance = 400 * 7 * 33 / (1600 * 39)
    found = peto([5], [20], [2], [20])
    assert (found.estimate, found.se) == (pytest.approx(1.5 / variance), pytest.approx(variance**-0.5))


counts = st.lists(
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(0, 40), st.integers(0, 40)),
    min_size=1, max_size=6,
)  # fmt: skip
steady = settings(derandomize=True, deadline=None, max_examples=80)


@steady
@given(drawn=counts, data=st.data())
def test_order_and_swapped_arms_change_nothing_but_the_sign(drawn, data):
    n_i, n_c, a, c = np.array(drawn).T
    # one trial with both outcomes in both arms, so that every estimate exists
    n_i, n_c, a, c = (
        np.append(x, y) for x, y in ((n_i, 10), (n_c, 12), (a % (n_i + 1), 3), (c % (n_c + 1), 4))
    )
    order = np.array(data.draw(st.permutations(range(len(a)))))
    for pooling in (peto, *(lambda *t, m=m: mantel_haenszel(*t, measure=m) for m in ("OR", "RR", "RD"))):
        here = pooling(a, n_i, c, n_c)
        moved, swapped = pooling(a[order], n_i[order], c[order], n_c[order]), pooling(c, n_c, a, n_i)
        assert (moved.estimate, moved.se) == pytest.approx((here.estimate, here.se), rel=1e-10, abs=1e-13)
        assert (swapped.estimate, swapped.se) == pytest.approx(
            (-here.estimate, here.se), rel=1e-10, abs=1e-13
        )


def test_a_trial_without_events_counts_for_the_difference_alone():
    with_, without = tables("zero"), [cells[[0, 1, 3, 4]] for cells in tables("zero")]
    for measure in ("OR", "RR"):
        both = [mantel_haenszel(*cells, measure=measure).estimate for cells in (with_, without)]
        assert both[0] == pytest.approx(both[1], rel=1e-13)
    differences = [mantel_haenszel(*cells, measure="RD").estimate for cells in (with_, without)]
    assert differences == pytest.approx([2 / 50, 2 / 35])  # hand-worked: weights 10, 10, 15, 5, 10


WRONG = [
    ((5, 4, 2, 20), {}, r"events_i\[0\]: must be between 0 and n_i, got 5"),
    (([1, 2], [10, 10], [1, -1], [10, 10]), {}, r"events_c\[1\]: must be between 0 and n_c, got -1"),
    (([1, np.nan], [10, 10], [1, 1], [10, 10]), {}, r"events_i\[1\]: must be a finite number"),
    (([1, 2], [10, 10, 10], [1, 1], [10, 10]), {}, "shapes do not fit each other"),
    (([0, 0], [10, 10], [0, 0], [10, 10]), {}, "some and not all in at least one trial"),
    (([0, 0], [10, 10], [1, 2], [10, 10]), {}, "must occur in both arms for a Mantel-Haenszel odds ratio"),
    (([0, 0], [10, 10], [1, 2], [10, 10]), {"measure": "RR"}, "Mantel-Haenszel risk ratio"),
    (([1, 2], [10, 10], [0, 0], [10, 10]), {}, "must occur in both arms for a Mantel-Haenszel odds ratio"),
    (([1, 2], [10, 10], [0, 0], [10, 10]), {"measure": "RR"}, "Mantel-Haenszel risk ratio"),
    (([1], [10], [1], [10]), {"measure": "HR"}, "measure: must be one of OR, RR, RD, got 'HR'"),
    (([1], [10], [1], [10]), {"level": 95}, "level: must lie between 0 and 1, got 95"),
]


@pytest.mark.parametrize(("given_", "options", "message"), WRONG)
def test_a_wrong_call_is_refused_with_its_reason(given_, options, message):
    with pytest.raises(ValueError, match=message):
        mantel_haenszel(*given_, **options)


def test_an_arm_without_events_still_has_petos_estimate_and_a_difference():
    cells = ([0, 0], [10, 10], [1, 2], [10, 10])
    assert peto(*cells).estimate < 0
    assert mantel_haenszel(*cells, measure="RD").estimate == pytest.approx(-0.15)
