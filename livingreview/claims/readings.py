"""Lists the ways in which an estimate, its interval, a test statistic and a p-value may belong together."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from livingreview.effects.measures import MEASURES as EFFECTS
from livingreview.schema import Printed

RATIOS = tuple(key for key, measure in EFFECTS.items() if measure.ratio)
# A published claim names the plain measure, or a correlation.
MEASURES = (*(key for key, each in EFFECTS.items() if not (each.adjusted or each.monthly)), "r")
# Stands for infinity: the logarithm of the smallest ratio, and Fisher's z of a correlation of 1.
_FAR = 700.0
# Where a limit may have stood before it was cut to what the measure can be.
_CUT = 1e6
# Of a bound at which distance and statistic meet: the bits that finding its df leaves open.
_SLACK = 1e-9
# By hand people multiply by 1.96, 1.645 or 2.58, the last of which is off by 0.16 %.
_BY_HAND = 0.002

# Level in percent, the two-sided alpha of its limits, and the sides of p; the commonest first. Limits of a
# one-sided interval go with a one-sided p only.
_KINDS = [(level, round(1 - level / 100, 2), sides) for sides in ("two", "one") for level in (95, 90, 99)]
_KINDS += [(level, round(2 - level / 50, 2), "one") for level in (95, 90, 99)]
ANY = (0.0, math.inf)


@dataclass(frozen=True)
class Scale:
    """A scale, and where "no difference" or "no association" lies on it."""

    name: str
    null: float
    least: float = -math.inf
    most: float = math.inf

    def limit_range(self, printed: Printed) -> tuple[float, float]:
        """Return the values of a limit; one printed at the end of its scale may have been cut there."""
        low, high = self.range(printed)
        return (-_CUT if printed.low <= self.least else low), (_CUT if printed.high >= self.most else high)

    def range(self, printed: Printed) -> tuple[float, float]:
        """Return the values on this scale that a printed figure can stand for."""
        return self.at(printed.low), self.at(printed.high)

    def at(self, x: float) -> float:
        if self.name == "log":
            return math.log(x) if x > 0 else -_FAR
        if self.name == "Fisher z":
            return math.atanh(x) if abs(x) < 1 else math.copysign(_FAR, x)
        return x

    def holds(self, x: float) -> bool:
        """Tell whether a value has a place on this scale: a ratio of 0 has no logarithm."""
        return {"log": x > 0, "Fisher z": abs(x) < 1}.get(self.name, True)

    def back(self, y: float) -> float:
        """Return the printed value of a value on this scale."""
        if self.name == "log":
            return math.exp(min(y, _FAR))
        return math.tanh(y) if self.name == "Fisher z" else y

    def middle(self, low: float, high: float) -> float:
        """Return the printed value in the middle between two others, as this scale measures."""
        return self.back((self.at(low) + self.at(high)) / 2)


def scales(measure: str) -> tuple[Scale, ...]:
    """List the scales of a measure, the usual one first."""
    if measure in RATIOS:
        return Scale("log", 0), Scale("plain", 1, least=0)
    return (Scale("Fisher z", 0), Scale("plain", 0, -1, 1)) if measure == "r" else (Scale("plain", 0),)


@dataclass(frozen=True)
class Figures:
    """What a claim prints; None where it prints nothing."""

    measure: str
    estimate: Printed | None
    low: Printed | None
    high: Printed | None
    p: Printed | None
    z: Printed | None
    i2: Printed | None
    k: int | None
    n: int | None
    unnamed_p: bool

    @property
    def has_interval(self) -> bool:
        """Whether a distance from no difference in half-widths can be had: from two of three figures."""
        return [self.estimate, self.low, self.high].count(None) <= 1

    def distance(self, scale: Scale) -> tuple[float, float] | None:
        """Return the distance range of the interval on a scale; None where the estimate is not its middle."""
        return distance_range(scale, self.estimate, self.low, self.high)


def distance_range(
    scale: Scale, estimate: Printed | None, low: Printed | None, high: Printed | None
) -> tuple[float, float] | None:
    """Return the distance from no difference, in half-widths of the interval, that the figures allow.

    Returns
    -------
    (least, most)
        Over every estimate that stands in the middle of its interval and is printed so, with limits
        that are printed so; None if there is no such estimate, and (0, infinity) without an interval.

    Notes
    -----
    Limits a and b that fit form a polygon: a rectangle, cut to the strip in which (a + b) / 2 is printed
    as the estimate, and to a <= b. On each side of no difference the distance has its extremes at
    the polygon's corners, since it is a ratio of two linear functions.
    """
    if [estimate, low, high].count(None) > 1:
        return 0, math.inf
    a, b, middle = _ranges(scale, estimate, low, high)
    points = _corners(a, b, middle)
    if not points:
        return None
    centres = [(x + y) / 2 - scale.null for x, y in points]
    found = [
        abs(centre) / ((y - x) / 2) if y > x else math.inf
        for centre, (x, y) in zip(centres, points, strict=True)
    ]
    nearest = 0 if min(centres) <= 0 <= max(centres) else min(found)
    return nearest * (1 - _BY_HAND), max(found) * (1 + _BY_HAND)


def _ranges(scale, estimate, low, high) -> tuple:
    """Return the ranges of both limits and of the middle; what was not printed follows from the rest."""
    a, b = (None if each is None else scale.limit_range(each) for each in (low, high))
    middle = None if estimate is None else scale.range(estimate)
    if middle is None:
        middle = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    mirrored = b if a is None else a
    other = 2 * middle[0] - mirrored[1], 2 * middle[1] - mirrored[0]
    return (other if a is None else a), (other if b is None else b), middle


def _corners(a: tuple, b: tuple, middle: tuple) -> list[tuple[float, float]]:
    """List the corners of the polygon of limits that fit."""
    points = [(x, y) for x in a for y in b]
    points += [(x, 2 * m - x) for x in a for m in middle] + [(2 * m - y, y) for y in b for m in middle]
    points += [(t, t) for t in (*a, *b, *middle)]
    near = 1e-12 * max(map(abs, (*a, *b, *middle)))
    return [
        (x, y)
        for x, y in points
        if a[0] - near <= x <= a[1] + near
        and b[0] - near <= y <= b[1] + near
        and 2 * (middle[0] - near) <= x + y <= 2 * (middle[1] + near)
        and x <= y + near
    ]


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
    return ANY if z is None else size_range(z.low, z.high)


def size_range(low: float, high: float) -> tuple[float, float]:
    """Return the least and the greatest absolute value between two limits."""
    least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    return least, max(abs(low), abs(high))


def readings(figures: Figures, *, z: Printed | None) -> Iterator[Reading]:
    """Return every reading under which the interval and the statistic ``z`` agree, the plainest first."""
    distances = [(scale, figures.distance(scale)) for scale in scales(figures.measure)]
    for most_inverse_df in (0, 1):
        for level, alpha, sides in _KINDS:
            for scale, distance in distances:
                # Nothing fits a scale on which the estimate is not the middle of its interval.
                found = distance and p_range(distance, statistic(z), alpha, most_inverse_df)
                if found:
                    yield Reading(scale, level, alpha, sides, most_inverse_df, _sided(found, sides))


def statistics_allowed(figures: Figures) -> tuple[float, float] | None:
    """Return the statistics that the interval allows over every reading, or None if no scale fits it."""
    distances = [d for d in (figures.distance(scale) for scale in scales(figures.measure)) if d]
    if not distances:
        return None
    # Over all df, of which the normal distribution has the least half-width and one df the greatest.
    least = min(low for low, _ in distances) * min(critical(alpha, 0) for _, alpha, _ in _KINDS)
    return least, max(high for _, high in distances) * max(critical(alpha, 1) for _, alpha, _ in _KINDS)


def nearest(figures: Figures, *, z: Printed | None) -> Reading | None:
    """Find the first reading that fits the printed p, or else the one that comes nearest to it."""
    best, least = None, math.inf
    for each in readings(figures, z=z):
        gap = each.gap(figures.p)
        if gap == 0:
            return each
        best, least = (each, gap) if gap < least else (best, least)
    return best


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
    therefore lie at the ends of its range, or where a bound by distance crosses a bound by statistic.
    """
    (nearest, farthest), (smallest, largest) = distance, statistic
    crossings = [size / far for size in statistic for far in distance if far > 0 and math.isfinite(size)]
    found = []
    for u in (0.0, most_inverse_df, *(_inverse_df(width, alpha, most_inverse_df) for width in crossings)):
        width = critical(alpha, u)
        least, most = max(smallest, nearest * width), min(largest, farthest * width)
        if least <= most * (1 + _SLACK):
            found.append((two_sided_p(most, u), two_sided_p(least, u)))
    return (min(low for low, _ in found), max(high for _, high in found)) if found else None


def _inverse_df(width: float, alpha: float, most: float) -> float:
    """Find the 1/df, from 0 to the most, whose half-width is nearest to a width; it grows with 1/df."""
    if width <= critical(alpha, 0):
        return 0.0
    if width >= critical(alpha, most):
        return most
    # Imported here: it takes a second, and few commands audit a claim.
    from scipy.optimize import brentq

    return brentq(lambda u: critical(alpha, u) - width, 0, most, xtol=1e-14)
