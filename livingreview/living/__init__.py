"""Keeps the review living: searches the literature, adds a trial, screens records, confirms what was read."""

from livingreview.living.add import Added, Wish, add, plain_numbers
from livingreview.living.screen import Decision, screen, wish_of
from livingreview.living.search import Run, record, search
from livingreview.living.waiting import report, write_ris
from livingreview.living.web import Web, known_services, open_web

__all__ = [
    "Added",
    "Decision",
    "Run",
    "Web",
    "Wish",
    "add",
    "known_services",
    "open_web",
    "plain_numbers",
    "record",
    "report",
    "screen",
    "search",
    "wish_of",
    "write_ris",
]
