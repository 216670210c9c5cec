"""Says how fresh the review is kept: when it was searched, what is due when, and whether it is retired."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from livingreview.evidence import Evidence, load_evidence
from livingreview.formats import count
from livingreview.release.results import kept_results

_FORMAT = 1
_NEVER = "no search of our own has been run yet"


@dataclass(frozen=True)
class Freshness:
    """What a page says of its freshness; whether that is late only the day of reading can tell.

    Attributes
    ----------
    searched : day of the last search of the source that was searched longest ago; None when one never was
    waiting : records that a search found and nobody has judged
    due : what is expected by which day: "search", "decision" (while records wait), "version"
    overdue : the day from which each of them is overdue
    retired : day and reason, or None while the review is living
    notice : what every page says once it is retired
    lapses : the day from which the review meets its rule for retirement if nothing is done; None without one
    lapsed_notice : what every page says from that day on
    """

    searched: date | None
    waiting: int
    due: dict[str, date]
    overdue: dict[str, date]
    retired: tuple[date, str] | None
    notice: str
    lapses: date | None = None
    lapsed_notice: str = ""

    @property
    def words(self) -> str:
        """Say the dates in a line, as they stand for readers without scripts."""
        if self.retired:
            return f"Retired on {day_words(self.retired[0])}."
        searched = f"last search {day_words(self.searched)}" if self.searched else _NEVER
        parts = [f"{searched[0].upper()}{searched[1:]}"]
        names = NAMES if self.searched else NAMES | {"search": "first search"}
        parts += [f"{names[key]} due by {day_words(day)}" for key, day in self.due.items()]
        return " \u00b7 ".join([*parts, f"{count(self.waiting, 'record')} awaiting screening"])

    def to_json(self) -> str:
        """Write what the pages of every version read, also those written years ago."""
        said = {
            "format": _FORMAT,
            "searched": self.searched.isoformat() if self.searched else "",
            "due": min(self.due.values()).isoformat() if self.due else "",
            "overdue": min(self.overdue.values()).isoformat() if self.overdue else "",
            "waiting": self.waiting,
            "retired": self.retired[0].isoformat() if self.retired else "",
            "words": self.words,
            "notice": self.notice,
            "lapses": self.lapses.isoformat() if self.lapses else "",
            "lapsed": self.lapsed_notice,
        }
        return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


NAMES = {"search": "next search", "decision": "decision on what waits", "version": "next version"}


def day_words(day: date) -> str:
    """Write a day as a page prints it."""
    return f"{day:%-d %B %Y}"


def freshness(root: Path | Evidence | None = None) -> Freshness | None:
    """Say how fresh the review is kept; None where its protocol promises nothing."""
    evidence = load_evidence(root)
    contract = evidence.protocol.get("freshness")
    if not contract:
        return None
    since = _since(evidence, contract)
    retired = evidence.protocol.get("retired")
    due = {} if retired else {key: _after(since[key], contract[key]["every_days"]) for key in since}
    if "search" in due and not last_search(evidence, contract["search"]["sources"]):
        due["search"] = since["search"]  # what has never been done is due at once
    overdue = {key: _after(since[key], contract[key]["overdue_days"]) for key in due}
    told = (retired["date"], retired["reason"]) if retired else None
    lapses = None if retired else _lapses(since, contract)
    return Freshness(
        searched=last_search(evidence, contract["search"]["sources"]),
        waiting=len(evidence.candidates),
        due=due,
        overdue=overdue,
        retired=told,
        notice=_notice(told, contract["retirement_text"]),
        lapses=lapses,
        lapsed_notice=_lapsed_notice(lapses, contract),
    )


def last_search(evidence: Evidence, sources: list[str]) -> date | None:
    """Give the day on which the source that was searched longest ago was searched; None if one never was."""
    last = evidence.searches.groupby("source").date.max()
    return min(last[source] for source in sources) if set(sources) <= set(last.index) else None


def _since(evidence: Evidence, contract: dict) -> dict[str, date]:
    """Give the day from which each deadline counts."""
    released = [date.fromisoformat(day) for _, kept in kept_results(evidence.root) for day in kept.date[:1]]
    started = contract["chosen"]
    found = {"search": last_search(evidence, contract["search"]["sources"]) or started}
    if len(evidence.candidates):
        found["decision"] = min(evidence.candidates.found)
    return found | {"version": max(released, default=started)}


def _lapses(since: dict[str, date], contract: dict) -> date | None:
    """Return the day from which the last search, or the oldest unjudged record, is too old."""
    days = contract.get("retire_after_days")
    left = [since[key] for key in ("search", "decision") if key in since]
    return _after(min(left), days) if days else None


def _lapsed_notice(lapses: date | None, contract: dict) -> str:
    if lapses is None:
        return ""
    days = count(contract["retire_after_days"], "day")
    return (
        f"Since {day_words(lapses)} this review meets its own rule for retirement: no search was run, or "
        f"a record that was found was not screened, for {days}. New trials may have changed the answers."
    )


def _after(day: date, days: int) -> date:
    return day + timedelta(days=days)


def _notice(retired: tuple[date, str] | None, text: str) -> str:
    if not retired:
        return ""
    reason = retired[1].rstrip(".")
    return f"This review was retired on {day_words(retired[0])}: {reason}. {text}"
