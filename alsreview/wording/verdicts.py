"""Says what a confidence interval includes, and answers in plain words."""

from math import isfinite

PLAIN = {
    "improve": "slow",
    "worsen": "speed up",
    "make little or no difference": "make little or no difference to",
}


def interval_words(low: float, high: float, thresholds: tuple[float, ...]) -> str:
    """Say which effects a confidence interval of benefit includes.

    Parameters
    ----------
    low, high : limits of the benefit, positive in favour of the intervention
    thresholds : every declared threshold of an important effect, in the same unit; an effect is important
        only where it reaches all of them

    Raises
    ------
    ValueError
        When a limit is missing, or the limits are not in order: an absent result includes nothing.
    """
    if not (isfinite(low) and isfinite(high) and low <= high):
        raise ValueError(f"an interval needs two limits in order, got {low} and {high}")
    best, worst = (_size(limit, thresholds) for limit in (high, low))
    if low <= 0 <= high:
        sides = ([f"{best} benefit"] if high > 0 else []) + ["no effect"]
        sides += [f"{worst} worsening"] if low < 0 else []
        joined = sides[0] if len(sides) == 1 else f"{', '.join(sides[:-1])} and {sides[-1]}"
        return f"The confidence interval includes {joined}."
    side = "benefit" if low > 0 else "worsening"
    near, far = (worst, best) if low > 0 else (best, worst)
    span = f"{near} {side}" if near == far else f"{near} to {far} {side}"
    return f"The confidence interval excludes no effect and includes {span}."


def _size(gain: float, thresholds: tuple[float, ...]) -> str:
    if thresholds and abs(gain) >= max(thresholds):
        return "an important"
    if thresholds and abs(gain) >= min(thresholds):
        return "a possibly important"
    return "a small"


def plain_answer(verdict: str, what: str) -> str:
    """Say a verdict in plain words.

    Parameters
    ----------
    verdict : as `alsreview.certainty.verdict` gives it
    what : name of the intervention
    """
    if verdict == "not rated":
        return f"We do not know whether {what} slows the loss of function: no study gave a usable result."
    if verdict == "very uncertain":
        return f"We do not know whether {what} slows the loss of function: the evidence is very uncertain."
    hedge = next((each for each in ("may ", "probably ") if verdict.startswith(each)), "")
    verb = verdict.removeprefix(hedge)
    slightly = " slightly" if verb.startswith("slightly ") else ""
    verb = verb.removeprefix("slightly ")
    bare = verb if hedge == "may " else verb.replace("makes", "make").removesuffix("s")
    plain = PLAIN[bare]
    if hedge != "may ":
        plain = plain.replace("make ", "makes ") if plain.startswith("make") else _third(plain)
    return f"{what[0].upper()}{what[1:]} {hedge}{plain} the loss of function{slightly}."


def _third(verb: str) -> str:
    first, *rest = verb.split(" ")
    return " ".join([f"{first}s", *rest])


def recipe_words(intervals: list[tuple[float, float]]) -> str:
    """Say whether it depends on the kind of interval if no effect is included."""
    if len(intervals) < 2:
        return "Only one interval was calculated."
    if len({low <= 0 <= high for low, high in intervals}) == 2:
        return "Whether the interval includes no effect depends on how it is calculated."
    return "All three intervals agree on whether no effect is included."
