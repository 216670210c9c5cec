"""Pools the same trials many times: each left out once, added one by one, in every combination."""

import numpy as np
import pandas as pd

from alsreview.kernel import pool_many
from alsreview.kernel.checks import one_analysis

COLUMNS = "estimate se ci_low ci_high pi_low pi_high p tau2 i2 q q_p k".split()
ELEMENTS = 2**22  # of the masks made at once, so that memory stays flat
MOST_IN_SUBSETS = 20


def leave_one_out(yi, vi, **pool_options) -> pd.DataFrame:
    """Pool the k trials without each of them in turn.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances, k at least 2.
    pool_options
        ``method, interval, level`` of `alsreview.kernel.pool_many`.

    Returns
    -------
    one row per trial left out, in the order of ``yi``
        ``estimate, se, ci_low, ci_high, pi_low, pi_high`` (unit of yi; no prediction below k = 3),
        ``p, tau2, i2`` (percent), ``q, q_p, k``.
    """
    yi, vi = one_analysis(yi, vi, 2, "leave one out")
    return pool_each(yi, vi, len(yi), lambda rows: rows[:, None] != np.arange(len(yi)), pool_options)


def cumulative(yi, vi, order=None, **pool_options) -> pd.DataFrame:
    """Pool the first trial, the first two, and so on to all k.

    Parameters
    ----------
    yi, vi : (k,)
    order : (k,), optional
        Positions in ``yi`` in the order of entry, such as ``np.argsort(year)``; as given by default.
    pool_options
        As in `leave_one_out`.

    Returns
    -------
    one row per trial added
        ``added`` (its position in ``yi``), then the columns of `leave_one_out`.
    """
    yi, vi = one_analysis(yi, vi, 1, "add up")
    order = np.arange(len(yi)) if order is None else np.asarray(order)
    if order.shape != yi.shape or not np.array_equal(np.sort(order), np.arange(len(yi))):
        raise ValueError(f"order: must hold each of 0 to {len(yi) - 1} once, got {order.tolist()}")
    rows = pool_each(
        yi[order], vi[order], len(yi), lambda rows: np.arange(len(yi)) <= rows[:, None], pool_options
    )
    rows.insert(0, "added", order)
    return rows


def subsets(yi, vi, **pool_options) -> pd.DataFrame:
    """Pool every combination of the k trials, k at most 20: 2^k - 1 analyses.

    Returns
    -------
    one row per combination, indexed by ``members``
        Bit i of ``members`` is set where trial i belongs, so that trial i is in the rows whose
        ``members >> i & 1`` is 1; then the columns of `leave_one_out`.

    References
    ----------
    Olkin, Dahabreh & Trikalinos (2012), Research Synthesis Methods 3.
    """
    yi, vi = one_analysis(yi, vi, 1, "combine")
    if len(yi) > MOST_IN_SUBSETS:
        raise ValueError(f"yi: must hold {MOST_IN_SUBSETS} trials or fewer to combine, got {len(yi)}")
    trial, count = np.arange(len(yi)), 2 ** len(yi) - 1
    rows = pool_each(yi, vi, count, lambda rows: (rows[:, None] + 1 >> trial & 1).astype(bool), pool_options)
    return rows.set_index(pd.RangeIndex(1, count + 1, name="members"))


def pool_each(yi, vi, count, masks_of, pool_options) -> pd.DataFrame:
    """Pool ``count`` rows of trials, some thousands at a time; ``masks_of`` gives the masks of rows."""
    step = max(1, ELEMENTS // len(yi))
    parts = [
        pool_many(yi, vi, masks_of(np.arange(start, min(start + step, count))), **pool_options)
        for start in range(0, count, step)
    ]
    return pd.DataFrame({name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS})
