"""Lists all trials in one table that a reader can sort and filter."""

import re

import pandas as pd

from alsreview.effects.sources import KIND_WORDS, SOURCE_KINDS
from alsreview.evidence import load_evidence
from alsreview.exhibits.places import trial_address
from alsreview.exhibits.words import ALLOCATION_WORDS
from alsreview.formats import number
from alsreview.statistics import synthesise
from alsreview.tables import Table, html_table

_COLUMNS = {
    "label": "Study",
    "question": "Intervention",
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
    """List trials and composites, newest last, with the tier of their evidence and what they entered.

    Parameters
    ----------
    status : which trials: "included", "awaiting" or "excluded"
    """
    evidence = load_evidence(root)
    best = evidence.sources.assign(rank=evidence.sources.kind.map(SOURCE_KINDS.index))
    best = best.loc[best.groupby("trial_id")["rank"].idxmin()].set_index("trial_id").kind
    pooled = _pooled(evidence, root)
    chosen = evidence.trials[evidence.trials.status == status]
    rows = [_row(evidence, trial, best[trial.trial_id], pooled) for trial in chosen.itertuples()]
    return html_table(
        pd.DataFrame(rows, columns=["trial_id", *_COLUMNS]).sort_values(["year", "trial_id"]),
        caption=_CAPTIONS[status],
        columns=_COLUMNS,
        formats={"year": "d", "people": lambda n: number(n, 0)},
        links={"label": lambda row: trial_address(row["trial_id"])},
        # The others are few.
        filters=_FILTERS if status == "included" else None,
    )


def _row(evidence, trial, kind: str, pooled: dict[str, list[str]]) -> dict:
    return {
        "trial_id": trial.trial_id,
        "label": trial.label,
        "question": evidence.protocol["questions"][trial.question]["label"],
        "year": int(re.search(r"[0-9]{4}", trial.trial_id)[0]),
        "people": trial.people,
        "allocation": "pooled trials" if trial.unit == "composite" else ALLOCATION_WORDS[trial.allocation],
        "tier": KIND_WORDS[kind],
        "used": _used(trial, pooled),
    }


def _pooled(evidence, root) -> dict[str, list[str]]:
    """Collect, by trial, the analyses that take a number from it."""
    found: dict[str, list[str]] = {}
    for analysis_id, choice in evidence.protocol["analyses"].items():
        if choice["synthesis"] == "pool":
            for trial_id in synthesise(analysis_id, root=root).trials.trial_id:
                found.setdefault(trial_id, []).append(choice["title"])
    return found


def _used(row, pooled: dict[str, list[str]]) -> str:
    if row.status != "included":
        return "no synthesis"
    return ", ".join(pooled.get(row.trial_id, [])) or "directions only"
