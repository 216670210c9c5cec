"""Synthesis without meta-analysis: which way the trials point."""

from alsreview.direction.signs import (
    CombinedP,
    SignTest,
    combine_p,
    exact_limits,
    sign_test,
)
from alsreview.direction.trials import count_directions, directions, people_behind, unread

__all__ = [
    "CombinedP",
    "SignTest",
    "combine_p",
    "count_directions",
    "directions",
    "exact_limits",
    "people_behind",
    "sign_test",
    "unread",
]
