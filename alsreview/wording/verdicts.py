"""Says what an interval allows, in words that follow certainty and never significance."""

from math import isfinite


def verdict(low: float, high: float, worthwhile: float, what: str) -> str:
    """Say which effects an interval of benefit holds.

    Parameters
    ----------
    low, high : limits of the benefit, positive in favour of the intervention
    worthwhile : smallest benefit that counts as worthwhile, in the same unit; its negative is the harm
    what : name of the intervention

    Raises
    ------
    ValueError
        When a limit is missing: an absent result has no verdict.
    """
    benefit, harm = _graded(low, high, worthwhile)
    if low <= 0 <= high:
        if benefit and harm:
            held = "The interval holds an important benefit, no effect and an important harm"
            return f"{held}: the effect of {what} is unknown."
        if benefit:
            return (
                "The interval holds both no effect and an important benefit: "
                f"it does not tell whether {what} helps."
            )
        if harm:
            return (
                "The interval holds both no effect and an important harm, and no important benefit: "
                f"it does not tell whether {what} harms."
            )
        return f"The interval holds no effect of {what}, and only small ones to either side."
    if low > 0:
        if low >= worthwhile:
            return (
                f"The whole interval lies above the smallest benefit of {what} that surveys call worthwhile."
            )
        return f"The interval excludes no effect of {what}, but not a benefit too small to matter."
    if high <= -worthwhile:
        return f"The whole interval lies on the side of an important harm from {what}."
    return f"The interval excludes no effect of {what}, but not a harm too small to matter."


def verdict_plain(low: float, high: float, worthwhile: float, what: str) -> str:
    """Say the same in plain words; parameters and errors as for :func:`verdict`."""
    benefit, harm = _graded(low, high, worthwhile)
    if low <= 0 <= high:
        if benefit:
            unknown = f"We do not know yet whether {what} slows the loss of function."
            all_three = "could slow it enough to matter, change nothing, or hasten it enough to matter."
            return f"{unknown} {what.capitalize()} {all_three}" if harm else unknown
        if harm:
            return (
                f"We do not know yet whether {what} hastens the loss of function; "
                "it is unlikely to slow it much."
            )
        return f"If {what} changes the loss of function at all, it does so only a little."
    if low > 0:
        sure = "clearly" if low >= worthwhile else "perhaps only a little"
        return f"People who had {what} lost function more slowly, {sure}."
    sure = "clearly" if high <= -worthwhile else "perhaps only a little"
    return f"People who had {what} lost function faster, {sure}."


def is_undecided(low: float, high: float, worthwhile: float) -> bool:
    """Say whether an interval holds both no effect and an important one, as for :func:`verdict`."""
    return low <= 0 <= high and any(_graded(low, high, worthwhile))


def recipe_words(intervals: list[tuple[float, float]]) -> str:
    """Say whether the choice among intervals of one effect decides if no effect stays possible."""
    if len(intervals) < 2:
        return "There is one interval, and no choice among recipes."
    if len({low <= 0 <= high for low, high in intervals}) == 2:
        return "Whether no effect stays possible thus depends on a choice of recipe."
    return "On whether no effect stays possible they agree."


def _graded(low: float, high: float, worthwhile: float) -> tuple[bool, bool]:
    """Say whether an important benefit, and an important harm, lie inside the limits."""
    if not (isfinite(low) and isfinite(high) and low <= high):
        raise ValueError(f"an interval needs two limits in order, got {low} and {high}")
    return high >= worthwhile, low <= -worthwhile
