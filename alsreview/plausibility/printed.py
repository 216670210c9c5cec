"""Turns printed figures into the values that they may stand for, and those into ranges of p."""

from decimal import Decimal
from functools import lru_cache
from math import erfc, inf, isfinite, sqrt

from scipy.special import ndtri, stdtr, stdtrit

Span = tuple[float, float]  # the lowest and the highest value

_Z = float(ndtri(0.975))


@lru_cache(maxsize=4096)
def span(text: str) -> Span:
    """Give the values that round to a printed number: half a unit of its last digit either way."""
    number = Decimal(text)
    half = Decimal(5).scaleb(number.as_tuple().exponent - 1)
    return float(number - half), float(number + half)


def p_span(text: str) -> Span:
    """Give the values that a printed p stands for; "<0.05" is everything below."""
    if text[0] == "<":
        return 0.0, float(text[1:])
    if text[0] == ">":
        return float(text[1:]), 1.0
    low, high = span(text)
    return max(low, 0.0), min(high, 1.0)


def minus(a: Span, b: Span) -> Span:
    """Subtract one span from another."""
    return a[0] - b[1], a[1] - b[0]


def size(a: Span) -> Span:
    """Give the span of the absolute value."""
    low = 0.0 if a[0] <= 0 <= a[1] else min(abs(a[0]), abs(a[1]))
    return low, max(abs(a[0]), abs(a[1]))


def apart(a: Span, b: Span) -> bool:
    """Tell whether two spans have no value in common; a hair's breadth is arithmetic, not print."""
    hair = 1e-9 * max(1.0, *(abs(x) for x in (*a, *b) if isfinite(x)))
    return a[1] < b[0] - hair or b[1] < a[0] - hair


def se_of_limits(low: Span, high: Span, df: float) -> Span:
    """Give the standard errors behind 95 % limits, for normal quantiles and for t on ``df``."""
    least, most = minus(high, low)
    return max(least, 0.0) / (2 * float(stdtrit(df, 0.975))), most / (2 * _Z)


def p_of(estimate: Span, se: Span, df: float) -> Span:
    """Give the two-sided p values of an estimate and its SE, from the normal to t on ``df``."""
    least, most = size(estimate)
    ratio = (least / se[1] if se[1] else inf, most / se[0] if se[0] > 0 else inf)
    # The normal distribution has the thinnest tails, t on the fewest df the thickest.
    return erfc(ratio[1] / sqrt(2)), 2 * float(stdtr(df, -ratio[0]))
