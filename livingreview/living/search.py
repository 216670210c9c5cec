"""Runs the literature searches, tells what is new, and hands out what waits to be screened."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import rispy
from rich.console import Console

from livingreview.evidence import Evidence, load_evidence
from livingreview.evidence.files import replace_file
from livingreview.formats import count, is_missing
from livingreview.living.records import (
    CANDIDATES,
    SEARCHES,
    UNTITLED,
    Known,
    Record,
    csv_bytes,
    known_of,
    one_line,
    plain_doi,
    plain_pmid,
    read_rows,
    registry_numbers,
    with_rows,
    write_checked,
    year_of,
)
from livingreview.living.sources import search_clinicaltrials, search_europepmc, search_pubmed
from livingreview.living.web import Web

# In the order in which they are asked: a record is named after the source that returned it first.
SOURCES = {
    "pubmed": search_pubmed,
    "europepmc": search_europepmc,
    "clinicaltrials": search_clinicaltrials,
}
# Records of a report: an issue of GitHub holds 65,536 characters.
MOST = 120


@dataclass(frozen=True)
class Answer:
    """The records that one query of a source returned; ``slug`` is the key of the source."""

    slug: str
    source: str
    query: str
    records: list[Record]
    note: str = ""


@dataclass
class Run:
    """The outcome of a run of the searches.

    Attributes
    ----------
    searches : rows for ``searches.csv``
    candidates : rows for ``candidates.csv``, of new records
    faults : what failed, and is asked again next time
    """

    searches: list[dict] = field(default_factory=list)
    candidates: list[dict] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def search(root: Path, *, today: date, ris: Path | None = None, source: str = "") -> Run:
    """Run every query of ``data/searches``, or read a RIS file, and tell new records from known ones.

    Parameters
    ----------
    root : folder of the review
    today : day of the run
    ris, source : a RIS file to read instead, and the database it is from

    Raises
    ------
    ValueError
        When there is nothing to ask, the file is none, or a source does not return the known records that it
        must retrieve: then nothing else that it returns can be trusted.
    """
    evidence = load_evidence(root)
    if ris:
        if not (slug := _slug(source)):
            raise ValueError(f"--source: expected the name of a database, found {source!r}")
        answer = Answer(slug, source, "import", read_ris(ris, source), f"Read from the file {ris.name}")
        return _compared(evidence, [answer], [], today)
    if not evidence.queries:
        raise ValueError("data/searches: expected the queries of a source, such as pubmed.yml, found none")
    with Web(root) as web:
        answers, faults = _ask_sources(evidence.queries, web)
    # Read again: somebody may have screened a record while the sources were asked.
    return _compared(load_evidence(root), answers, faults, today)


def record(root: Path, run: Run) -> list[str]:
    """Add the rows of a run to ``searches.csv`` and ``candidates.csv``, and return the files written.

    Raises
    ------
    DataError
        When a row would not pass the check; nothing is written then.
    """
    if not run.searches:
        return []
    evidence = load_evidence(root)
    rows = {SEARCHES: run.searches, CANDIDATES: run.candidates}
    grown = {name: with_rows(read_rows(evidence, name), *new) for name, new in rows.items()}
    return write_checked(root, {name: csv_bytes(table) for name, table in grown.items()})


def _ask_sources(queries: Mapping[str, Mapping], web: Web) -> tuple[list[Answer], list[str]]:
    """Run each query of each source; a source of which one fails says nothing of new records."""
    answers, faults, lost = [], [], []
    for slug in (slug for slug in SOURCES if slug in queries):
        source, asked = queries[slug]["source"], queries[slug]["queries"]
        try:
            with Console(stderr=True).status(f"Searching {source}"):
                records = {name: SOURCES[slug](web, each["parameters"]) for name, each in asked.items()}
        except (OSError, ValueError) as error:
            web.forget()
            faults.append(str(error))
            continue
        found = [Answer(slug, source, name, those) for name, those in records.items()]
        answers += found
        lost += [text for answer in found if (text := _lost(answer, asked[answer.query]["must_find"]))]
    if lost:
        raise ValueError("\n".join([*lost, "Nothing was written: no answer of this run can be trusted."]))
    return answers, faults


def _lost(answer: Answer, must: Iterable[str]) -> str:
    """Tell which known records an answer lacks that its query must retrieve."""
    returned = {number for each in answer.records for number in (each.doi, each.pmid, *each.registry)} - {""}
    missing = [
        text for text in must if not {plain_pmid(text), plain_doi(text), *registry_numbers(text)} & returned
    ]
    if not missing:
        return ""
    return (
        f"{answer.source}, {answer.query}: expected to find {', '.join(missing)} again, found "
        f"{len(answer.records)} records without it: has the query, the interface or the index changed?"
    )


# ---- What is new


def _compared(evidence: Evidence, answers: Iterable[Answer], faults: list[str], today: date) -> Run:
    """Tell new records from known ones, across sources and against all that the review holds."""
    known, taken = known_of(evidence), {*evidence.searches["search_id"]}
    new: dict[str, tuple[Record, dict]] = {}
    run = Run(faults=faults)
    for answer in answers:
        search_id = _free(_slug(f"{today}-{answer.slug}-{answer.query}"), taken)
        taken.add(search_id)
        before = len(new)
        for each in answer.records:
            _compare(each, answer, known, new, {"found": str(today), "search_id": search_id})
        row = {"search_id": search_id, "date": str(today), "source": answer.source, "query": answer.query}
        counts = {"records": str(len(answer.records)), "new": str(len(new) - before)}
        run.searches.append(row | counts | {"note": answer.note})
    run.candidates = [row for _, row in new.values()]
    return run


def _compare(each: Record, answer: Answer, known: Known, new: dict, run: Mapping) -> None:
    """Add a record to those that are new, or to one of them what a further source says."""
    name, why = known.look_up(each)
    if not name:
        name = _free(_record_id(each), known.names)
        reason = "; ".join([f"{answer.query}: {why}", *(["retracted"] if each.retracted else [])])
        new[name] = (each, _row(each) | run | {"record_id": name, "source": answer.source, "reason": reason})
        known.add(each, name)
    elif name in new:
        first, row = new[name]
        merged = replace(first, doi=first.doi or each.doi, pmid=first.pmid or each.pmid)
        sources = ", ".join(dict.fromkeys([*row["source"].split(", "), answer.source]))
        new[name] = (merged, row | {"doi": merged.doi, "pmid": merged.pmid, "source": sources})
        known.add(merged, name)


def _row(each: Record) -> dict[str, str]:
    return {
        "title": each.title or UNTITLED,
        "authors": "; ".join([*each.names[:3], *(["et al."] if len(each.names) > 3 else [])]),
        "year": str(each.year or ""),
        "journal": each.journal,
        "doi": each.doi,
        "pmid": each.pmid,
        "registry": "; ".join(each.registry),
    }


def _record_id(each: Record) -> str:
    """Name a record by its registry number, PubMed number or DOI, or else by author, year and title."""
    if each.registered:
        return each.registration
    if each.pmid:
        return f"pmid{each.pmid}"
    words = " ".join([*each.names[:1], str(each.year or ""), *(each.title or UNTITLED).split()[:6]])
    return f"doi{each.doi}" if each.doi else _slug(words, "_")[:60]


def _slug(text: str, joint: str = "-") -> str:
    return re.sub(r"[^a-z0-9]+", joint, text.lower()).strip(joint)


def _free(name: str, taken: set[str]) -> str:
    """Return a name that is not taken yet."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


