"""Shows which trials stand in what was read of other reviews, with the data read there and what disagrees."""

import pandas as pd

from livingreview.evidence import load_evidence
from livingreview.exhibits.places import lasting_address, trial_address
from livingreview.formats import interval, is_missing, number
from livingreview.tables import Table, html_table


def shared_trials_table(*, root=None) -> Table:
    """List every trial in every review whose own table or text on it was read."""
    evidence = load_evidence(root)
    labels = evidence.trials.set_index("trial_id").label
    second = evidence.sources[evidence.sources.kind.isin(["secondary_meta_analysis", "secondary_review"])]
    rows = [
        {
            "trial_id": source.trial_id,
            "label": labels[source.trial_id],
            "review": source.source if is_missing(source.what) else source.what,
            "address": lasting_address(evidence.cards[source.trial_id], source.source),
            "data": _data_words(evidence, source) or "no outcome data",
            "disagrees": _disagreements(evidence.cards[source.trial_id], source.source),
        }
        for source in second.itertuples()
    ]
    columns = {
        "label": "Study",
        "review": "Source",
        "data": "Data taken from it",
        "disagrees": "Where sources disagree",
    }
    return html_table(
        pd.DataFrame(rows, columns=["trial_id", *columns, "address"]),
        caption="Studies described in the reviews and summaries available to us",
        columns=columns,
        links={"label": lambda row: trial_address(row["trial_id"]), "review": lambda row: row["address"]},
        filters={"label": "choice"},
    )


def _data_words(evidence, source) -> str:
    """Name the outcomes read in a source, with the differences that it prints."""
    named = {key: outcome["label"] for key, outcome in evidence.outcomes["outcomes"].items()}
    found = [
        named[row["outcome"]] + _difference(row)
        for table in ("results", "reported")
        for row in evidence.rows[table].get(source.trial_id, [])
        if row["source"] == source.source
    ]
    return "; ".join(dict.fromkeys(found))


def _difference(row: dict) -> str:
    if is_missing(row.get("estimate")):
        return ""
    limits = "" if is_missing(row["ci_low"]) else f" ({interval(row['ci_low'], row['ci_high'])})"
    return f" {number(row['estimate'])}{limits}"


def _disagreements(card: dict, source: str) -> str | None:
    said = [each["text"] for each in card.get("contradictions", []) if source in each["sources"]]
    return "; ".join(text.removesuffix(".") for text in said) or None
