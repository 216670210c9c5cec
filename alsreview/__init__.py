"""The names that the chapters of this review use: its results, its tables and its figures.

`livingreview` does the work; what is said about ALS stands in ``data/`` and in the chapters.
"""

from livingreview import exhibits
from livingreview.exhibits import *  # noqa: F403
from livingreview.reviews import Result, Review

__all__ = ["review", "synthesise", *exhibits.__all__]


def review() -> Review:
    """Return the review in this folder, or in the nearest one above it, read and checked."""
    return Review()


def synthesise(analysis_id: str) -> Result:
    """Return the result of an analysis of ``data/protocol.yml``."""
    return review()[analysis_id].result
