"""Reads CITATION.cff, or says what of it nobody can cite."""

from pathlib import Path

import yaml

from livingreview.evidence.files import malformed
from livingreview.schema import DataError, Fault, Place, check_record

CARD = "CITATION.cff"
_TEXT, _NEEDED = {"type": "text"}, {"type": "text", "required": True}
_NAMES = ("name", "family-names", "given-names")
# The keys of people and of entities, in the Citation File Format 1.2.0.
_PERSON = (
    *_NAMES, "name-particle", "name-suffix", "alias", "orcid", "affiliation", "email", "website", "address",
    "city", "region", "post-code", "country", "location", "tel", "fax", "date-start", "date-end",
)  # fmt: skip
_PEOPLE = {"type": "records", "fields": dict.fromkeys(_PERSON, _TEXT)}
_IDENTIFIER = {"type": _NEEDED, "value": _NEEDED, "description": _TEXT, "relation": _TEXT}
# What is taken from the card; the rest of it is nobody's business here.
_RULES = {
    "title": _NEEDED,
    "version": _NEEDED,
    "authors": _PEOPLE | {"required": True},
    "date-released": {"type": "date"},
    "keywords": {"type": "list"},
    "contact": _PEOPLE,
    "identifiers": {"type": "records", "fields": _IDENTIFIER},
} | dict.fromkeys(("abstract", "type", "url", "repository-code", "doi"), _TEXT)


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
    # A block of text ends with a line break, and a key without a value is not there.
    taken = {key: value.strip() if isinstance(value, str) else value for key, value in card.items()}
    rules = _RULES | {"license": {"type": "list" if isinstance(card.get("license"), list) else "text"}}
    faults = check_record({key: taken[key] for key in rules if taken.get(key)}, rules, place)
    if not faults and not all(any(author.get(name) for name in _NAMES) for author in taken["authors"]):
        faults.append(place.fault("authors", "expected a name or family-names for each author"))
    return card, faults
