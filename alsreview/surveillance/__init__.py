"""Searches PubMed, Europe PMC and ClinicalTrials.gov for trials that the review does not know."""

from alsreview.surveillance.judge import Run
from alsreview.surveillance.ledger import record
from alsreview.surveillance.matching import SAME
from alsreview.surveillance.report import report
from alsreview.surveillance.ris import write_ris
from alsreview.surveillance.run import search
from alsreview.surveillance.services import Service, known_services
from alsreview.surveillance.store import Store
from alsreview.surveillance.web import Web, open_web

__all__ = [
    "SAME",
    "Run",
    "Service",
    "Store",
    "Web",
    "known_services",
    "open_web",
    "record",
    "report",
    "search",
    "write_ris",
]
