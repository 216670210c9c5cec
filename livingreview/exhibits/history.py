"""Shows how the answers moved over time, what was searched, and how fresh the review is to be kept."""

import datetime
from typing import NamedTuple

import pandas as pd

from livingreview.charts import Figure, history, history_alt
from livingreview.effects.measures import MEASURES
from livingreview.exhibits.words import inside, limits
from livingreview.formats import count, is_missing, listed, number
from livingreview.release.results import history as told_history
from livingreview.release.results import moved
from livingreview.reviews import Review
from livingreview.tables import Column, Table, paragraph, table

KINDS = {"replay": "retrospective update", "version": "version", "present": "not released"}


def history_figure(review: Review) -> Figure:
    """Show estimate and certainty of every analysis in each replay, in each version, and now."""
    told, names = told_history(review.evidence), _names(review)
    numbers = told.assign(**told[["estimate", "ci_low", "ci_high"]].astype(float))
    ratios = [measure.unit for measure in MEASURES.values() if measure.ratio]
    numbers["null"] = numbers.unit.isin(ratios).astype(float)  # no effect is a ratio of 1
    caption = (
        f"{_course(numbers)} The figure shows the estimate (95% CI) and the certainty of every analysis over "
        "time. Circles are retrospective updates, squares are versions, and the diamond is the present draft "
        "where it differs from the last version. A dash means that the certainty is not rated; analyses that "
        "never had a rating are not listed. Only the most recent versions and dates are drawn; the table has "
        "all."
    )

    def included(row: dict) -> str | None:
        units = "" if is_missing(row["trial_ids"]) else row["trial_ids"]
        return "; ".join(names.get(each, each) for each in units.split()) or None

    columns = {
        "Version or date": "moment",
        "Kind": lambda row: KINDS[row["kind"]],
        "Analysis": "title",
        "Studies": "trials",
        "Participants": "people",
        "Estimate": Column("estimate", number),
        "95% CI": limits,
        "Certainty": "certainty",
        "Included": included,
    }
    shown = numbers[numbers.estimate.notna() | numbers.certainty.notna()]
    rows = table("Estimates and ratings of every analysis over time", shown, columns)
    return Figure(history(numbers), history_alt(numbers), caption, rows, history(numbers, narrow=True))


def _course(told: pd.DataFrame) -> str:
    """Say for each analysis that ever had an estimate what the first and the latest of them were."""
    said = []
    when = {"replay": "at the", "version": "in version", "present": "in the"}
    for title, rows in told[told.estimate.notna()].groupby("title", sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        before, after = number(first.estimate), number(last.estimate)
        start = f"{before} {last.unit} {when[first.kind]} {first.moment}"
        if len(rows) == 1:
            course = f"was {start}"
        elif before == after:
            course = f"was {start} and has not changed since"
        else:
            course = f"changed from {start} to {after} {when[last.kind]} {last.moment}"
        said.append(f"The estimate for {inside(title)} {course}.")
    return " ".join(said) or "No analysis has ever had an estimate."


def moments_table(review: Review) -> Table:
    """List per retrospective update and version what moved in the primary analyses, newest first."""
    told = told_history(review.evidence)
    states = {
        row.moment: KINDS[row.kind] + ("" if is_missing(row.date) else f" of {row.date}")
        for row in told.drop_duplicates("moment").itertuples()
    }
    rows = []
    for moment, found in reversed(moved(told, _names(review)).items()):
        for move in found or [None]:
            rows.append({"moment": moment, "state": states[moment]})
            if move:
                studies = [f"added: {name}" for name in move.gained]
                studies += [f"removed: {name}" for name in move.lost]
                rows[-1] |= {
                    "title": move.title,
                    "what": move.what if move.before else "new analysis",
                    "before": move.before or None,
                    "after": move.after,
                    "studies": "; ".join(studies) or None,
                }
    columns = {
        "Version or date": "moment",
        "Kind": "state",
        "Analysis": "title",
        "What changed": "what",
        "Before": "before",
        "After": "after",
        "Studies": "studies",
    }
    caption = "Changes in the primary analyses; each row is compared with the next earlier version or date"
    return table(caption, rows, columns)


def _names(review: Review) -> dict[str, str]:
    return review.evidence.trials.set_index("trial_id").label.to_dict()


class SearchEvent(NamedTuple):
    """The day of a search, and in words what was searched and found."""

    date: datetime.date
    words: str


def search_events(searches: pd.DataFrame) -> list[SearchEvent]:
    """Join the rows of ``searches.csv`` by day, newest first."""
    events = []
    for day, rows in sorted(searches.groupby("date"), reverse=True):
        records, new = int(rows.records.sum()), int(rows.new.sum())
        given = count(records, "record") if records else "no record"
        found = f"{count(new, 'record')} not retrieved before" if new else "nothing new"
        sources = listed(list(dict.fromkeys(rows.source)))
        events.append(SearchEvent(day, f"Searched {sources}: {given}, {found}."))
    return events


def searches_table(review: Review) -> Table:
    """List the days on which we searched, newest first, also those that found nothing."""
    events = search_events(review.evidence.searches)
    if not events:
        return Table(paragraph("No search of our own has been run yet, so there is nothing to list."))
    columns = {"Date": lambda event: event["date"].isoformat(), "Result": "words"}
    return table("Our searches", [event._asdict() for event in events], columns)


def contract_table(review: Review) -> Table:
    """Print what the protocol promises on freshness."""
    contract = review.evidence.protocol["freshness"]
    search, decision, version = (contract[key] for key in ("search", "decision", "version"))
    promises = [
        ("Search", f"Every {_days(search)} in {listed(search['sources'])}; {_late(search)}"),
        ("Decision on each record that a search found", f"Within {_days(decision)}; {_late(decision)}"),
        ("Version", f"At least every {_days(version)}; {_late(version)}"),
        *(("Unscheduled update", trigger) for trigger in contract["triggers"]),
        *(("Retirement", reason) for reason in contract["retire_when"]),
        ("Notice on every page after retirement", contract["retirement_text"]),
    ]
    rows = pd.DataFrame(promises, columns=["step", "policy"])
    return table("Update policy", rows, {"Step": "step", "Policy": "policy"})


def _days(rhythm: dict) -> str:
    return count(rhythm["every_days"], "day")


def _late(rhythm: dict) -> str:
    return f"overdue after {count(rhythm['overdue_days'], 'day')}"
