"""Say how up to date the review is kept: when it was searched, what is due when, whether it is retired."""

import json
from dataclasses import dataclass
from datetime import date, timedelta

from livingreview.evidence import Evidence
from livingreview.formats import count
from livingreview.release.results import kept_results

_FORMAT = 1
_NAMES = {"search": "next search", "decision": "decision on what waits", "version": "next version"}


@dataclass(frozen=True)
class Freshness:
    """How up to date the review is; whether that is late only the day of reading can tell.

    It was ``searched`` on the day of the last search of the source that was searched longest ago, records are
    ``waiting`` to be screened, and a "search", "decision" and "version" are ``due`` and ``overdue`` by a day.
    From the day on which it ``lapses`` it meets its rule for retirement if nothing is done.
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
        """The dates in a line, as they stand for readers without scripts."""
        if self.retired:
            return f"Retired on {_words(self.retired[0])}."
        names, searched = _NAMES | {"search": "first search"}, "No search of our own has been run yet"
        if self.searched:
            names, searched = _NAMES, f"Last search {_words(self.searched)}"
        parts = [searched, *(f"{names[key]} due by {_words(day)}" for key, day in self.due.items())]
        return " \u00b7 ".join([*parts, f"{count(self.waiting, 'record')} awaiting screening"])

    @property
    def told(self) -> dict[str, str | int]:
        """What the script of every page reads, also of pages written years ago."""
        return {
            "searched": str(self.searched or ""),
            "due": str(min(self.due.values(), default="")),
            "overdue": str(min(self.overdue.values(), default="")),
            "waiting": self.waiting,
            "retired": str(self.retired[0] if self.retired else ""),
            "notice": self.notice,
            "lapses": str(self.lapses or ""),
            "lapsed": self.lapsed_notice,
        }

    def to_json(self) -> str:
        """Write it for the pages of every version."""
        said = {"format": _FORMAT, "words": self.words, **self.told}
        return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def _words(day: date) -> str:
    return f"{day:%-d %B %Y}"


def freshness(evidence: Evidence) -> Freshness | None:
    """Say how up to date the review is kept; None where its protocol promises nothing."""
    contract = evidence.protocol.get("freshness")
    if not contract:
        return None
    searched, waiting = _last_search(evidence, contract["search"]["sources"]), len(evidence.candidates)
    if retired := evidence.protocol.get("retired"):
        day, reason = retired["date"], retired["reason"]
        notice = (
            f"This review was retired on {_words(day)}: {reason.rstrip('.')}. {contract['retirement_text']}"
        )
        return Freshness(searched, waiting, {}, {}, (day, reason), notice)
    released = [frame.date[0] for frame in kept_results(evidence.root).values()]
    # The day from which each deadline counts.
    since = {"search": searched or contract["chosen"]}
    if waiting:
        since["decision"] = min(evidence.candidates.found)
    lapses, notice = _lapse(min(since.values()), contract.get("retire_after_days"))
    since["version"] = date.fromisoformat(max(released)) if released else contract["chosen"]
    due, overdue = (
        {key: day + timedelta(days=contract[key][rule]) for key, day in since.items()}
        for rule in ("every_days", "overdue_days")
    )
    if not searched:
        due["search"] = since["search"]  # what has never been done is due at once
    return Freshness(searched, waiting, due, overdue, None, "", lapses, notice)


def _last_search(evidence: Evidence, sources: list[str]) -> date | None:
    """Return the day on which the source searched longest ago was searched; None if one never was."""
    last = evidence.searches.groupby("source").date.max()
    return min(last[source] for source in sources) if set(sources) <= set(last.index) else None


def _lapse(since: date, days: int | None) -> tuple[date | None, str]:
    """Return the day from which a search or an unscreened record is too old, and its notice."""
    if not days:
        return None, ""
    lapses = since + timedelta(days=days)
    return lapses, (
        f"Since {_words(lapses)} this review meets its own rule for retirement: no search was run, or "
        f"a record that was found was not screened, for {count(days, 'day')}. "
        "New trials may have changed the answers."
    )
