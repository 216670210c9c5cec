"""Says where a number stands: the address of a trial's page, of a row on it, and of its source."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from livingreview.effects.sources import KIND_WORDS
from livingreview.exhibits.words import capital
from livingreview.tables import Row

_POINTER = re.compile(r"\(source (\w+)(?=[,)])")
_REGISTRIES = {"NCT": "https://clinicaltrials.gov/study/", "ISRCTN": "https://www.isrctn.com/"}


def trial_address(trial_id: str, part: str = "") -> str:
    """Return the address of a trial's page, or of a part of it, seen from a chapter."""
    # It ends in the name of a section, so that the same link leads to it in the PDF too.
    return f"trials/{trial_id}.html#{trial_id}" + (f"-{part}" if part else "")


def row_anchor(trial_id: str, place: str) -> str:
    """Name a row of data on its trial's page; ``place`` is its file and line, ``.../arms.csv:3``."""
    file, _, line = place.rpartition(":")
    return f"{trial_id}-{PurePosixPath(file).stem}-{line}"


def to_trial(row: Row) -> str:
    """Lead a table's row to the page of its trial."""
    return trial_address(row["trial_id"])


def to_row(row: Row) -> str:
    """Lead a table's row to the first row of data behind it, or to the page of its trial."""
    places = row.get("rows")
    if not isinstance(places, tuple) or not places:
        return to_trial(row)
    return f"trials/{row['trial_id']}.html#{row_anchor(row['trial_id'], places[0])}"


def source_address(source: Row) -> str | None:
    """Return the lasting address of a source: its DOI, else PubMed, else where it was seen."""
    return _named(source)[1]


def _named(source: Row) -> tuple[str | None, str | None]:
    """Return a source's lasting name with its address, or the host it was seen at with the page there."""
    if source.get("doi"):
        return f"doi:{source['doi']}", f"https://doi.org/{source['doi']}"
    if source.get("pmid"):
        return f"PubMed {source['pmid']}", f"https://pubmed.ncbi.nlm.nih.gov/{source['pmid']}/"
    return urlsplit(source.get("url") or "").netloc or None, source.get("url")


def registry_address(number: str | None) -> str | None:
    """Return the address of a registration; None for a registry we do not know."""
    known = re.fullmatch(f"({'|'.join(_REGISTRIES)})\\w+", number or "", re.ASCII)
    return known and _REGISTRIES[known[1]] + known[0]


def place_words(card: dict, source: str, locator: str) -> str:
    """Say the kind of a source and the place in it, without saying the kind twice."""
    kind = KIND_WORDS[card["sources"][source]["kind"]]
    # "abstract: abstract, results" would say it twice.
    said = locator if locator.lower().startswith(kind) else f"{kind}: {locator}"
    return named_sources(card, capital(said))


def entry_place(card: dict, entry: dict) -> str | None:
    """Say in words where an entry of a card was read; None for an entry without a source."""
    return place_words(card, entry["source"], entry["locator"]) if "source" in entry else None


def source_words(source: Row) -> str:
    """Name a source by what it is, else by its kind."""
    return source.get("what") or KIND_WORDS[source["kind"]]


def named_sources(card: dict, text: str) -> str:
    """Name the sources that a text of a card points to by their keys, as in "(source record, results)"."""

    def named(found: re.Match) -> str:
        source = card["sources"].get(found[1])
        return f"(source: {source_words(source)}" if source else found[0]

    return _POINTER.sub(named, text)


def named_source(card: dict, key: str) -> tuple[str | None, str | None]:
    """Name a source and lead to it: by DOI, PubMed or registry number, else by where it was seen."""
    source, known = card["sources"][key], {}
    # Another copy of the same paper may have the numbers.
    for other in card["sources"].values():
        if source.get("cite") and other.get("cite") == source["cite"]:
            known |= {name: other[name] for name in ("pmid", "doi") if name in other}
    registered = registry_address(card.get("registration"))
    if source["kind"] == "registry" and registered and not {"doi", "pmid"} & {*known, *source}:
        return card["registration"], registered
    return _named(known | source)


def lasting_address(card: dict, key: str) -> str | None:
    """Lead to a source by DOI, PubMed or registry number; by where it was seen if it has none of them."""
    return named_source(card, key)[1]


def to_source(card: dict) -> Callable[[Row], str | None]:
    """Return the function that leads a table's row to its source."""
    return lambda row: lasting_address(card, row["source"])