# ---- Files of other programs


def read_ris(path: Path, source: str) -> list[Record]:
    """Read the records of a RIS file, as a database gave it.

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
        entries = rispy.loads(text)
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
    return [_read_entry(entry, source) for entry in entries]


def _read_entry(entry: Mapping, source: str) -> Record:
    people = entry.get("authors") or entry.get("first_authors") or []
    given = entry.get("accession_number")
    registry = registry_numbers(given, *entry.get("notes", ()))
    return Record(
        sources=(source,),
        title=one_line(entry.get("title") or entry.get("primary_title")),
        authors=tuple((one_line(name), "") for name in people),
        year=year_of(entry.get("year") or entry.get("publication_year")),
        journal=one_line(entry.get("journal_name") or entry.get("secondary_title")),
        doi=plain_doi(entry.get("doi")),
        pmid=plain_pmid(given) if entry.get("name_of_database") in ("PubMed", "MEDLINE") else "",
        registry=registry,
        registered=entry.get("type_of_reference") == "DBASE" and bool(registry),
    )


def write_ris(path: Path, rows: Iterable[Mapping]) -> int:
    """Write rows of ``candidates.csv`` as a RIS file, whole or not at all, and return their number."""
    entries = [_write_entry(_told(row)) for row in rows]
    replace_file(path, (rispy.dumps(entries) if entries else "").encode())
    return len(entries)


def _write_entry(row: Mapping[str, str]) -> dict:
    registered = row["record_id"] in row.get("registry", "").split("; ")
    entry = {
        "type_of_reference": "DBASE" if registered else "JOUR",
        "id": row["record_id"],
        "title": row["title"],
        "authors": [name for name in row.get("authors", "").split("; ") if name and name != "et al."],
        "year": row.get("year"),
        "journal_name": row.get("journal"),
        "doi": row.get("doi"),
        "accession_number": row.get("pmid") or row.get("registry"),
        "name_of_database": "PubMed" if "pmid" in row else row["source"],
        "notes": [row["reason"], *([row["registry"]] if "registry" in row else [])],
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
    for row in map(_told, rows[:MOST]):
        authors = _as_code(row.get("authors", "authors not given"), 60)
        parts = [_as_code(row["title"], 200), authors, row.get("year", "year not given")]
        lines.append(
            f"- {_as_code(row['record_id'], 60)}: {', '.join(parts)} ({_as_code(row['reason'], 160)})"
        )
    if len(rows) > MOST:
        lines.append(f"- and {len(rows) - MOST} more in `data/candidates.csv`")
    return "\n".join([*lines, ""])


def _told(row: Mapping) -> dict[str, str]:
    """Return the cells of a row that are not empty, as text."""
    told = {key: str(value) for key, value in row.items() if not is_missing(value) and value != ""}
    # A column of years with a gap holds fractions.
    return told | ({"year": told["year"].removesuffix(".0")} if "year" in told else {})


def _as_code(text: str, most: int) -> str:
    """Show a text as code, so that nothing in it is a mention, a link or markup."""
    shown = " ".join(text.replace("`", "'").split())
    return f"`{shown if len(shown) <= most else shown[: most - 3] + '...'}`"
