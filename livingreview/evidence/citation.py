"""Reads CITATION.cff, or says what of it nobody can cite."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from livingreview.evidence.files import malformed
from livingreview.schema import VALUES, DataError, Fault, Place, Refused, shown

CARD = "CITATION.cff"
_NEEDED = ("title", "version", "authors")
# What is taken from the card; the rest of it is nobody's business here.
_TEXTS = ("title", "version", "abstract", "type", "url", "repository-code", "doi", "date-released")
_LISTS = {"keywords": str, "license": str, "authors": dict, "contact": dict, "identifiers": dict}


def read_card(root: Path) -> dict:
    """Read the citation file of the review in a folder.

    Raises
    ------
    ValueError
        When there is none, or as `parse_card` does.
    """
    path = root / CARD
    if not path.is_file():
        raise ValueError(
            f"{CARD}: not found; expected beside _config.yml: it has the authors and the version"
        )
    return parse_card(path.read_bytes(), CARD)


def parse_card(text: str | bytes, where: str) -> dict:
    """Read the YAML of a citation file; ``where`` is the file it came from, for the message.

    Raises
    ------
    DataError
        When it is no YAML, names no title, version or author, or a key holds another form than expected.
    """
    card, faults = _read(text, where)
    if faults:
        raise DataError(faults)
    return card


def citation_faults(root: Path) -> list[Fault]:
    """List what is wrong with the citation file of a review; a review may not have one yet."""
    path = root / CARD
    return _read(path.read_bytes(), CARD)[1] if path.is_file() else []


def _read(text: str | bytes, where: str) -> tuple[dict, list[Fault]]:
    try:
        # Dates and versions stay words: 2026.10 as a number would be 2026.1.
        card = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        return {}, [malformed(error, where)]
    if not isinstance(card, dict):
        return {}, [Fault(where, 1, "file", "expected a YAML mapping")]
    # Each key begins a line.
    told = (text if isinstance(text, str) else text.decode("utf-8", "replace")).splitlines()
    lines = {(line.partition(":")[0],): number for number, line in enumerate(told, 1) if ":" in line}
    place = Place(where, lines=lines)
    return card, [place.fault(*each) for each in _key_faults(card)]


def _key_faults(card: dict) -> Iterator[tuple[str, str]]:
    for key in (*_TEXTS, *_LISTS):
        value = card.get(key) or None
        if value is None:
            if key in _NEEDED:
                yield key, "expected what a citation needs, found nothing"
        elif key in _TEXTS or (key == "license" and isinstance(value, str)):
            if not isinstance(value, str):
                yield key, f"expected text, found {shown(value)}"
            elif key == "date-released":
                yield from _date_faults(value)
        elif not isinstance(value, list) or not all(isinstance(entry, _LISTS[key]) for entry in value):
            kind = "texts" if _LISTS[key] is str else "mappings"
            yield key, f"expected a list of {kind}, found {shown(value)}"
        elif _LISTS[key] is dict:
            wrong = ((entry, told) for entry in value if (told := _lacking(entry, key)))
            yield from ((key, f"expected {told}, found {shown(entry)}") for entry, told in [*wrong][:1])


def _date_faults(value: str) -> Iterator[tuple[str, str]]:
    try:
        VALUES["date"](value, {}, {})
    except Refused as refusal:
        yield "date-released", str(refusal)


def _lacking(entry: dict, key: str) -> str:
    """Return what an entry of a list should have; empty where it has that."""
    if not all(isinstance(said, str) for said in entry.values()):
        return "entries with a text for each key"
    names = ("name", "family-names", "given-names")
    if key == "authors" and not any(entry.get(name, "").strip() for name in names):
        return "a name or family-names for each author"
    if key == "identifiers" and not (entry.get("type") and entry.get("value")):
        return "a type and a value for each identifier"
    return ""
