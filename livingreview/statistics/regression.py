"""Relates effects to moderators: meta-regression, comparison of subgroups, and what the protocol declares."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

from livingreview.statistics.kernel import check_options, estimate_tau2, one_analysis, pool_many


@dataclass(frozen=True, eq=False)
class Regression:
    """Hold one meta-regression of k trials, with df degrees of freedom.

    Attributes
    ----------
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
        """Return ``estimate, se, ci_low, ci_high, pi_low, pi_high`` at new values, shaped as the old."""
        design, _ = _design(moderators)
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


class Contrasts:
    """Contrasts of effects that a design cannot move, as columns: independent, of variance own + tau2.

    REML, ML, PM and Q are sums over them, as `livingreview.statistics.kernel` asks for. ``spread``
    holds the variances of the determinant in the likelihood: of the contrasts for REML, of the trials for ML.
    """

    def __init__(self, z, own, spread):
        self.z, self.own, self.spread = z, own, spread
        self.least, self.size = spread.min(axis=0), spread.size

    def take(self, analyses) -> "Contrasts":
        return self  # of the one analysis there is

    def broadcast(self) -> "Contrasts":
        return Contrasts(self.z[:, None], self.own[:, None], self.spread[:, None])

    def weigh(self, tau2) -> "ContrastSums":
        return ContrastSums(self.z, 1 / (self.own + tau2), 1 / (self.spread + tau2))

    def reach(self, method):
        """Bound tau2 of every peak: beyond, the likelihood falls and Q is below its degrees of freedom."""
        squares = (self.z**2).sum(axis=0)
        half = squares / len(self.spread) / 2
        bound = np.maximum(half + np.sqrt(half * (half + 2 * self.spread.max())), squares / len(self.z))
        return 2 * bound, 2 * bound

    def log_likelihood(self, tau2, method):
        at = self.weigh(tau2)
        return (np.log(at.spread).sum(axis=0) - at.q) / 2


class ContrastSums:
    """Sums over contrasts z weighed by 1 / (own + tau2); ``spread`` holds 1 / (spread + tau2)."""

    def __init__(self, z, weights, spread):
        self.z, self.weights, self.spread = z, weights, spread
        self.q, self.ypp = ((weights**power * z**2).sum(axis=0) for power in (1, 2))
        self.trace = weights.sum(axis=0)

    def side(self, method):
        return self.spread.sum(axis=0)

    def fall(self, method):
        return (self.spread**2).sum(axis=0)

    def yppp(self):
        return (self.weights**3 * self.z**2).sum(axis=0)


class Residual(NamedTuple):
    """Heterogeneity that moderators leave: tau2 in the squared unit of yi, I2 in percent, H2, Q."""

    tau2: float
    i2: float
    h2: float
    q: float


def residual_heterogeneity(yi, vi, design, method) -> Residual:
    """Estimate tau2, I2, H2 and Q of effects (k,) given a design (k, p) of full rank, p below k.

    Of several likelihood peaks the highest is taken, zero included. Time grows as k^3, memory as k^2.

    References
    ----------
    Harville (1977), Journal of the American Statistical Association 72.
    """
    free = np.linalg.qr(design, mode="complete")[0][:, design.shape[1] :]
    # Singular values keep the small variances that eigenvalues of free' V free would drown.
    _, roots, turn = np.linalg.svd(np.sqrt(vi)[:, None] * free, full_matrices=False)
    z, own = (turn @ (free.T @ yi))[:, None], (roots**2)[:, None]
    trials = Contrasts(z, own, own if method == "REML" else vi[:, None])
    fixed, df = trials.weigh(np.zeros(1)), len(trials.z)
    tau2 = float(estimate_tau2(trials, np.array([df]), fixed, method)[0])
    q, trace = float(fixed.q[0]), float(fixed.trace[0])
    h2 = q / df if method == "EE" else 1 + tau2 * trace / df
    return Residual(tau2, max(0.0, 100 * (1 - 1 / h2)) if h2 > 0 else 0.0, h2, q)


