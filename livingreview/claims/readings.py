"""Lists the ways in which an interval, a test statistic and a p-value may belong together."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from livingreview.claims.figures import Scale, distance_range, scales
from livingreview.schema import Printed

# Level in percent, the two-sided alpha of its limits, and the sides of p; the commonest first. Limits of a
# one-sided interval go with a one-sided p only.
_KINDS = [(level, 1 - level / 100, sides) for sides in ("two", "one") for level in (95, 90, 99)]
_KINDS += [(level, 2 - level / 50, "one") for level in (95, 90, 99)]
ANY = (0.0, math.inf)


@dataclass(frozen=True)
class Reading:
    """One way to read a claim, with the p-values that it allows."""

    scale: Scale
    level: int
    alpha: float
    sides: str
    most_inverse_df: int
    p: tuple[tuple[float, float], ...]

    @property
    def words(self) -> str:
        """Name the reading: its scale, level, distribution and sides."""
        kind = "two-sided p" if self.sides == "two" else "one-sided p"
        law = "t distribution" if self.most_inverse_df else "normal"
        limits = ", one-sided limits" if self.alpha > 1.5 * (1 - self.level / 100) else ""
        return f"{self.scale.name} scale, {self.level}%{limits}, {law}, {kind}"

    def gap(self, p: Printed | None) -> float:
        """Return how far a printed p is from what the reading allows; 0 where it fits."""
        if p is None:
            return 0.0
        low, high = max(p.low, 0), min(p.high, 1)
        return min(max(0.0, least * (1 - 1e-9) - high, low - most * (1 + 1e-9)) for least, most in self.p)


def statistic(z: Printed | None) -> tuple[float, float]:
    """Return the absolute values that a printed statistic can stand for: its sign is a convention."""
    if z is None:
        return ANY
    least = 0.0 if z.low <= 0 <= z.high else min(abs(z.low), abs(z.high))
    return least, max(abs(z.low), abs(z.high))


def readings(figures, *, z: Printed | None) -> Iterator[Reading]:
    """Return every reading under which the interval and the statistic ``z`` agree, the plainest first."""
    distances = [(scale, distance_of(scale, figures)) for scale in scales(figures.measure)]
    for most_inverse_df in (0, 1):
        for level, alpha, sides in _KINDS:
            for scale, distance in distances:
                # Nothing fits a scale on which the estimate is not the middle of its interval.
                found = distance and p_range(distance, statistic(z), round(alpha, 12), most_inverse_df)
                if found:
                    yield Reading(scale, level, alpha, sides, most_inverse_df, _sided(found, sides))


def distance_of(scale: Scale, figures) -> tuple[float, float] | None:
    """Return the distance range of an interval on a scale; None where the estimate is not its middle."""
    return distance_range(scale, figures.estimate, figures.low, figures.high)


def statistics_allowed(figures) -> tuple[float, float] | None:
    """Return the statistics that the interval allows over every reading, or None if no scale fits it."""
    distances = [d for d in (distance_of(scale, figures) for scale in scales(figures.measure)) if d]
    widths = [statistic_range(d, round(alpha, 12), 1) for d in distances for _, alpha, _ in _KINDS]
    return (min(low for low, _ in widths), max(high for _, high in widths)) if widths else None


def nearest(figures, *, z: Printed | None) -> Reading | None:
    """Find the first reading that fits the printed p, or else the one that comes nearest to it."""
    best, least = None, math.inf
    for each in readings(figures, z=z):
        gap = each.gap(figures.p)
        if gap == 0:
            return each
        best, least = (each, gap) if gap < least else (best, least)
    return best


def has_interval(figures) -> bool:
    """Tell whether a distance from no difference in half-widths can be had: from two of three figures."""
    return (figures.low is None) + (figures.high is None) + (figures.estimate is None) <= 1


def _sided(p: tuple[float, float], sides: str) -> tuple[tuple[float, float], ...]:
    """Return the p-values of a test; a one-sided one may look to either side."""
    least, most = p
    return (p,) if sides == "two" else ((least / 2, most / 2), (1 - most / 2, 1 - least / 2))


@lru_cache(maxsize=4096)
def critical(alpha: float, inverse_df: float) -> float:
    """Return the half-width of a two-sided interval in standard errors; 1/df = 0 is the normal one."""
    return float(-stdtrit(1 / inverse_df, alpha / 2) if inverse_df > 0 else -ndtri(alpha / 2))


def two_sided_p(statistic: float, inverse_df: float) -> float:
    """Return the two-sided p of a statistic."""
    if math.isinf(statistic):
        return 0.0
    return float(2 * (stdtr(1 / inverse_df, -statistic) if inverse_df > 0 else ndtr(-statistic)))


def statistic_range(
    distance: tuple[float, float], alpha: float, most_inverse_df: float
) -> tuple[float, float]:
    """Return the test statistics that go with an interval, over all 1/df from 0 to the given one."""
    return distance[0] * critical(alpha, 0), distance[1] * critical(alpha, most_inverse_df)


def p_range(
    distance: tuple[float, float], statistic: tuple[float, float], alpha: float, most_inverse_df: float
) -> tuple[float, float] | None:
    """Return the two-sided p-values that go with an interval and a test statistic.

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
    """Return the half-width in standard errors that puts a distance on a statistic; 0 if any does."""
    if statistic == 0 or math.isinf(distance):
        return 0.0
    return statistic / distance if distance > 0 else math.inf


def _most_width(statistic: float, distance: float) -> float:
    """Return the half-width in standard errors that puts a distance on a statistic; infinity if any does."""
    if distance == 0 or math.isinf(statistic):
        return math.inf
    return statistic / distance


def _inverse_dfs(least: float, most: float, alpha: float, most_inverse_df: float):
    """Return the range of 1/df whose half-widths lie between two bounds, or None."""
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
