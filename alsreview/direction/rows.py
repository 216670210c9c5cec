"""Turns what a trial reports into rows that each hold one direction, or what its authors state."""

from math import isfinite

import numpy as np

from alsreview.effects.estimates import contrast_estimates, is_result, preference, when
from alsreview.effects.people import BASIS_STEPS, basis_of
from alsreview.effects.sources import SOURCE_KINDS
from alsreview.evidence import arm_details

COLUMNS = [
    "trial_id", "label", "contrast_kind", "outcome", "outcome_label", "unit", "timepoint_weeks", "n",
    "n_basis", "people", "direction", "stated", "basis", "difference", "ci_low", "ci_high", "p",
    "source_kind", "eligible", "counted", "note", "rows",
]  # fmt: skip


def outcomes_of(evidence, choice: dict) -> list[str]:
    preferred = choice.get("direction_outcomes", [])
    known = evidence.outcomes["outcomes"]
    return [name for name in known if name in preferred or known[name]["domain"] == choice["domain"]]


def contrast_rows(evidence, trial: dict, contrast: dict, choice: dict, outcomes: list[str]) -> list[dict]:
    """Bring what a contrast reports into one shape, an estimate before a statement.

    Where several estimates stand at one outcome and time, ``first`` marks what the synthesis prefers; a
    statement beside an estimate adds its words and p, and no row.
    """

    def wanted(row: dict) -> bool:
        return row["outcome"] in outcomes

    known = contrast | {"label": trial["label"], "people": trial["people"], "trial_kind": trial["unit"]}
    found = contrast_estimates(evidence, known, choice, wanted)
    found.sort(key=lambda estimate: preference(estimate, choice))
    reported = [
        row
        for row in evidence.rows["reported"].get(trial["trial_id"], [])
        if row["contrast"] == contrast["contrast"] and wanted(row) and is_result(row)
    ]
    by_place = {
        f"{row['file']}:{row['line']}": row
        for table in ("arms", "reported")
        for row in evidence.rows[table].get(trial["trial_id"], [])
    }
    words: dict[tuple, dict] = {}
    for row in reported:
        if not isfinite(row["estimate"]):
            words.setdefault(when(row), row)
    rows, best = [], {}
    for estimate in found:
        key, own = when(estimate), by_place[estimate["rows"][0]]
        said = own if _text(own.get("direction")) or _text(own.get("p")) else words.get(key, {})
        first = best.setdefault(key, preference(estimate, choice)) == preference(estimate, choice)
        row = _row(evidence, trial, contrast, own, choice, estimate) | {"first": first}
        rows.append(row | {"stated": _text(said.get("direction")), "p": _text(said.get("p"))})
    told = [row for row in reported if not isfinite(row["estimate"]) and when(row) not in best]
    return rows + [_row(evidence, trial, contrast, row, choice, None) | {"first": True} for row in told]


def _row(evidence, trial: dict, contrast: dict, row: dict, choice: dict, estimate: dict | None) -> dict:
    outcome = evidence.outcomes["outcomes"][row["outcome"]]
    direction = direction_of(estimate["gain"]) if estimate else "unknown"
    source_kind = (estimate or row)["source_kind"]
    eligible = contrast["kind"] in choice["contrast_kinds"] and source_kind != "news"
    eligible = eligible and trial["unit"] == "trial"
    n, n_basis = _count(row, estimate)
    notes = [
        *_why_not(trial, contrast, source_kind),
        *([BASIS_STEPS[n_basis]] if n_basis in BASIS_STEPS else []),
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
        "difference": estimate["difference"] if estimate else np.nan,
        "ci_low": estimate["ci_low"] if estimate else np.nan,
        "ci_high": estimate["ci_high"] if estimate else np.nan,
        "p": _text(row.get("p")),
        "source_kind": source_kind,
        "eligible": bool(eligible),
        "counted": bool(eligible and direction != "unknown"),
        "note": "; ".join([*notes, *filter(None, [_text(row["note"])])]),
        "rows": estimate["rows"] if estimate else (f"{row['file']}:{row['line']}",),
        "rank": _rank(evidence, contrast, row, eligible, choice, direction),
    }


