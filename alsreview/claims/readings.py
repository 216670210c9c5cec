"""Lists the ways in which an interval, a statistic and a p-value may belong together."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from alsreview.claims.scales import Scale, distance_range, scales
from alsreview.claims.tails import p_range, statistic_range
from alsreview.schema import Printed

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
        """Give how far a printed p is from what the reading allows; 0 where it fits."""
        if p is None:
            return 0.0
        low, high = max(p.low, 0), min(p.high, 1)
        return min(max(0.0, least * (1 - 1e-9) - high, low - most * (1 + 1e-9)) for least, most in self.p)


def statistic(z: Printed | None) -> tuple[float, float]:
    """Give the absolute values that a printed statistic can stand for: its sign is a convention."""
    if z is None:
        return ANY
    least = 0.0 if z.low <= 0 <= z.high else min(abs(z.low), abs(z.high))
    return least, max(abs(z.low), abs(z.high))


def readings(figures, *, z: Printed | None) -> Iterator[Reading]:
    """Give every reading under which the interval and the statistic ``z`` agree, the plainest first."""
    distances = [(scale, distance_of(scale, figures)) for scale in scales(figures.measure)]
    for most_inverse_df in (0, 1):
        for level, alpha, sides in _KINDS:
            for scale, distance in distances:
                # Nothing fits a scale on which the estimate is not the middle of its interval.
                found = distance and p_range(distance, statistic(z), round(alpha, 12), most_inverse_df)
                if found:
                    yield Reading(scale, level, alpha, sides, most_inverse_df, _sided(found, sides))


def distance_of(scale: Scale, figures) -> tuple[float, float] | None:
    """Give the distance range of a claim's interval on a scale; None where the estimate is not its middle."""
    return distance_range(scale, figures.estimate, figures.low, figures.high)


def statistics_allowed(figures) -> tuple[float, float] | None:
    """Give the statistics that the interval allows over every reading, or None if no scale fits it."""
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
    """Give the p-values of a test; a one-sided one may look to either side."""
    least, most = p
    return (p,) if sides == "two" else ((least / 2, most / 2), (1 - most / 2, 1 - least / 2))
