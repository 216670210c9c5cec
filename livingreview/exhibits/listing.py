"""Lists the included trials, and the participants of each."""

import re

import pandas as pd

from livingreview.certainty import rated_analyses
from livingreview.effects.estimates import is_result
from livingreview.effects.sources import KIND_WORDS, SOURCE_KINDS
from livingreview.exhibits.places import place_words, to_row, trial_address
from livingreview.exhibits.words import ALLOCATION_WORDS
from livingreview.formats import listed, number
from livingreview.reviews import Review
from livingreview.tables import Table, html_table

_COLUMNS = {
    "label": "Study",
    "question": "Intervention",
    "comparator": "Comparator",
    "year": "Year",
    "people": "Participants",
    "allocation": "Allocation",
    "tier": "Source type",
    "used": "Contributes to",
}

_FILTERS = {"question": "choice", "year": "least", "people": "least", "tier": "choice"}


def trials_table(review: Review) -> Table:
    """List the included trials and composites, newest last, with their source type and their analyses."""
    evidence, used = review.evidence, _analyses_of(review)
    chosen = evidence.trials[evidence.trials.status == "included"]
    rows = [_row(evidence, trial, used) for trial in chosen.itertuples()]
    return html_table(
        pd.DataFrame(rows, columns=["trial_id", *_COLUMNS]).sort_values(["year", "trial_id"]),
        caption="Included studies",
        columns=_COLUMNS,
        formats={"year": "d", "people": lambda n: number(n, 0)},
        links={"label": lambda row: trial_address(row["trial_id"])},
        filters=_FILTERS,
    )


def _row(evidence, trial, used: dict[str, list[str]]) -> dict:
    arms = evidence.cards[trial.trial_id]["arms"].values()
    return {
        "trial_id": trial.trial_id,
        "label": trial.label,
        "question": evidence.protocol["questions"][trial.question]["label"],
        "comparator": listed([arm["label"] for arm in arms if arm["role"] == "comparator"]) or None,
        "year": int(re.search(r"[0-9]{4}", trial.trial_id)[0]),
        "people": trial.people,
        "allocation": "pooled trials" if trial.unit == "composite" else ALLOCATION_WORDS[trial.allocation],
        "tier": _source_words(evidence, trial.trial_id),
        "used": ", ".join(used.get(trial.trial_id, [])) or "no synthesis",
    }


def _source_words(evidence, trial_id: str) -> str:
    """Name the best kind of source of a trial's results and, if better, that of its characteristics."""
    best = min(
        (each["kind"] for each in evidence.cards[trial_id]["sources"].values()), key=SOURCE_KINDS.index
    )
    rows = [row for table in ("results", "reported") for row in evidence.rows[table].get(trial_id, [])]
    kinds = [row["source_kind"] for row in rows if is_result(row)]
    found = min(kinds, key=SOURCE_KINDS.index, default=best)
    return KIND_WORDS[found] + ("" if found == best else f" (characteristics: {KIND_WORDS[best]})")


def _analyses_of(review: Review) -> dict[str, list[str]]:
    """Collect, by trial, the analyses that use its estimate, alone or in a composite, or its direction."""
    covers, rated = review.evidence.trials.set_index("trial_id").covers, rated_analyses(review.evidence)
    found: dict[str, list[str]] = {}
    for analysis_id, analysis in review.items():
        taken = analysis.result.trials.trial_id if analysis.choice["synthesis"] == "pool" else ()
        inside = {trial: " (in a pooled estimate)" for unit in taken for trial in covers[unit]}
        known = analysis.directions
        # The same outcome in other units has the same directions.
        counted = known.trial_id[known.counted] if analysis_id in rated else ()
        counted = dict.fromkeys(counted, " (direction)")
        for trial_id, how in (counted | inside | dict.fromkeys(taken, "")).items():
            found.setdefault(trial_id, []).append(analysis.choice["title"] + how)
    return found


def applicability_table(review: Review, question: str) -> Table:
    """List the participants of each randomised trial of a question, and where they differ from it."""
    evidence = review.evidence
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
        caption=f"Participants in the included studies: {review.questions[question]['label']}",
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
