"""Arithmetic on printed figures: can this value, interval, p and n stand together?"""

from livingreview.plausibility.queries import Query, plausibility

__all__ = ["Query", "plausibility"]
