"""Direction of effect of each trial, without pooling (SWiM: synthesis without meta-analysis)."""

import re
from functools import lru_cache
from itertools import groupby
from math import isfinite, nan
from operator import itemgetter

import numpy as np
import pandas as pd

from livingreview.effects.estimates import contrast_estimates, is_result, preference, when
from livingreview.effects.sources import BASIS_STEPS, SOURCE_KINDS, basis_of
from livingreview.evidence import Evidence, arm_details
from livingreview.statistics.synthesis import absent_trials, analysis

COLUMNS = [
    "trial_id", "label", "contrast_kind", "outcome", "outcome_label", "unit", "timepoint_weeks", "n",
    "n_basis", "people", "direction", "stated", "basis", "estimate_kind", "difference", "ci_low", "ci_high",
    "p", "source_kind", "eligible", "counted", "note", "rows",
]  # fmt: skip
NOT_COUNTED = {
    "dose": "compares two doses",
    "active": "compares with another active intervention",
    "delayed_start": "compares an early start with a delayed one",
}
_YEAR = re.compile(r"(\d{4})\w?$")


@lru_cache(maxsize=64)
def directions(analysis_id: str, evidence: Evidence, *, every_outcome: bool = False) -> pd.DataFrame:
    """Tabulate the direction of effect of every randomized trial of a question.

    The direction is the sign of an estimate, whatever its p value: at one outcome and time, of that which a
    synthesis takes. What authors state without an estimate is shown and gives no direction. Which result of a
    trial stands for it is fixed before its direction is looked at: an eligible comparison, the outcome that
    the protocol prefers, an estimate before a bare statement, the time nearest to half a year or to the end
    of a course that ends before. Where no outcome is preferred, the results of that standing and time must
    agree, or the trial is mixed. A trial that has an eligible comparison never stands with another one.

    Parameters
    ----------
    analysis_id : key of ``protocol.yml``
    every_outcome : one row per trial, comparison, outcome and time of the domain, composites included,
        instead of the one that the protocol prefers

    Returns
    -------
    one row per trial (or per trial and outcome)
        ``direction`` is "favours_intervention", "favours_comparator", "no_direction" (an estimate of
        exactly zero), "mixed" (outcomes of the domain that disagree) or "unknown"; ``counted`` says
        whether the row enters a count of directions, ``eligible`` whether its comparison may.

    Notes
    -----
    After Campbell et al. (2020), SWiM, BMJ 368:l6890.
    """
    # Chapters ask again and again; the evidence is frozen, so the answer is too.
    choice = analysis(analysis_id, evidence)
    preferred, known = choice.get("direction_outcomes", []), evidence.outcomes["outcomes"]
    outcomes = {name for name in known if name in preferred or known[name]["domain"] == choice["domain"]}
    rows = []
    for (trial,) in evidence.rows["trials"].values():
        if trial["question"] != choice["question"] or trial["status"] != "included":
            continue
        if trial["unit"] != "trial" and not every_outcome:
            continue
        contrasts = evidence.rows["contrasts"].get(trial["trial_id"], [])
        asked = [contrast for contrast in contrasts if contrast["kind"] in choice["contrast_kinds"]]
        found = [
            row
            for contrast in (contrasts if every_outcome else asked or contrasts)
            for row in _contrast_rows(evidence, trial, contrast, choice, outcomes)
            if every_outcome or row["first"]
        ]
        rows += found or ([_nothing_row(trial, bool(asked))] if trial["unit"] == "trial" else [])
    rows.sort(key=lambda row: (_by_year(row), row["rank"]))
    if not every_outcome:
        trials = [list(same) for _, same in groupby(rows, itemgetter("trial_id"))]
        rows = [same[0] if preferred else _first_or_mixed(same) for same in trials]
    rows.sort(key=lambda row: (not row["counted"], _by_year(row)))
    # Without a trial a column has no type, and would not be taken for a condition.
    return pd.DataFrame(rows, columns=COLUMNS).astype({"counted": bool, "eligible": bool})


