"""Shows the tables of the methods: sources, analyses, alternatives, and what changed in them."""

import pandas as pd

from livingreview.effects.measures import measure_of
from livingreview.effects.sources import KIND_WORDS
from livingreview.exhibits.words import INTERVAL_WORDS
from livingreview.reviews import Review
from livingreview.tables import Table, html_table


def sources_table(review: Review) -> Table:
    """Count the rows of data by the kind of source they were read in, best kind first."""
    evidence = review.evidence
    rows = (
        pd.concat([evidence.results, evidence.reported])
        .groupby("source_kind")
        .agg(rows=("line", "size"), trials=("trial_id", "nunique"))
    )
    found = rows.reindex(list(KIND_WORDS), fill_value=0).reset_index(names="kind")
    found["kind"] = found.kind.map(KIND_WORDS)
    columns = {"kind": "Source type", "rows": "Rows of data", "trials": "Trials"}
    return html_table(found, caption="Rows of data by type of source", columns=columns)


def protocol_table(review: Review) -> Table:
    """Print the analyses of the protocol."""
    rows = [
        {
            "title": choice["title"],
            "asks": choice["asks"],
            "measure": getattr(measure_of(choice), "label", "directions only"),
            "window": _window_words(choice),
            "order": ", ".join(choice.get("estimates", [])),
            "model": f"{choice['method']}, {INTERVAL_WORDS[choice['interval']]}"
            if "method" in choice
            else "",
        }
        for choice in review.evidence.protocol["analyses"].values()
    ]
    columns = {
        "title": "Analysis",
        "asks": "Question",
        "measure": "Measure",
        "window": "Weeks",
        "order": "Types of estimate, in order of preference",
        "model": "Model",
    }
    return html_table(pd.DataFrame(rows), caption="The analyses of this review", columns=columns)


def _window_words(choice: dict) -> str:
    window = choice.get("window")
    return f"nearest {window['nearest']:g}, from {window['from']:g} to {window['to']:g}" if window else "any"


def alternatives_protocol_table(review: Review) -> Table:
    """Print the defensible alternatives of the protocol, with the reason for each."""
    rows = [
        {"title": choice["title"], "label": other["label"], "why": other["why"]}
        for choice in review.evidence.protocol["analyses"].values()
        for other in choice.get("alternatives", {}).values()
    ]
    columns = {"title": "Analysis", "label": "Sensitivity analysis", "why": "Reason"}
    return html_table(
        pd.DataFrame(rows), caption="Sensitivity analyses of the pooled results", columns=columns
    )


def differences_table(review: Review) -> Table:
    """List the changes to the methods by date, each with its reason and the result before and after."""
    protocol = review.evidence.protocol
    changes = sorted(protocol.get("changes", []), key=lambda change: change["date"])
    columns = {
        "date": "Date",
        "what": "Change",
        "why": "Reason",
        "analyses": "Analyses",
        "before": "Result before",
        "after": "Result after",
    }
    titles = {name: choice["title"] for name, choice in protocol["analyses"].items()}
    rows = [
        change
        | {"date": f"{change['date']:%-d %B %Y}"}
        | {"analyses": "; ".join(titles[name] for name in change.get("analyses", [])) or None}
        for change in changes
    ]
    return html_table(
        pd.DataFrame(rows, columns=list(columns)),
        caption="Differences between protocol and review",
        columns=columns,
    )
