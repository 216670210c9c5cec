"""Names what a row says of itself: the type of its source, and what its n counts."""

from collections.abc import Iterable
from math import isfinite

KIND_WORDS = {
    "primary_fulltext": "full paper",
    "primary_table": "table of the paper",
    "primary_abstract": "abstract",
    "registry": "registry",
    "secondary_meta_analysis": "meta-analysis (second-hand)",
    "secondary_review": "review (second-hand)",
    "news": "news report",
}
SOURCE_KINDS = tuple(KIND_WORDS)
SECOND_HAND = ("secondary_meta_analysis", "secondary_review", "news")


# What an n may count, the best first; all but the first suppose that these people were analysed.
BASES = ("analysed", "completed", "randomized", "assumed")
RULE_WORDS = {"completed": "who completed", "randomized": "randomised"}
BASIS_STEPS = {"completed": "n as completed", "randomized": "n as randomised", "assumed": "n assumed"}


def people_of(evidence, row: dict, choice: dict) -> tuple[float, str, str]:
    """Return the people behind a mean, what they are a count of, and the step that it took.

    Where the row has no n, the analysis says by its ``n_when_missing`` which count of the card stands for it.
    """
    if isfinite(row["n"]):
        basis = basis_of(row)
        return row["n"], basis, BASIS_STEPS.get(basis, "")
    rule = choice.get("n_when_missing", "none")
    if rule == "none":
        return row["n"], "assumed", ""
    groups = evidence.arms
    group = groups[(groups.trial_id == row["trial_id"]) & (groups.arm == row["arm"])].iloc[0]
    if rule == "completed" and group.completed_weeks != row["timepoint_weeks"]:
        return row["n"], "assumed", ""
    step = f"n not reported with the rates, so the number {RULE_WORDS[rule]} was used"
    return float(group[rule]), rule, step


def basis_of(row: dict) -> str:
    """Return what the n of a row counts; without an n, nothing says so."""
    basis = row.get("n_basis")
    return basis if isinstance(basis, str) else "assumed"


def weakest(bases: Iterable[str]) -> str:
    """Return that of several bases which supposes most."""
    return max(bases, key=BASES.index)


def is_assumed(basis: str) -> bool:
    """Tell whether it is an assumption that the people of a count were analysed."""
    return basis != BASES[0]


def steps_of_arms(said: dict[str, list[str]]) -> list[str]:
    """Return the steps to the numbers of arms: once what holds for all, with its arm what holds for one."""
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
