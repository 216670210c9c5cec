"""Checks that screening, searches, registered trials and trials tell one story of every record."""

from collections import Counter

import pandas as pd

from livingreview.evidence.flow import flow_counts, flow_faults
from livingreview.evidence.trials import trial_status
from livingreview.schema import Fault

SCREENING, SEARCHES, ONGOING = "data/screening.csv", "data/searches.csv", "data/ongoing.csv"
CANDIDATES, REPORTS = "data/candidates.csv", "data/reports.csv"
DECISIONS = {
    "ongoing": "ongoing",
    "no_results": "awaiting",
    "awaiting_classification": "awaiting",
    "watch_list": "excluded",
}


def study_faults(
    rows: dict[str, list[dict]], cards: dict[str, dict], reasons: dict | None, faults: list[Fault]
) -> list[Fault]:
    """List where the record of decisions contradicts itself or the rest of ``data/``.

    Parameters
    ----------
    rows : the typed rows of ``screening.csv``, ``searches.csv``, ``candidates.csv``, ``ongoing.csv`` and
        ``reports.csv``, by table
    cards : trial id to card
    reasons : why a record may not be included, as the protocol declares them; None if it is at fault
    faults : what is known to be wrong with them; a cell at fault is blamed once
    """
    records, searches = rows["screening.csv"], rows["searches.csv"]
    bad = {(fault.path, fault.line) for fault in faults}
    whole = [row for row in records if (SCREENING, row["line"]) not in bad]
    found = [fault for row in whole for fault in _record_faults(row, cards, reasons)]
    found += _order_faults(records, "record_id", SCREENING) + _order_faults(searches, "search_id", SEARCHES)
    if not {SCREENING, SEARCHES, ONGOING, CANDIDATES} & {path for path, _ in bad}:
        found += _trial_faults(records, cards) + _ongoing_faults(records, rows["ongoing.csv"])
        found += _search_faults(records, searches, rows["candidates.csv"])
        found += [] if found else _flow_faults(rows, cards)
    if REPORTS not in {path for path, _ in bad}:
        found += _report_faults(rows["reports.csv"], records, cards)
    return found


def _record_faults(row: dict, cards: dict, reasons: dict | None) -> list[Fault]:
    faults, decision, reason = [], row["decision"], row["reason"]
    if not any(row[key] for key in ("doi", "pmid", "registration", "url")):
        faults.append(("url", "expected a doi, a pmid, a registration or a url, found none"))
    allowed = [name for name, each in (reasons or {}).items() if each["decision"] == decision]
    wanted = decision in ("excluded", "awaiting")
    if reasons is not None and reason not in (allowed if wanted else (None,)):
        told = f"one of {', '.join(allowed)}" if wanted else "no reason"
        faults.append(
            ("reason", f"expected {told} for a record that is {decision}, found {reason or 'none'}")
        )
    if decision == "included" and row["trial_id"] is None:
        faults.append(("trial_id", "expected the trial that an included record became, found none"))
    if decision == "ongoing" and row["trial_id"] is not None:
        faults.append(
            ("trial_id", f"expected no trial for a record that is ongoing, found {row['trial_id']!r}")
        )
    elif row["trial_id"] in cards and decision != (status := trial_status(cards[row["trial_id"]])):
        faults.append(("decision", f"expected {status}, as its card says, found {decision}"))
    return [Fault(SCREENING, row["line"], *fault) for fault in faults]


def _order_faults(rows: list[dict], key: str, name: str) -> list[Fault]:
    """List ids given twice, and the first row that breaks the order."""
    ids = [row[key] for row in rows]
    seen, faults = {}, []
    for row in rows:
        if row[key] is not None and row[key] in seen:
            message = f"expected each {key} once, found {row[key]!r} on line {seen[row[key]]} too"
            faults.append(Fault(name, row["line"], key, message))
        seen.setdefault(row[key], row["line"])
    for before, after, row in zip(ids, ids[1:], rows[1:], strict=False):
        if before is not None and after is not None and after < before:
            return [
                *faults,
                Fault(name, row["line"], key, f"expected rows sorted by {key}, found one out of place"),
            ]
    return faults


