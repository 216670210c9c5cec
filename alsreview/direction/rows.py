"""Turns what a trial reports into rows that each hold one direction."""

import numpy as np

from alsreview.effects.estimates import SOURCE_KINDS

STATED = {
    "favours_intervention": "favours_intervention",
    "favours_comparator": "favours_comparator",
}
COLUMNS = [
    "trial_id", "label", "contrast_kind", "outcome", "outcome_label", "unit", "timepoint_weeks", "n",
    "people", "direction", "stated", "basis", "difference", "ci_low", "ci_high", "p", "source_kind",
    "eligible", "counted", "note", "rows",
]  # fmt: skip


def outcomes_of(evidence, choice: dict) -> list[str]:
    preferred = choice.get("direction_outcomes", [])
    known = evidence.outcomes["outcomes"]
    return [name for name in known if name in preferred or known[name]["domain"] == choice["domain"]]


def differences(contrast: dict, arms: list[dict], reported: list[dict]) -> list[dict]:
    """Bring arm rows and reported rows of a contrast into one shape: outcome, time, difference, statement."""
    until = contrast["until_weeks"]
    arms = [row for row in arms if not np.isfinite(until) or row["timepoint_weeks"] <= until]
    comparator = {_key(row): row for row in arms if row["arm"] == contrast["comparator"]}
    stated: dict[tuple, dict] = {}
    mine = [row for row in reported if row["contrast"] == contrast["contrast"]]
    for row in mine:
        stated.setdefault(_key(row), row)
    pairs = {
        _key(row): _pair(row, comparator[_key(row)], stated.get(_key(row), {}))
        for row in arms
        if row["arm"] == contrast["intervention"] and _key(row) in comparator
    }
    rest = [row | {"difference": row["estimate"]} for row in mine if _key(row) not in pairs]
    # What the arms differed by at entry says nothing of an effect.
    return [row for row in [*pairs.values(), *rest] if not row["timepoint_weeks"] <= 0]


def _key(row: dict) -> tuple:
    weeks = row["timepoint_weeks"]
    return row["outcome"], weeks if np.isfinite(weeks) else None


def _pair(row: dict, other: dict, words: dict) -> dict:
    """Subtract two arms; a statement beside printed means adds its words and p, and no sign."""
    return row | {
        "difference": row["mean"] - other["mean"],
        "ci_low": np.nan,
        "ci_high": np.nan,
        "n": row["n"] + other["n"],
        "p": words.get("p"),
        "direction": words.get("direction"),
        "rows": (_place(row), _place(other)),
    }


def _place(row: dict) -> str:
    return f"{row['file']}:{row['line']}"


def direction_row(evidence, trial: dict, contrast: dict, row: dict, choice: dict) -> dict:
    outcome = evidence.outcomes["outcomes"][row["outcome"]]
    known = np.isfinite(row["difference"])
    direction = _sign(row["difference"], outcome) if known else STATED.get(row["direction"], "unknown")
    eligible = contrast["kind"] in choice["contrast_kinds"] and row["source_kind"] != "news"
    eligible = eligible and trial["unit"] == "trial"
    return {
        "trial_id": trial["trial_id"],
        "label": trial["label"],
        "contrast_kind": contrast["kind"],
        "outcome": row["outcome"],
        "outcome_label": outcome["label"],
        "unit": outcome["unit"],
        "timepoint_weeks": row["timepoint_weeks"],
        "n": row["n"],
        "people": trial["people"],
        "direction": direction,
        "stated": row["direction"] if isinstance(row["direction"], str) else None,
        "basis": "estimate" if known else "authors' statement",
        "difference": row["difference"],
        "ci_low": row["ci_low"],
        "ci_high": row["ci_high"],
        "p": row["p"] if isinstance(row["p"], str) else None,
        "source_kind": row["source_kind"],
        "eligible": bool(eligible),
        "counted": bool(eligible and direction != "unknown"),
        "note": "; ".join(
            [*_why_not(trial, contrast, row), *([row["note"]] if isinstance(row["note"], str) else [])]
        ),
        "rows": row.get("rows", (_place(row),)),
        "rank": _rank(evidence, contrast, row, eligible, choice),
    }


def _sign(difference: float, outcome: dict) -> str:
    better = outcome.get("higher_is_better")
    if better is None:
        return "unknown"
    gain = np.sign(difference) * (1 if better else -1)
    return {1: "favours_intervention", -1: "favours_comparator", 0: "no_direction"}[int(gain)]


def _why_not(trial: dict, contrast: dict, row: dict) -> list[str]:
    """Say why a row stays out of the count."""
    kinds = {
        "dose": "compares two doses",
        "active": "compares with another active programme",
        "delayed_start": "early against delayed start, not sham",
    }
    reasons = [kinds[contrast["kind"]]] if contrast["kind"] in kinds else []
    reasons += ["read in a news report"] if row["source_kind"] == "news" else []
    return reasons + (["stands for trials listed singly"] if trial["unit"] == "composite" else [])


def _rank(evidence, contrast: dict, row: dict, eligible: bool, choice: dict) -> tuple:
    """Order the rows of a trial by what is known before their direction is; the source comes last."""
    preferred = choice.get("direction_outcomes", [])
    place = preferred.index(row["outcome"]) if row["outcome"] in preferred else len(preferred)
    better = evidence.outcomes["outcomes"][row["outcome"]].get("higher_is_better")
    # A bare "no difference" must not hide an estimate of the same trial; which sign it has plays no part.
    sized = np.isfinite(row["difference"]) and better is not None
    weeks = row["timepoint_weeks"]
    distance = abs(weeks - _week_asked(evidence, contrast, choice)) if np.isfinite(weeks) else 1e3
    return not eligible, place, not sized, distance, SOURCE_KINDS.index(row["source_kind"])


def _week_asked(evidence, contrast: dict, choice: dict) -> float:
    """Give the week that an analysis asks for, or the end of a course that ends before it."""
    arm = evidence.cards[contrast["trial_id"]]["arms"][contrast["intervention"]]
    course = (arm.get("programme") or arm.get("stimulation") or {}).get("weeks", "")
    nearest = choice.get("window", {}).get("nearest", 26)
    # A length in other words than a number is no week.
    return min(nearest, float(course)) if course.isdecimal() else nearest


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


def nothing_row(trial: dict) -> dict:
    return dict.fromkeys(COLUMNS) | {
        "trial_id": trial["trial_id"],
        "label": trial["label"],
        "outcome_label": "nothing seen",
        "timepoint_weeks": np.nan,
        "n": np.nan,
        "people": trial["people"],
        "direction": "unknown",
        "basis": "nothing seen",
        "difference": np.nan,
        "eligible": False,
        "counted": False,
        "note": "no result for this outcome in what was read",
        "rank": (True,),
    }
