"""Turns weighed trials into standard errors, tests, intervals and measures of heterogeneity."""

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit


def infer(estimate, fit, tau2, k, interval, level):
    """Give SE, test statistic, p and the half-widths of the confidence and prediction intervals."""
    df = np.maximum(k - 1, 1)
    se = np.sqrt(1 / fit.total)
    if interval != "wald":
        factor = np.sqrt(fit.q / df)
        # HK can be narrower than Wald when trials agree; the protocol guards it.
        factor = np.maximum(factor, 1.0) if interval == "hk_adhoc" else factor
        se = np.where(k > 1, se * factor, se)
    with np.errstate(divide="ignore", invalid="ignore"):
        stat = estimate / se
    normal = (k == 1) | (interval == "wald")
    p = 2 * np.where(normal, ndtr(-np.abs(stat)), stdtr(df, -np.abs(stat)))
    upper = (1 + level) / 2
    sizes, which = np.unique(df, return_inverse=True)
    quantile = np.where(normal, ndtri(upper), stdtrit(sizes, upper)[which])
    spread = np.where(k > 2, np.sqrt(se**2 + tau2), np.nan)
    return se, stat, p, quantile * se, quantile * spread


def heterogeneity(fixed, tau2, k, method):
    """Give I2 in percent and H2, by tau2 or, for "EE", by Q."""
    df = np.maximum(k - 1, 1)
    with np.errstate(divide="ignore"):
        h2 = fixed.q / df if method == "EE" else 1 + tau2 * fixed.trace / df
        i2 = np.maximum(0.0, 100 * (1 - 1 / h2))
    return np.where(k > 1, i2, 0.0), np.where(k > 1, h2, 1.0)
