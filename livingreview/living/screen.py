"""Moves a record that a search found from the candidates to the screening, with a person's decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from livingreview.evidence import Evidence, load_evidence
from livingreview.living.add import Numbers, Wish, refuse
from livingreview.living.records import plain_doi, plain_pmid, registry_numbers, study_address
from livingreview.living.tables import CANDIDATES, ONGOING, SCREENING, Table, write_checked

# Names in a message; more would push the reason off the screen.
_MOST = 8


@dataclass(frozen=True)
class Decision:
    """A person's decision on a candidate.

    Attributes
    ----------
    record_id : its row in ``candidates.csv``
    decision : "excluded", "awaiting" or "ongoing"
    why : the reason, as ``screening.csv`` knows it; of an ongoing trial what its result could change
    by : the name of the person
    question : empty to take it from the query that found the record
    url : address where the record was seen, for one without a number
    note : what a reader must know
    """

    record_id: str
    decision: str
    why: str
    by: str
    question: str = ""
    url: str = ""
    note: str = ""


def screen(root: Path, decision: Decision, today: date) -> tuple[str, ...]:
    """Move a record from the candidates to the screening, and an ongoing trial to its list too.

    Returns
    -------
    paths from the root that were written

    Raises
    ------
    ValueError
        When it is not said who decided or why, or the record does not wait; nothing is written then.
    DataError
        When a row would not pass the check; nothing is written then.
    """
    if not decision.by.strip():
        raise ValueError("expected --by with the name of the person who decides")
    if not decision.why.strip():
        raise ValueError("expected --ongoing with what its result could add in this review")
    evidence = load_evidence(root)
    row = _waiting(evidence, decision.record_id)
    _refuse_words(evidence, decision)
    return write_checked(root, _moved(evidence, row, decision, today))


def _refuse_words(evidence: Evidence, decision: Decision) -> None:
    """Refuse a question or a reason that the protocol does not declare."""
    groups, reasons = evidence.protocol["groups"], evidence.protocol.get("reasons", {})
    if decision.question and decision.question not in groups:
        raise ValueError(f"expected --question to be one of {', '.join(groups)}, found {decision.question!r}")
    allowed = [name for name, each in reasons.items() if each["decision"] == decision.decision]
    if decision.decision != "ongoing" and decision.why not in allowed:
        told = f"expected a reason for a record that is {decision.decision} ({', '.join(allowed)})"
        raise ValueError(f"{told}, found {decision.why!r}")


def wish_of(root: Path, record_id: str, trial_id: str, question: str = "") -> Wish:
    """Return what `add` is to be asked for when a candidate becomes a trial.

    Raises
    ------
    ValueError
        When the record does not wait, or `add` would refuse it.
    """
    evidence = load_evidence(root)
    row = _waiting(evidence, record_id)
    registered = [number for number in registry_numbers(row["registry"]) if number.startswith("NCT")]
    numbers = Numbers(plain_doi(row["doi"]), plain_pmid(row["pmid"]), *registered[:1])
    wish = Wish(trial_id, numbers, question or _searched(evidence, row))
    refuse(evidence, wish)
    return wish


def _waiting(evidence: Evidence, record_id: str) -> dict[str, str]:
    """Return the row of a candidate, as printed."""
    rows = _table(evidence, CANDIDATES).rows
    found = [row for row in rows if row["record_id"] == record_id]
    if found:
        return found[0]
    for row in evidence.screening.to_dict("records"):
        if row["record_id"] == record_id:
            told = f"{record_id}: screened already, on {row['date']}: {row['decision']}"
            raise ValueError(f"{told}; to decide otherwise, correct {SCREENING}:{row['line']}")
    names = ", ".join(row["record_id"] for row in rows[:_MOST]) + (" ..." if len(rows) > _MOST else "")
    raise ValueError(f"{record_id!r}: expected a record that waits in {CANDIDATES} ({names or 'none waits'})")


def _table(evidence: Evidence, name: str) -> Table:
    return Table.read(evidence.root, name, evidence.columns[Path(name).name])


def _searched(evidence: Evidence, row: Mapping[str, str]) -> str:
    """Return the question of the query that found a record."""
    queries = evidence.searches.set_index("search_id")["query"]
    query = queries.get(row["search_id"], "")
    groups = evidence.protocol["groups"]
    if query not in groups:
        raise ValueError(f"expected --question ({', '.join(groups)}): the search does not say which")
    return query


def _moved(evidence: Evidence, row: dict[str, str], decision: Decision, today: date) -> dict[str, bytes]:
    """Return every table that changes."""
    question = decision.question or _searched(evidence, row)
    tables = {name: _table(evidence, name) for name in (CANDIDATES, SCREENING)}
    tables[CANDIDATES].rows.remove(row)
    tables[SCREENING].insert("record_id", _screened(row, decision, question, today))
    if decision.decision == "ongoing":
        tables[ONGOING] = _table(evidence, ONGOING)
        tables[ONGOING].insert("id", _ongoing(row, decision, question))
    return {name: table.to_bytes() for name, table in tables.items()}


def _screened(row: Mapping[str, str], decision: Decision, question: str, today: date) -> dict[str, str]:
    kept = {name: row[name] for name in ("record_id", "title", "doi", "pmid")}
    reported = row["doi"] or row["pmid"] or not row["registry"]
    return kept | {
        "question": question,
        "registration": row["registry"],
        "url": decision.url,
        "found_in": "literature" if reported else "registry",
        "search": row["search_id"],
        "decision": decision.decision,
        "reason": "" if decision.decision == "ongoing" else decision.why,
        "date": f"{today}",
        "by": " ".join(decision.by.split()),
        "note": " ".join(decision.note.split()),
    }


def _ongoing(row: Mapping[str, str], decision: Decision, question: str) -> dict[str, str]:
    return {
        "id": row["record_id"],
        "title": row["title"],
        "question": question,
        "status": "ongoing",
        "in_scope": "yes",
        "could_change": " ".join(decision.why.split()),
        "url": decision.url or study_address(row["registry"]),
        "note": " ".join(decision.note.split()),
    }
