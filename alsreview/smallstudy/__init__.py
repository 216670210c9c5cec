"""Asks whether small trials differ from large ones: funnel asymmetry and what it would change."""

from alsreview.smallstudy.asymmetry import (
    Asymmetry,
    Intercept,
    RankTest,
    begg,
    egger,
    one_precision,
    peese,
    pet,
)
from alsreview.smallstudy.trim import Filled, trim_and_fill

__all__ = [
    "Asymmetry",
    "Filled",
    "Intercept",
    "RankTest",
    "begg",
    "egger",
    "one_precision",
    "peese",
    "pet",
    "trim_and_fill",
]
