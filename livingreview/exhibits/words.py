"""Names in words what the data and the protocol code."""

from math import isfinite

from livingreview.charts import DIRECTIONS, STATED
from livingreview.effects.measures import measure_of
from livingreview.evidence import trial_status
from livingreview.formats import interval, is_missing, listed, number, p_value
from livingreview.tables import Column, Row

ESTIMATE_WORDS = {
    "adjusted": "adjusted scores",
    "slope": "slopes",
    "change": "change",
    "end": "end scores",
    "percent_change": "percentage change",
    "events": "event counts",
    "time_to_event": "time to the event",
    "rate": "events over time",
}
INTERVAL_WORDS = {"hk_adhoc": "modified HK", "hk": "HK", "wald": "Wald"}
METHOD_WORDS = {
    "REML": "REML",
    "DL": "DerSimonian-Laird",
    "PM": "Paule-Mandel",
    "ML": "maximum likelihood",
    "EE": "equal effects",
}
ALLOCATION_WORDS = {
    "randomized": "randomised",
    "unclear": "unclear whether randomised",
    "not_randomized": "not randomised",
}
STATEMENT_WORDS = {
    "none_stated": "none, according to the source",
    "none_related_stated": "no related events, according to the source",
    "judged_safe": "judged safe by the authors",
    "no_counts": "mentioned without usable counts",
    "not_mentioned": "not mentioned in the available reports",
    "results_not_seen": "results not available to us",
}
FOUND_WORDS = {
    "literature": "articles, abstracts and their records",
    "registry": "registry entries",
    "review": "tables of earlier reviews",
    "website": "other websites",
}


def capital(text: str) -> str:
    """Write a text as it begins a sentence."""
    return text[:1].upper() + text[1:]


def inside(title: str) -> str:
    """Write a title as it stands within a sentence; a capital after the first letter belongs to the name."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def limits(row: Row) -> str | None:
    """Print the confidence interval of a row of a table."""
    return None if is_missing(row["ci_low"]) else interval(row["ci_low"], row["ci_high"])


def effect_columns(choice: dict, fill: str = "estimate") -> dict:
    """Return the columns of an effect and its interval; ratios, analysed as logarithms, print as ratios."""
    measure = measure_of(choice)
    head = measure.label.capitalize() if measure.ratio else f"Difference ({choice['unit']})"

    def ci(row: Row) -> str | None:
        ends = row["ci_low"], row["ci_high"]
        return None if is_missing(ends[0]) else interval(*map(measure.printed, ends))

    return {head: Column(fill, lambda value: number(measure.printed(value))), "95% CI": ci}


def sized(estimate: float, low: float, high: float) -> str:
    """Print an estimate with its confidence interval, where it has one."""
    return number(estimate) + ("" if is_missing(low) else f" ({interval(low, high)})")


def p_equals(p: float) -> str:
    """Print a p value as it follows its name: "= 0.02" or "< 0.001"."""
    shown = p_value(p)
    return shown if shown[0] in "<>" else f"= {shown}"


def part_words(protocol: dict) -> dict[str, str]:
    """Return the words for the parts of the boxes of the flow of studies: places, reasons and groups."""
    declared = protocol.get("reasons", {}) | protocol["groups"]
    return FOUND_WORDS | {name: each["words"] for name, each in declared.items()}


def reported_words(row: Row) -> str:
    """Return what a trial reports, in a few words: the authors' statement, then the side of its estimate."""
    stated = STATED.get(row["stated"])
    if row["basis"] != "estimate":
        return stated or "no result in the available reports"
    side = (
        []
        if stated and row["stated"] == row["direction"]
        else [f"estimate {DIRECTIONS[row['direction']][2]}"]
    )
    return "; ".join([*([stated] if stated else []), *side])


def status_words(card: dict) -> str:
    """Return the status of a trial in this review, with the reason where it is not included."""
    awaiting = "awaiting classification: allocation not shown to be random"
    known = {"included": "included", "awaiting": awaiting}
    return known.get(trial_status(card), f"excluded: {card.get('excluded')}")


def contrast_words(arms: dict, contrast: dict) -> str:
    """Name the two arms of a comparison, the second as it stands within a sentence."""
    first, second = (arms[contrast[side]]["label"] for side in ("intervention", "comparator"))
    return f"{first} against {inside(second)}"


def interval_words(low: float, high: float, thresholds: tuple[float, ...]) -> str:
    """Say which effects a confidence interval of benefit includes; an absent one is refused.

    Parameters
    ----------
    low, high : limits of the benefit, positive in favour of the intervention
    thresholds : every declared threshold of an important effect, in the same unit; an effect is important
        only where it reaches all of them
    """
    if not (isfinite(low) and isfinite(high) and low <= high):
        raise ValueError(f"an interval needs two limits in order, got {low} and {high}")
    best, worst = (_size(limit, thresholds) for limit in (high, low))
    if low <= 0 <= high:
        sides = ([f"{best} benefit"] if high > 0 else []) + ["no effect"]
        sides += [f"{worst} worsening"] if low < 0 else []
        return f"The confidence interval includes {listed(sides)}."
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
