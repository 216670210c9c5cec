"""Relates effects to moderators: meta-regression, comparison of subgroups, and what the protocol declares."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from livingreview.statistics.kernel import check_options, one_analysis, pool_many

NODES = 500  # between which peaks of the likelihood are searched


@dataclass(frozen=True, eq=False)
class Regression:
    """Hold one meta-regression of k trials, with df degrees of freedom.

    Attributes
    ----------
    terms : DataFrame, one row per coefficient ("intercept" first), with ``estimate, se, ci_low,
        ci_high`` (unit of yi per unit of the moderator), ``statistic`` (z, or t on df) and ``p``
    covariance : (p, p), of the coefficients
    tau2, i2 : variance between trials that the moderators leave; I2 in percent
    r2 : share of tau2 that the moderators explain, percent, cut at 0; NaN where tau2 is 0 without them
    """

    k: int
    df: int
    terms: pd.DataFrame = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    tau2: float
    i2: float
    r2: float
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
    y, df = yi - centre, len(yi) - design.shape[1]
    tau2, i2, h2 = residual_heterogeneity(y, vi, design, method)
    beta, covariance = _weighted_fit(y, vi + tau2, design, interval)
    beta[0] += centre
    alone = pool_many(y, vi, method=method)
    before, after = (alone.h2[0], h2) if method == "EE" else (alone.tau2[0], tau2)
    return Regression(
        k=len(yi), df=df, terms=_terms(beta, covariance, interval, df, level, names), covariance=covariance,
        tau2=tau2, i2=i2, r2=max(0.0, 100 * (1 - after / before)) if before > 0 else np.nan,
        interval=interval, level=level,
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


def residual_heterogeneity(yi, vi, design, method) -> tuple[float, float, float]:
    """Estimate the tau2, I2 (percent) and H2 that a design (k, p) of full rank leaves.

    Contrasts of the effects that the design cannot move, turned until they are independent, have variances
    own + tau2; REML, ML, PM and Q are sums over them.

    References
    ----------
    Harville (1977), Journal of the American Statistical Association 72.
    """
    free = np.linalg.qr(design, mode="complete")[0][:, design.shape[1] :]
    # Singular values keep the small variances that eigenvalues of free' V free would drown.
    _, roots, turn = np.linalg.svd(np.sqrt(vi)[:, None] * free, full_matrices=False)
    squares, own = (turn @ (free.T @ yi)) ** 2, roots**2
    tau2 = _tau2_of_contrasts(squares, own, own if method == "REML" else vi, method)
    q, df = (squares / own).sum(), len(own)
    h2 = q / df if method == "EE" else 1 + tau2 * (1 / own).sum() / df
    return tau2, float(max(0.0, 100 * (1 - 1 / h2))) if h2 > 0 else 0.0, float(h2)


def _tau2_of_contrasts(squares, own, spread, method) -> float:
    """Estimate tau2; ``spread`` holds the variances in the determinant of the likelihood."""
    df = len(own)

    def q(tau2):
        return (squares / (own + tau2)).sum()

    def slope(tau2):
        return (squares / (own + tau2) ** 2).sum() - (1 / (spread + tau2)).sum()

    def log_likelihood(tau2):
        return -np.log(spread + tau2).sum() - q(tau2)

    if method == "EE":
        return 0.0
    if method == "DL":
        return float(max(0.0, (q(0) - df) / (1 / own).sum()))
    # Beyond this the likelihood falls and Q is below its degrees of freedom.
    most = 2 * (squares.sum() / df + np.sqrt(squares.sum() / df * spread.max()))
    if method == "PM":
        return 0.0 if q(0) <= df else _root(lambda tau2: q(tau2) - df, 0.0, most)
    nodes = spread.min() * np.expm1(np.linspace(0, np.log1p(most / spread.min()), NODES))
    rises = [slope(node) > 0 for node in nodes]
    cells = [i for i in range(NODES - 1) if rises[i] and not rises[i + 1]]
    return max([0.0, *(_root(slope, *nodes[i : i + 2]) for i in cells)], key=log_likelihood)


def _root(function, low, high) -> float:
    # Imported here because most chapters do without.
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-300, rtol=1e-15))


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
