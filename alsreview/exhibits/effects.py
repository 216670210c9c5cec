"""Says the effect of an analysis in a table's cell."""

from alsreview.direction import count_directions, directions
from alsreview.effects.measures import measure_of
from alsreview.formats import interval, number
from alsreview.pooling import analysis, benefit, has_thresholds, measured_meaning, synthesise
from alsreview.wording import facts


def effect_words(analysis_id: str, evidence, root) -> str:
    """Say the absolute effect of an analysis, or in how many trials which direction was seen."""
    choice, result = analysis(analysis_id, evidence), synthesise(analysis_id, root=root)
    if not result.k:
        return _direction_words(analysis_id, evidence, root)
    if not has_thresholds(choice):
        return _plain_words(choice, *benefit(result, choice))
    told = facts(analysis_id, root=root)
    at, measure = measured_meaning(result, choice, root=root), measure_of(choice)
    lost = interval(*at.decline, measure.digits)
    time = "a month" if measure.monthly else f"in the {number(at.months, 1)} months measured on average"
    what = choice["intervention"]
    change, limits = told[f"{analysis_id}.change"], told[f"{analysis_id}.change_interval"]
    return f"People lose {lost} points {time}; with {what} {change} (95% CI {limits})"


def _plain_words(choice: dict, gain: float, low: float, high: float) -> str:
    """Say an effect for which no decline is known beside it."""
    up, digits = choice["higher_is_better"], measure_of(choice).digits
    effect, *limits = (gain, low, high) if up else (-gain, -high, -low)
    better = "higher" if up else "lower"
    return (
        f"{number(effect, digits)} {choice['unit']} (95% CI {interval(*limits, digits)}; {better} is better)"
    )


def _direction_words(analysis_id: str, evidence, root) -> str:
    """Say which way the trials point, and what a composite printed that stands for some of them."""
    counts = count_directions(directions(analysis_id, root=root))
    ways = {
        "favours_intervention": "favouring the intervention",
        "favours_comparator": "favouring the comparator",
        "no_direction": "zero",
    }
    said = [f"{counts[key]} {way}" for key, way in (ways | {"mixed": "conflicting"}).items() if counts[key]]
    units = evidence.trials.set_index("trial_id").unit
    every = directions(analysis_id, root=root, every_outcome=True)
    pooled = every[every.trial_id.map(units).eq("composite") & every.difference.notna()]
    printed = [
        f"{row.label}, {row.outcome_label}: {number(row.difference)} ({interval(row.ci_low, row.ci_high)})"
        for row in pooled.itertuples()
    ]
    return ". ".join(
        [f"Directions of effect: {', '.join(said)}" if said else "No estimate or direction", *printed]
    )
