"""Shows how the answers moved over time, what was searched, and how fresh the review is to be kept."""

import pandas as pd

from livingreview.charts import Figure, history, history_alt
from livingreview.exhibits.searches import search_events
from livingreview.formats import count, interval, is_missing, listed, number
from livingreview.release.results import Move, moved
from livingreview.release.results import history as told_history
from livingreview.reviews import Review
from livingreview.tables import Table, html_table, paragraph

KINDS = {"replay": "retrospective update", "version": "version", "present": "not released"}


def history_figure(review: Review) -> Figure:
    """Show estimate and certainty of every analysis in each replay, in each version, and now."""
    told, names = told_history(review.evidence), _names(review)
    numbers = told.assign(**told[["estimate", "ci_low", "ci_high"]].astype(float))
    caption = (
        f"{_course(numbers)} The figure shows the estimate (95% CI) and the certainty of every analysis over "
        "time. Circles are retrospective updates, squares are versions, and the diamond is the present draft "
        "where it differs from the last version. A dash means that the certainty is not rated; analyses that "
        "never had a rating are not listed. On small screens only the most recent versions are shown; the "
        "table has all."
    )
    table, small = _history_table(numbers, names), history(numbers, narrow=True)
    return Figure(history(numbers), history_alt(numbers), caption, table, small)


def _course(told: pd.DataFrame) -> str:
    """Say for each analysis that ever had an estimate what the first and the latest of them were."""
    changed, same = [], []
    for title, rows in told[told.estimate.notna()].groupby("title", sort=False):
        first, last = rows.iloc[0], rows.iloc[-1]
        name, before, after = _inside(title), number(first.estimate), number(last.estimate)
        if before == after:
            same.append(f"{name} ({after})")
            continue
        changed.append(
            f"The estimate for {name} changed from {before} {last.unit} {_when(first)} "
            f"to {after} {_when(last)}."
        )
    if same:
        changed.append(f"The estimate did not change for {listed(same)}.")
    return " ".join(changed) or "No analysis has ever had an estimate."


def _inside(title: str) -> str:
    """Write a title as it stands within a sentence; a capital after the first letter belongs to the name."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def _when(row) -> str:
    """Say at which moment a row of the history stands, as within a sentence."""
    words = {"replay": "at the", "version": "in version", "present": "in the"}
    return f"{words[row.kind]} {row.moment}"


def _history_table(told: pd.DataFrame, names: dict[str, str]) -> Table:
    told = told[told.estimate.notna() | told.certainty.notna()]
    limits = zip(told.ci_low, told.ci_high, strict=True)
    rows = told.assign(
        kind=told.kind.map(KINDS),
        interval=[None if is_missing(low) else interval(low, high) for low, high in limits],
        units=["; ".join(names.get(each, each) for each in _ids(row)) or None for row in told.itertuples()],
    )
    columns = {
        "moment": "Version or date",
        "kind": "Kind",
        "title": "Analysis",
        "trials": "Studies",
        "people": "Participants",
        "estimate": "Estimate",
        "interval": "95% CI",
        "certainty": "Certainty",
        "units": "Included",
    }
    formats = {"estimate": number, "trials": "g", "people": "g"}
    return html_table(
        rows,
        caption="Estimates and ratings of every analysis over time",
        columns=columns,
        formats=formats,
    )


def moments_table(review: Review) -> Table:
    """List per retrospective update and version what moved in the primary analyses, newest first."""
    told = told_history(review.evidence)
    states = {row.moment: _state(row) for row in told.drop_duplicates("moment").itertuples()}
    rows = [
        {"moment": moment, "kind": states[moment]} | each
        for moment, found in reversed(moved(told, _names(review)).items())
        for each in [_move_cells(move) for move in found] or [{}]
    ]
    columns = {
        "moment": "Version or date",
        "kind": "Kind",
        "title": "Analysis",
        "what": "What changed",
        "before": "Before",
        "after": "After",
        "studies": "Studies",
    }
    caption = "Changes in the primary analyses; each row is compared with the next earlier version or date"
    return html_table(pd.DataFrame(rows, columns=list(columns)), caption=caption, columns=columns)


def _state(row) -> str:
    return KINDS[row.kind] if is_missing(row.date) else f"{KINDS[row.kind]} of {row.date}"


def _move_cells(move: Move) -> dict:
    units = [*(f"added: {name}" for name in move.gained), *(f"removed: {name}" for name in move.lost)]
    return {
        "title": move.title,
        "what": move.what if move.before else "new analysis",
        "before": move.before or None,
        "after": move.after,
        "studies": "; ".join(units) or None,
    }


def searches_table(review: Review) -> Table:
    """List the days on which we searched, newest first, also those that found nothing."""
    events = search_events(review.evidence.searches)
    if not events:
        return Table(paragraph("No search of our own has been run yet, so there is nothing to list."))
    rows = pd.DataFrame([{"date": event.date.isoformat(), "words": event.words} for event in events])
    return html_table(rows, caption="Our searches", columns={"date": "Date", "words": "Result"})


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
    rows = pd.DataFrame(promises, columns=["what", "promise"])
    return html_table(rows, caption="Update policy", columns={"what": "Step", "promise": "Policy"})


def _days(rhythm: dict) -> str:
    return count(rhythm["every_days"], "day")


def _late(rhythm: dict) -> str:
    return f"overdue after {count(rhythm['overdue_days'], 'day')}"


def _names(review: Review) -> dict[str, str]:
    return review.evidence.trials.set_index("trial_id").label.to_dict()


def _ids(row) -> list[str]:
    return [] if is_missing(row.trial_ids) else row.trial_ids.split()
