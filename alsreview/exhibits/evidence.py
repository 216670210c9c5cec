"""Shows the tables of evidence and of rules: safety, sources, protocol."""

import pandas as pd

from alsreview.effects.measures import measure_of
from alsreview.evidence import load_evidence
from alsreview.exhibits.places import trial_address
from alsreview.exhibits.words import INTERVAL_WORDS
from alsreview.tables import Table, html_table
from alsreview.wording import KIND_WORDS

_SAFETY = {"adverse_events": "harms", "deaths": "deaths", "dropouts": "dropouts", "adherence": "adherence"}


def safety_table(question: str, *, root=None) -> Table:
    """Print what each randomized trial of a question says on harms, deaths and dropouts."""
    evidence = load_evidence(root)
    trials = evidence.trials[evidence.trials.question.eq(question) & evidence.trials.excluded.isna()]
    rows = [
        {"trial_id": trial.trial_id, "label": trial.label} | said
        for trial in trials.itertuples()
        for said in _safety_rows(evidence.cards[trial.trial_id])
    ]
    columns = {
        "label": "Trial",
        "on": "On",
        "text": "What was reported",
        "source": "Read in",
        "locator": "Where",
    }
    return html_table(
        pd.DataFrame(rows, columns=["trial_id", *columns]),
        caption="Harms, deaths, dropouts and adherence as reported",
        columns=columns,
        links={"label": lambda row: trial_address(row["trial_id"], "harms")},
    )


def _safety_rows(card: dict) -> list[dict]:
    found = [
        {
            "on": word,
            "text": entry["text"],
            "source": KIND_WORDS[card["sources"][entry["source"]]["kind"]],
            "locator": entry["locator"],
        }
        for section, word in _SAFETY.items()
        for entry in card.get(section, [])
    ]
    return found or [{"on": "harms", "text": "nothing seen"}]


def unclear_table(*, root=None) -> Table:
    """List the reports that stay out of every synthesis, with the reason."""
    trials = load_evidence(root).trials
    columns = {
        "label": "Report",
        "title": "Title",
        "people": "People",
        "excluded": "Why it is in no synthesis",
    }
    return html_table(
        trials[trials.excluded.notna()],
        caption="Reports in no synthesis",
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
    columns = {"kind": "Read in", "rows": "Rows of data", "trials": "Trials"}
    return html_table(found, caption="Where the numbers were read", columns=columns)


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
    return html_table(pd.DataFrame(rows), caption="The alternatives of protocol.yml", columns=columns)
