"""Reads and checks what became of every record: searches, screening, ongoing trials, published reviews."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from livingreview.evidence.dictionary import Reading, keys_of
from livingreview.evidence.trials import FULL_REPORT, trial_status
from livingreview.schema import Fault, Found

SCREENING, SEARCHES, ONGOING = "data/screening.csv", "data/searches.csv", "data/ongoing.csv"
CANDIDATES, REPORTS = "data/candidates.csv", "data/reports.csv"
_CHECKLIST = "data/checklist.yml"
_REVIEW_ID = re.compile(r"[a-z_]+[0-9]{4}[a-z]?")
# Which parameters each source reads its query from.
_PARAMETERS = {
    "pubmed": ("term",),
    "europepmc": ("query",),
    "clinicaltrials": ("query.cond", "query.intr"),
}
# The decision on a registered trial, by its status in ongoing.csv.
_DECISIONS = {
    "ongoing": "ongoing",
    "no_results": "awaiting",
    "awaiting_classification": "awaiting",
    "watch_list": "excluded",
}


def read_records(reading: Reading) -> None:
    """Read what became of every record; a review may not have any of these files yet."""
    reviews = _read_reviews(reading)
    reading.read_rows(ONGOING)
    reading.read_rows(SEARCHES)
    searches = {row["search_id"] for row in reading.rows["searches.csv"]}
    for table in (SCREENING, CANDIDATES):
        reading.read_rows(table, searches=searches)
    records = {row["record_id"] for row in reading.rows["screening.csv"]}
    reading.read_rows(REPORTS, records=records | reviews)
    _read_queries(reading)
    reading.faults += _candidate_faults(reading)
    if (reading.root / SCREENING).is_file():
        reading.faults += _study_faults(reading)
    if (reading.root / _CHECKLIST).is_file():
        checklist, place = reading.read(_CHECKLIST)
        if reading.fits(checklist, place):
            reading.note(place, _checklist_faults(checklist))
            reading.checklist = checklist


def open_needs(evidence) -> dict[str, str]:
    """Return why each need of an item of the checklist is not met; a need that is met is left out."""
    told = {
        "search": (evidence.searches.empty, "No search of our own has been run"),
        "screeners": (evidence.screening["by"].isna().any(), "Who screened some records was not recorded"),
        "confirmed_ratings": (
            not evidence.grade.decisions,
            "No rating of certainty has been confirmed by a person",
        ),
    }
    return {need: why for need, (is_open, why) in told.items() if is_open}


def _checklist_faults(checklist: dict) -> Found:
    """Yield items given twice, and items that are neither answered nor open."""
    seen = set()
    for index, item in enumerate(checklist["items"]):
        # An element of an item has no number of its own, so its topic tells it from the others.
        name = "topic" if item["item"] == "element" else "item"
        key = (item["guideline"], item[name])
        if key in seen:
            yield ("items", index, name), f"expected each item once, found {key[1]!r} again"
        seen.add(key)
        if not {"answered", "not_yet"} & set(item):
            message = "expected where it is reported, or under not_yet what is missing, found neither"
            yield ("items", index, "answered"), message
        if "also" in item and "answered" not in item:
            yield ("items", index, "also"), "expected a first place before a second, found none"


# ---- Published reviews, and the queries of our searches


def _read_reviews(reading: Reading) -> set[str]:
    """Read the cards of published reviews, and return the ids of all that have one."""
    folder = reading.root / "data/reviews"
    known = {path.stem for path in folder.glob("*.yml") if _REVIEW_ID.fullmatch(path.stem)}
    for name in reading.files("data/reviews", known, "a file named by author and year such as jones2020.yml"):
        card, place = reading.read(name)
        if reading.fits(card, place, "review.yml", **keys_of(card or {}, "copies")):
            reading.note(place, _claim_faults(card))
            reading.reviews[Path(name).stem] = card
    return known


def _claim_faults(card: dict) -> Found:
    for claim_id, claim in card.get("claims", {}).items():
        if {"ci_low", "ci_high"} & set(claim) and "measure" not in claim:
            found = "expected the measure that the limits belong to, found none"
            yield ("claims", claim_id, "measure"), found


def _read_queries(reading: Reading) -> None:
    """Read the queries of each source; a search must find again numbers that stand on the cards."""
    known = {card.get("registration") for card in reading.cards.values()}
    for card in reading.cards.values():
        known |= {source.get(key) for source in card["sources"].values() for key in ("doi", "pmid")}
    expected = "one of " + ", ".join(f"{source}.yml" for source in _PARAMETERS)
    for name in reading.files("data/searches", _PARAMETERS, expected):
        source = Path(name).stem
        file, place = reading.read(name)
        if reading.fits(file, place, "search.yml"):
            found = _query_faults(file, _PARAMETERS[source], known if _all_read(reading) else None)
            reading.note(place, found)
            reading.queries[source] = file


def _all_read(reading: Reading) -> bool:
    """Return whether every trial has a card that fits the dictionary."""
    return set(reading.cards) == reading.names["trials"]


def _query_faults(file: dict, expected: tuple, known: set[str] | None) -> Found:
    for query, told in file["queries"].items():
        at = ("queries", query)
        if tuple(told["parameters"]) != expected:
            found = ", ".join(told["parameters"]) or "none"
            yield (*at, "parameters"), f"expected {', '.join(expected)}, found {found}", at
        if not told["must_find"]:
            message = "expected known records that the search must retrieve, found none"
            yield (*at, "must_find"), message, at
        for number in told["must_find"]:
            if known is not None and number not in known:
                message = f"expected a number that a card in data/trials contains, found {number!r}"
                yield (*at, "must_find"), message, at


# ---- Where the record of decisions contradicts itself or the rest of the data


def _candidate_faults(reading: Reading) -> Iterator[Fault]:
    """A record that waits has no decision."""
    judged = {row["record_id"]: row["line"] for row in reading.rows["screening.csv"]}
    for row in reading.rows["candidates.csv"]:
        if row["record_id"] is not None and row["record_id"] in judged:
            found = f"found one on {SCREENING}:{judged[row['record_id']]}; take this row out"
            message = f"expected a record without a decision, {found}"
            yield Fault(CANDIDATES, row["line"], "record_id", message)


def _study_faults(reading: Reading) -> list[Fault]:
    """List contradictions; a cell that is known to be at fault is blamed once."""
    reasons = reading.protocol.get("reasons", {}) if reading.protocol else None
    bad = {(fault.path, fault.line) for fault in reading.faults}
    files = {path for path, _ in bad}
    found = [
        Fault(SCREENING, row["line"], *each)
        for row in reading.rows["screening.csv"]
        if (SCREENING, row["line"]) not in bad
        for each in _record_faults(row, reading.cards, reasons)
    ]
    if not {SCREENING, SEARCHES, ONGOING, CANDIDATES} & files:
        found += [*_trial_faults(reading), *_ongoing_faults(reading), *_search_faults(reading)]
    if REPORTS not in files:
        found += _report_faults(reading)
    return found


def _record_faults(row: dict, cards: dict, reasons: dict | None) -> Found:
    decision, reason, trial_id = row["decision"], row["reason"], row["trial_id"]
    if not any(row[key] for key in ("doi", "pmid", "registration", "url")):
        yield "url", "expected a doi, a pmid, a registration or a url, found none"
    if reasons is not None:
        allowed = [name for name, each in reasons.items() if each["decision"] == decision]
        wanted = decision in ("excluded", "awaiting")
        if reason not in (allowed if wanted else (None,)):
            told = f"one of {', '.join(allowed)}" if wanted else "no reason"
            found = f"a record that is {decision}, found {reason or 'none'}"
            yield "reason", f"expected {told} for {found}"
    if decision == "included" and trial_id is None:
        yield "trial_id", "expected the trial that an included record became, found none"
    if decision == "ongoing" and trial_id is not None:
        yield "trial_id", f"expected no trial for a record that is ongoing, found {trial_id!r}"
    elif trial_id in cards and decision != (status := trial_status(cards[trial_id])):
        yield "decision", f"expected {status}, as its card says, found {decision}"


def _trial_faults(reading: Reading) -> Iterator[Fault]:
    """Every trial, but not a composite of trials, comes from one record."""
    became = Counter(row["trial_id"] for row in reading.rows["screening.csv"])
    for trial_id, card in reading.cards.items():
        expected = "no" if card["unit"] == "composite" else "one"
        if became[trial_id] != (expected == "one"):
            told = f"expected {expected} record of {SCREENING} that became this trial"
            message = f"{told}, found {became[trial_id] or 'none'}"
            yield Fault(f"data/trials/{trial_id}/trial.yml", 1, "trial_id", message)


def _ongoing_faults(reading: Reading) -> Iterator[Fault]:
    """A registered trial and its record say the same."""
    decided = {row["record_id"]: row for row in reading.rows["screening.csv"]}
    listed = {row["id"] for row in reading.rows["ongoing.csv"]}
    for row in reading.rows["ongoing.csv"]:
        expected = "excluded" if row["in_scope"] == "no" else _DECISIONS[row["status"]]
        record = decided.get(row["id"])
        if record is None:
            message = f"expected a record of {SCREENING} with this id, found none"
            yield Fault(ONGOING, row["line"], "id", message)
        elif record["decision"] != expected:
            message = f"expected {expected}, as {ONGOING}:{row['line']} implies, found {record['decision']}"
            yield Fault(SCREENING, record["line"], "decision", message)
    for record_id, row in decided.items():
        if row["decision"] == "ongoing" and record_id not in listed:
            message = f"expected an ongoing trial to have its row in {ONGOING}, found none"
            yield Fault(SCREENING, row["line"], "record_id", message)


def _search_faults(reading: Reading) -> Iterator[Fault]:
    """Each record that a search found for the first time has its decision, or waits for it."""
    judged = Counter(row["search"] for row in reading.rows["screening.csv"])
    waiting = Counter(row["search_id"] for row in reading.rows["candidates.csv"])
    for row in reading.rows["searches.csv"]:
        name, new = row["search_id"], row["new"]
        expected = judged[name] + waiting[name]
        if new > row["records"]:
            message = f"expected at most the {row['records']} records found, found {new}"
            yield Fault(SEARCHES, row["line"], "new", message)
        elif new != expected:
            told = f"the records of this search in {SCREENING} (box 'Records screened')"
            told += f" and {CANDIDATES}" if waiting[name] else ""
            yield Fault(SEARCHES, row["line"], "new", f"expected {expected}, {told}, found {new}")


def _report_faults(reading: Reading) -> Iterator[Fault]:
    """A report that was retrieved is a source of its trial's card."""
    trials = {row["record_id"]: row["trial_id"] for row in reading.rows["screening.csv"]}
    for row in reading.rows["reports.csv"]:
        trial_id = trials.get(row["record"])
        if row["retrieved"] == "yes" and trial_id in reading.cards:
            kinds = {source["kind"] for source in reading.cards[trial_id]["sources"].values()}
            if FULL_REPORT not in kinds:
                message = f"expected a source of kind {FULL_REPORT} on the card of {trial_id}, found none"
                yield Fault(REPORTS, row["line"], "retrieved", message)
