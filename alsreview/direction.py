"""Says which way each trial points, without pooling (SWiM: synthesis without meta-analysis)."""

from functools import lru_cache

import numpy as np
import pandas as pd

from alsreview.effects.estimates import SOURCE_KINDS
from alsreview.evidence import load_evidence
from alsreview.pooling import absent_trials, analysis

STATED = {
    "favours_intervention": "favours_intervention",
    "favours_comparator": "favours_comparator",
}
COLUMNS = [
    "trial_id", "label", "contrast_kind", "outcome", "outcome_label", "unit", "timepoint_weeks", "n",
    "people", "direction", "stated", "basis", "difference", "ci_low", "ci_high", "p", "source_kind",
    "eligible", "counted", "note",
]  # fmt: skip


def directions(analysis_id: str, *, root=None, every_outcome: bool = False) -> pd.DataFrame:
    """Tabulate the direction of effect of every randomized trial of a question.

    The direction is the sign of an estimate, whatever its p value; where no estimate is printed it is what
    the authors state, and "no difference" without an estimate is an unknown direction. Which result of a
    trial stands for it is fixed before its direction is looked at: an eligible comparison, the outcome that
    the protocol prefers, the time nearest to half a year. Where no outcome is preferred, the outcomes at
    that time must agree, or the trial is mixed.

    Parameters
    ----------
    analysis_id : key of ``protocol.yml``
    root : folder of the review
    every_outcome : one row per trial, outcome and time of the domain, composites included, instead of the
        one that the protocol prefers

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
    return _directions(load_evidence(root), analysis_id, every_outcome, False)


def unread(analysis_id: str, *, root=None) -> pd.DataFrame:
    """Give what the eligible trials report that the analysis could not use, one row per trial.

    Only an eligible comparison speaks: what a trial reports of another one says nothing of this.
    """
    absent = absent_trials(analysis_id, root=root)
    found = _directions(load_evidence(root), analysis_id, False, True)
    return found[found.trial_id.isin(absent.trial_id)].reset_index(drop=True)


@lru_cache(maxsize=64)
def _directions(evidence, analysis_id: str, every_outcome: bool, eligible_only: bool) -> pd.DataFrame:
    # Chapters ask again and again; the evidence is frozen, so the answer is too.
    choice = analysis(analysis_id, evidence)
    outcomes = _outcomes(evidence, choice)
    arms, reported = _by_trial(evidence.arms, outcomes), _by_trial(evidence.reported, outcomes)
    kinds = choice["contrast_kinds"] if eligible_only else list(evidence.contrasts.kind.unique())
    contrasts = _by_trial(evidence.contrasts[evidence.contrasts.kind.isin(kinds)])
    rows = []
    for trial in _trials(evidence, choice, every_outcome).to_dict("records"):
        name = trial["trial_id"]
        found = [
            _direction(evidence, trial, contrast, row, choice)
            for contrast in contrasts.get(name, [])
            for row in _differences(contrast, arms.get(name, []), reported.get(name, []))
        ]
        rows += found or ([_nothing(trial)] if trial["unit"] == "trial" else [])
    found = pd.DataFrame(rows, columns=[*COLUMNS, "rank"])
    found = found.sort_values(["trial_id", "rank"], kind="stable", key=_by_year)
    if not every_outcome:
        found = _one_per_trial(found, choice)
    return found.sort_values(["counted", "trial_id"], ascending=[False, True], kind="stable", key=_by_year)[
        COLUMNS
    ].reset_index(drop=True)


def _one_per_trial(found: pd.DataFrame, choice: dict) -> pd.DataFrame:
    """Keep the result that stands for each trial; call a trial mixed whose outcomes disagree."""
    first = found.drop_duplicates("trial_id").copy()
    if choice.get("direction_outcomes"):
        return first
    best = found.groupby("trial_id")["rank"].transform("first")
    # Rank holds eligibility, outcome, time and source: the outcomes of one time are alike in all but source.
    same = found[[mine[:3] == top[:3] for mine, top in zip(found["rank"], best, strict=True)]]
    ways = same.groupby("trial_id").direction.nunique()
    mixed = first.trial_id.isin(ways[ways > 1].index)
    first.loc[mixed, "direction"] = "mixed"
    first.loc[mixed, "counted"] = first[mixed].eligible
    return first


def count_directions(found: pd.DataFrame) -> dict[str, int]:
    """Count the trials by direction; ``silent`` ones report nothing, ``not_counted`` ones may not count."""
    counts = found[found.counted].direction.value_counts()
    keys = ("favours_intervention", "favours_comparator", "no_direction", "mixed")
    silent = found.basis == "nothing seen"
    unknown = found.eligible & ~silent & (found.direction == "unknown")
    return {key: int(counts.get(key, 0)) for key in keys} | {
        "unknown": int(unknown.sum()),
        "silent": int(silent.sum()),
        "not_counted": int((~found.counted & ~unknown & ~silent).sum()),
    }


def _by_year(column: pd.Series) -> pd.Series:
    # A trial id ends in its year, which orders a table better than the author's name.
    return column.str.extract(r"(\d{4})\w?$")[0] + column if column.name == "trial_id" else column


def _trials(evidence, choice: dict, composites: bool) -> pd.DataFrame:
    trials = evidence.trials
    kept = (
        trials.question.eq(choice["question"]) & trials.allocation.eq("randomized") & trials.excluded.isna()
    )
    return trials[kept & (trials.unit.eq("trial") | composites)]


def _outcomes(evidence, choice: dict) -> list[str]:
    preferred = choice.get("direction_outcomes", [])
    known = evidence.outcomes["outcomes"]
    return [name for name in known if name in preferred or known[name]["domain"] == choice["domain"]]


def _by_trial(frame: pd.DataFrame, outcomes: list[str] | None = None) -> dict[str, list[dict]]:
    """Collect the rows of each trial, of some outcomes only when they are given."""
    kept = frame if outcomes is None else frame[frame.outcome.isin(outcomes)]
    found: dict[str, list[dict]] = {}
    for row in kept.to_dict("records"):
        found.setdefault(row["trial_id"], []).append(row)
    return found


def _differences(contrast: dict, arms: list[dict], reported: list[dict]) -> list[dict]:
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
    }


def _direction(evidence, trial: dict, contrast: dict, row: dict, choice: dict) -> dict:
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
        "rank": _rank(row, eligible, choice),
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


def _rank(row: dict, eligible: bool, choice: dict) -> tuple:
    """Order the rows of a trial by what is known before their direction is."""
    preferred = choice.get("direction_outcomes", [])
    place = preferred.index(row["outcome"]) if row["outcome"] in preferred else len(preferred)
    nearest = choice.get("window", {}).get("nearest", 26)
    weeks = row["timepoint_weeks"]
    distance = abs(weeks - nearest) if np.isfinite(weeks) else 1e3
    return (not eligible, place, distance, SOURCE_KINDS.index(row["source_kind"]))


def _nothing(trial: dict) -> dict:
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
