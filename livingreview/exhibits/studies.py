"""Shows the tables of records that are not included."""

import pandas as pd

from livingreview.exhibits.places import registry_address, source_address, trial_address
from livingreview.exhibits.words import part_words
from livingreview.formats import is_missing
from livingreview.reviews import Review
from livingreview.tables import Table, html_table

# Long numbers may be broken, or they would push the words aside.
CLASSES = "lr-table lr-breaks"


def excluded_table(review: Review) -> Table:
    """List every excluded record with the reason."""
    records = _records(review, "excluded")
    order = records.reason.map(records.reason.value_counts())
    records = records.assign(order=order).sort_values(
        ["order", "reason", "record_id"], ascending=[False, True, True]
    )
    columns = {
        "title": "Record",
        "number": "Registry number or identifier",
        "asks": "Intervention",
        "why": "Reason for exclusion",
        "note": "Details",
    }
    last = f", as decided up to {_day(max(records.date))}" if len(records) else ""
    return _record_table(review, records, f"Excluded records, with the reason for each{last}", columns)


def awaiting_table(review: Review) -> Table:
    """List the records that cannot be classified yet, and what their result could change."""
    evidence = review.evidence
    records = _records(review, "awaiting")
    told = evidence.ongoing.set_index("id")
    records = records.assign(
        change=[told.could_change.get(i) for i in records.record_id],
        note=[told.note.get(i, note) for i, note in zip(records.record_id, records.note, strict=True)],
        planned=[told.planned_n.get(i) for i in records.record_id],
    )
    columns = {
        "title": "Record",
        "number": "Registry number or identifier",
        "asks": "Intervention",
        "planned": "Participants planned",
        "why": "Reason",
        "note": "Details",
        "change": "What it could add",
    }
    return _record_table(review, records, "Records awaiting classification", columns)


def ongoing_table(review: Review) -> Table:
    """List the registered trials under way: status, expected date, and what they could change."""
    evidence = review.evidence
    numbers = _records(review, "ongoing").set_index("record_id").registration
    rows = evidence.ongoing[evidence.ongoing.id.isin(numbers.index)]
    rows = rows.assign(
        title=[
            title if is_missing(numbers[i]) else f"{title} ({numbers[i]})"
            for i, title in zip(rows.id, rows.title, strict=True)
        ],
        expected=[_day(day) for day in rows.expected],
    )
    columns = {
        "title": "Trial and registry number",
        "intervention": "Comparison",
        "planned_n": "Participants planned",
        "status_seen": "Status when consulted",
        "expected": "Expected completion",
        "could_change": "What it could add",
    }
    caption = "Ongoing trials, as registered when last consulted"
    links = {"title": lambda row: row["url"]}
    return html_table(
        rows, caption=caption, columns=columns, links=links, formats={"planned_n": "g"}, classes=CLASSES
    )


def reports_table(review: Review) -> Table:
    """List the reports that could not be read in full, those first that could change most."""
    evidence = review.evidence
    rows = evidence.reports[evidence.reports.retrieved == "no"].sort_values(["priority", "record", "report"])
    labels = evidence.screening.set_index("record_id").title.to_dict()
    labels |= {name: card["label"] for name, card in (evidence.cards | evidence.reviews).items()}
    columns = {
        "label": "Study",
        "priority": "Priority",
        "report": "Report",
        "would_give": "What it would add",
        "where": "Where it was sought",
    }
    return html_table(
        rows.assign(label=rows.record.map(labels), url=rows.url.fillna("")),
        caption="Reports not read in full, in order of priority",
        columns=columns,
        links={"report": lambda row: row["url"] or None},
        formats={"priority": "d"},
        classes=CLASSES,
    )


def _records(review: Review, decision: str) -> pd.DataFrame:
    records = review.evidence.screening
    chosen = records[records.decision == decision].astype(object)
    return chosen.where(chosen.notna(), None)


def _record_table(review: Review, records: pd.DataFrame, caption: str, columns: dict) -> Table:
    words = part_words(review.evidence.protocol)
    cards = review.evidence.cards
    titles = zip(records.trial_id, records.title, strict=True)
    rows = records.assign(
        title=[f"{cards[i]['label']}: {title}" if i in cards else title for i, title in titles],
        number=[_number(row) for row in records.itertuples()],
        asks=records.question.map(words),
        why=records.reason.map(words),
    )
    return html_table(
        rows,
        caption=caption,
        columns=columns,
        links={"title": _address},
        formats={"planned": "g"},
        classes=CLASSES,
    )


def _number(row) -> str | None:
    """Name the record by what its registry or a library calls it."""
    forms = {"registration": "{}", "doi": "doi:{}", "pmid": "PMID {}"}
    found = [form.format(getattr(row, key)) for key, form in forms.items() if getattr(row, key)]
    return found[0] if found else None


def _address(row: dict) -> str | None:
    """Give the address of the trial's own page, else of the record's source."""
    if row["trial_id"]:
        return trial_address(row["trial_id"])
    numbered = {key: row[key] for key in ("doi", "pmid")}
    return source_address(numbered) or registry_address(row["registration"]) or row["url"]


def _day(day) -> str | None:
    return None if is_missing(day) else f"{day:%-d %B %Y}"
