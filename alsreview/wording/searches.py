"""Says in words what each of our searches found, also when that is nothing."""

import datetime
from dataclasses import dataclass

import pandas as pd

from alsreview.formats import count, listed


@dataclass(frozen=True)
class SearchEvent:
    """What was searched on one day.

    Attributes
    ----------
    date : the day
    sources : what was searched, in the order of the record
    records, new : records that the searches gave, and those seen for the first time
    words : all that as a sentence
    """

    date: datetime.date
    sources: tuple[str, ...]
    records: int
    new: int

    @property
    def words(self) -> str:
        found = f"{count(self.new, 'record')} not seen before" if self.new else "nothing new"
        given = count(self.records, "record") if self.records else "no record"
        return f"Searched {listed(list(self.sources))}: {given}, {found}."


def search_events(searches: pd.DataFrame) -> list[SearchEvent]:
    """Join the rows of ``searches.csv`` by day, newest first."""
    return [
        SearchEvent(day, tuple(dict.fromkeys(rows.source)), int(rows.records.sum()), int(rows.new.sum()))
        for day, rows in sorted(searches.groupby("date"), reverse=True)
    ]
