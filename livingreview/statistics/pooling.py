"""Pools trial effects by inverse variance, and two-by-two tables by the Mantel-Haenszel and Peto methods."""

from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import chdtrc, ndtr, ndtri

from livingreview.effects import log_odds_ratio, log_risk_ratio, risk_difference
from livingreview.statistics.kernel import check_options, one_analysis, pool_many

SUMMARY_COLUMNS = [
    "trial_id", "label", "kind", "n_intervention", "n_comparator",
    "yi", "ci_low", "ci_high", "weight", "pi_low", "pi_high",
]  # fmt: skip

# With fewer studies a prediction interval says nothing that the confidence interval does not.
FEWEST_FOR_PREDICTION = 5

TRIAL_EFFECT = {"OR": log_odds_ratio, "RR": log_risk_ratio, "RD": risk_difference}


@dataclass(frozen=True, eq=False)
class Pooled:
    """Hold one meta-analysis: the estimate, its uncertainty, and the trials behind it.

    Attributes
    ----------
    k : trials pooled
    estimate, se, ci_low, ci_high : pooled effect, in the unit of ``yi``; SE and limits are those of
        ``interval``
    p : two-sided, of no effect
    pi_low, pi_high : prediction interval, in the unit of ``yi``: the quantile of ``interval``
        (t on k - 1, or normal) on sqrt(se^2 + tau2); NaN below k = 3 and for equal effects
    tau2 : between-trial variance, unit of yi squared
    i2 : share of the variability that lies between trials, percent, cut at 0
    q, q_p : Cochran's Q and its p on k - 1 degrees of freedom
    method, interval, level : the choices made; see `pool`
    why : why these trials stand together, as a sentence; empty unless `synthesise` filled it
    trials : DataFrame, one row per trial, with ``yi, vi, se, ci_low, ci_high`` (normal limits at
        ``level``) and ``weight`` (percent)
    """

    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    pi_low: float
    pi_high: float
    tau2: float
    i2: float
    q: float
    q_p: float
    method: str
    interval: str
    level: float
    why: str = ""
    pooled = True
    _: KW_ONLY
    _yi: np.ndarray = field(repr=False)
    _vi: np.ndarray = field(repr=False)
    _described: pd.DataFrame | None = field(repr=False)

    @cached_property
    def trials(self) -> pd.DataFrame:
        # Built when first asked for: the table costs more than the arithmetic.
        trials = pd.DataFrame() if self._described is None else self._described
        if "trial_id" not in trials:
            trials = trials.assign(trial_id=[str(i) for i in range(1, self.k + 1)])
        se, weight = np.sqrt(self._vi), 1 / (self._vi + self.tau2)
        margin = ndtri((1 + self.level) / 2) * se
        return trials.assign(
            yi=self._yi, vi=self._vi, se=se, ci_low=self._yi - margin, ci_high=self._yi + margin,
            weight=100 * weight / weight.sum(),
        )  # fmt: skip

    @property
    def prediction(self) -> tuple[float, float]:
        """Return the prediction interval where it may be shown: NaN below five studies."""
        if self.k < FEWEST_FOR_PREDICTION:
            return np.nan, np.nan
        return self.pi_low, self.pi_high

    def summary_frame(self) -> pd.DataFrame:
        """Return one row per trial and a last one of kind "pooled": what charts and tables take.

        Columns: ``trial_id, label, kind`` ("trial", "composite" or "pooled"), ``n_intervention,
        n_comparator`` (participants; missing where a trial's is), ``yi, ci_low, ci_high`` (unit of
        the measure), ``weight`` (percent), ``pi_low, pi_high`` (pooled row only).
        """
        rows = self.trials.reset_index(drop=True)
        fallback = {"label": rows["trial_id"], "kind": "trial", "n_intervention": np.nan,
                    "n_comparator": np.nan, "pi_low": np.nan, "pi_high": np.nan}  # fmt: skip
        rows = rows.assign(**{c: v for c, v in fallback.items() if c not in rows})[SUMMARY_COLUMNS]
        last = {
            "trial_id": "pooled",
            "label": "Pooled",
            "kind": "pooled",
            "yi": self.estimate,
            "weight": 100.0,
        }
        last |= {name: getattr(self, name) for name in ("ci_low", "ci_high", "pi_low", "pi_high")}
        last |= {name: rows[name].sum(skipna=False) for name in ("n_intervention", "n_comparator")}
        return pd.concat([rows, pd.DataFrame([last])[SUMMARY_COLUMNS]], ignore_index=True)


