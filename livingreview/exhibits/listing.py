"""Lists all trials in one table that a reader can sort and filter."""

import re

import pandas as pd

from livingreview.certainty import rated_analyses
from livingreview.effects.estimates import is_result
from livingreview.effects.sources import KIND_WORDS, SOURCE_KINDS
from livingreview.evidence import load_evidence
from livingreview.exhibits.places import trial_address
from livingreview.exhibits.words import ALLOCATION_WORDS
from livingreview.formats import listed, number
from livingreview.statistics import directions, synthesise
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
_CAPTIONS = {
    "included": "Included studies",
    "awaiting": "Studies awaiting classification",
    "excluded": "Excluded studies with a page",
}


def trials_table(status: str = "included", *, root=None) -> Table:
    """List trials and composites, newest last, with the tier of their evidence and their analyses.

    Parameters
    ----------
    status : which trials: "included", "awaiting" or "excluded"
    """
    evidence = load_evidence(root)
    used = _analyses_of(evidence, root)
    chosen = evidence.trials[evidence.trials.status == status]
    rows = [_row(evidence, trial, used) for trial in chosen.itertuples()]
    return html_table(
        pd.DataFrame(rows, columns=["trial_id", *_COLUMNS]).sort_values(["year", "trial_id"]),
        caption=_CAPTIONS[status],
        columns=_COLUMNS,
        formats={"year": "d", "people": lambda n: number(n, 0)},
        links={"label": lambda row: trial_address(row["trial_id"])},
        # The others are few.
        filters=_FILTERS if status == "included" else None,
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


def _analyses_of(evidence, root) -> dict[str, list[str]]:
    """Collect, by trial, the analyses that use its estimate, alone or in a composite, or its direction."""
    covers, rated = evidence.trials.set_index("trial_id").covers, rated_analyses(root=root)
    found: dict[str, list[str]] = {}
    for analysis_id, choice in evidence.protocol["analyses"].items():
        taken = synthesise(analysis_id, root=root).trials.trial_id if choice["synthesis"] == "pool" else ()
        inside = {trial: " (in a pooled estimate)" for unit in taken for trial in covers[unit]}
        known = directions(analysis_id, root=root)
        # The same outcome in other units has the same directions.
        counted = known.trial_id[known.counted] if analysis_id in rated else ()
        counted = dict.fromkeys(counted, " (direction)")
        for trial_id, how in (counted | inside | dict.fromkeys(taken, "")).items():
            found.setdefault(trial_id, []).append(choice["title"] + how)
    return found