def unread(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """Return what the eligible trials report that the analysis could not use, one row per trial."""
    absent = absent_trials(analysis_id, evidence)
    found = directions(analysis_id, evidence)
    return found[found.trial_id.isin(absent.trial_id)].reset_index(drop=True)


def people_behind(found: pd.DataFrame) -> pd.Series:
    """Return the people behind each direction: those that its row counts, else those randomized."""
    return found.n.fillna(found.people)


def count_directions(found: pd.DataFrame) -> dict[str, int]:
    """Count the trials by direction.

    Of the trials whose comparison is eligible, ``unknown`` ones report something without a direction and
    ``silent`` ones nothing; all others are ``not_counted``.
    """
    counts = found[found.counted].direction.value_counts()
    keys = ("favours_intervention", "favours_comparator", "no_direction", "mixed")
    silent = found.eligible & (found.basis == "nothing seen")
    unknown = found.eligible & ~silent & (found.direction == "unknown")
    return {key: int(counts.get(key, 0)) for key in keys} | {
        "unknown": int(unknown.sum()),
        "silent": int(silent.sum()),
        "not_counted": int((~found.counted & ~unknown & ~silent).sum()),
    }


def _by_year(row: dict) -> tuple[bool, str]:
    # A trial id ends in its year, which orders a table better than the author's name.
    year = _YEAR.search(row["trial_id"])
    return year is None, year[1] + row["trial_id"] if year else ""


def _contrast_rows(evidence, trial: dict, contrast: dict, choice: dict, outcomes: set[str]) -> list[dict]:
    """Bring what a contrast reports into one shape, an estimate before a statement.

    Where several estimates stand at one outcome and time, ``first`` marks what the synthesis prefers; a
    statement beside an estimate adds its words and p, and no row.
    """
    known = contrast | {"label": trial["label"], "people": trial["people"], "trial_kind": trial["unit"]}
    found = contrast_estimates(evidence, known, choice, lambda row: row["outcome"] in outcomes)
    found.sort(key=lambda estimate: preference(estimate, choice))
    results, reported = (evidence.rows[table].get(trial["trial_id"], []) for table in ("results", "reported"))
    by_place = {f"{row['file']}:{row['line']}": row for row in (*results, *reported)}
    statements = [
        row
        for row in reported
        if row["contrast"] == contrast["contrast"]
        and row["outcome"] in outcomes
        and is_result(row)
        and not isfinite(row["estimate"])
    ]
    words = {when(row): row for row in reversed(statements)}  # the first of each outcome and time
    rows, best = [], {}
    for estimate in found:
        key, own, rank = when(estimate), by_place[estimate["rows"][0]], preference(estimate, choice)
        said = own if _text(own.get("direction")) or _text(own.get("p")) else words.get(key, {})
        row = _row(evidence, trial, contrast, own, choice, estimate)
        row |= {"stated": _text(said.get("direction")), "p": _text(said.get("p"))}
        rows.append(row | {"first": best.setdefault(key, rank) == rank})
    told = [row for row in statements if when(row) not in best]
    return rows + [_row(evidence, trial, contrast, row, choice, None) | {"first": True} for row in told]


def _row(evidence, trial: dict, contrast: dict, row: dict, choice: dict, estimate: dict | None) -> dict:
    outcome = evidence.outcomes["outcomes"][row["outcome"]]
    # A bare statement gives no direction.
    found = estimate or {"gain": nan, "estimate_kind": None, "difference": nan, "ci_low": nan, "ci_high": nan}
    direction = direction_of(found["gain"])
    source_kind = (estimate or row)["source_kind"]
    eligible = contrast["kind"] in choice["contrast_kinds"] and source_kind != "news"
    eligible = eligible and trial["unit"] == "trial"
    n, n_basis = _count(row, estimate)
    notes = [
        NOT_COUNTED.get(contrast["kind"]),
        "from a news report" if source_kind == "news" else None,
        "covers studies that are listed singly" if trial["unit"] == "composite" else None,
        BASIS_STEPS.get(n_basis),
        _text(row["note"]),
    ]
    return {
        "trial_id": trial["trial_id"],
        "label": trial["label"],
        "contrast_kind": contrast["kind"],
        "outcome": row["outcome"],
        "outcome_label": outcome["label"],
        "unit": outcome["unit"],
        "timepoint_weeks": row["timepoint_weeks"],
        "n": n,
        "n_basis": n_basis,
        "people": trial["people"],
        "direction": direction,
        "stated": _text(row.get("direction")),
        "basis": "estimate" if estimate else "authors' statement",
        **{key: found[key] for key in ("estimate_kind", "difference", "ci_low", "ci_high")},
        "p": _text(row.get("p")),
        "source_kind": source_kind,
        "eligible": bool(eligible),
        "counted": bool(eligible and direction != "unknown"),
        "note": "; ".join(filter(None, notes)),
        "rows": estimate["rows"] if estimate else (f"{row['file']}:{row['line']}",),
        "rank": _rank(evidence, contrast, row, eligible, choice, direction),
    }


def _text(value) -> str | None:
    return value if isinstance(value, str) else None


def _count(row: dict, estimate: dict | None) -> tuple[float, str | None]:
    """Return the people that the rows themselves count, and what they are a count of."""
    if estimate and isfinite(estimate["n_intervention"]):
        return estimate["n_intervention"] + estimate["n_comparator"], estimate["n_basis"]
    return (row["n"], basis_of(row)) if isfinite(row["n"]) else (nan, None)


def direction_of(gain: float) -> str:
    """Return the side that an estimate favours; unknown where neither end of its outcome is better."""
    if not isfinite(gain):
        return "unknown"
    return {1: "favours_intervention", -1: "favours_comparator", 0: "no_direction"}[int(np.sign(gain))]


def _rank(evidence, contrast: dict, row: dict, eligible: bool, choice: dict, direction: str) -> tuple:
    """Order the rows of a trial by what is known before their direction is; the source comes last."""
    preferred = choice.get("direction_outcomes", [])
    place = preferred.index(row["outcome"]) if row["outcome"] in preferred else len(preferred)
    # The week asked for, or the end of a course that ends before it.
    arm = evidence.cards[contrast["trial_id"]]["arms"][contrast["intervention"]]
    course = arm_details(arm).get("weeks")
    nearest = choice.get("window", {}).get("nearest", 26)
    asked = nearest if course is None else min(nearest, float(course))
    distance = abs(row["timepoint_weeks"] - asked) if isfinite(row["timepoint_weeks"]) else 1e3
    # A bare statement must not hide an estimate of the same trial; which sign it has plays no part.
    return not eligible, place, direction == "unknown", distance, SOURCE_KINDS.index(row["source_kind"])


def _first_or_mixed(rows: list[dict]) -> dict:
    """Keep the result that stands for a trial; join those of equal standing where they disagree.

    Of what is joined only the largest count of people stays.
    """
    first = rows[0]
    # Results of one standing are alike in all of their rank but its last part, the source.
    rows = [row for row in rows if row["rank"][:-1] == first["rank"][:-1]]
    if len({row["direction"] for row in rows}) == 1:
        return first
    others = len({row["outcome"] for row in rows}) - 1
    label = f"{first['outcome_label']} and {others} more" if others else first["outcome_label"]
    return first | {
        "direction": "mixed",
        "counted": first["eligible"],
        "outcome_label": label,
        "n": np.fmax.reduce([row["n"] for row in rows]),
        "p": None,
        "rows": tuple(place for row in rows for place in row["rows"]),
        **dict.fromkeys(("difference", "ci_low", "ci_high"), nan),
    }


def _nothing_row(trial: dict, eligible: bool) -> dict:
    return dict.fromkeys(COLUMNS) | {
        "trial_id": trial["trial_id"],
        "label": trial["label"],
        "outcome_label": "no result available",
        **dict.fromkeys(("timepoint_weeks", "n", "difference"), nan),
        "people": trial["people"],
        "direction": "unknown",
        "basis": "nothing seen",
        "eligible": eligible,
        "counted": False,
        "note": "no result for this outcome in the available reports",
        "rank": (True,),
        "first": True,
    }
