"""Moves the record of a trial to where decided records stand: in the screening, and nowhere else."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from alsreview.extraction.report import Report
from alsreview.surveillance.records import plain_doi, plain_pmid, registry_numbers

SCREENING, ONGOING, CANDIDATES = "data/screening.csv", "data/ongoing.csv", "data/candidates.csv"


@dataclass
class Table:
    """A table as text: its header, and its rows as mappings."""

    header: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, content: bytes) -> "Table":
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
        return cls(header, [dict(zip(header, row, strict=True)) for row in rows])

    def to_bytes(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([self.header, *([row.get(name, "") for name in self.header] for row in self.rows)])
        return text.getvalue().encode()


def known_record(tables: Mapping[str, Table], report: Report) -> dict[str, str] | None:
    """Find the record of a trial in the screening or among the candidates, by any of its numbers."""
    for name in (SCREENING, CANDIDATES):
        for row in tables[name].rows if name in tables else ():
            if _numbers(row) & _numbers_of(report):
                return row
    return None


def include(
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
    if SCREENING not in tables:
        return {}, []
    changed, notes = {}, []
    screening = tables[SCREENING]
    mine = [row for row in screening.rows if _numbers(row) & _numbers_of(report)]
    taken = [row for row in mine if row["trial_id"]]
    if taken:
        told = f"{taken[0]['record_id']} of {SCREENING} became {taken[0]['trial_id']}"
        raise ValueError(f"{told}: add this report to that trial, or correct the record")
    others = [row for row in screening.rows if row not in mine]
    record = mine[0] if mine else _record(trial_id, report, question)
    came = [row for row in _rows(tables, CANDIDATES) if _numbers(row) & _numbers_of(report)]
    if came and not mine:
        record |= {"search": came[0]["search_id"]}
    was, record = record.get("decision"), record | _decision(report)
    record |= {"trial_id": trial_id, "date": f"{today}"}
    if mine:
        notes.append(f"{SCREENING}: {record['record_id']} was {was}, and is now {record['decision']}")
    rows = sorted([*others, *mine[1:], record], key=lambda row: row["record_id"])
    changed[SCREENING] = Table(screening.header, rows)
    ids = {record["record_id"], report.registration}
    for name, key in ((ONGOING, "id"), (CANDIDATES, "record_id")):
        gone = [row for row in _rows(tables, name) if row[key] in ids or (name == CANDIDATES and row in came)]
        if gone:
            changed[name] = Table(tables[name].header, [row for row in tables[name].rows if row not in gone])
            notes += [f"{name}: {row[key]} is taken out, since it has a folder now" for row in gone]
    return changed, notes


def _rows(tables: Mapping[str, Table], name: str) -> list[dict[str, str]]:
    return tables[name].rows if name in tables else []


def _decision(report: Report) -> dict[str, str]:
    """Give the decision that the new card implies, with its reason."""
    if report.retracted:
        return {"decision": "excluded", "reason": "retracted"}
    return {
        "randomized": {"decision": "included", "reason": ""},
        "not_randomized": {"decision": "excluded", "reason": "not_randomized"},
    }.get(report.allocation, {"decision": "awaiting", "reason": "allocation_unclear"})


def _record(trial_id: str, report: Report, question: str) -> dict[str, str]:
    found_in = "literature" if report.doi or report.pmid else "registry"
    known = {"doi": report.doi, "pmid": report.pmid, "registration": report.registration}
    return known | {
        "record_id": trial_id,
        "title": report.title or f"{trial_id} (title not read yet)",
        "question": question,
        "found_in": found_in,
    }


def _numbers(row: Mapping[str, str]) -> set[str]:
    found = {plain_doi(row.get("doi")), plain_pmid(row.get("pmid"))}
    registered = registry_numbers(row.get("registration"), row.get("registry"), row.get("record_id"))
    return {*found, *registered} - {""}


def _numbers_of(report: Report) -> set[str]:
    return {report.doi, report.pmid, report.registration} - {""}
