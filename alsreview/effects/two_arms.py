"""Turns two arms into an effect ``yi``, intervention minus comparator, and its variance ``vi``.

Every function takes numbers or arrays of one shape, and gives floats or arrays of that shape. Each
raises ValueError, naming the element, for an n below 2 (continuous) or 1 (binary), an sd not above
0, events outside 0 to n, or anything that is not a finite number.
"""

import numpy as np
from scipy.special import gamma


def mean_difference(n_i, mean_i, sd_i, n_c, mean_c, sd_c):
    """Compute the difference of two means, in the outcome's unit.

    References
    ----------
    vi = sd_i^2 / n_i + sd_c^2 / n_c: Cochrane Handbook, chapter 6.
    """
    n_i, mean_i, sd_i, n_c, mean_c, sd_c = _continuous(n_i, mean_i, sd_i, n_c, mean_c, sd_c)
    return plain(mean_i - mean_c, sd_i**2 / n_i + sd_c**2 / n_c)


def hedges_g(n_i, mean_i, sd_i, n_c, mean_c, sd_c):
    """Compute Hedges' g, the difference of means in pooled standard deviations.

    Notes
    -----
    The small-sample factor J is exact, by gamma functions; vi = 1/n_i + 1/n_c + g^2 / 2(n_i + n_c).

    References
    ----------
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
    """Compute Hedges' exact correction J = Gamma(df/2) / (sqrt(df/2) Gamma((df-1)/2)).

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107.
    """
    x = (np.asarray(df, dtype=float) - 1) / 2
    few = np.minimum(x, 150.0)
    # Gamma overflows above 171; there its ratio has a series in 1/x, exact to rounding.
    u = 1 / np.maximum(x, 150.0)
    series = 1 - u / 8 + u**2 / 128 + 5 * u**3 / 1024 - 21 * u**4 / 32768 - 399 * u**5 / 262144
    ratio = np.where(x <= 150, gamma(few + 0.5) / gamma(few), np.sqrt(x) * series)
    return ratio / np.sqrt(x + 0.5)


def log_ratio_of_means(n_i, mean_i, sd_i, n_c, mean_c, sd_c):
    """Compute the log of the ratio of two means, both above 0.

    References
    ----------
    Hedges, Gurevitch & Curtis (1999), Ecology 80.
    """
    n_i, mean_i, sd_i, n_c, mean_c, sd_c = _continuous(n_i, mean_i, sd_i, n_c, mean_c, sd_c)
    require("mean_i", mean_i, mean_i > 0, "above 0")
    require("mean_c", mean_c, mean_c > 0, "above 0")
    vi = sd_i**2 / (n_i * mean_i**2) + sd_c**2 / (n_c * mean_c**2)
    return plain(np.log(mean_i / mean_c), vi)


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

    Notes
    -----
    A table with an empty cell gets 1/2 in each of its four cells, tables without events in either
    arm too: what metafor's ``escalc`` does unless told otherwise.
    """
    a, b, c, d = _table(events_i, n_i, events_c, n_c)
    n_i, n_c = a + b, c + d
    return plain(a / n_i - c / n_c, a * b / n_i**3 + c * d / n_c**3)


def peto_log_odds_ratio(events_i, n_i, events_c, n_c):
    """Compute Peto's log odds ratio, (O - E) / V; see `risk_difference` for empty cells.

    References
    ----------
    Yusuf, Peto, Lewis, Collins & Sleight (1985), Progress in Cardiovascular Diseases 27.
    """
    a, b, c, d = _table(events_i, n_i, events_c, n_c)
    n_i, n_c, events = a + b, c + d, a + c
    n = n_i + n_c
    variance = n_i * n_c * events * (n - events) / (n**2 * (n - 1))
    return plain((a - events * n_i / n) / variance, 1 / variance)


def require(name, values, right, wanted):
    """Raise ValueError for the first element that is not right: where, what was wanted and found.

    Floor-mates use it too, so that every refusal of an effect reads the same.
    """
    wrong = np.argwhere(~np.atleast_1d(right))
    if len(wrong):
        at = tuple(int(i) for i in wrong[0])
        place = list(at) if np.ndim(values) else ""
        found = np.atleast_1d(values)[at]
        raise ValueError(f"{name}{place}: must be {wanted}, got {found}")


def numbers(**values):
    """Give the values as float arrays of one shape, refusing what is not finite."""
    arrays = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    for name, array in arrays.items():
        require(name, array, np.isfinite(array), "a finite number")
    try:
        return np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"shapes do not fit each other: {shapes}") from None


def plain(*results):
    """Give floats where the results are scalars, arrays otherwise."""
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
