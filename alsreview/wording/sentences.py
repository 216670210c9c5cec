"""Says directions, missing trials and headlines as sentences."""

from alsreview.effects.measures import measure_of
from alsreview.effects.people import is_assumed
from alsreview.formats import MINUS, count, is_missing, listed
from alsreview.pooling import Pooled


def direction_sentence(counts: dict[str, int], what: str) -> str:
    """Say how many of the trials with an eligible comparison gave a direction, and which."""
    known = {
        f"towards {what}": counts["favours_intervention"],
        f"away from {what}": counts["favours_comparator"],
        "to neither side": counts["no_direction"],
        "both ways": counts["mixed"],
    }
    told = sum(known.values())
    total = told + counts["unknown"] + counts["silent"]
    more = counts["not_counted"]
    verb, whose = ("is", "its") if more == 1 else ("are", "their")
    shown = f" {more} more {verb} not counted: {whose} comparison or source is not eligible." if more else ""
    if not total:
        return f"No trial has an eligible comparison.{shown}"
    ways = [f"{n} {way}" for way, n in known.items() if n]
    said = (
        f"{told or 'None'} of {count(total, 'trial')} gave a direction{f': {listed(ways)}' if ways else ''}"
    )
    rest = [f"{counts['unknown']} reported a result without one"] if counts["unknown"] else []
    rest += [f"for {counts['silent']} no result was seen"] if counts["silent"] else []
    return f"{said}{f'; {listed(rest)}' if rest else ''}.{shown}"


def reported_words(row) -> str:
    """Say in a few words what a trial reports: the authors' words first, then the side of an estimate."""
    stated = {
        "no_difference": "reports no difference",
        "favours_intervention": "reports a difference in favour",
        "favours_comparator": "reports a difference against",
        "unclear": "reports a result that is unclear",
    }.get(row.stated, "")
    if row.basis != "estimate":
        return stated or "no result seen"
    side = {
        "favours_intervention": "its estimate is in favour",
        "favours_comparator": "its estimate is against",
        "no_direction": "its estimate is exactly zero",
        "mixed": "its estimates point both ways",
    }.get(row.direction, "its estimate is of unknown direction")
    agrees = row.stated == row.direction
    return stated if agrees else f"{stated}, {side}" if stated else side


def missing_words(row, choice: dict) -> str:
    """Name the people, what is reported, and the scale where it is not one that the analysis pools."""
    elsewhere = row.basis != "nothing seen" and row.outcome not in choice["outcomes"]
    scale = f" on the {row.outcome_label}" if elsewhere else ""
    return f"{count(row.people, 'person')}, {reported_words(row)}{scale}"


def headline(found: dict, result, choice: dict) -> str:
    """Say the result in one sentence for a chapter."""
    if not len(result.trials):
        return result.why
    pooled = isinstance(result, Pooled)
    people = found["people"] + _assumed(result.trials)
    units = f"Over {found['units']} of evidence" if pooled else "In one unit of evidence, too little to pool"
    said = (
        f"{units} ({found['labels']}), with {found['trials']} and {people}, {_change(found, result, choice)}"
    )
    verdict = found.get("verdict", "")
    return f"{said}; {verdict[0].lower()}{verdict[1:]}" if verdict else f"{said}."


def _change(found: dict, result, choice: dict) -> str:
    """Say which side did better, and by how much."""
    what, other, measure = choice["intervention"], choice["comparator"], measure_of(choice)
    if measure.monthly:
        limits = f"95 % interval {found['change_interval']}"
        return f"people lost {found['change']} with {what} than with {other} ({limits})"
    effect = result.estimate if isinstance(result, Pooled) else result.trials.yi.iloc[0]
    size, way = found["estimate"].lstrip(MINUS), "better" if effect >= 0 else "worse"
    limits = f"95 % interval {found['interval']}"
    return f"the {what} groups did {size} {measure.unit} {way} than the groups with {other} ({limits})"


def assumed_trials(trials):
    """Select the units of a synthesis whose number of people is an assumption."""
    return trials[trials.n_basis.map(is_assumed).astype(bool)]


def assumed_sentence(trials) -> str:
    """Say whose number of people is an assumption."""
    assumed = assumed_trials(trials)
    if assumed.empty:
        return "Each source says how many people its numbers stand for."
    return f"That counts {_whose(assumed)}, an assumption since {_no_number(assumed)}."


def _assumed(trials) -> str:
    """Say in a headline when people behind a number are an assumption, and whose."""
    assumed = assumed_trials(trials)
    if len(assumed) == len(trials):
        return f", an assumption since {_no_number(assumed)}"
    return f" (an assumption for {_whose(assumed)}, since {_no_number(assumed)})" if len(assumed) else ""


def _whose(assumed) -> str:
    counted = {True: "those of {0.label}", False: "the {0.people:.0f} of {0.label}"}
    return listed([counted[is_missing(row.people)].format(row) for row in assumed.itertuples()])


def _no_number(assumed) -> str:
    return "the source gives no number analysed" if len(assumed) == 1 else "their sources give none"
