"""Pools the trials of each subgroup and tests whether the subgroups differ."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from alsreview.kernel import pool_many
from alsreview.kernel.checks import check_options, one_analysis
from alsreview.pooling import meta_regression


@dataclass(frozen=True, eq=False)
class Subgroups:
    """Hold the pooled subgroups and the test of their difference.

    Attributes
    ----------
    table : DataFrame indexed by group, sorted, with ``k, estimate, se, ci_low, ci_high`` (unit of
        yi), ``tau2`` and ``i2`` (percent)
    q_between, df, p : test that the subgroups share one effect: chi-squared on df; with a common
        tau2 and an HK interval F, on df and k - groups degrees of freedom
    tau2 : "separate" or "common"
    """

    table: pd.DataFrame = field(repr=False)
    q_between: float
    df: int
    p: float
    tau2: str


def subgroups(
    yi, vi, groups, *, tau2="separate", method="REML", interval="hk_adhoc", level=0.95
) -> Subgroups:
    """Pool k trials within groups and compare the groups.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances.
    groups : (k,)
        Names of two groups or more.
    tau2 : "separate" or "common"
        Estimated within each group, or once for all (which needs more trials than groups).
    method, interval, level
        As in `pool`.

    Notes
    -----
    With separate tau2 the test takes Wald's SE whatever the interval: a subgroup of two trials has
    an HK SE that is all but arbitrary.

    References
    ----------
    Borenstein & Higgins (2013), Prevention Science 14.
    """
    check_options(method, interval, level)
    if tau2 not in ("separate", "common"):
        raise ValueError(f"tau2: must be separate or common, got {tau2!r}")
    yi, vi = one_analysis(yi, vi, 2, "compare groups")
    names, member = _members(groups, len(yi))
    compare = _separate if tau2 == "separate" else _common
    table, q, p = compare(yi, vi, member, method, interval, level)
    return Subgroups(table.set_index(pd.Index(names, name="group")), float(q), len(names) - 1, float(p), tau2)


def _members(groups, k):
    groups = pd.Series(np.asarray(groups))
    if groups.shape != (k,):
        raise ValueError(f"groups: must have one name per trial ({k}), got {len(groups)}")
    if groups.isna().any():
        raise ValueError(f"groups[{groups.isna().argmax()}]: must name a group, got nothing")
    names = sorted(groups.unique())
    if len(names) < 2:
        raise ValueError(f"groups: must name 2 groups or more, got {names}")
    return names, np.array([groups == name for name in names])


def _separate(yi, vi, member, method, interval, level):
    shown = pool_many(yi, vi, member, method=method, interval=interval, level=level)
    plain = pool_many(yi, vi, member, method=method, interval="wald")
    names = ["k", "estimate", "se", "ci_low", "ci_high", "tau2", "i2"]
    table = pd.DataFrame({name: getattr(shown, name) for name in names})
    q = _between(plain.estimate, 1 / plain.se**2)
    return table, q, chdtrc(len(member) - 1, q)


def _common(yi, vi, member, method, interval, level):
    fit = meta_regression(yi, vi, member[1:].T, method=method, interval=interval, level=level)
    table = fit.predict(np.eye(len(member))[:, 1:])[["estimate", "se", "ci_low", "ci_high"]]
    table.insert(0, "k", member.sum(axis=1))
    return table.assign(tau2=fit.tau2, i2=fit.i2), fit.qm, fit.qm_p


def _between(estimate, weight):
    mean = (weight * estimate).sum() / weight.sum()
    return (weight * (estimate - mean) ** 2).sum()
