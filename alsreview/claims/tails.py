"""Gives the p-values that go with an interval and a test statistic, over every df at once."""

import math
from functools import lru_cache

from scipy.special import ndtr, ndtri, stdtr, stdtrit


@lru_cache(maxsize=4096)
def critical(alpha: float, inverse_df: float) -> float:
    """Give the half-width of a two-sided interval in standard errors; 1/df = 0 is the normal one."""
    return float(-stdtrit(1 / inverse_df, alpha / 2) if inverse_df > 0 else -ndtri(alpha / 2))


def two_sided_p(statistic: float, inverse_df: float) -> float:
    """Give the two-sided p of a statistic."""
    if math.isinf(statistic):
        return 0.0
    return float(2 * (stdtr(1 / inverse_df, -statistic) if inverse_df > 0 else ndtr(-statistic)))


def statistic_range(
    distance: tuple[float, float], alpha: float, most_inverse_df: float
) -> tuple[float, float]:
    """Give the test statistics that go with an interval, over all 1/df from 0 to the given one."""
    return distance[0] * critical(alpha, 0), distance[1] * critical(alpha, most_inverse_df)


def p_range(
    distance: tuple[float, float], statistic: tuple[float, float], alpha: float, most_inverse_df: float
) -> tuple[float, float] | None:
    """Give the two-sided p-values that go with an interval and a test statistic.

    Parameters
    ----------
    distance : least and most distance from no difference, in half-widths of the interval
    statistic : least and most absolute value of the printed statistic; 0 and infinity without one
    alpha : one minus the level of the interval
    most_inverse_df : 0 for the normal distribution, 1 for t with any df of 1 or more

    Returns
    -------
    (least, most), or None if no df reconciles the interval with the statistic

    Notes
    -----
    No df is left out. At a fixed statistic p falls with df (arXiv:1101.3289). At a fixed distance d it is
    monotone in df too, falling for d > 1 and rising for d < 1: the t distributions are ordered by their
    kurtosis in van Zwet's sense, which the tests compare with a fine grid of df. The extremes over df
    therefore lie at the ends of its range, or where the bound by distance crosses the bound by statistic.
    """
    (nearest, farthest), (smallest, largest) = distance, statistic
    ends = _inverse_dfs(
        _least_width(smallest, farthest), _most_width(largest, nearest), alpha, most_inverse_df
    )
    if ends is None:
        return None
    least = [
        max(two_sided_p(farthest * critical(alpha, u), u), two_sided_p(largest, u))
        for u in _with_crossing(ends, _least_width(largest, farthest), alpha)
    ]
    most = [
        min(two_sided_p(nearest * critical(alpha, u), u), two_sided_p(smallest, u))
        for u in _with_crossing(ends, _most_width(smallest, nearest), alpha)
    ]
    return min(least), max(most)


def _least_width(statistic: float, distance: float) -> float:
    """Give the half-width in standard errors that puts a distance on a statistic; 0 if any does."""
    if statistic == 0 or math.isinf(distance):
        return 0.0
    return statistic / distance if distance > 0 else math.inf


def _most_width(statistic: float, distance: float) -> float:
    """Give the half-width in standard errors that puts a distance on a statistic; infinity if any does."""
    if distance == 0 or math.isinf(statistic):
        return math.inf
    return statistic / distance


def _inverse_dfs(least: float, most: float, alpha: float, most_inverse_df: float):
    """Give the range of 1/df whose half-widths lie between two bounds, or None."""
    narrow, wide = critical(alpha, 0), critical(alpha, most_inverse_df)
    if most < narrow or least > wide:
        return None
    low = _solve(least, alpha, most_inverse_df) if narrow < least else 0.0
    high = _solve(most, alpha, most_inverse_df) if most < wide else most_inverse_df
    return (low, high) if low <= high else None


def _with_crossing(ends: tuple[float, float], width: float, alpha: float) -> list[float]:
    if critical(alpha, ends[0]) < width < critical(alpha, ends[1]):
        return [*ends, _solve(width, alpha, ends[1])]
    return list(ends)


def _solve(width: float, alpha: float, most_inverse_df: float) -> float:
    """Find the 1/df whose half-width this is; the half-width grows with 1/df."""
    if width >= critical(alpha, most_inverse_df):
        return most_inverse_df
    # Imported here: it takes a second, and few commands audit a claim.
    from scipy.optimize import brentq

    return brentq(lambda u: critical(alpha, u) - width, 0, most_inverse_df, xtol=1e-14)
