"""Tests whether effects depend on their precision, and estimates them without that dependence."""

from dataclasses import dataclass

import numpy as np

from alsreview.kernel.checks import one_analysis
from alsreview.pooling import meta_regression


@dataclass(frozen=True)
class Asymmetry:
    """Hold Egger's test.

    ``statistic`` is z for the form "rma" (``df`` infinite) and t on ``df`` for "lm"; ``slope`` is the
    effect's rise per unit of SE, and ``limit, limit_low, limit_high`` are the effect where SE is 0.
    """

    statistic: float
    p: float
    df: float
    slope: float
    limit: float
    limit_low: float
    limit_high: float


def egger(yi, vi, form="lm", *, method="REML", level=0.95) -> Asymmetry:
    """Regress the effects of k trials, at least 3, on their standard errors.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances, not all of one variance.
    form : "lm" or "rma"
        Egger's weighted regression with t on k - 2, or a random-effects meta-regression with z.
    method
        Of tau2, for "rma".

    References
    ----------
    Egger, Davey Smith, Schneider & Minder (1997), BMJ 315. rma: Sterne & Egger (2005), in Publication
    Bias in Meta-Analysis.
    """
    if form not in ("lm", "rma"):
        raise ValueError(f"form: must be lm or rma, got {form!r}")
    model = {"method": method, "interval": "wald"} if form == "rma" else LINEAR
    fit = _on_precision(yi, vi, 0.5, level, model)
    limit, slope = fit.terms.iloc[0], fit.terms.iloc[1]
    return Asymmetry(
        *(float(slope[name]) for name in ("statistic", "p")),
        df=np.inf if form == "rma" else fit.df,
        slope=float(slope.estimate),
        **{f"limit{end}": float(limit[f"ci{end}"]) for end in ("_low", "_high")},
        limit=float(limit.estimate),
    )


# Ordinary weighted least squares is the equal-effects model with the HK factor as it is.
LINEAR = {"method": "EE", "interval": "hk"}


def one_precision(vi) -> bool:
    """Say whether all variances are equal, up to rounding: then no effect can be regressed on them."""
    return bool(np.ptp(vi) <= 1e-12 * np.max(vi))


def _on_precision(yi, vi, power, level, model):
    yi, vi = one_analysis(yi, vi, 3, "regress on precision")
    if one_precision(vi):
        raise ValueError(f"vi: must differ between trials to regress on precision, all are {vi[0]}")
    return meta_regression(yi, vi, vi**power, level=level, **model)
