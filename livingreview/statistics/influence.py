"""Pools the same trials again and again: each left out once, in every combination, and what each changes."""

import numpy as np
import pandas as pd

from livingreview.statistics.kernel import Fits, one_analysis, pool_many

COLUMNS = "estimate se ci_low ci_high pi_low pi_high p tau2 i2 q q_p k".split()
MOST_IN_SUBSETS = 20


def leave_one_out(yi, vi, **pool_options) -> pd.DataFrame:
    """Pool the k trials without each of them in turn.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances, k at least 2.
    pool_options
        ``method, interval, level`` of `livingreview.statistics.kernel.pool_many`.

    Returns
    -------
    one row per trial left out, in the order of ``yi``
        ``estimate, se, ci_low, ci_high, pi_low, pi_high`` (unit of yi; no prediction below k = 3),
        ``p, tau2, i2`` (percent), ``q, q_p, k``.
    """
    yi, vi = one_analysis(yi, vi, 2, "leave one out")
    return _frame(pool_many(yi, vi, ~np.eye(len(yi), dtype=bool), **pool_options))


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
    members = pd.RangeIndex(1, 2 ** len(yi), name="members")
    masks = members.to_numpy()[:, None] >> np.arange(len(yi)) & 1
    return _frame(pool_many(yi, vi, masks.astype(bool), **pool_options)).set_index(members)


def _frame(fits: Fits) -> pd.DataFrame:
    return pd.DataFrame({name: getattr(fits, name) for name in COLUMNS})


def influence(yi, vi, **pool_options) -> pd.DataFrame:
    """Diagnose each of k trials by what its deletion changes.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances.
    pool_options
        ``method, interval, level`` of `livingreview.statistics.kernel.pool_many`. An HK interval enters
        wherever the SE of an estimate does.

    Returns
    -------
    one row per trial, in the order of ``yi``
        ``rstudent`` (deleted residual over its SE), ``dffits`` and ``cook_d`` (shift of the estimate),
        ``cov_r`` (ratio of its variance without and with the trial), ``tau2_del, qe_del`` (tau2 and Q
        without it), ``hat`` (0 to 1) and ``weight`` (percent). With k = 1 only the last two exist.

    References
    ----------
    Viechtbauer & Cheung (2010), Research Synthesis Methods 1.
    """
    yi, vi = one_analysis(yi, vi, 1, "diagnose")
    whole = pool_many(yi, vi, **pool_options)
    weight = 1 / (vi + whole.tau2)
    hat = weight / weight.sum()
    columns = _deleted(yi, vi, whole, hat, pool_options) if len(yi) > 1 else {}
    names = ["rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "qe_del", "hat", "weight"]
    return pd.DataFrame(columns | {"hat": hat, "weight": 100 * hat}, columns=names)


def _deleted(yi, vi, whole, hat, options):
    without = leave_one_out(yi, vi, **options)
    plain = leave_one_out(yi, vi, **(options | {"interval": "wald"}))
    shift, variance = whole.estimate - without["estimate"], without["se"] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        own = (vi + without["tau2"]) * variance / plain["se"] ** 2  # by the HK factor, as in metafor
        return {
            "rstudent": (yi - without["estimate"]) / np.sqrt(own + variance),
            "dffits": shift / np.sqrt(hat * own),
            "cook_d": shift**2 / whole.se**2,
            "cov_r": variance / whole.se**2,
            "tau2_del": without["tau2"],
            "qe_del": without["q"],
        }
