"""Says where a number stands: the address of a trial's page, of a row on it, and of its source."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from livingreview.effects.sources import KIND_WORDS

FOLDER = "trials"
_POINTER = re.compile(r"\(source (\w+)(?=[,)])")
_REGISTRIES = {
    "NCT": "https://clinicaltrials.gov/study/{}",
    "ISRCTN": "https://www.isrctn.com/{}",
}


def trial_address(trial_id: str, part: str = "") -> str:
    """Give the address of a trial's page, or of a part of it, seen from a chapter."""
    # It ends in the name of a section, so that the same link leads to it in the PDF too.
    return f"{FOLDER}/{trial_id}.html#{trial_id}" + (f"-{part}" if part else "")


def row_anchor(trial_id: str, place: str) -> str:
    """Name a row of data on its trial's page; ``place`` is its file and line, ``.../arms.csv:3``."""
    file, _, line = place.rpartition(":")
    return f"{trial_id}-{PurePosixPath(file).stem}-{line}"


def row_address(trial_id: str, places) -> str:
    """Give the address of the first of the rows an estimate came from; of the trial's page without one."""
    if not isinstance(places, tuple) or not places:
        return trial_address(trial_id)
    return f"{FOLDER}/{trial_id}.html#{row_anchor(trial_id, places[0])}"


def to_row(row: Mapping) -> str:
    """Lead a table's row to the rows of data behind it, or to the page of its trial."""
    return row_address(row["trial_id"], row.get("rows"))


def source_address(source: Mapping) -> str | None:
    """Give the lasting address of a source: its DOI, else PubMed, else where it was seen."""
    if source.get("doi"):
        return f"https://doi.org/{source['doi']}"
    if source.get("pmid"):
        return f"https://pubmed.ncbi.nlm.nih.gov/{source['pmid']}/"
    return source.get("url")


def registry_address(number: str | None) -> str | None:
    """Give the address of a registration; None for a registry we do not know."""
    for start, address in _REGISTRIES.items():
        if number and number.startswith(start) and number.isalnum():
            return address.format(number)
    return None


def place_words(card: dict, source: str, locator: str) -> str:
    """Say the kind of a source and the place in it, without saying the kind twice."""
    kind = KIND_WORDS[card["sources"][source]["kind"]]
    # "abstract: abstract, results" would say it twice.
    said = locator if locator.lower().startswith(kind) else f"{kind}: {locator}"
    return named_sources(card, said[:1].upper() + said[1:])


def source_words(source: Mapping) -> str:
    """Name a source by what it is, else by its kind."""
    return source.get("what") or KIND_WORDS[source["kind"]]


def named_sources(card: dict, text: str) -> str:
    """Name the sources that a text of a card points to by their keys, as in "(source record, results)"."""

    def named(found: re.Match) -> str:
        source = card["sources"].get(found[1])
        return f"(source: {source_words(source)}" if source else found[0]

    return _POINTER.sub(named, text)


def identified(card: dict, key: str) -> dict:
    """Give a source of a card with the DOI and PubMed number that another copy of the same paper has."""
    source = card["sources"][key]
    copies = [other for other in card["sources"].values() if other.get("cite") == source.get("cite")]
    known = {
        name: other[name]
        for other in copies
        if source.get("cite")
        for name in ("pmid", "doi")
        if name in other
    }
    return known | source


def lasting_address(card: dict, key: str) -> str | None:
    """Lead to a source by DOI, PubMed or registry number; by where it was seen if it has none of them."""
    source = identified(card, key)
    if source["kind"] == "registry" and not {"doi", "pmid"} & set(source):
        return registry_address(card.get("registration")) or source_address(source)
    return source_address(source)


def to_source(card: dict):
    """Give the function that finds the address of a table row's source."""
    return lambda row: lasting_address(card, row["source"])