def pool(yi, vi, *, method="REML", interval="hk_adhoc", level=0.95, trials=None) -> Pooled:
    """Pool the effects of k trials, at least 2, into one estimate.

    Parameters
    ----------
    yi, vi : (k,)
        Effects (ratios as logs), intervention minus comparator, and their sampling variances.
    method, interval, level
        As in `pool_many`.
    trials : DataFrame with k rows in the order of yi, optional
        Describes the trials (``trial_id, label, kind, n_intervention, n_comparator``, ...).

    Raises
    ------
    ValueError
        If k is below 2, ``trials`` does not have k rows, or as `livingreview.statistics.kernel.pool_many`
        does, which also holds the references.

    Examples
    --------
    >>> pool([0.1, 0.9], [0.02, 0.03]).estimate
    0.49375
    """
    yi, vi = one_analysis(yi, vi, 2, "pool")
    if trials is not None and len(trials) != len(yi):
        raise ValueError(f"trials: must have one row per effect ({len(yi)}), got {len(trials)}")
    fit = pool_many(yi, vi, method=method, interval=interval, level=level)
    names = "estimate se ci_low ci_high p pi_low pi_high tau2 i2 q q_p".split()
    return Pooled(
        k=len(yi), method=method, interval=interval, level=level,
        _yi=yi, _vi=vi, _described=None if trials is None else trials.copy(),
        **{name: float(getattr(fit, name)[0]) for name in names},
    )  # fmt: skip


@dataclass(frozen=True)
class RareEvents:
    """Hold one pooling of the two-by-two tables of k trials.

    Attributes
    ----------
    estimate, se, ci_low, ci_high : pooled log odds ratio, log risk ratio or risk difference
    p : two-sided, normal, of no effect
    q, q_p, i2 : heterogeneity of the trials whose effect exists, that is with some but not only events;
        I2 in percent, cut at 0
    """

    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    q: float
    q_p: float
    i2: float


def mantel_haenszel(events_i, n_i, events_c, n_c, *, measure="OR", level=0.95) -> RareEvents:
    """Pool the tables of k trials by Mantel and Haenszel's weights.

    Parameters
    ----------
    events_i, n_i, events_c, n_c : (k,)
        Participants with the event, and all participants, of intervention and comparator.
    measure : "OR", "RR" or "RD"

    Raises
    ------
    ValueError
        If a count is impossible, or a ratio does not exist because one arm of all trials together
        has no event (or, for "OR", only events).

    Notes
    -----
    The estimate takes empty cells as they are; only Q adds 1/2 to tables that have one.

    References
    ----------
    OR: Robins, Breslow & Greenland (1986), Biometrics 42. RR: Greenland & Robins (1985), Biometrics
    41. RD: Sato, Greenland & Robins (1989), Biometrics 45.
    """
    if measure not in TRIAL_EFFECT:
        raise ValueError(f"measure: must be one of OR, RR, RD, got {measure!r}")
    check_options("EE", "wald", level)
    counts = _counts(events_i, n_i, events_c, n_c)
    estimate, se = {"OR": _odds_ratio, "RR": _risk_ratio, "RD": _risk_difference}[measure](*counts)
    some = _informative(*counts)
    yi, vi = TRIAL_EFFECT[measure](*(count[some] for count in counts))
    return _summary(len(counts[0]), estimate, se, yi, vi, level)


