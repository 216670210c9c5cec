"""Turns trial effects and what may explain their differences into one meta-regression."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

from alsreview.kernel import pool_many
from alsreview.kernel.checks import check_options, one_analysis
from alsreview.kernel.contrasts import residual_heterogeneity


@dataclass(frozen=True, eq=False)
class Regression:
    """Hold one meta-regression.

    Attributes
    ----------
    k, df : trials, and trials less coefficients
    terms : DataFrame, one row per coefficient ("intercept" first), with ``estimate, se, ci_low,
        ci_high`` (unit of yi per unit of the moderator), ``statistic`` (z, or t on df) and ``p``
    covariance : (p, p), of the coefficients
    tau2, i2, h2 : variance between trials that the moderators leave; I2 in percent
    qe, qe_p : residual Q and its p, chi-squared on df
    qm, qm_p : Wald-type test of all moderators, chi-squared; F for the HK intervals
    r2 : share of tau2 that the moderators explain, percent, cut at 0; NaN where tau2 is 0 without them
    """

    k: int
    df: int
    terms: pd.DataFrame = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    tau2: float
    i2: float
    h2: float
    qe: float
    qe_p: float
    qm: float
    qm_p: float
    r2: float
    method: str
    interval: str
    level: float

    def predict(self, moderators) -> pd.DataFrame:
        """Give ``estimate, se, ci_low, ci_high, pi_low, pi_high`` at new values, shaped as the old."""
        design, _ = _design(moderators)
        if design.shape[1] != len(self.terms):
            raise ValueError(f"moderators: must be {len(self.terms) - 1} columns, got {design.shape[1] - 1}")
        estimate = design @ self.terms["estimate"].to_numpy()
        se = np.sqrt(np.einsum("ij,jk,ik->i", design, self.covariance, design))
        margin = _quantile(self.interval, self.df, self.level) * np.array([se, np.sqrt(se**2 + self.tau2)])
        limits = {"ci_low": estimate - margin[0], "ci_high": estimate + margin[0],
                  "pi_low": estimate - margin[1], "pi_high": estimate + margin[1]}  # fmt: skip
        return pd.DataFrame({"estimate": estimate, "se": se} | limits)


def meta_regression(yi, vi, moderators, *, method="REML", interval="hk_adhoc", level=0.95) -> Regression:
    """Regress the effects of k trials on moderators, given the variance between trials they leave.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances.
    moderators : (k,), (k, m) or DataFrame with k rows
        Numbers; an intercept is added, and k must exceed m + 1.
    method, interval, level
        As in `pool`; the HK intervals have k - m - 1 degrees of freedom.

    Raises
    ------
    ValueError
        If shapes do not fit, a number is not finite, a variance is not above 0, the trials are too
        few, or a moderator is constant or a sum of others.

    References
    ----------
    Knapp & Hartung (2003), Statistics in Medicine 22. R2: Raudenbush (2009), in The Handbook of
    Research Synthesis and Meta-Analysis.
    """
    check_options(method, interval, level)
    design, names = _design(moderators)
    yi, vi = one_analysis(yi, vi, design.shape[1] + 1, f"regress on {len(names)} moderators")
    _check_rank(design, len(yi))
    # The best measured trial is the origin, so that equal effects leave residuals of exactly 0.
    centre = yi[vi.argmin()]
    left = residual_heterogeneity(yi - centre, vi, design, method)
    beta, covariance = _weighted_fit(yi - centre, vi + left.tau2, design, interval)
    df = len(yi) - design.shape[1]
    qm, qm_p = _test_moderators(beta, covariance, interval, df)
    beta[0] += centre
    return Regression(
        k=len(yi), df=df, terms=_terms(beta, covariance, interval, df, level, names),
        covariance=covariance, tau2=left.tau2, i2=left.i2, h2=left.h2, qe=left.q,
        qe_p=float(chdtrc(df, left.q)), qm=qm, qm_p=qm_p,
        r2=_explained(yi - centre, vi, left, method), method=method, interval=interval, level=level,
    )  # fmt: skip


def _design(moderators):
    frame = moderators if isinstance(moderators, pd.DataFrame) else None
    columns = np.array(moderators, dtype=float)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or columns.shape[1] == 0:
        raise ValueError(f"moderators: must have shape (k,) or (k, m), got {columns.shape}")
    if not np.isfinite(columns).all():
        at = [int(i) for i in np.argwhere(~np.isfinite(columns))[0]]
        raise ValueError(f"moderators{at}: must be a finite number, got {columns[*at]}")
    names = [f"moderator {j + 1}" for j in range(columns.shape[1])] if frame is None else list(frame.columns)
    return np.column_stack([np.ones(len(columns)), columns]), [str(name) for name in names]


def _check_rank(design, k):
    if len(design) != k:
        raise ValueError(f"moderators: must have one row per trial ({k}), got {len(design)}")
    spread = np.ptp(design[:, 1:], axis=0)
    if not spread.all():
        raise ValueError(f"moderators: must differ between trials, column {spread.argmin()} does not")
    standard = np.column_stack([design[:, 0], (design[:, 1:] - design[:, 1:].mean(axis=0)) / spread])
    if np.linalg.matrix_rank(standard) < design.shape[1]:
        raise ValueError("moderators: must not be sums of one another, a column is")


def _weighted_fit(y, variances, design, interval):
    # Imported here because it takes longer than most chapters' cells.
    from statsmodels.regression.linear_model import WLS

    fit = WLS(y, design, weights=1 / variances).fit()
    factor = 1.0 if interval == "wald" else float(fit.scale)
    factor = max(1.0, factor) if interval == "hk_adhoc" else factor
    return np.array(fit.params), np.array(fit.normalized_cov_params) * factor


def _quantile(interval, df, level):
    upper = (1 + level) / 2
    return float(ndtri(upper) if interval == "wald" else stdtrit(df, upper))


def _terms(beta, covariance, interval, df, level, names):
    se = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = beta / se
    margin = _quantile(interval, df, level) * se
    tail = ndtr(-np.abs(statistic)) if interval == "wald" else stdtr(df, -np.abs(statistic))
    columns = {"estimate": beta, "se": se, "ci_low": beta - margin, "ci_high": beta + margin,
               "statistic": statistic, "p": 2 * tail}  # fmt: skip
    return pd.DataFrame(columns, index=["intercept", *names])


def _test_moderators(beta, covariance, interval, df):
    m = len(beta) - 1
    if not covariance.any():
        return np.nan, np.nan
    qm = float(beta[1:] @ np.linalg.solve(covariance[1:, 1:], beta[1:]))
    if interval == "wald":
        return qm, float(chdtrc(m, qm))
    return qm / m, float(fdtrc(m, df, qm / m))


def _explained(yi, vi, left, method):
    alone = pool_many(yi, vi, method=method)
    before, after = (alone.h2[0], left.h2) if method == "EE" else (alone.tau2[0], left.tau2)
    return max(0.0, float(100 * (1 - after / before))) if before > 0 else np.nan
