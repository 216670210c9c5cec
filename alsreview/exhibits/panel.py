"""Shows what a guideline panel would weigh: the outcomes by importance, and who was studied."""

import pandas as pd

from alsreview.certainty import certainty
from alsreview.evidence import load_evidence
from alsreview.exhibits.certainty import SENTENCES
from alsreview.exhibits.effects import effect_words
from alsreview.exhibits.harms import harm_findings
from alsreview.exhibits.places import place_words, to_row
from alsreview.exhibits.words import QUESTION_WORDS
from alsreview.formats import number
from alsreview.tables import Table, html_table
from alsreview.wording import standing_words

QUESTIONS = ("exercise", "nibs")


def panel_table(*, root=None) -> Table:
    """List the outcomes in the order of their importance, with what is known of each and how surely."""
    evidence = load_evidence(root)
    rows = [
        {"rank": rank, "label": entry["label"], "importance": entry["importance"]}
        | {question: _known(entry, question, evidence, root) for question in QUESTIONS}
        for rank, entry in enumerate(evidence.grade.rules["outcomes"], 1)
    ]
    columns = {"rank": "Rank", "label": "Outcome", "importance": "Importance"}
    columns |= {question: QUESTION_WORDS[question].capitalize() for question in QUESTIONS}
    return html_table(
        pd.DataFrame(rows),
        caption="From evidence to a decision",
        columns=columns,
        row_header="label",
        classes=SENTENCES,
    )


def applicability_table(question: str, *, root=None) -> Table:
    """Say who was studied in each randomized trial of a question, and where it differs from the question."""
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
        "label": "Trial",
        "people": "People",
        "who": "Who",
        "where": "Read in",
        "flag": "Differs from the question",
    }
    return html_table(
        pd.DataFrame(rows, columns=["trial_id", *columns]).replace({"flag": {"": None}}),
        caption=f"Who was studied: {QUESTION_WORDS[question]}",
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


def _known(entry: dict, question: str, evidence, root) -> str:
    if question in entry:
        found = certainty(entry[question], root=root)
        return f"{effect_words(entry[question], evidence, root)}. Certainty: {standing_words(found)}"
    if entry.get("question", question) != question or "harms" not in entry:
        return "Not asked"
    found = harm_findings(entry["harms"], question, root=root)
    return " ".join(f"{row['outcome']}: {row['effect']}." for row in found) + " Certainty: not rated"
