"""Reads records from RIS files of databases without an interface, and writes candidates as such files."""

import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import rispy

from alsreview.evidence.together import replace_file
from alsreview.surveillance.answers import year_of
from alsreview.surveillance.records import UNTITLED, Record, one_line, plain_doi, plain_pmid, registry_numbers


def read_ris(path: Path, source: str) -> list[Record]:
    """Read the records of a RIS file.

    Parameters
    ----------
    path : the file, as a database gave it
    source : name of the database

    Raises
    ------
    ValueError
        When it is no such file, or holds no record.
    """
    try:
        # Databases write a byte-order mark.
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name}: expected UTF-8 text; save the file as UTF-8") from None
    try:
        entries = rispy.load(io.StringIO(text))
    except KeyError:
        # rispy adds such a line to the field that the record before it ended with.
        message = "expected a tag such as TI after TY, found a line without one"
        raise ValueError(f"{path.name}: {message}") from None
    ends = sum(line.startswith("ER  -") for line in text.splitlines())
    starts = sum(line.startswith("TY  -") for line in text.splitlines())
    if not entries or not starts == ends == len(entries):
        raise ValueError(
            f"{path.name}: expected records that begin with TY and end with ER, "
            f"found {starts} beginnings and {ends} ends"
        )
    return [_record(entry, source) for entry in entries]


def _record(entry: Mapping, source: str) -> Record:
    people = entry.get("authors") or entry.get("first_authors") or []
    given = entry.get("accession_number")
    return Record(
        source=source,
        title=one_line(entry.get("title") or entry.get("primary_title")) or UNTITLED,
        authors=tuple(one_line(name) for name in people),
        year=year_of(entry.get("year") or entry.get("publication_year")),
        journal=one_line(entry.get("journal_name") or entry.get("secondary_title")),
        doi=plain_doi(entry.get("doi")),
        pmid=plain_pmid(given) if entry.get("name_of_database") in ("PubMed", "MEDLINE") else "",
        registry=registry_numbers(given, *entry.get("notes", ())),
        registered=entry.get("type_of_reference") == "DBASE",
    )


def write_ris(path: Path, rows: Iterable[Mapping]) -> int:
    """Write rows of ``candidates.csv`` as a RIS file, whole or not at all; give their number."""
    entries = [_entry(row) for row in rows]
    replace_file(path, (rispy.dumps(entries) if entries else "").encode())
    return len(entries)


def _entry(row: Mapping) -> dict:
    told = {key: value for key, value in row.items() if value is not None and value == value}
    number, registered = told.get("pmid"), told["record_id"] in str(told.get("registry", "")).split("; ")
    entry = {
        "type_of_reference": "DBASE" if registered else "JOUR",
        "id": told["record_id"],
        "title": told["title"],
        "authors": [name for name in told.get("authors", "").split("; ") if name and name != "et al."],
        "year": str(int(told["year"])) if "year" in told else "",
        "journal_name": told.get("journal", ""),
        "doi": told.get("doi", ""),
        "accession_number": number or told.get("registry", ""),
        "name_of_database": "PubMed" if number else told["source"],
        "notes": [told["reason"], *([told["registry"]] if "registry" in told else [])],
    }
    return {key: value for key, value in entry.items() if value}
