"""Keeps the review living: searches the literature, adds a trial, records what persons decide."""

from livingreview.living.add import add, plain_numbers
from livingreview.living.search import Run, record, report, search, write_ris
from livingreview.living.web import Web

__all__ = ["Run", "Web", "add", "plain_numbers", "record", "report", "search", "write_ris"]
