"""Writes what a deposit on Zenodo says of the review, from CITATION.cff."""

import json
from collections.abc import Mapping
from html import escape

from alsreview.release.card import Author, authors, licence
from alsreview.release.records import filled
from alsreview.release.stamp import Stamp


def zenodo(stamp: Stamp, card: Mapping) -> dict:
    """Describe a deposit on Zenodo.

    Parameters
    ----------
    stamp, card : what the version says of itself, and its CITATION.cff

    Returns
    -------
    dict
        The metadata of ``.zenodo.json``; DOIs are there only if the citation file has them.
    """
    said = {
        "title": stamp.title,
        "upload_type": card.get("type", "dataset"),
        "description": escape(card.get("abstract", ""), quote=False),
        "creators": [*map(_creator, authors(card), card["authors"])],
        "version": stamp.version,
        "publication_date": card.get("date-released", ""),
        "license": licence(card),
        "access_right": "open",
        "language": "eng",
        "keywords": list(card.get("keywords", ())),
        "notes": _terms(card),
        "doi": stamp.doi,
        "related_identifiers": _related(stamp),
    }
    return filled(said)


def to_text(said: dict) -> str:
    """Write it as ``.zenodo.json`` holds it."""
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


def _creator(author: Author, entry: Mapping) -> dict[str, str]:
    orcid = entry.get("orcid", "").rpartition("/")[2]
    said = {"name": author.inverted, "affiliation": entry.get("affiliation", ""), "orcid": orcid}
    return filled(said)


def _terms(card: Mapping) -> str:
    """Zenodo has room for one licence, the one of text and data."""
    named = card.get("license") or []
    others = named[1:] if isinstance(named, list) else []
    return f"Text and data: {licence(card)}. Code: {', '.join(others)}." if others else ""


def _related(stamp: Stamp) -> list[dict[str, str]]:
    if not stamp.concept_doi:
        return []
    return [{"identifier": stamp.concept_doi, "relation": "isVersionOf", "scheme": "doi"}]