@dataclass(frozen=True, eq=False)
class Subgroups:
    """Hold the pooled subgroups and the test of their difference.

    Attributes
    ----------
    table : DataFrame indexed by group, sorted, with ``k, estimate, se, ci_low, ci_high`` (unit of
        yi), ``tau2`` and ``i2`` (percent)
    q_between, df, p : test that the subgroups share one effect, chi-squared on df
    """

    table: pd.DataFrame = field(repr=False)
    q_between: float
    df: int
    p: float


def subgroups(yi, vi, groups, *, method="REML", interval="hk_adhoc", level=0.95) -> Subgroups:
    """Pool k trials within two groups or more, each with a tau2 of its own, and compare the groups.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances.
    groups : (k,)
        Names of the groups.
    method, interval, level
        As in `pool`.

    Notes
    -----
    The test takes Wald's SE whatever the interval: a subgroup of two trials has an HK SE that is all
    but arbitrary.

    References
    ----------
    Borenstein & Higgins (2013), Prevention Science 14.
    """
    yi, vi = one_analysis(yi, vi, 2, "compare groups")
    groups = pd.Series(np.asarray(groups))
    if groups.shape != (len(yi),):
        raise ValueError(f"groups: must have one name per trial ({len(yi)}), got {len(groups)}")
    if groups.isna().any():
        raise ValueError(f"groups[{groups.isna().argmax()}]: must name a group, got nothing")
    names = sorted(groups.unique())
    if len(names) < 2:
        raise ValueError(f"groups: must name 2 groups or more, got {names}")
    member = np.array([groups == name for name in names])
    shown = pool_many(yi, vi, member, method=method, interval=interval, level=level)
    plain = pool_many(yi, vi, member, method=method, interval="wald")
    weight = 1 / plain.se**2
    mean = (weight * plain.estimate).sum() / weight.sum()
    q, df = float((weight * (plain.estimate - mean) ** 2).sum()), len(names) - 1
    columns = ["k", "estimate", "se", "ci_low", "ci_high", "tau2", "i2"]
    table = pd.DataFrame(
        {name: getattr(shown, name) for name in columns}, index=pd.Index(names, name="group")
    )
    return Subgroups(table, q, df, float(chdtrc(df, q)))


@dataclass(frozen=True, eq=False)
class Moderator:
    """A characteristic of trials and how far the effects depend on it.

    Attributes
    ----------
    name : key of the trials' cards
    label, unit : in words; the unit is empty for a category
    values : (k,), one per trial pooled, in the order of the result's trials
    found : a regression on numbers, or subgroups by category; None where they cannot be had
    why : the reason where ``found`` is None
    """

    name: str
    label: str
    unit: str
    values: pd.Series
    found: Regression | Subgroups | None
    why: str


def moderators(analysis) -> dict[str, Moderator]:
    """Run the moderator analyses that the protocol declares for an `Analysis`.

    Its ``moderators`` name keys of the trials' cards. Numbers are regressed on, words make subgroups.

    Notes
    -----
    A trial without the value leaves the moderator without a result: leaving the trial out instead would
    compare other trials than those that were pooled.
    """
    trials, choice = analysis.result.trials, analysis.choice
    options = {key: choice[key] for key in ("method", "interval", "level")}
    found = {}
    for name, declared in choice.get("moderators", {}).items():
        values = trials.trial_id.map(lambda trial_id, name=name: analysis.evidence.cards[trial_id].get(name))
        lacking = list(trials.label[values.isna()])
        result, why = None, f"no {declared['label'].lower()} for {', '.join(lacking)}" if lacking else ""
        if not lacking:
            is_number = pd.api.types.is_numeric_dtype(values)
            compute, given = (meta_regression, values.to_frame(name)) if is_number else (subgroups, values)
            try:
                result = compute(trials.yi, trials.vi, given, **options)
            except ValueError as error:  # too few trials, or all alike
                why = str(error)
        found[name] = Moderator(name, declared["label"], declared.get("unit", ""), values, result, why)
    return found
