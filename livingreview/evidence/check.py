"""Checks every file of ``data/`` against the dictionary and collects what is wrong."""

import re
from pathlib import Path

from pybtex.database.input.bibtex import Parser
from pybtex.exceptions import PybtexError

from livingreview.evidence.checklist import checklist_faults, headings
from livingreview.evidence.citation import citation_faults
from livingreview.evidence.dictionary import read_dictionary
from livingreview.evidence.digest import find_root
from livingreview.evidence.files import read_text
from livingreview.evidence.format import format_fault
from livingreview.evidence.literature import candidate_faults, read_queries, read_reviews
from livingreview.evidence.protocol import protocol_faults, read_certainty
from livingreview.evidence.read import (
    Reading,
    check_mapping,
    keys_of,
    read_mapping,
    read_rows,
    trial_folders,
)
from livingreview.evidence.studies import study_faults
from livingreview.evidence.trials import read_trial, trial_faults
from livingreview.schema import Fault

# What the protocol declares by name, for the keys of other files.
NAMED = ("analyses", "questions", "groups", "harms", "reasons")


def check_evidence(root: Path | None = None) -> list[Fault]:
    """Collect every fault of ``data/``, and of the citation.

    Returns
    -------
    list of Fault, sorted by place; empty when the data are well

    Raises
    ------
    DataError
        When no folder above the working one holds ``data/protocol.yml``.
    """
    root = find_root(root)
    return sorted(set(with_citation(root, read_evidence(root, {"headings": headings(root)}).faults)))


def with_citation(root: Path, faults: list[Fault]) -> list[Fault]:
    """Add the faults of the citation to those of the data, unless the data have another format."""
    if [(fault.path, fault.column) for fault in faults] == [("data/protocol.yml", "format")]:
        return faults
    return [*faults, *citation_faults(root)]


def read_evidence(root: Path | None = None, names: dict | None = None) -> Reading:
    """Read and check all of ``data/`` without raising on its faults.

    Parameters
    ----------
    root : the folder of the review
    names : what keys may refer to beyond the data, such as the headings of the chapters; a chapter that
        only reads the evidence does not depend on those of another
    """
    root = find_root(root)
    reading = Reading()
    reading.protocol, lines = read_mapping(root, "data/protocol.yml", reading)
    if (reading.protocol or not reading.faults) and (other := format_fault(reading.protocol, lines)):
        # Everything else may mean something else in another format.
        return Reading(faults=[other])
    reading.rules, faults = read_dictionary(root)
    reading.faults += faults
    if faults:
        return reading
    reading.outcomes, outcome_lines = read_mapping(root, "data/outcomes.yml", reading)
    names = (names or {}) | {"trials": {folder.name for folder in trial_folders(root)}}
    names |= {"outcomes": keys_of(reading.outcomes, "outcomes")} if reading.outcomes else {}
    if reading.protocol:
        names |= {key: keys_of(reading.protocol, key) for key in NAMED}
        names["entry_criteria"] = set(reading.protocol.get("entry_criteria") or ())
    names |= _bibtex_keys(root, reading)
    check_mapping("data/outcomes.yml", reading.outcomes, outcome_lines, names, reading)
    check_mapping("data/protocol.yml", reading.protocol, lines, names, reading)
    reading.faults += protocol_faults(reading.protocol, lines, reading.outcomes)
    for folder in trial_folders(root):
        read_trial(root, folder, names, reading)
    reading.faults += trial_faults(reading)
    reading.reviews, faults = read_reviews(root, reading.rules["review.yml"], names)
    reading.faults += faults
    _read_studies(root, names, reading)
    analyses = keys_of(reading.protocol, "analyses")
    reading.grade, faults = read_certainty(root, reading.rules, names, analyses)
    reading.faults += faults
    return reading


def _bibtex_keys(root: Path, reading: Reading) -> dict[str, set]:
    """Read the keys of the bibliography, and the years of its entries into the reading."""
    path = root / "references.bib"
    text, faults = read_text(path, path.name) if path.is_file() else ("", [])
    try:
        entries = {} if faults else Parser().parse_string(text).entries
    except PybtexError as error:
        # Only a syntax error has a line; else an entry is there twice, and the message ends with its key.
        second = text.rfind(f"{{{str(error).rpartition(' ')[2]},")
        line = getattr(error, "lineno", None) or text.count("\n", 0, max(second, 0)) + 1
        faults = [Fault(path.name, line, "file", f"malformed BibTeX: {error}")]
    reading.faults += faults
    if faults:
        return {}
    years = {key: re.search(r"\d{4}", entry.fields.get("year", "")) for key, entry in entries.items()}
    reading.years = {key: int(found[0]) for key, found in years.items() if found}
    return {"references": set(years)}


def _read_studies(root: Path, names: dict, reading: Reading) -> None:
    """Read what became of every record, and the checklist; a review may not have them yet."""
    for table in ("ongoing.csv", "searches.csv"):
        read_rows(root, root / "data" / table, names, reading, {})
    own = {"searches": {row["search_id"] for row in reading.rows["searches.csv"]}}
    for table in ("screening.csv", "candidates.csv"):
        read_rows(root, root / "data" / table, names | own, reading, {})
    records = {row["record_id"] for row in reading.rows["screening.csv"]} | set(reading.reviews)
    read_rows(root, root / "data/reports.csv", names | {"records": records}, reading, {})
    reading.faults += candidate_faults(reading.rows["candidates.csv"], reading.rows["screening.csv"])
    reading.queries, faults = read_queries(root, reading.rules["search.yml"], reading.cards)
    reading.faults += faults
    if (root / "data/screening.csv").is_file():
        unsound = any(fault.path == "data/protocol.yml" for fault in reading.faults)
        reasons = None if unsound else reading.protocol.get("reasons", {})
        reading.faults += study_faults(reading.rows, reading.cards, reasons, reading.faults)
    if (root / "data/checklist.yml").is_file():
        reading.checklist, lines = read_mapping(root, "data/checklist.yml", reading)
        check_mapping("data/checklist.yml", reading.checklist, lines, names, reading)
        reading.faults += checklist_faults(reading.checklist, lines)
