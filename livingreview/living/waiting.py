"""Hands out the records that wait to be screened, as RIS or Markdown, and reads RIS files of databases."""

import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import rispy

from livingreview.evidence.files import replace_file
from livingreview.formats import count, is_missing
from livingreview.living.records import (
    UNTITLED,
    Record,
    one_line,
    plain_doi,
    plain_pmid,
    registry_numbers,
    year_of,
)

# An issue of GitHub holds 65,536 characters.
MOST = 120


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
    """Write rows of ``candidates.csv`` as a RIS file, whole or not at all, and return their number."""
    entries = [_entry(row) for row in rows]
    replace_file(path, (rispy.dumps(entries) if entries else "").encode())
    return len(entries)


def _told(row: Mapping) -> dict:
    """Return the cells of a row that are not empty."""
    return {key: value for key, value in row.items() if not is_missing(value) and value != ""}


def _entry(row: Mapping) -> dict:
    told = _told(row)
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


def report(rows: Iterable[Mapping], faults: Iterable[str]) -> str:
    """Write the records that wait and the sources that failed as Markdown; empty when there is neither.

    Parameters
    ----------
    rows : of ``candidates.csv``
    faults : what could not be searched
    """
    rows, faults = list(rows), list(faults)
    if not rows and not faults:
        return ""
    verb = "waits" if len(rows) == 1 else "wait"
    lines = [f"{count(len(rows), 'record')} of our searches {verb} to be screened.", ""]
    lines += ["`python -m livingreview screen` records a decision on a row of `data/candidates.csv`.", ""]
    if faults:
        lines += ["Not searched this time, and asked again next time:", ""]
        lines += [f"- {_as_code(fault, 300)}" for fault in faults] + [""]
    lines += [_item(row) for row in rows[:MOST]]
    if len(rows) > MOST:
        lines.append(f"- and {len(rows) - MOST} more in `data/candidates.csv`")
    return "\n".join([*lines, ""])


def _item(row: Mapping) -> str:
    told = _told(row)
    when = str(int(told["year"])) if "year" in told else "year not given"
    parts = [_as_code(told["title"], 200), _as_code(told.get("authors", "authors not given"), 60), when]
    return f"- {_as_code(told['record_id'], 60)}: {', '.join(parts)} ({_as_code(told['reason'], 160)})"


def _as_code(text: str, most: int) -> str:
    """Show a text as code, so that nothing in it is a mention, a link or markup."""
    shown = " ".join(str(text).replace("`", "'").split())
    return f"`{shown if len(shown) <= most else shown[: most - 3] + '...'}`"
