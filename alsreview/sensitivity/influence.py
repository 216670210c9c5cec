"""Measures how much each trial moves one synthesis."""

import numpy as np
import pandas as pd

from alsreview.kernel import pool_many
from alsreview.kernel.checks import one_analysis
from alsreview.sensitivity.repeated import leave_one_out


def influence(yi, vi, **pool_options) -> pd.DataFrame:
    """Diagnose each of k trials by what its deletion changes.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances.
    pool_options
        ``method, interval, level`` of `alsreview.kernel.pool_many`. An HK interval enters wherever
        the SE of an estimate does.

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


def baujat(yi, vi, **pool_options) -> pd.DataFrame:
    """Set each of k trials' share of the heterogeneity against its pull on the estimate.

    Returns
    -------
    one row per trial, in the order of ``yi``, k at least 2
        ``heterogeneity`` (squared residual over vi + tau2) and ``influence`` (squared shift of the
        estimate on deletion over its variance without the trial).

    References
    ----------
    Baujat, Mahe, Pignon & Hill (2002), Statistics in Medicine 21.
    """
    yi, vi = one_analysis(yi, vi, 2, "compare")
    whole, without = pool_many(yi, vi, **pool_options), leave_one_out(yi, vi, **pool_options)
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = (whole.estimate - without["estimate"]) ** 2 / without["se"] ** 2
    return pd.DataFrame({"heterogeneity": (yi - whole.estimate) ** 2 / (vi + whole.tau2), "influence": pull})
