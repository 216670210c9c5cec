"""Counts the people behind a number, and says the steps to it and whether that count is an assumption."""

import re
from collections.abc import Iterable

import numpy as np

NOT_BESIDE = "no n beside"
# A row of data says so in its note: "n as randomized", "n as enrolled", "n of completers, assumed analysed".
_ASSUMED = re.compile(rf"{NOT_BESIDE}\b|n\b.*\b(as (randomi[sz]ed|enrolled)|assumed)\b", re.IGNORECASE)


def people_of(evidence, row: dict, choice: dict) -> tuple[float, str]:
    """Give the people behind a mean, and the step it took where the row does not count them."""
    rule = choice.get("n_when_missing", "none")
    if np.isfinite(row["n"]) or rule == "none":
        return row["n"], ""
    groups = evidence.groups
    group = groups[(groups.trial_id == row["trial_id"]) & (groups.arm == row["arm"])].iloc[0]
    if rule == "completed" and group.completed_weeks != row["timepoint_weeks"]:
        return np.nan, ""
    return group[rule], f"{NOT_BESIDE} the rates: people {rule} taken"


def people_steps(row: dict) -> list[str]:
    """Give the steps that tell how many people a printed difference stands for, where that is assumed."""
    if not np.isfinite(row["n"]):
        return [f"{NOT_BESIDE} the difference: people of the trial taken"]
    return [row["note"]] if is_assumed([row["note"]]) else []


def steps_of_arms(said: dict[str, list[str]]) -> list[str]:
    """Give the steps to the numbers of arms: once what holds for all, with its arm what holds for one."""
    parts = {
        arm: [part for step in steps if isinstance(step, str) for part in step.split("; ") if part]
        for arm, steps in said.items()
    }
    shared = set.intersection(*map(set, parts.values()))
    steps = [
        part if part in shared else f"{part} ({arm.replace('_', ' ')})"
        for arm, own in parts.items()
        for part in own
    ]
    return list(dict.fromkeys(steps))


def is_assumed(steps: Iterable[str]) -> bool:
    """Tell whether the people behind an estimate are an assumption.

    Parameters
    ----------
    steps : what was done to obtain the estimate, and the notes of its rows; parts of a note stand between
        semicolons
    """
    parts = (part.strip() for step in steps if isinstance(step, str) for part in step.split(";"))
    return any(_ASSUMED.match(part) for part in parts)
