"""Tests of small-study effects (Egger, Begg), and trim and fill."""

from dataclasses import dataclass, field

import numpy as np

from livingreview.statistics.kernel import one_analysis, pool_many
from livingreview.statistics.pooling import Pooled, pool
from livingreview.statistics.regression import meta_regression

MOST_ROUNDS = 100


@dataclass(frozen=True, eq=False)
class Filled:
    """Hold one trim and fill.

    ``k0`` trials are missing on the ``side`` "left" or "right"; ``pooled`` is the synthesis with them, whose
    effects and variances come last, in the order of the trials that they mirror.
    """

    k0: int
    side: str
    pooled: Pooled = field(repr=False)


@dataclass(frozen=True)
class Asymmetry:
    """Hold a test of asymmetry.

    ``statistic`` is Kendall's tau for Begg's test; for Egger's z in the form "rma" and t in "lm", and
    ``slope`` is the effect's rise per unit of SE.
    """

    statistic: float
    p: float
    slope: float = np.nan


def egger(yi, vi, form="lm", *, method="REML") -> Asymmetry:
    """Regress the effects of k trials, at least 3, on their standard errors.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances, not all of one variance.
    form : "lm" or "rma"
        Egger's weighted regression with t on k - 2, or a random-effects meta-regression with z, whose
        tau2 is estimated by ``method``.

    References
    ----------
    Egger, Davey Smith, Schneider & Minder (1997), BMJ 315. rma: Sterne & Egger (2005), in Publication
    Bias in Meta-Analysis.
    """
    if form not in ("lm", "rma"):
        raise ValueError(f"form: must be lm or rma, got {form!r}")
    yi, vi = one_analysis(yi, vi, 3, "regress on precision")
    if one_precision(vi):
        raise ValueError(f"vi: must differ between trials to regress on precision, all are {vi[0]}")
    # Ordinary weighted least squares is the equal-effects model with the plain HK factor.
    model = {"method": method, "interval": "wald"} if form == "rma" else {"method": "EE", "interval": "hk"}
    slope = meta_regression(yi, vi, np.sqrt(vi), **model).terms.iloc[1]
    return Asymmetry(*map(float, slope[["statistic", "p", "estimate"]]))


def one_precision(vi) -> bool:
    """Tell whether all variances are equal, up to rounding: then no effect can be regressed on them."""
    return bool(np.ptp(vi) <= 1e-12 * np.max(vi))


def begg(yi, vi) -> Asymmetry:
    """Correlate the ranks of the standardised effects of k trials, at least 3, and of their variances.

    Kendall's exact distribution; with ties the normal one with their variance. NaN where all standardised
    effects or all variances are equal.

    References
    ----------
    Begg & Mazumdar (1994), Biometrics 50.
    """
    # Imported here because it takes longer than most chapters' cells.
    from scipy.stats import kendalltau

    yi, vi = one_analysis(yi, vi, 3, "rank")
    yi = yi - yi[vi.argmin()]  # so that equal effects are exactly 0
    weight = 1 / vi
    effect = (yi - weight @ yi / weight.sum()) / np.sqrt(vi - 1 / weight.sum())
    exact = all(len(np.unique(ranked)) == len(yi) for ranked in (effect, vi))
    test = kendalltau(effect, vi, method="exact" if exact else "asymptotic")
    return Asymmetry(float(test.statistic), float(test.pvalue))


def trim_and_fill(yi, vi, *, method="REML", interval="hk_adhoc", level=0.95) -> Filled:
    """Estimate by L0 how many trials are missing from one side of the funnel, and pool with them filled in.

    The side is that to which Egger's regression (form "rma") points.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances, k at least 3.
    method, interval, level
        As in `pool`.

    Raises
    ------
    ValueError
        If the variances are all equal, or the rounds of trimming do not settle.

    References
    ----------
    Duval & Tweedie (2000), Biometrics 56, and Journal of the American Statistical Association 95.
    """
    yi, vi = one_analysis(yi, vi, 3, "trim and fill")
    # metafor's rule: small trials with lower effects mean that the right is bare
    side = "right" if egger(yi, vi, "rma", method=method).slope < 0 else "left"
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * yi, kind="stable")
    k0, centre = _trim(sign * yi[order], vi[order], method)
    trimmed = order[len(yi) - k0 :]
    filled = 2 * sign * centre - yi[trimmed]
    both = np.append(yi, filled), np.append(vi, vi[trimmed])
    return Filled(k0, side, pool(*both, method=method, interval=interval, level=level))


def _trim(y, v, method) -> tuple[int, float]:
    """Take trials off the right of the funnel until their number no longer changes."""
    k, k0 = len(y), 0
    for _ in range(MOST_ROUNDS):
        centre = pool_many(y[: k - k0], v[: k - k0], method=method).estimate[0]
        ranks = np.empty(k)
        ranks[np.argsort(np.abs(y - centre), kind="stable")] = np.arange(1, k + 1)
        before, k0 = k0, max(0, round((4 * ranks[y > centre].sum() - k * (k + 1)) / (2 * k - 1)))
        if k0 == before:
            return k0, centre
    raise ValueError(f"trim and fill does not settle in {MOST_ROUNDS} rounds for these trials")
