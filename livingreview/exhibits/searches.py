"""Shows what the databases and registries are asked, word for word, and what each search found."""

import datetime
from dataclasses import dataclass
from html import escape

import pandas as pd

from livingreview.formats import count, listed
from livingreview.reviews import Review
from livingreview.tables import Table, html_table


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
        found = f"{count(self.new, 'record')} not retrieved before" if self.new else "nothing new"
        given = count(self.records, "record") if self.records else "no record"
        return f"Searched {listed(list(self.sources))}: {given}, {found}."


def search_events(searches: pd.DataFrame) -> list[SearchEvent]:
    """Join the rows of ``searches.csv`` by day, newest first."""
    return [
        SearchEvent(day, tuple(dict.fromkeys(rows.source)), int(rows.records.sum()), int(rows.new.sum()))
        for day, rows in sorted(searches.groupby("date"), reverse=True)
    ]


def search_queries_table(review: Review) -> Table:
    """List the queries with their day, their reason and what each must find again."""
    columns = {
        "source": "Source",
        "query": "Query",
        "written": "Written",
        "reason": "Rationale",
        "must_find": "Known records the search must retrieve",
    }
    rows = [
        {
            "source": source,
            "query": _name(name, review),
            "written": f"{told['written']:%-d %B %Y}",
            "reason": told["reason"],
            "must_find": ", ".join(told["must_find"]),
        }
        for source, name, told in _queries(review)
    ]
    return html_table(pd.DataFrame(rows, columns=list(columns)), caption="Search strategies", columns=columns)


def search_queries_text(review: Review) -> Table:
    """Print every query as it is sent, and who has peer-reviewed the queries.

    In a table the queries would be a narrow column.
    """
    parts = [
        f"<p>{escape(f'{source}, {_name(name, review)}')} (<code>{escape(key)}</code>):<br>\n"
        f"<code>{escape(sent)}</code></p>"
        for source, name, told in _queries(review)
        for key, sent in told["parameters"].items()
    ]
    parts.append(f"<p>{escape(_peer_review_words(review))}</p>")
    return Table("\n".join(parts))


def _peer_review_words(review: Review) -> str:
    """Say who has peer-reviewed the queries, once for all sources that say the same."""
    said = [file["peer_review"] for file in review.evidence.queries.values()]
    return " ".join(dict.fromkeys(said)) or "There is no query yet."


def _name(query: str, review: Review) -> str:
    """Name a query by what it is about, where it bears the name of a group of the review."""
    group = review.evidence.protocol["groups"].get(query)
    return group["words"] if group else query


def _queries(review: Review) -> list[tuple[str, str, dict]]:
    files = review.evidence.queries.values()
    return [(file["source"], name, told) for file in files for name, told in file["queries"].items()]
