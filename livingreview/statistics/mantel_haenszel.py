"""Pools two-by-two tables by the Mantel-Haenszel and Peto methods, without a variance for each trial."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri

from livingreview.effects import log_odds_ratio, log_risk_ratio, risk_difference
from livingreview.statistics.kernel import check_options

TRIAL_EFFECT = {"OR": log_odds_ratio, "RR": log_risk_ratio, "RD": risk_difference}


@dataclass(frozen=True)
class RareEvents:
    """Hold one pooling of two-by-two tables.

    Attributes
    ----------
    measure : "OR", "RR" or "RD"
    k : trials
    estimate, se, ci_low, ci_high : pooled log odds ratio, log risk ratio or risk difference
    p : two-sided, normal, of no effect
    q, q_df, q_p : heterogeneity of the trials whose effect exists, that is with some but not only
        events
    i2 : percent, cut at 0
    """

    measure: str
    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float
    q: float
    q_df: int
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
    return _summary(measure, len(counts[0]), estimate, se, yi, vi, level)


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
    counts = _counts(events_i, n_i, events_c, n_c)
    expected, variance = _hypergeometric(*counts)
    some = variance > 0
    gap, variance = (counts[0] - expected)[some], variance[some]
    estimate, se = gap.sum() / variance.sum(), variance.sum() ** -0.5
    return _summary("OR", len(counts[0]), estimate, se, gap / variance, 1 / variance, level)


def _counts(*columns):
    columns = [np.atleast_1d(np.asarray(column, dtype=float)) for column in columns]
    log_odds_ratio(*columns)  # refuses impossible counts, naming the element
    if not _informative(*columns).any():
        raise ValueError("events: must be some and not all in at least one trial, are none or all in each")
    return columns


def _informative(events_i, n_i, events_c, n_c):
    events = events_i + events_c
    return (events > 0) & (events < n_i + n_c)


def _hypergeometric(events_i, n_i, events_c, n_c):
    n, events = n_i + n_c, events_i + events_c
    return events * n_i / n, n_i * n_c * events * (n - events) / (n**2 * (n - 1))


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


def _summary(measure, k, estimate, se, yi, vi, level):
    df, q = len(yi) - 1, float(((yi - estimate) ** 2 / vi).sum())
    margin = ndtri((1 + level) / 2) * se
    return RareEvents(
        measure, k, float(estimate), float(se), float(estimate - margin), float(estimate + margin),
        p=float(2 * ndtr(-abs(estimate / se))), q=q, q_df=df,
        q_p=float(chdtrc(df, q)) if df else 1.0, i2=max(0.0, 100 * (1 - df / q)) if q > 0 else 0.0,
    )  # fmt: skip
