"""Reads the figures of a claim, and puts them on the scales that its interval may have been computed on."""

import math
from dataclasses import dataclass
from numbers import Real

from livingreview.effects import measures as effects
from livingreview.formats import MINUS
from livingreview.schema import Printed, printed_figure, printed_p

Figure = str | Real | None


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


def read_figures(measure: str, estimate: Figure, low: Figure, high: Figure, *, p, z, k, n, i2) -> Figures:
    """Read the figures of a claim, or say which of them is none."""
    if measure not in MEASURES:
        raise ValueError(f"measure: expected one of {', '.join(MEASURES)}, found {measure!r}")
    percent = i2.strip().removesuffix("%").strip() if isinstance(i2, str) else i2
    read = {
        name: None if value is None else printed_figure(value, name)
        for name, value in (
            ("estimate", estimate),
            ("ci_low", low),
            ("ci_high", high),
            ("z", z),
            ("i2", percent),
        )
    }
    stated = None if p is None else printed_p(p)
    return Figures(
        measure, read["estimate"], read["ci_low"], read["ci_high"], stated, read["z"], read["i2"],
        _count(k, "k"), _count(n, "n"), p is not None and stated is None,
    )  # fmt: skip


def _count(value, name: str) -> int | None:
    if value is None:
        return None
    text = str(value).strip() if not isinstance(value, bool) else ""
    whole = text.removesuffix(".0") if isinstance(value, float) else text
    if not (whole.isascii() and whole.isdecimal()) or int(whole) < 1:
        raise ValueError(f"{name}: expected a whole number of at least 1, found {value!r}")
    return int(whole)


def impossible(figures: Figures) -> list[str]:
    """List the figures that lie outside what they can be, whatever the rounding."""
    return [*_beyond_measure(figures), *_beyond_limits(figures), *_beyond_scale(figures)]


def _beyond_measure(figures: Figures) -> list[str]:
    parts = {"estimate": figures.estimate, "lower limit": figures.low, "upper limit": figures.high}
    found = []
    for name, part in parts.items():
        if part is not None and figures.measure in RATIOS and part.high < 0:
            found.append(
                _outside(
                    name,
                    part,
                    f"{_ratio_words(figures.measure)} cannot be below 0",
                )
            )
        if part is not None and figures.measure == "r" and (part.high < -1 or part.low > 1):
            found.append(_outside(name, part, "a correlation lies between \u22121 and 1"))
    return found


def _outside(name: str, part: Printed, rule: str) -> str:
    nearest = min((part.low, part.high), key=abs)
    bound = f"at {'most' if nearest < 0 else 'least'} {nearest:.6g}".replace("-", MINUS)
    return f"The {name} is printed as {part.text}, so even allowing for rounding it is {bound}; {rule}."


def _ratio_words(measure: str) -> str:
    label = effects.MEASURES[measure].label
    return f"{'an' if label[0] in 'aeiou' else 'a'} {label} ({measure})"


def _beyond_limits(figures: Figures) -> list[str]:
    estimate, low, high = figures.estimate, figures.low, figures.high
    rounding = "and rounding does not change that"
    if low and high and low.low > high.high:
        return [f"The lower limit {low.text} is above the upper limit {high.text}, {rounding}."]
    if estimate and low and estimate.high < low.low:
        return [f"The estimate {estimate.text} is below its lower limit {low.text}, {rounding}."]
    if estimate and high and estimate.low > high.high:
        return [f"The estimate {estimate.text} is above its upper limit {high.text}, {rounding}."]
    return []


def _beyond_scale(figures: Figures) -> list[str]:
    found = []
    if figures.p and (figures.p.high < 0 or figures.p.low > 1):
        found.append(f"p is printed as {figures.p.text}, and a p-value lies between 0 and 1.")
    if figures.i2 and (figures.i2.high < 0 or figures.i2.low > 100):
        found.append(f"I\u00b2 is printed as {figures.i2.text}%, and I\u00b2 lies between 0% and 100%.")
    return found


RATIOS = tuple(key for key, measure in effects.MEASURES.items() if measure.ratio)
# A published claim names the plain measure, or a correlation.
MEASURES = (*(key for key, each in effects.MEASURES.items() if not (each.adjusted or each.monthly)), "r")
# Stands for infinity: the logarithm of the smallest ratio, and Fisher's z of a correlation of 1.
_FAR = 700.0
# Where a limit may have stood before it was cut to what the measure can be.
_CUT = 1e6
# By hand people multiply by 1.96, 1.645 or 2.58, the last of which is off by 0.16 %.
_BY_HAND = 0.002


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
    if (low is None) + (high is None) + (estimate is None) > 1:
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
