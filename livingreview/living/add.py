"""Begins the folder of a trial: looks it up, refuses what is known, and writes what is known of it."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from livingreview.evidence import Evidence, load_evidence
from livingreview.evidence.files import replace_files
from livingreview.evidence.read import TRIAL_ID
from livingreview.evidence.rows import ROW_KEYS
from livingreview.living.records import Report, plain_doi, plain_pmid, registry_numbers
from livingreview.living.sources import ask_clinicaltrials, ask_crossref, ask_pubmed, find_pmid
from livingreview.living.stubs import (
    Card,
    arm_key,
    card_text,
    has_entry,
    header_of,
    registered_arms,
    with_change,
    with_entry,
)
from livingreview.living.tables import CANDIDATES, ONGOING, SCREENING, Table, faults_with, numbers_of
from livingreview.living.web import Web
from livingreview.schema import DataError, Fault

ROLES = ("intervention", "comparator")
_SERVICE = {
    ask_crossref: "crossref",
    ask_pubmed: "ncbi",
    find_pmid: "ncbi",
    ask_clinicaltrials: "clinicaltrials",
}


@dataclass(frozen=True)
class Numbers:
    """The numbers that a trial is looked up by, in their plain form; empty is not given."""

    doi: str = ""
    pmid: str = ""
    nct: str = ""

    @property
    def known(self) -> Report:
        """All that is known before anybody is asked."""
        return Report(doi=self.doi, pmid=self.pmid, registration=self.nct)


def plain_numbers(doi: str = "", pmid: str = "", nct: str = "") -> Numbers:
    """Read the numbers as somebody typed or pasted them.

    Raises
    ------
    ValueError
        When one of them has another form.
    """
    numbers = registry_numbers(nct)
    plain = numbers[0] if len(numbers) == 1 and numbers[0].startswith("NCT") else ""
    forms = {
        "doi": (doi, plain_doi(doi), "10.1000/xyz123"),
        "pmid": (pmid, plain_pmid(pmid), "29666705"),
        "nct": (nct, plain, "NCT01521728"),
    }
    for name, (given, found, example) in forms.items():
        if given and not found:
            raise ValueError(f"--{name}: expected a number such as {example}, found {given!r}")
    return Numbers(*(found for _, found, _ in forms.values()))


@dataclass(frozen=True)
class Wish:
    """What a person asks for.

    Attributes
    ----------
    numbers : the trial is looked up by them
    question : empty to take it from the record, or the title
    rows : name and content of a CSV file with results by arm, or None
    even_if_retracted : add a retracted report, marked as excluded
    """

    trial_id: str
    numbers: Numbers
    question: str = ""
    rows: tuple[str, bytes] | None = None
    even_if_retracted: bool = False


@dataclass(frozen=True)
class Added:
    """The files that were written, as paths from the root, and what a person must know."""

    files: tuple[str, ...]
    notes: tuple[str, ...]


def add(root: Path, wish: Wish, web: Web | None, today: date) -> Added:
    """Begin the folder of a trial, with its reference, its record and its line in the changelog.

    Parameters
    ----------
    root : folder of the review
    wish : what is asked for
    web : the services; None to ask nobody
    today : day on which they are asked

    Raises
    ------
    ValueError
        With what to do instead; nothing is written then.
    """
    evidence = load_evidence(root)
    refuse(evidence, wish)
    if web:
        report, told = look_up(web, wish.numbers)
    else:
        report = wish.numbers.known
        told = [
            "nobody was asked: title, authors and design are to be filled in; retractions were not checked"
        ]
    _refuse_report(evidence, report, wish)
    files, notes = _files(evidence, wish, report, today)
    replace_files(root, files)
    return Added(tuple(files), (*told, *notes))


# ---- What is refused


def refuse(evidence: Evidence, wish: Wish) -> None:
    """Raise a ValueError when a wish cannot be granted, whatever the services would say."""
    if not TRIAL_ID.fullmatch(wish.trial_id):
        raise ValueError(f"{wish.trial_id!r}: expected first author and year such as smith2016")
    if (evidence.root / "data/trials" / wish.trial_id).exists():
        raise ValueError(
            f"data/trials/{wish.trial_id} exists: correct it there, or give this trial a letter, such as "
            f"{wish.trial_id[:-1] if wish.trial_id[-1].isalpha() else wish.trial_id}b"
        )
    if not any(vars(wish.numbers).values()):
        raise ValueError("expected --doi, --pmid or --nct: a trial is identified by a number")
    _refuse_known(evidence, wish.numbers.known)


def _refuse_known(evidence: Evidence, report: Report) -> None:
    """Two reports of one trial are one trial."""
    mine = _numbers(report)
    for trial_id, card in evidence.cards.items():
        own = [each for each in card["sources"].values() if each["kind"].startswith(("primary", "registry"))]
        theirs = {plain_doi(each.get("doi")) for each in own} | {plain_pmid(each.get("pmid")) for each in own}
        theirs |= set(registry_numbers(card.get("registration")))
        for number in sorted(mine & theirs):
            raise ValueError(
                f"{number} belongs to {trial_id}: two reports of one trial are one trial; add this report to "
                f"the sources of data/trials/{trial_id}/trial.yml, and its rows to that folder"
            )


def _refuse_report(evidence: Evidence, report: Report, wish: Wish) -> None:
    if report.notice_of:
        raise ValueError(f"this is a notice on {report.notice_of}, not the report of a trial: add that one")
    if report.retracted and not wish.even_if_retracted:
        raise ValueError(
            f"the report is retracted ({report.retracted}): nothing was written; with --even-if-retracted "
            "it gets a folder that says so and enters no synthesis"
        )
    _refuse_known(evidence, report)


# ---- What the services say


def look_up(web: Web, numbers: Numbers) -> tuple[Report, list[str]]:
    """Ask PubMed, Crossref and ClinicalTrials.gov, following the numbers that one of them gives to the next.

    Returns
    -------
    (report, notes)
        A service that is down fills nothing, and a note says so.

    Raises
    ------
    ValueError
        When a service does not know a number that was given.
    """
    found = _Lookup(web, numbers.known)
    if numbers.pmid:
        found.ask(ask_pubmed, numbers.pmid, given=True)
    if doi := found.report.doi:
        found.ask(ask_crossref, doi, given=doi == numbers.doi)
        if not numbers.pmid and (pmid := found.pmid_of(doi)):
            found.ask(ask_pubmed, pmid, given=False)
    if (number := found.report.registration).startswith("NCT"):
        found.ask(ask_clinicaltrials, number, given=number == numbers.nct)
    return found.report, found.notes


@dataclass
class _Lookup:
    web: Web
    report: Report
    notes: list[str] = field(default_factory=list)

    def ask(self, ask: Callable, number: str, *, given: bool) -> None:
        """Add what a service says; only a number that a person gave must be known there."""
        try:
            self.report = self.report.filled(self._told(ask, number))
        except FileNotFoundError as error:
            if given:
                raise ValueError(f"{error}: {number}; compare it with the paper") from None
            self.notes.append(f"{error} ({number})")
        except ConnectionError as error:
            self.notes.append(
                f"{error}: nothing was filled in from it, and retractions were not checked there"
            )

    def pmid_of(self, doi: str) -> str:
        try:
            return self._told(find_pmid, doi)
        except (ConnectionError, FileNotFoundError) as error:
            self.notes.append(f"{error}: retractions were not checked there")
            return ""

    def _told(self, ask: Callable, number: str):
        """Ask a service; an answer that cannot be read is not kept, so that the next run asks again."""
        try:
            return ask(self.web, number)
        except ValueError:
            self.web.forget(_SERVICE[ask])
            raise


# ---- What is written


def _files(evidence: Evidence, wish: Wish, report: Report, today: date) -> tuple[dict[str, bytes], list[str]]:
    """Return every file that changes, and notes; raise a DataError when the check would refuse them."""
    root, folder, columns = evidence.root, f"data/trials/{wish.trial_id}", evidence.columns
    asked = evidence.protocol["questions"]
    tables = {name: Table.read(root, name) for name in (SCREENING, ONGOING, CANDIDATES)}
    question, why = _question(asked, wish, report, _known_record(tables, report))
    changed, notes = _include(tables, wish.trial_id, report, asked[question]["group"], today)
    notes = [*why, *_name_notes(wish.trial_id, report), *notes]
    rows = _read_rows(evidence, wish, report)
    card = card_text(Card(wish.trial_id, report, question, today), rows.arms, columns)
    files = {f"{folder}/trial.yml": card.encode(), f"{folder}/arms.csv": rows.table.to_bytes()}
    files |= {f"{folder}/{name}": header_of(name, columns) for name in ("reported.csv", "harms.csv")}
    files |= {name: table.to_bytes() for name, table in changed.items()}
    files |= _texts(root, wish.trial_id, report, notes)
    if faults := faults_with(root, files):
        raise DataError([rows.placed(fault) for fault in faults])
    return files, notes


def _question(asked: dict, wish: Wish, report: Report, record: dict | None) -> tuple[str, list[str]]:
    """Return the question that the trial answers, with a note where nobody said which."""
    if wish.question in asked:
        return wish.question, []
    listed = ", ".join(asked)
    # A search, a record and a person may name the part of the review, which can hold several questions.
    part = wish.question or (record.get("question") if record else None)
    inside = [name for name, question in asked.items() if part in (None, question["group"])]
    if wish.question and not inside:
        raise ValueError(f"expected --question to be one of {listed}, found {wish.question!r}")
    inside = inside or list(asked)
    fits = [name for name in inside if _matches(asked[name], report.title)]
    if len(inside) == 1:
        return inside[0], []
    if len(fits) != 1:
        raise ValueError(f"expected --question (one of {listed}): the title does not say which")
    return fits[0], [f"question: {fits[0]}, from the words of the title; correct it if it is wrong"]


def _matches(question: dict, title: str) -> bool:
    pattern = question.get("title_pattern")
    return bool(pattern and re.search(pattern, title, re.IGNORECASE))


def _name_notes(trial_id: str, report: Report) -> list[str]:
    """Return notes where the id is not that of the report."""
    notes = []
    author = re.sub(r"[^a-z]", "", report.authors[0][0].lower()) if report.authors else ""
    if author and author.isascii() and not trial_id.startswith(author):
        notes.append(f"the first author is {report.authors[0][0]}: an id is first author and year")
    if report.year and report.year not in trial_id and (report.doi or report.pmid):
        notes.append(f"the report is of {report.year}: an id is first author and year")
    return notes


def _texts(root: Path, trial_id: str, report: Report, notes: list[str]) -> dict[str, bytes]:
    """Return the references and the changelog as they will be."""
    texts = {}
    references = (root / "references.bib").read_text(encoding="utf-8")
    if has_entry(references, trial_id):
        notes.append(f"references.bib has an entry {trial_id} already, which stays as it is")
    else:
        texts["references.bib"] = with_entry(references, trial_id, report).encode()
    changelog = root / "CHANGELOG.md"
    said = changelog.read_text(encoding="utf-8") if changelog.is_file() else "# Changes\n\n"
    return texts | {"CHANGELOG.md": with_change(said, trial_id).encode()}


# ---- The record of the trial


def _known_record(tables: Mapping[str, Table], report: Report) -> dict[str, str] | None:
    """Find the record of a trial in the screening or among the candidates, by any of its numbers."""
    rows = (row for name in (SCREENING, CANDIDATES) for row in tables[name].rows)
    return next((row for row in rows if numbers_of(row) & _numbers(report)), None)


def _include(
    tables: Mapping[str, Table], trial_id: str, report: Report, question: str, today: date
) -> tuple[dict[str, Table], list[str]]:
    """Note that a record became a trial.

    Returns
    -------
    (tables, notes)
        The tables that change, and what changed in them beyond one row more.

    Raises
    ------
    ValueError
        When the record became another trial.
    """
    if not tables[SCREENING].header:
        return {}, []
    changed, notes = {}, []
    mine = [row for row in tables[SCREENING].rows if numbers_of(row) & _numbers(report)]
    if taken := [row for row in mine if row["trial_id"]]:
        told = f"{taken[0]['record_id']} of {SCREENING} became {taken[0]['trial_id']}"
        raise ValueError(f"{told}: add this report to that trial, or correct the record")
    record = mine[0] if mine else _new_record(trial_id, report, question)
    came = [row for row in tables[CANDIDATES].rows if numbers_of(row) & _numbers(report)]
    if came and not mine:
        record |= {"search": came[0]["search_id"]}
    was, record = record.get("decision"), record | _decision(report)
    record |= {"trial_id": trial_id, "date": f"{today}"}
    if mine:
        notes.append(f"{SCREENING}: {record['record_id']} was {was}, and is now {record['decision']}")
    rest = [row for row in tables[SCREENING].rows if not mine or row is not mine[0]]
    changed[SCREENING] = Table(tables[SCREENING].header, rest)
    changed[SCREENING].insert("record_id", record)
    ids = {record["record_id"], report.registration}
    for name, key in ((ONGOING, "id"), (CANDIDATES, "record_id")):
        gone = [row for row in tables[name].rows if row[key] in ids or (name == CANDIDATES and row in came)]
        if gone:
            changed[name] = Table(tables[name].header, [row for row in tables[name].rows if row not in gone])
            notes += [f"{name}: {row[key]} is taken out, since it has a folder now" for row in gone]
    return changed, notes


def _decision(report: Report) -> dict[str, str]:
    """Return the decision that the new card implies, with its reason."""
    if report.retracted:
        return {"decision": "excluded", "reason": "retracted"}
    return {
        "randomized": {"decision": "included", "reason": ""},
        "not_randomized": {"decision": "excluded", "reason": "not_randomized"},
    }.get(report.allocation, {"decision": "awaiting", "reason": "allocation_unclear"})


def _new_record(trial_id: str, report: Report, question: str) -> dict[str, str]:
    known = {"doi": report.doi, "pmid": report.pmid, "registration": report.registration}
    return known | {
        "record_id": trial_id,
        "title": report.title or f"{trial_id} (title not read yet)",
        "question": question,
        "found_in": "literature" if report.doi or report.pmid else "registry",
    }


def _numbers(report: Report) -> set[str]:
    return {report.doi, report.pmid, report.registration} - {""}


# ---- Results by arm from a CSV file


@dataclass
class _Rows:
    """Rows for ``arms.csv`` in its order, the line of the file that each came from, and their arms."""

    name: str
    path: str
    table: Table
    lines: list[int]
    arms: dict[str, dict[str, str]]

    def placed(self, fault: Fault) -> Fault:
        """Return a fault of ``arms.csv`` with its place in the file that was read."""
        if fault.path != self.path or not self.lines:
            return fault
        line = self.lines[fault.line - 2] if fault.line > 1 else 1

        def there(found: re.Match) -> str:
            return f"of line {self.lines[int(found[1]) - 2]}"

        return Fault(self.name, line, fault.column, re.sub(r"of line (\d+)$", there, fault.message))


def _read_rows(evidence: Evidence, wish: Wish, report: Report) -> _Rows:
    """Read the CSV file of a wish: the columns of ``arms.csv`` in any order, and ``role`` for a new arm."""
    path, rules = f"data/trials/{wish.trial_id}/arms.csv", evidence.columns["arms.csv"]
    header = [column for column in rules if not column.startswith("checked")]
    found = _Rows("", path, Table(header), [], registered_arms(report))
    if wish.rows is None:
        return found
    found.name, content = wish.rows
    try:
        # Spreadsheets begin their UTF-8 with a byte-order mark.
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError:
        raise ValueError(f"{found.name}:1: expected UTF-8 text; save the file as CSV in UTF-8") from None
    given = [column.strip().lower() or "(no name)" for column in reader.fieldnames or ()]
    if not {"arm", "outcome"} <= set(given) or set(given) - {*header, "role"}:
        told = f"expected the columns {', '.join(header)} and role, separated by commas"
        raise ValueError(f"{found.name}:1: {told}, found {', '.join(given) or 'none'}")
    faults, rows = [], []
    for row in reader:
        try:
            rows.append((reader.line_num, _row(row, found.arms, report)))
        except ValueError as error:
            faults.append(Fault(found.name, reader.line_num, "arm", str(error)))
    if faults:
        raise DataError(faults)
    rows.sort(key=lambda each: [_sortable(each[1].get(column, "")) for column in ROW_KEYS["arms.csv"]])
    found.lines = [line for line, _ in rows]
    found.table.rows = [row for _, row in rows]
    return found


def _row(row: dict, arms: dict[str, dict[str, str]], report: Report) -> dict[str, str]:
    """Read a row, and declare its arm if that is new."""
    if None in row or None in row.values():
        raise ValueError("expected as many cells as there are columns")
    cells = {column: " ".join(cell.split()) for column, cell in row.items()}
    key, role = arm_key(cells["arm"]), cells.pop("role", "").lower()
    known = arms.get(key, {}).get("role")
    if role not in ((known, "") if known else ROLES):
        expected = known or " or ".join(ROLES)
        raise ValueError(f"expected the role {expected} for the arm {cells['arm']!r}, found {role!r}")
    arms.setdefault(key, {"label": cells["arm"], "role": role})
    source = "report" if report.doi or report.pmid else "registry"
    return cells | {"arm": key, "source": cells.get("source") or source}


def _sortable(cell: str) -> tuple[float, str]:
    """Return a cell as the check orders it: numbers by size, an empty one first."""
    try:
        return float(cell or -1e9), ""
    except ValueError:
        return 0.0, cell
