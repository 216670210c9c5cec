"""Shows what a guideline panel would weigh: the outcomes by importance, and who was studied."""

import pandas as pd

from alsreview.certainty import certainty, rated_analyses
from alsreview.effects.eligible import eligible_contrasts
from alsreview.evidence import load_evidence
from alsreview.exhibits.certainty import SENTENCES
from alsreview.exhibits.effects import effect_words
from alsreview.exhibits.places import place_words, to_row
from alsreview.formats import count, is_missing, listed, number
from alsreview.tables import Table, html_table
from alsreview.wording import standing_words


def panel_table(*, root=None) -> Table:
    """List the outcomes in the order of their importance, with what is known of each and how surely."""
    evidence = load_evidence(root)
    questions = evidence.protocol["questions"]
    rows = [
        {"rank": rank, "label": entry["label"], "importance": entry["importance"]}
        | {question: _known(entry, question, evidence, root) for question in questions}
        for rank, entry in enumerate(evidence.grade.rules["outcomes"], 1)
    ]
    columns = {"rank": "Rank", "label": "Outcome", "importance": "Importance"}
    columns |= {question: asked["label"] for question, asked in questions.items()}
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
        caption=f"Who was studied: {evidence.protocol['questions'][question]['label']}",
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
    if "domain" in entry:
        analysis_id = _analysis_of(question, entry["domain"], evidence)
        if analysis_id is None:
            return "No analysis asks about it. Certainty: not rated"
        found = certainty(analysis_id, root=root)
        return f"{effect_words(analysis_id, evidence, root)}. Certainty: {standing_words(found)}"
    said = "No analysis asks about it"
    if "section" in entry:
        said = _statements(entry, question, evidence)
    elif "outcome" in entry:
        said = _rows(entry["outcome"], question, evidence)
    return f"{said}. Certainty: not rated"


def _analysis_of(question: str, domain: str, evidence) -> str | None:
    """Return the rated analysis of a question on a domain of outcomes."""
    choices = evidence.protocol["analyses"]
    return next(
        (
            key
            for key in rated_analyses(root=evidence)
            if choices[key]["question"] == question and choices[key]["domain"] == domain
        ),
        None,
    )


def _statements(entry: dict, question: str, evidence) -> str:
    """Count the trials of the question that say anything on harms, which is no count of harms."""
    chosen = _randomized(question, evidence).query("unit == 'trial'").set_index("trial_id").label
    told = chosen[[bool(evidence.cards[trial_id].get(entry["section"])) for trial_id in chosen.index]]
    asked = next(each for each in evidence.protocol["analyses"].values() if each["question"] == question)
    eligible = {row["trial_id"] for row in eligible_contrasts(evidence, asked)}
    inside = told.index.isin(eligible)
    trials = count(chosen.index.isin(eligible).sum(), "trial")
    others = f"; outside the question, {_say(told[~inside])} something" if not inside.all() else ""
    return (
        f"{inside.sum()} of {trials} whose comparison counts {'says' if inside.sum() == 1 else 'say'} "
        f"something, mostly without counts{others}"
    )


def _say(labels) -> str:
    return f"{listed(list(labels))} {'says' if len(labels) == 1 else 'say'}"


def _rows(outcome: str, question: str, evidence) -> str:
    """Say what each trial reports on an outcome that no analysis asks about."""
    trials = evidence.trials.set_index("trial_id")
    found = evidence.reported[evidence.reported.outcome == outcome]
    found = found[found.trial_id.map(trials.question) == question].drop_duplicates(["trial_id", "direction"])
    said = [f"{trials.label[row.trial_id]}: {_told(row)}" for row in found.itertuples()]
    return "; ".join(said) or "Nothing seen"


def _told(row) -> str:
    words = {
        "favours_intervention": "in favour",
        "favours_comparator": "against",
        "no_difference": "no difference",
    }
    told = words.get(row.direction, "unclear")
    return told if is_missing(row.note) else f"{told} ({row.note})"
