"""Shows the tables of evidence and of rules: reports left out, sources, protocol."""

import pandas as pd

from alsreview.effects.measures import measure_of
from alsreview.effects.sources import KIND_WORDS
from alsreview.evidence import load_evidence
from alsreview.exhibits.places import trial_address
from alsreview.exhibits.words import INTERVAL_WORDS
from alsreview.tables import Table, html_table


def unclear_table(*, root=None) -> Table:
    """List the trials that await classification, with their design as far as it was seen."""
    evidence = load_evidence(root)
    trials = evidence.trials[evidence.trials.status == "awaiting"]
    columns = {
        "label": "Trial",
        "title": "Title",
        "people": "Participants",
        "design": "Design",
    }
    return html_table(
        trials.assign(design=[evidence.cards[trial_id]["design"] for trial_id in trials.trial_id]),
        caption="Trials that await classification",
        columns=columns,
        formats={"people": "g"},
        links={"label": lambda row: trial_address(row["trial_id"])},
    )


def sources_table(*, root=None) -> Table:
    """Count the rows of data by the kind of source they were read in, best kind first."""
    evidence = load_evidence(root)
    rows = (
        pd.concat([evidence.arms, evidence.reported])
        .groupby("source_kind")
        .agg(rows=("line", "size"), trials=("trial_id", "nunique"))
    )
    found = rows.reindex(list(KIND_WORDS), fill_value=0).reset_index(names="kind")
    found["kind"] = found.kind.map(KIND_WORDS)
    columns = {"kind": "Source", "rows": "Rows of data", "trials": "Trials"}
    return html_table(found, caption="Data collection: rows of data by source", columns=columns)


def protocol_table(*, root=None) -> Table:
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
        for choice in load_evidence(root).protocol["analyses"].values()
    ]
    columns = {
        "title": "Analysis",
        "asks": "Question",
        "measure": "Measure",
        "window": "Weeks",
        "order": "Order of estimates",
        "model": "Model",
    }
    return html_table(pd.DataFrame(rows), caption="The analyses of protocol.yml", columns=columns)


def _window_words(choice: dict) -> str:
    window = choice.get("window")
    return f"nearest {window['nearest']:g}, from {window['from']:g} to {window['to']:g}" if window else "any"


def alternatives_protocol_table(*, root=None) -> Table:
    """Print the defensible alternatives of the protocol, with the reason for each."""
    rows = [
        {"title": choice["title"], "label": other["label"], "why": other["why"]}
        for choice in load_evidence(root).protocol["analyses"].values()
        for other in choice.get("alternatives", {}).values()
    ]
    columns = {"title": "Analysis", "label": "Alternative", "why": "Why"}
    return html_table(pd.DataFrame(rows), caption="The sensitivity analyses of protocol.yml", columns=columns)
