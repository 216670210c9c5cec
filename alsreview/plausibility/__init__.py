"""Arithmetic on printed figures: can this value, interval, p and n stand together?"""

from alsreview.plausibility.queries import Query, plausibility

__all__ = ["Query", "plausibility"]