def _text(value) -> str | None:
    return value if isinstance(value, str) else None


def _count(row: dict, estimate: dict | None) -> tuple[float, str | None]:
    """Return the people that the rows themselves count, and what they are a count of."""
    if estimate and isfinite(estimate["n_intervention"]):
        return estimate["n_intervention"] + estimate["n_comparator"], estimate["n_basis"]
    if not isfinite(row["n"]) or (estimate and len(estimate["rows"]) > 1):
        return np.nan, None
    return row["n"], basis_of(row)


def direction_of(gain: float) -> str:
    """Return the side that an estimate favours; unknown where neither end of its outcome is better."""
    if not isfinite(gain):
        return "unknown"
    return {1: "favours_intervention", -1: "favours_comparator", 0: "no_direction"}[int(np.sign(gain))]


def _why_not(trial: dict, contrast: dict, source_kind: str) -> list[str]:
    """Say why a row stays out of the count."""
    kinds = {
        "dose": "compares two doses",
        "active": "compares with another active programme",
        "delayed_start": "compares an early start with a delayed one",
    }
    reasons = [kinds[contrast["kind"]]] if contrast["kind"] in kinds else []
    reasons += ["from a news report"] if source_kind == "news" else []
    return reasons + (["covers studies that are listed singly"] if trial["unit"] == "composite" else [])


def _rank(evidence, contrast: dict, row: dict, eligible: bool, choice: dict, direction: str) -> tuple:
    """Order the rows of a trial by what is known before their direction is; the source comes last."""
    preferred = choice.get("direction_outcomes", [])
    place = preferred.index(row["outcome"]) if row["outcome"] in preferred else len(preferred)
    weeks = row["timepoint_weeks"]
    distance = abs(weeks - _week_asked(evidence, contrast, choice)) if isfinite(weeks) else 1e3
    # A bare statement must not hide an estimate of the same trial; which sign it has plays no part.
    return not eligible, place, direction == "unknown", distance, SOURCE_KINDS.index(row["source_kind"])


def _week_asked(evidence, contrast: dict, choice: dict) -> float:
    """Give the week that an analysis asks for, or the end of a course that ends before it."""
    arm = evidence.cards[contrast["trial_id"]]["arms"][contrast["intervention"]]
    course = arm_details(arm).get("weeks")
    nearest = choice.get("window", {}).get("nearest", 26)
    return nearest if course is None else min(nearest, float(course))


def mixed_row(rows: list[dict]) -> dict:
    """Join results of equal standing that disagree; only the largest count of people stays."""
    first, others = rows[0], len({row["outcome"] for row in rows}) - 1
    label = f"{first['outcome_label']} and {others} more" if others else first["outcome_label"]
    return (
        first
        | {
            "direction": "mixed",
            "counted": first["eligible"],
            "outcome_label": label,
            "n": np.fmax.reduce([row["n"] for row in rows]),
            "p": None,
            "rows": tuple(place for row in rows for place in row["rows"]),
        }
        | dict.fromkeys(("difference", "ci_low", "ci_high"), np.nan)
    )


def nothing_row(trial: dict, eligible: bool) -> dict:
    return dict.fromkeys(COLUMNS) | {
        "trial_id": trial["trial_id"],
        "label": trial["label"],
        "outcome_label": "no result available",
        "timepoint_weeks": np.nan,
        "n": np.nan,
        "people": trial["people"],
        "direction": "unknown",
        "basis": "nothing seen",
        "difference": np.nan,
        "eligible": eligible,
        "counted": False,
        "note": "no result for this outcome in the available reports",
        "rank": (True,),
        "first": True,
    }
