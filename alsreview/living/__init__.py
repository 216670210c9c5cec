"""Keeps the review living: searches the literature, adds a trial, screens records, confirms what was read."""

from alsreview.living.add import Added, Wish, add, plain_numbers
from alsreview.living.screen import Decision, screen, wish_of
from alsreview.living.search import Run, record, search
from alsreview.living.waiting import report, write_ris
from alsreview.living.web import Web, known_services, open_web

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
