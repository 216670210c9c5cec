"""Shows how a trial entered each analysis: every step from the printed row to the effect, or why not."""

from html import escape

import pandas as pd

from livingreview.evidence import trial_status
from livingreview.exhibits.places import row_anchor
from livingreview.exhibits.words import ESTIMATE_WORDS, reported_words, status_words
from livingreview.formats import interval, number, percent, weeks
from livingreview.reviews import Analysis, Review
from livingreview.statistics import Pooled
from livingreview.tables import html_table


def used_table(review: Review, trial_id: str) -> str:
    """Show, for each analysis of a trial's question, its effect with the conversions, or what it reports."""
    card = review.evidence.cards[trial_id]
    if trial_status(card) != "included":
        return f"<p>It is not part of any synthesis ({escape(status_words(card))}).</p>"
    rows = [
        row
        for analysis in review.values()
        if analysis.choice["question"] == card["question"]
        for row in _rows(analysis, trial_id)
    ]
    columns = {
        "title": "Analysis",
        "effect": "Difference (95% CI)",
        "weight": "Weight",
        "how": "Derivation, or reported result",
        "rows": "From",
    }
    links = {"rows": lambda row: f"#{row['anchor']}" if row["anchor"] else None}
    frame = pd.DataFrame(rows, columns=[*columns, "anchor"])
    return html_table(
        frame,
        caption="Contribution to each analysis, with its weight where results are pooled",
        columns=columns,
        links=links,
    ).html


def _rows(analysis: Analysis, trial_id: str) -> list[dict]:
    choice = analysis.choice
    if choice["synthesis"] == "pool":
        result = analysis.synthesis
        used = result.trials[result.trials.trial_id == trial_id]
        if len(used):
            return [_used(row, choice, isinstance(result, Pooled)) for row in used.itertuples()]
    said = analysis.directions
    return [_said(row, choice) for row in said[said.trial_id == trial_id].itertuples()]


def _used(row, choice: dict, pooled: bool) -> dict:
    kind = f"{ESTIMATE_WORDS[row.estimate_kind]} at {weeks(row.timepoint_weeks)}"
    lines = ", ".join(place.rpartition("/")[2].replace(":", ", line ") for place in row.rows)
    return {
        "title": choice["title"],
        "effect": f"{number(row.yi)} ({interval(row.ci_low, row.ci_high)}) {choice['unit']}",
        "weight": percent(row.weight, 1) if pooled else None,
        "how": "; ".join([kind, *row.steps]),
        "rows": lines,
        "anchor": row_anchor(row.trial_id, row.rows[0]),
    }


def _said(row, choice: dict) -> dict:
    outcome = f"{row.outcome_label}: " if row.basis != "nothing seen" else ""
    counted = "" if row.counted else " (not counted)"
    said = f"{outcome}{reported_words(row)}{counted}"
    return {"title": choice["title"], "effect": None, "weight": None, "how": said, "rows": None, "anchor": ""}
