"""Computes effect sizes of two arms and their sampling variances, and converts what papers print.

Every function takes numbers or arrays of one shape, and gives floats or arrays of that shape. Each raises
ValueError, naming the element, for a count or a spread that is impossible, or anything that is not a finite
number.
"""

import numpy as np
from scipy.special import ndtri, poch, stdtrit


def mean_difference(n_i, mean_i, sd_i, n_c, mean_c, sd_c):
    """Compute the difference of two means, in the outcome's unit.

    vi = sd_i^2 / n_i + sd_c^2 / n_c: Cochrane Handbook, chapter 6.
    """
    n_i, mean_i, sd_i, n_c, mean_c, sd_c = _continuous(n_i, mean_i, sd_i, n_c, mean_c, sd_c)
    return plain(mean_i - mean_c, sd_i**2 / n_i + sd_c**2 / n_c)


def hedges_g(n_i, mean_i, sd_i, n_c, mean_c, sd_c):
    """Compute Hedges' g, the difference of means in pooled standard deviations.

    The small-sample factor J is exact, by gamma functions; vi = 1/n_i + 1/n_c + g^2 / 2(n_i + n_c):
    Hedges (1981), doi:10.3102/10769986006002107.
    """
    n_i, mean_i, sd_i, n_c, mean_c, sd_c = _continuous(n_i, mean_i, sd_i, n_c, mean_c, sd_c)
    df = n_i + n_c - 2
    pooled = np.sqrt(((n_i - 1) * sd_i**2 + (n_c - 1) * sd_c**2) / df)
    return plain(*g_from_d((mean_i - mean_c) / pooled, n_i, n_c))


def g_from_d(d, n_i, n_c):
    """Correct Cohen's d for small samples; gives g and its variance."""
    g = hedges_j(n_i + n_c - 2) * d
    return g, 1 / n_i + 1 / n_c + g**2 / (2 * (n_i + n_c))


def hedges_j(df):
    """Compute Hedges' exact correction J = Gamma(df/2) / (sqrt(df/2) Gamma((df-1)/2))."""
    df = np.asarray(df, dtype=float)
    return poch((df - 1) / 2, 0.5) / np.sqrt(df / 2)


def log_risk_ratio(events_i, n_i, events_c, n_c):
    """Compute the log of the ratio of two risks; see `risk_difference` for empty cells."""
    a, b, c, d = _table(events_i, n_i, events_c, n_c)
    yi = np.log(a / (a + b)) - np.log(c / (c + d))
    return plain(yi, 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def log_odds_ratio(events_i, n_i, events_c, n_c):
    """Compute the log of the ratio of two odds; see `risk_difference` for empty cells."""
    a, b, c, d = _table(events_i, n_i, events_c, n_c)
    return plain(np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d)


def risk_difference(events_i, n_i, events_c, n_c):
    """Compute the difference of two risks.

    A table with an empty cell gets 1/2 in each of its four cells, tables without events in either
    arm too: what metafor's ``escalc`` does unless told otherwise.
    """
    a, b, c, d = _table(events_i, n_i, events_c, n_c)
    n_i, n_c = a + b, c + d
    return plain(a / n_i - c / n_c, a * b / n_i**3 + c * d / n_c**3)


def require(name, values, right, wanted):
    """Raise ValueError for the first element that is not right: where, what was wanted and found."""
    wrong = np.argwhere(~np.atleast_1d(right))
    if len(wrong):
        at = tuple(int(i) for i in wrong[0])
        place = list(at) if np.ndim(values) else ""
        found = np.atleast_1d(values)[at]
        raise ValueError(f"{name}{place}: must be {wanted}, got {found}")


def numbers(**values):
    """Return the values as float arrays of one shape, refusing what is not finite."""
    arrays = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    for name, array in arrays.items():
        require(name, array, np.isfinite(array), "a finite number")
    try:
        return np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"shapes do not fit each other: {shapes}") from None


def plain(*results):
    """Return floats where the results are scalars, arrays otherwise."""
    return tuple(float(r) if np.ndim(r) == 0 else r for r in results)


def _continuous(n_i, mean_i, sd_i, n_c, mean_c, sd_c):
    arms = numbers(n_i=n_i, mean_i=mean_i, sd_i=sd_i, n_c=n_c, mean_c=mean_c, sd_c=sd_c)
    for name, n in (("n_i", arms[0]), ("n_c", arms[3])):
        require(name, n, n >= 2, "at least 2")
    for name, sd in (("sd_i", arms[2]), ("sd_c", arms[5])):
        require(name, sd, sd > 0, "above 0")
    return arms


def _table(events_i, n_i, events_c, n_c):
    events_i, n_i, events_c, n_c = numbers(events_i=events_i, n_i=n_i, events_c=events_c, n_c=n_c)
    for side, events, n in (("i", events_i, n_i), ("c", events_c, n_c)):
        require(f"n_{side}", n, n >= 1, "at least 1")
        inside = (events >= 0) & (events <= n)
        require(f"events_{side}", events, inside, f"between 0 and n_{side}")
    cells = np.array([events_i, n_i - events_i, events_c, n_c - events_c])
    return cells + np.where((cells == 0).any(axis=0), 0.5, 0.0)


DAYS_PER_MONTH = 30.4375  # 365.25 / 12


def sd_from_se(se, n):
    """Compute an arm's SD from the standard error of its mean, se * sqrt(n): Handbook, section 6.5.2.2."""
    se, n = numbers(se=se, n=n)
    require("se", se, se > 0, "above 0")
    require("n", n, n >= 2, "at least 2")
    return plain(se * np.sqrt(n))[0]


def se_from_ci(low, high, level=0.95, df=None):
    """Compute a standard error from confidence limits that are symmetric about the estimate.

    ``df`` are the degrees of freedom of the t distribution behind the interval; normal by default.
    Limits of ratios must be given as logs: Cochrane Handbook, section 6.3.1.
    """
    low, high, level = numbers(low=low, high=high, level=level)
    require("high", high, high > low, "above low")
    require("level", level, (level > 0) & (level < 1), "between 0 and 1")
    upper = (1 + level) / 2
    if df is None:
        return plain((high - low) / (2 * ndtri(upper)))[0]
    (df,) = numbers(df=df)
    require("df", df, df > 0, "above 0")
    return plain((high - low) / (2 * stdtrit(df, upper)))[0]


def months_from_weeks(weeks):
    """Convert weeks to months of 30.4375 days."""
    (weeks,) = numbers(weeks=weeks)
    require("weeks", weeks, weeks > 0, "above 0")
    return plain(weeks * 7 / DAYS_PER_MONTH)[0]


def smd_from_md(md, se, n_i, n_c):
    """Compute Hedges' g and its variance from a mean difference and its standard error.

    Through t = md / se and d = t * sqrt(1/n_i + 1/n_c), which supposes that the SE came from the
    pooled standard deviation; then as `hedges_g`. An adjusted SE gives too large a g: Cochrane Handbook,
    section 6.5.2.3.
    """
    md, se, n_i, n_c = numbers(md=md, se=se, n_i=n_i, n_c=n_c)
    require("se", se, se > 0, "above 0")
    require("n_i", n_i, n_i >= 2, "at least 2")
    require("n_c", n_c, n_c >= 2, "at least 2")
    return plain(*g_from_d(md / se * np.sqrt(1 / n_i + 1 / n_c), n_i, n_c))
