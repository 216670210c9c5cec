"""Asks every registry for a trial, following the numbers that one of them gives to the next."""

from collections.abc import Callable
from dataclasses import dataclass, field

from alsreview.extraction.crossref import ask_crossref
from alsreview.extraction.pubmed import ask_pubmed, find_pmid
from alsreview.extraction.registry import ask_registry
from alsreview.extraction.report import Report
from alsreview.surveillance import Web
from alsreview.surveillance.records import plain_doi, plain_pmid, registry_numbers

_SERVICES = {ask_crossref: "crossref", ask_pubmed: "ncbi", find_pmid: "ncbi", ask_registry: "clinicaltrials"}


@dataclass(frozen=True)
class Numbers:
    """The numbers that a trial is looked up by, in their plain form; empty is not given."""

    doi: str = ""
    pmid: str = ""
    nct: str = ""


def plain_numbers(doi: str = "", pmid: str = "", nct: str = "") -> Numbers:
    """Read the numbers as somebody typed or pasted them.

    Raises
    ------
    ValueError
        When one of them has another form.
    """
    forms = {"doi": (doi, plain_doi(doi), "10.1000/xyz123"), "pmid": (pmid, plain_pmid(pmid), "29666705")}
    numbers = registry_numbers(nct)
    plain = numbers[0] if len(numbers) == 1 and numbers[0].startswith("NCT") else ""
    forms["nct"] = (nct, plain, "NCT01521728")
    for name, (given, found, example) in forms.items():
        if given and not found:
            raise ValueError(f"--{name}: expected a number such as {example}, found {given!r}")
    return Numbers(*(found for _, found, _ in forms.values()))


@dataclass
class Lookup:
    """What was found, and what a person must know of how.

    Attributes
    ----------
    notes : which registry could not be asked
    """

    report: Report
    notes: list[str] = field(default_factory=list)


def look_up(web: Web, numbers: Numbers) -> Lookup:
    """Ask Crossref, PubMed and ClinicalTrials.gov.

    Returns
    -------
    Lookup
        A registry that is down fills nothing, and a note says so.

    Raises
    ------
    ValueError
        When a registry does not know a number that was given.
    """
    found = Lookup(Report(doi=numbers.doi, pmid=numbers.pmid, registration=numbers.nct))
    if numbers.pmid:
        _ask(found, web, ask_pubmed, numbers.pmid, given=True)
    if found.report.doi:
        _ask(found, web, ask_crossref, found.report.doi, given=found.report.doi == numbers.doi)
        if not numbers.pmid and (pmid := _quietly(found, find_pmid, web, found.report.doi)):
            _ask(found, web, ask_pubmed, pmid, given=False)
    if found.report.registration.startswith("NCT"):
        number = found.report.registration
        _ask(found, web, ask_registry, number, given=number == numbers.nct)
    return found


def _ask(found: Lookup, web: Web, ask: Callable, number: str, *, given: bool) -> None:
    """Add what a registry says; only a number that a person gave must be known there."""
    try:
        found.report = found.report.filled(_told(ask, web, number))
    except FileNotFoundError as error:
        if given:
            raise ValueError(f"{error}: {number}; compare it with the paper") from None
        found.notes.append(f"{error} ({number})")
    except ConnectionError as error:
        found.notes.append(f"{error}: nothing was filled in from it, and it was not checked for retractions")


def _told(ask: Callable, web: Web, number: str):
    """Ask a registry; an answer that cannot be read is not kept, so that the next run asks again."""
    try:
        return ask(web, number)
    except ValueError:
        web.store.forget(_SERVICES[ask])
        raise


def _quietly(found: Lookup, ask: Callable, web: Web, number: str) -> str:
    try:
        return _told(ask, web, number)
    except (ConnectionError, FileNotFoundError) as error:
        found.notes.append(f"{error}: it was not checked for retractions")
        return ""
