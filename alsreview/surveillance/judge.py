"""Tells new records from known ones, and makes the rows that say so."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from alsreview.evidence import Evidence
from alsreview.surveillance.matching import Known, known_of
from alsreview.surveillance.records import Record
from alsreview.surveillance.sources import Answer


@dataclass
class Run:
    """What a run of the searches leaves behind.

    Attributes
    ----------
    searches : rows for ``searches.csv``
    candidates : rows for ``candidates.csv``, of new records
    faults : what failed, and is asked again next time
    """

    searches: list[dict] = field(default_factory=list)
    candidates: list[dict] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def judge(evidence: Evidence, answers: Iterable[Answer], today: date) -> Run:
    """Tell new records from known ones, across sources and against all that the review holds."""
    run, known = Run(), known_of(evidence)
    fresh: dict[str, tuple[Record, dict]] = {}
    taken = {*evidence.searches["search_id"]}
    for answer in answers:
        if answer.fault:
            if answer.fault not in run.faults:
                run.faults.append(answer.fault)
            continue
        row = {"search_id": _free(search_name(today, answer), taken), "date": str(today)}
        taken.add(row["search_id"])
        before = len(fresh)
        for record in answer.records:
            _judge_one(record, answer, row, known, fresh)
        row |= {"source": answer.source, "query": answer.query, "records": str(len(answer.records))}
        run.searches.append(row | {"new": str(len(fresh) - before), "note": answer.note})
    run.candidates = [row for _, row in fresh.values()]
    return run


def search_name(today: date, answer: Answer) -> str:
    """Name the run of a query."""
    return re.sub(r"[^a-z0-9]+", "-", f"{today}-{answer.slug}-{answer.query}".lower()).strip("-")


def _judge_one(record: Record, answer: Answer, run: dict, known: Known, fresh: dict) -> None:
    found = known.look_up(record)
    if found.known in fresh:
        first, row = fresh[found.known]
        merged = replace(first, doi=first.doi or record.doi, pmid=first.pmid or record.pmid)
        row |= {"doi": merged.doi, "pmid": merged.pmid, "source": _joined(row["source"], answer.source)}
        known.add(merged, found.known)
        fresh[found.known] = (merged, row)
    elif not found.known:
        name = _free(record.record_id, known.names)
        reason = "; ".join(filter(None, (f"{answer.query}: {found.reason}", record.note)))
        fresh[name] = (record, _row(record, name, run, answer.source, reason))
        known.add(record, name)


def _row(record: Record, name: str, run: dict, source: str, reason: str) -> dict:
    shown = [*record.authors[:3], *(["et al."] if len(record.authors) > 3 else [])]
    return {
        "record_id": name,
        "found": run["date"],
        "search_id": run["search_id"],
        "source": source,
        "title": record.title,
        "authors": "; ".join(shown),
        "year": "" if record.year is None else str(record.year),
        "journal": record.journal,
        "doi": record.doi,
        "pmid": record.pmid,
        "registry": "; ".join(record.registry),
        "reason": reason,
    }


def _joined(sources: str, more: str) -> str:
    return ", ".join(dict.fromkeys([*sources.split(", "), more]))


def _free(name: str, taken: set[str]) -> str:
    """Give a name that nothing has yet."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free
