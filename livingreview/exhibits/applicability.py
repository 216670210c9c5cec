"""Shows the participants of each trial, and where they differ from the question."""

import pandas as pd

from livingreview.evidence import load_evidence
from livingreview.exhibits.places import place_words, to_row
from livingreview.formats import number
from livingreview.tables import Table, html_table


def applicability_table(question: str, *, root=None) -> Table:
    """List the participants of each randomised trial of a question, and where they differ from it."""
    evidence = load_evidence(root)
    flags: dict[str, list[str]] = {}
    for flag in evidence.grade.rules["indirect"]:
        flags.setdefault(flag["trial"], []).append(f"{flag['what']}: {flag['text']}")
    rows = [
        {
            "trial_id": row.trial_id,
            "label": row.label,
            "people": row.people,
            "flag": "; ".join(flags.get(row.trial_id, [])),
        }
        | _population(evidence.cards[row.trial_id])
        for row in _randomized(question, evidence).itertuples()
    ]
    columns = {
        "label": "Study",
        "people": "Participants",
        "who": "Characteristics",
        "where": "Source",
        "flag": "Differs from the question",
    }
    return html_table(
        pd.DataFrame(rows, columns=["trial_id", *columns]).replace({"flag": {"": None}}),
        caption=f"Participants in the included studies: {evidence.protocol['questions'][question]['label']}",
        columns=columns,
        formats={"people": lambda n: number(n, 0)},
        links={"label": to_row},
    )


def _randomized(question: str, evidence) -> pd.DataFrame:
    trials = evidence.trials
    return trials[trials.question.eq(question) & trials.status.eq("included")]


def _population(card: dict) -> dict:
    said = card.get("population")
    if said is None:
        return {"who": None, "where": None}
    return {"who": said["text"], "where": place_words(card, said["source"], said["locator"])}
