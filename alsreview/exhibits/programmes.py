"""Shows what each trial's intervention asked of people, as printed."""

import pandas as pd

from alsreview.effects.eligible import eligible_contrasts
from alsreview.evidence import load_evidence
from alsreview.exhibits.places import place_words, trial_address
from alsreview.pooling import analysis
from alsreview.tables import Table, html_table

COLUMNS = {
    "exercise": {
        "what": "What was done",
        "sessions_per_week": "Sessions a week",
        "minutes": "Minutes a session",
        "weeks": "Weeks",
        "supervised": "Watched over by",
    },
    "nibs": {"what": "What was done", "sessions": "Sessions", "minutes": "Minutes", "weeks": "Weeks"},
}


def programmes_table(analysis_id: str, *, root=None) -> Table:
    """List what the trials that an analysis asks about demanded of people, one row per intervention arm."""
    evidence = load_evidence(root)
    choice = analysis(analysis_id, evidence)
    shown = COLUMNS[choice["question"]]
    contrasts = eligible_contrasts(evidence, choice | {"composites": False})
    arms = {(row["trial_id"], row["intervention"]): row["label"] for row in contrasts}
    rows = [
        {"trial_id": trial_id, "label": label} | _told(evidence.cards[trial_id], arm, shown)
        for (trial_id, arm), label in arms.items()
    ]
    columns = {"label": "Trial", **shown, "where": "Read in"}
    return html_table(
        pd.DataFrame(rows, columns=["trial_id", *columns], dtype=object),
        caption="What the trials asked of people, as printed",
        columns=columns,
        links={"label": lambda row: trial_address(row["trial_id"], "arms")},
    )


def _told(card: dict, arm: str, shown: dict) -> dict:
    said = card["arms"][arm].get("programme") or card["arms"][arm].get("stimulation")
    if said is None:
        return {}
    return {key: said.get(key) for key in shown} | {
        "where": place_words(card, said["source"], said["locator"])
    }
