"""Searches PubMed, Europe PMC and ClinicalTrials.gov for trials that the review does not know."""

from alsreview.surveillance.services import Service, known_services
from alsreview.surveillance.store import Store
from alsreview.surveillance.web import Web, open_web

__all__ = ["Service", "Store", "Web", "known_services", "open_web"]