def _trial_faults(records: list[dict], cards: dict) -> list[Fault]:
    """Every trial, but not a composite of trials, comes from one record."""
    became = Counter(row["trial_id"] for row in records)
    faults = []
    for trial_id, card in cards.items():
        expected = "no" if card.get("unit") == "composite" else "one"
        if became[trial_id] != (expected == "one"):
            told = f"expected {expected} record of {SCREENING} that became this trial"
            message = f"{told}, found {became[trial_id] or 'none'}"
            faults.append(Fault(f"data/trials/{trial_id}/trial.yml", 1, "trial_id", message))
    return faults


def _ongoing_faults(records: list[dict], ongoing: list[dict]) -> list[Fault]:
    """A registered trial and its record say the same."""
    decided = {row["record_id"]: row for row in records}
    faults = []
    for row in ongoing:
        expected = "excluded" if row["in_scope"] == "no" else DECISIONS[row["status"]]
        record = decided.get(row["id"])
        if record is None:
            message = f"expected a record of {SCREENING} with this id, found none"
            faults.append(Fault(ONGOING, row["line"], "id", message))
        elif record["decision"] != expected:
            message = f"expected {expected}, as {ONGOING}:{row['line']} implies, found {record['decision']}"
            faults.append(Fault(SCREENING, record["line"], "decision", message))
    listed = {row["id"] for row in ongoing}
    for row in records:
        if row["decision"] == "ongoing" and row["record_id"] not in listed:
            message = f"expected an ongoing trial to have its row in {ONGOING}, found none"
            faults.append(Fault(SCREENING, row["line"], "record_id", message))
    return faults


def _search_faults(records: list[dict], searches: list[dict], candidates: list[dict]) -> list[Fault]:
    """Each record that a search found for the first time has its decision, or waits for it."""
    judged = Counter(row["search"] for row in records)
    waiting = Counter(row["search_id"] for row in candidates)
    faults = []
    for row in searches:
        if row["new"] > row["records"]:
            faults.append(
                ("new", f"expected at most the {row['records']} records found, found {row['new']}", row)
            )
        elif row["new"] != (expected := judged[row["search_id"]] + waiting[row["search_id"]]):
            told = f"the records of this search in {SCREENING} (box 'Records screened')"
            told += f" and {CANDIDATES}" if waiting[row["search_id"]] else ""
            faults.append(("new", f"expected {expected}, {told}, found {row['new']}", row))
    return [Fault(SEARCHES, row["line"], column, message) for column, message, row in faults]


def _report_faults(reports: list[dict], records: list[dict], cards: dict) -> list[Fault]:
    """A report stands once, in order, and one that was retrieved is a source of its trial's card."""
    trials = {row["record_id"]: row["trial_id"] for row in records}
    faults, keys = [], [(row["record"], row["report"]) for row in reports]
    for before, after, row in zip(keys, keys[1:], reports[1:], strict=False):
        if after <= before:
            message = "expected rows sorted by record and report, each once, found one out of place"
            faults.append(Fault(REPORTS, row["line"], "record", message))
            break
    for row in reports:
        trial_id = trials.get(row["record"])
        sources = cards.get(trial_id, {}).get("sources", {}).values()
        if (
            row["retrieved"] == "yes"
            and trial_id
            and "primary_fulltext" not in {s.get("kind") for s in sources}
        ):
            message = f"expected a source of kind primary_fulltext on the card of {trial_id}, found none"
            faults.append(Fault(REPORTS, row["line"], "retrieved", message))
    return faults


def _flow_faults(rows: dict[str, list[dict]], cards: dict) -> list[Fault]:
    trials = sum(card.get("unit") == "trial" and trial_status(card) == "included" for card in cards.values())
    columns = {
        "screening": ["search", "decision", "found_in", "reason", "question"],
        "searches": ["records", "new"],
        "candidates": ["search_id"],
    }
    frames = [pd.DataFrame(rows[f"{name}.csv"], columns=named) for name, named in columns.items()]
    counts = flow_counts(*frames)
    return [Fault(SCREENING, 1, "flow", message) for message in flow_faults(counts, trials)]
