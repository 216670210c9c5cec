"""Names the web services that are asked, with their addresses and how often each may be asked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from alsreview.evidence.citation import CARD, read_card

NCBI_KEY = "NCBI_API_KEY"
ELSEWHERE = "ALSREVIEW_SERVICES"


@dataclass(frozen=True)
class Service:
    """A web service.

    Attributes
    ----------
    name : as a message says it
    base : its address, ending in a slash
    per_second : requests that it allows
    form : whether a request goes in the body, where no log of addresses shows a key
    extra : parameters of every request, which no cache or message may hold
    """

    name: str
    base: str
    per_second: float
    form: bool = False
    extra: tuple[tuple[str, str], ...] = ()


SERVICES = {
    # Three requests a second without a key and ten with one: E-utilities, chapter 2, NBK25497.
    "ncbi": Service("PubMed", "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/", 3, form=True),
    "europepmc": Service("Europe PMC", "https://www.ebi.ac.uk/europepmc/webservices/rest/", 2),
    "clinicaltrials": Service("ClinicalTrials.gov", "https://clinicaltrials.gov/api/v2/", 0.8),
    "crossref": Service("Crossref", "https://api.crossref.org/", 1),
}


def known_services(root: Path, environment: Mapping[str, str] = os.environ) -> dict[str, Service]:
    """Give every service by its key, with the key and the addresses that the environment names.

    Parameters
    ----------
    root : folder of the review, whose CITATION.cff may hold an address to write to
    environment : ``NCBI_API_KEY`` is PubMed's key; ``ALSREVIEW_SERVICES`` is an address below which each
        service stands under its key, such as that of a local copy
    """
    key, elsewhere = environment.get(NCBI_KEY, ""), environment.get(ELSEWHERE, "")
    said = {"tool": "alsreview", "email": contact(root), "api_key": key}
    extra = tuple((name, value) for name, value in said.items() if value)
    known = SERVICES | {
        "ncbi": replace(SERVICES["ncbi"], per_second=10 if key else 3, extra=extra),
    }
    if elsewhere:
        if not elsewhere.startswith(("http://", "https://")):
            expected = f"{ELSEWHERE}: expected an address such as http://localhost:8001"
            raise ValueError(f"{expected}, found {elsewhere!r}")
        base = elsewhere.rstrip("/")
        # A copy of our own needs no sparing.
        known = {
            name: replace(service, base=f"{base}/{name}/", per_second=1000) for name, service in known.items()
        }
    return known


def contact(root: Path) -> str:
    """Find an e-mail address in CITATION.cff; empty when the review names none."""
    card = _card(root)
    people = [*(card.get("contact") or ()), *card.get("authors", ())]
    return next((person["email"] for person in people if person.get("email")), "")


def agent(root: Path) -> str:
    """Say who asks: the module, the review's version, its address and whom to write to."""
    card = _card(root)
    where = [card.get("url") or card.get("repository-code"), contact(root) and f"mailto:{contact(root)}"]
    said = "; ".join(["living systematic review", *(part for part in where if part)])
    return f"alsreview/{card.get('version', '0')} ({said})"


def _card(root: Path) -> dict:
    return read_card(root) if (root / CARD).is_file() else {}
