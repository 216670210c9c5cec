"""A living systematic review: its evidence, its statistics, its book."""

from livingreview.evidence import Evidence, load_evidence
from livingreview.reviews import Review
from livingreview.schema import DataError
from livingreview.statistics import pool, synthesise

__all__ = ["DataError", "Evidence", "Review", "load_evidence", "pool", "synthesise"]
