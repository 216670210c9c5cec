"""Begins the folder of a trial: looks it up, refuses what is known, and writes what is known of it."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from livingreview.evidence import Evidence, load_evidence
from livingreview.evidence.dictionary import ROW_KEYS
from livingreview.evidence.trials import TRIAL_ID
from livingreview.living.card import (
    TABLES,
    arm_key,
    card_text,
    header_of,
    registered_arms,
    with_change,
    with_entry,
)
from livingreview.living.records import (
    CANDIDATES,
    ONGOING,
    SCREENING,
    Record,
    csv_bytes,
    numbers_of,
    plain_doi,
    plain_pmid,
    read_rows,
    registry_numbers,
    with_rows,
    write_checked,
)
from livingreview.living.sources import ask_clinicaltrials, ask_crossref, ask_pubmed, ask_pubmed_by_doi
from livingreview.living.web import Web
from livingreview.schema import DataError, Fault

ROLES = ("intervention", "comparator")
_OFFLINE = "nobody was asked: title, authors and design are to be filled in; retractions were not checked"


def plain_numbers(doi: str = "", pmid: str = "", nct: str = "") -> Record:
    """Read the numbers of a trial as somebody typed or pasted them.

    Raises
    ------
    ValueError
        When one of them has another form.
    """
    registered = tuple(number for number in registry_numbers(nct) if number.startswith("NCT"))
    found = Record(doi=plain_doi(doi), pmid=plain_pmid(pmid), registry=registered)
    for name, given, plain, example in (
        ("doi", doi, found.doi, "10.1000/xyz123"),
        ("pmid", pmid, found.pmid, "29666705"),
        ("nct", nct, len(registered) == 1, "NCT01521728"),
    ):
        if given and not plain:
            raise ValueError(f"--{name}: expected a number such as {example}, found {given!r}")
    return found


def add(
    root: Path,
    trial_id: str,
    numbers: Record,
    web: Web | None,
    today: date,
    *,
    question: str = "",
    table: Path | None = None,
    even_if_retracted: bool = False,
) -> tuple[list[str], list[str]]:
    """Begin the folder of a trial, with its reference, its record and its line in the changelog.

    Parameters
    ----------
    numbers : those by which the trial is looked up; see `plain_numbers`
    web : the services; None to ask nobody
    today : day on which they are asked
    question : empty to take it from the record, or the title
    table : a CSV file with results by arm
    even_if_retracted : add a retracted report, marked as excluded

    Returns
    -------
    (files, notes)
        The files that were written, as paths from the root, and what a person must know.

    Raises
    ------
    ValueError
        With what to do instead; nothing is written then.
    """
    evidence = load_evidence(root)
    refuse(evidence, trial_id, numbers)
    record, notes = _look_up(web, numbers) if web else (numbers, [_OFFLINE])
    if record.notice_of:
        raise ValueError(f"this is a notice on {record.notice_of}, not the report of a trial: add that one")
    if record.retracted and not even_if_retracted:
        raise ValueError(
            f"the report is retracted ({record.retracted}): nothing was written; with --even-if-retracted "
            "it gets a folder that says so and enters no synthesis"
        )
    _refuse_known(evidence, record)
    tables = {name: read_rows(evidence, name) for name in (SCREENING, ONGOING, CANDIDATES)}
    before = dict(tables)
    asked = evidence.protocol["questions"]
    question = _question(asked, question, record, tables, notes)
    notes += _name_notes(trial_id, record)
    if (root / SCREENING).is_file():
        notes += _include(tables, trial_id, record, asked[question]["group"], today)
    results = _read_rows(evidence, trial_id, table, record)
    columns, folder = evidence.columns, f"data/trials/{trial_id}"
    card = card_text(trial_id, record, question, today, results.arms, columns)
    files = {f"{folder}/{name}": csv_bytes(pd.DataFrame(columns=header_of(name, columns))) for name in TABLES}
    files |= {f"{folder}/trial.yml": card.encode(), results.path: csv_bytes(results.table)}
    files |= {name: csv_bytes(now) for name, now in tables.items() if now is not before[name]}
    told = "with the results of a CSV file" if table else "with no figure read yet"
    changes = with_change(_text(root, "CHANGELOG.md") or "# Changes\n\n", trial_id, told)
    files["CHANGELOG.md"] = changes.encode()
    if references := with_entry(_text(root, "references.bib"), trial_id, record):
        files["references.bib"] = references.encode()
    else:
        notes.append(f"references.bib has an entry {trial_id} already, which stays as it is")
    try:
        return write_checked(root, files), notes
    except DataError as error:
        raise DataError([results.placed(fault) for fault in error.faults]) from None


def _text(root: Path, name: str) -> str:
    path = root / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


# ---- What is refused


def refuse(evidence: Evidence, trial_id: str, numbers: Record) -> None:
    """Raise a ValueError when a trial cannot be added, whatever the services would say."""
    if not TRIAL_ID.fullmatch(trial_id):
        raise ValueError(f"{trial_id!r}: expected first author and year such as smith2016")
    if (evidence.root / "data/trials" / trial_id).exists():
        other = f"{trial_id[:-1] if trial_id[-1].isalpha() else trial_id}b"
        raise ValueError(
            f"data/trials/{trial_id} exists: correct it there, or give this trial a letter, such as {other}"
        )
    if not numbers.numbers:
        raise ValueError("expected --doi, --pmid or --nct: a trial is identified by a number")
    _refuse_known(evidence, numbers)


def _refuse_known(evidence: Evidence, record: Record) -> None:
    """Two reports of one trial are one trial."""
    for trial_id, card in evidence.cards.items():
        own = [each for each in card["sources"].values() if each["kind"].startswith(("primary", "registry"))]
        theirs = set().union(*map(numbers_of, own), registry_numbers(card.get("registration")))
        for number in sorted(record.numbers & theirs):
            raise ValueError(
                f"{number} belongs to {trial_id}: two reports of one trial are one trial; add this report to "
                f"the sources of data/trials/{trial_id}/trial.yml, and its rows to that folder"
            )


# ---- What the services say


def _look_up(web: Web, numbers: Record) -> tuple[Record, list[str]]:
    """Ask PubMed, Crossref and ClinicalTrials.gov, following the numbers that one of them gives to the next.

    A service that is down fills nothing, and a note says so; one that does not know a number that a person
    gave raises a ValueError.
    """
    record, notes = numbers, []

    def ask(service: Callable, number: str, *, given: bool) -> Record:
        try:
            return record.filled(service(web, number))
        except FileNotFoundError as error:
            if given:
                raise ValueError(f"{error}: {number}; compare it with the paper") from None
            notes.append(f"{error} ({number})")
        except ConnectionError as error:
            notes.append(f"{error}: nothing was filled in from it, and retractions were not checked there")
        return record

    if numbers.pmid:
        record = ask(ask_pubmed, numbers.pmid, given=True)
    if doi := record.doi:
        record = ask(ask_crossref, doi, given=doi == numbers.doi)
        if not numbers.pmid:
            record = ask(ask_pubmed_by_doi, doi, given=False)
    if (number := record.registration).startswith("NCT"):
        record = ask(ask_clinicaltrials, number, given=number == numbers.registration)
    return record, notes


# ---- The question, the id and the record of the trial


def _question(
    asked: Mapping, given: str, record: Record, tables: Mapping[str, pd.DataFrame], notes: list[str]
) -> str:
    """Return the question that the trial answers, with a note where nobody said which."""
    if given in asked:
        return given
    listed = ", ".join(asked)
    # A search, a record and a person may name the part of the review, which can hold several questions.
    found = [row.get("question") for name in (SCREENING, CANDIDATES) for row in _named(tables[name], record)]
    part = given or next(iter(found), None)
    inside = [name for name, question in asked.items() if part in (None, question["group"])]
    if given and not inside:
        raise ValueError(f"expected --question to be one of {listed}, found {given!r}")
    inside = inside or list(asked)
    patterns = {name: asked[name].get("title_pattern") for name in inside}
    fits = [name for name, each in patterns.items() if each and re.search(each, record.title, re.IGNORECASE)]
    if len(inside) == 1:
        return inside[0]
    if len(fits) != 1:
        raise ValueError(f"expected --question (one of {listed}): the title does not say which")
    notes.append(f"question: {fits[0]}, from the words of the title; correct it if it is wrong")
    return fits[0]


def _name_notes(trial_id: str, record: Record) -> list[str]:
    """Return notes where the id is not that of the report."""
    notes = []
    author = re.sub(r"[^a-z]", "", record.authors[0][0].lower()) if record.authors else ""
    if author and author.isascii() and not trial_id.startswith(author):
        notes.append(f"the first author is {record.authors[0][0]}: an id is first author and year")
    if record.year and str(record.year) not in trial_id and (record.doi or record.pmid):
        notes.append(f"the report is of {record.year}: an id is first author and year")
    return notes


def _named(table: pd.DataFrame, record: Record) -> list[dict[str, str]]:
    """Return the rows that have a number of a record."""
    return [row for row in table.to_dict("records") if numbers_of(row) & record.numbers]


def _include(
    tables: dict[str, pd.DataFrame], trial_id: str, record: Record, group: str, today: date
) -> list[str]:
    """Change the tables, since a record became a trial, and return what changed beyond one row more."""
    screening = tables[SCREENING]
    mine, came = _named(screening, record), _named(tables[CANDIDATES], record)
    if taken := [row for row in mine if row["trial_id"]]:
        told = f"{taken[0]['record_id']} of {SCREENING} became {taken[0]['trial_id']}"
        raise ValueError(f"{told}: add this report to that trial, or correct the record")
    implied = {
        "randomized": {"decision": "included", "reason": ""},
        "not_randomized": {"decision": "excluded", "reason": "not_randomized"},
    }.get(record.allocation, {"decision": "awaiting", "reason": "allocation_unclear"})
    if record.retracted:
        implied = {"decision": "excluded", "reason": "retracted"}
    row = dict(mine[0]) if mine else {
        "record_id": trial_id,
        "title": record.title or f"{trial_id} (title not read yet)",
        "question": group,
        "doi": record.doi,
        "pmid": record.pmid,
        "registration": record.registration,
        "found_in": "literature" if record.doi or record.pmid else "registry",
        "search": came[0]["search_id"] if came else "",
    }  # fmt: skip
    notes = []
    if mine:
        notes = [f"{SCREENING}: {row['record_id']} was {row['decision']}, and is now {implied['decision']}"]
        screening = screening[screening.record_id != row["record_id"]]
    tables[SCREENING] = with_rows(screening, row | implied | {"trial_id": trial_id, "date": f"{today}"})
    ids = {row["record_id"], record.registration, *(each["record_id"] for each in came)}
    for name, key in ((ONGOING, "id"), (CANDIDATES, "record_id")):
        gone = tables[name][key].isin(ids)
        if gone.any():
            notes += [
                f"{name}: {each} is taken out, since it has a folder now" for each in tables[name][key][gone]
            ]
            tables[name] = tables[name][~gone]
    return notes


# ---- Results by arm from a CSV file


@dataclass
class _Rows:
    """Rows for ``arms.csv`` in its order, the line of the file that each came from, and their arms."""

    name: str
    path: str
    table: pd.DataFrame
    lines: list[int]
    arms: dict[str, dict[str, str]]

    def placed(self, fault: Fault) -> Fault:
        """Return a fault of ``arms.csv`` with its place in the file that was read."""
        if fault.path != self.path or not self.lines:
            return fault
        line = self.lines[fault.line - 2] if fault.line > 1 else 1
        there = re.sub(
            r"of line (\d+)$", lambda found: f"of line {self.lines[int(found[1]) - 2]}", fault.message
        )
        return Fault(self.name, line, fault.column, there)


def _read_rows(evidence: Evidence, trial_id: str, given: Path | None, record: Record) -> _Rows:
    """Read a CSV file: the columns of ``arms.csv`` in any order, and ``role`` for a new arm."""
    header = header_of("arms.csv", evidence.columns)
    path, name = f"data/trials/{trial_id}/arms.csv", given.name if given else ""
    found = _Rows(name, path, pd.DataFrame(columns=header), [], registered_arms(record))
    if given is None:
        return found
    try:
        # Spreadsheets begin their UTF-8 with a byte-order mark.
        reader = csv.DictReader(io.StringIO(given.read_bytes().decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError:
        raise ValueError(f"{name}:1: expected UTF-8 text; save the file as CSV in UTF-8") from None
    columns = [column.strip().lower() or "(no name)" for column in reader.fieldnames or ()]
    if not {"arm", "outcome"} <= set(columns) or set(columns) - {*header, "role"}:
        told = f"expected the columns {', '.join(header)} and role, separated by commas"
        raise ValueError(f"{name}:1: {told}, found {', '.join(columns) or 'none'}")
    reader.fieldnames = columns
    faults, rows = [], []
    for row in reader:
        try:
            rows.append((reader.line_num, _row(row, found.arms, record)))
        except ValueError as error:
            faults.append(Fault(name, reader.line_num, "arm", str(error)))
    if faults:
        raise DataError(faults)
    rows.sort(key=lambda each: [_sortable(each[1].get(column, "")) for column in ROW_KEYS["arms.csv"]])
    found.lines = [line for line, _ in rows]
    found.table = pd.DataFrame([row for _, row in rows], columns=header)
    return found


def _row(row: dict, arms: dict[str, dict[str, str]], record: Record) -> dict[str, str]:
    """Read a row, and declare its arm if that is new."""
    beyond = row.pop(None, [])
    filled = [cell for cell in row.values() if cell is not None]
    if beyond or len(filled) < len(row):
        hint = "decimals take a point; a comma within a cell needs quotes, and a quote its end"
        raise ValueError(f"expected {len(row)} cells, found {len(filled) + len(beyond)} ({hint})")
    cells = {column: " ".join(cell.split()) for column, cell in row.items()}
    key, role = arm_key(cells["arm"]), cells.pop("role", "").lower()
    known = arms.get(key, {}).get("role")
    if role not in ((known, "") if known else ROLES):
        expected = known or " or ".join(ROLES)
        raise ValueError(f"expected the role {expected} for the arm {cells['arm']!r}, found {role!r}")
    arms.setdefault(key, {"label": cells["arm"], "role": role})
    source = "report" if record.doi or record.pmid else "registry"
    return cells | {"arm": key, "source": cells.get("source") or source}


def _sortable(cell: str) -> tuple[float, str]:
    """Return a cell as the check orders it: numbers by size, an empty one first."""
    try:
        return float(cell or -1e9), ""
    except ValueError:
        return 0.0, cell
