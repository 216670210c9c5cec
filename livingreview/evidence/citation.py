"""Reads CITATION.cff, or says what of it nobody can cite."""

from datetime import date
from pathlib import Path

import yaml

from livingreview.evidence.files import malformed
from livingreview.schema import DataError, Fault
from livingreview.schema.values import shown

CARD = "CITATION.cff"
_NEEDED = ("title", "version", "authors")
# What is taken from the card; the rest of it is nobody's business here.
_TEXTS = ("title", "version", "abstract", "type", "url", "repository-code", "doi", "date-released")
_LISTS = {"keywords": str, "license": str, "authors": dict, "contact": dict, "identifiers": dict}
_NAMES = ("name", "family-names", "given-names")


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
    """Read a citation file.

    Parameters
    ----------
    text : its YAML
    where : the file it came from, for the message

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
    found = {key: expected for key in (*_TEXTS, *_LISTS) if (expected := _lacks(card, key))}
    # Either kind of text has its keys at the beginning of a line.
    lines = (text if isinstance(text, str) else text.decode("utf-8", "replace")).splitlines()
    return card, [
        Fault(where, _line(lines, key), key, f"expected {expected}") for key, expected in found.items()
    ]


def _line(lines: list[str], key: str) -> int:
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:")), 1)


def _lacks(card: dict, key: str) -> str:
    """Return what was expected of a key and what was found; empty where it is well formed."""
    value = card.get(key) or None
    if value is None:
        return "what a citation needs, found nothing" if key in _NEEDED else ""
    if key in _TEXTS:
        if not isinstance(value, str):
            return f"text, found {shown(value)}"
        return (
            ""
            if key != "date-released" or _is_date(value)
            else f"a date such as 2026-11-22, found {shown(value)}"
        )
    if key == "license" and isinstance(value, str):
        return ""
    kind = _LISTS[key]
    if not isinstance(value, list) or not all(isinstance(entry, kind) for entry in value):
        return f"a list of {'texts' if kind is str else 'mappings'}, found {shown(value)}"
    return _lacks_in(value, key)


def _lacks_in(entries: list, key: str) -> str:
    for entry in entries:
        if isinstance(entry, dict) and not all(isinstance(said, str) for said in entry.values()):
            return f"entries with a text for each key, found {shown(entry)}"
        if key == "authors" and not any(entry.get(name, "").strip() for name in _NAMES):
            return f"a name or family-names for each author, found {shown(entry)}"
        if key == "identifiers" and not (entry.get("type") and entry.get("value")):
            return f"a type and a value for each identifier, found {shown(entry)}"
    return ""


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
