"""The names that the chapters of this review use: the review itself, its tables and its figures.

`livingreview` does the work; what is said about ALS stands in ``data/`` and in the chapters.
"""

from alsreview.programmes import programmes_table
from livingreview import exhibits
from livingreview.exhibits import *  # noqa: F403
from livingreview.reviews import Review

__all__ = ["programmes_table", "review", *exhibits.__all__]

review = Review()  # of this folder, or of the nearest one above it; read and checked when first asked
