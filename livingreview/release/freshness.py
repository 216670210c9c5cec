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

    ``words`` are the dates for readers without scripts, ``notice`` is that of a retired review, and ``told``
    is what the script of every page reads, also of pages written years ago: the day on which the source
    searched longest ago was ``searched``, the records ``waiting``, the first days on which something is
    ``due`` and ``overdue``, and the day from which the review ``lapses``: meets its rule for retirement.
    """

    words: str
    told: dict[str, str | int]

    @property
    def notice(self) -> str:
        return self.told["notice"]

    def to_json(self) -> str:
        """Write it for the pages of every version."""
        said = {"format": _FORMAT, "words": self.words, **self.told}
        return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def freshness(evidence: Evidence) -> Freshness | None:
    """Say how up to date the review is kept; None where its protocol promises nothing."""
    contract = evidence.protocol.get("freshness")
    if not contract:
        return None
    searched, waiting = _last_search(evidence, contract["search"]["sources"]), len(evidence.candidates)
    told = {"searched": str(searched or ""), "due": "", "overdue": "", "waiting": waiting}
    told |= dict.fromkeys(("retired", "notice", "lapses", "lapsed"), "")
    if retired := evidence.protocol.get("retired"):
        day, reason = _words(retired["date"]), retired["reason"].rstrip(".")
        notice = f"This review was retired on {day}: {reason}. {contract['retirement_text']}"
        return Freshness(f"Retired on {day}.", told | {"retired": str(retired["date"]), "notice": notice})
    # The day from which each deadline counts.
    since = {"search": searched or contract["chosen"]}
    if waiting:
        since["decision"] = min(evidence.candidates.found)
    if days := contract.get("retire_after_days"):
        lapses = min(since.values()) + timedelta(days=days)
        notice = (
            f"Since {_words(lapses)} this review meets its own rule for retirement: no search was run, or "
            f"a record that was found was not screened, for {count(days, 'day')}. "
            "New trials may have changed the answers."
        )
        told |= {"lapses": str(lapses), "lapsed": notice}
    released = [frame.date[0] for frame in kept_results(evidence.root).values()]
    since["version"] = date.fromisoformat(max(released)) if released else contract["chosen"]
    due, overdue = (
        {key: day + timedelta(days=contract[key][rule]) for key, day in since.items()}
        for rule in ("every_days", "overdue_days")
    )
    if searched:
        parts = [f"Last search {_words(searched)}"]
    else:
        due["search"] = since["search"]  # what has never been done is due at once
        first = f"the first has been due since {_words(since['search'])}"
        parts = ["No search of our own has been run yet", first]
    told |= {"due": str(min(due.values())), "overdue": str(min(overdue.values()))}
    parts += [
        f"{_NAMES[key]} due by {_words(day)}" for key, day in due.items() if searched or key != "search"
    ]
    if searched or waiting:  # before a search, none waiting would say nothing
        parts.append(f"{count(waiting, 'record')} awaiting screening")
    return Freshness(" \u00b7 ".join(parts), told)


def _last_search(evidence: Evidence, sources: list[str]) -> date | None:
    """Return the day on which the source searched longest ago was searched; None if one never was."""
    last = evidence.searches.groupby("source").date.max()
    return min(last[source] for source in sources) if set(sources) <= set(last.index) else None


def _words(day: date) -> str:
    return f"{day:%-d %B %Y}"