def peto(events_i, n_i, events_c, n_c, *, level=0.95) -> RareEvents:
    """Pool the odds ratios of k trials by Peto's method: observed less expected events.

    Parameters
    ----------
    events_i, n_i, events_c, n_c : (k,)
        As in `mantel_haenszel`.

    References
    ----------
    Yusuf, Peto, Lewis, Collins & Sleight (1985), Progress in Cardiovascular Diseases 27.
    """
    check_options("EE", "wald", level)
    events_i, n_i, events_c, n_c = _counts(events_i, n_i, events_c, n_c)
    n, events = n_i + n_c, events_i + events_c
    variance = n_i * n_c * events * (n - events) / (n**2 * (n - 1))
    some = variance > 0
    gap, variance = (events_i - events * n_i / n)[some], variance[some]
    estimate, se = gap.sum() / variance.sum(), variance.sum() ** -0.5
    return _summary(len(n), estimate, se, gap / variance, 1 / variance, level)


def _counts(*columns):
    columns = [np.atleast_1d(np.asarray(column, dtype=float)) for column in columns]
    log_odds_ratio(*columns)  # refuses impossible counts, naming the element
    if not _informative(*columns).any():
        raise ValueError("events: must be some and not all in at least one trial, are none or all in each")
    return columns


def _informative(events_i, n_i, events_c, n_c):
    events = events_i + events_c
    return (events > 0) & (events < n_i + n_c)


def _odds_ratio(a, n_i, c, n_c):
    b, d, n = n_i - a, n_c - c, n_i + n_c
    agree, cross, same = a * d / n, b * c / n, (a + d) / n
    _require_ratio(agree.sum(), cross.sum(), "odds ratio")
    ratio = agree.sum(), cross.sum()
    variance = (
        (same * agree).sum() / ratio[0] ** 2
        + (same * cross + (1 - same) * agree).sum() / (ratio[0] * ratio[1])
        + ((1 - same) * cross).sum() / ratio[1] ** 2
    ) / 2
    return np.log(ratio[0] / ratio[1]), np.sqrt(variance)


def _risk_ratio(a, n_i, c, n_c):
    n = n_i + n_c
    top, bottom = (a * n_c / n).sum(), (c * n_i / n).sum()
    _require_ratio(top, bottom, "risk ratio")
    spread = ((n_i * n_c * (a + c) - a * c * n) / n**2).sum()
    return np.log(top / bottom), np.sqrt(spread / (top * bottom))


def _risk_difference(a, n_i, c, n_c):
    n, weight = n_i + n_c, n_i * n_c / (n_i + n_c)
    estimate = ((a * n_c - c * n_i) / n).sum() / weight.sum()
    slant = (n_i**2 * c - n_c**2 * a + n_i * n_c * (n_c - n_i) / 2) / n**2
    within = (a * (n_c - c) + c * (n_i - a)) / (2 * n)
    return estimate, np.sqrt(estimate * slant.sum() + within.sum()) / weight.sum()


def _require_ratio(top, bottom, what):
    if not (top > 0 and bottom > 0):
        raise ValueError(f"events: must occur in both arms for a Mantel-Haenszel {what}, see measure='RD'")


def _summary(k, estimate, se, yi, vi, level):
    df, q = len(yi) - 1, float(((yi - estimate) ** 2 / vi).sum())
    margin = ndtri((1 + level) / 2) * se
    return RareEvents(
        k, float(estimate), float(se), float(estimate - margin), float(estimate + margin),
        p=float(2 * ndtr(-abs(estimate / se))), q=q, q_p=float(chdtrc(df, q)) if df else 1.0,
        i2=max(0.0, 100 * (1 - df / q)) if q > 0 else 0.0,
    )  # fmt: skip
