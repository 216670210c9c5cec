"""Writes the effect of an analysis in a table's cell."""

from livingreview.effects.measures import measure_of
from livingreview.formats import interval, is_missing, number
from livingreview.reviews import Analysis
from livingreview.statistics import Pooled, benefit, directions, has_thresholds


def effect_words(analysis: Analysis) -> str:
    """Return the absolute effect of an analysis, or in how many trials which direction was found."""
    choice, result = analysis.choice, analysis.synthesis
    if not result.k:
        return _direction_words(analysis)
    measure, what = measure_of(choice), choice["intervention"]
    if measure.risk is not None or measure.ratio:
        return _risk_words(choice, result)
    if not has_thresholds(choice):
        return _plain_words(choice, *benefit(result, choice))
    at = analysis.meaning
    decline = interval(*at.decline, measure.digits)
    gain, low, high = (_amount(each, measure.digits) for each in benefit(result, choice))
    size, way = gain.split(" ")
    change = f"{size} {measure.unit} {way} (95% CI {high} to {low})"
    if measure.monthly:
        return f"Expected loss {decline} points a month; with {what} {change}"
    time = f"{number(at.months, 1)} months (the average time of measurement)"
    return f"Expected loss over {time}: {decline} points; with {what} {change}"


def _risk_words(choice: dict, result) -> str:
    """Write a relative effect and, where events were counted, the absolute effect per 1,000."""
    measure = measure_of(choice)
    only = result if isinstance(result, Pooled) else result.trials.iloc[0].rename({"yi": "estimate"})
    scaled = only.estimate, only.ci_low, only.ci_high
    shown = [measure.printed(value) for value in scaled]
    limits = interval(*shown[1:], measure.digits)
    words = f"{measure.label.capitalize()} {number(shown[0], measure.digits)} (95% CI {limits})"
    trials = result.trials
    # The Cochrane Handbook (chapter 14) takes the risk in the comparator arms of the included studies.
    risk = trials.events_comparator.sum(skipna=False) / trials.n_comparator.sum(skipna=False)
    if measure.risk is None or is_missing(risk):
        return words
    changes = [measure.absolute_difference(value, risk) for value in scaled]
    estimate, *limits = (f"{number(abs(each), 0)} {'fewer' if each <= 0 else 'more'}" for each in changes)
    return (
        f"{words}. With {choice['comparator']} {number(1000 * risk, 0)} per 1,000; "
        f"with {choice['intervention']} {estimate} (95% CI {limits[0]} to {limits[1]})"
    )


def _amount(gain: float, digits: int) -> str:
    return f"{number(abs(gain), digits)} {'less' if gain >= 0 else 'more'}"


def _plain_words(choice: dict, gain: float, low: float, high: float) -> str:
    """Write an effect for which no expected decline is known."""
    up, digits = choice["higher_is_better"], measure_of(choice).digits
    effect, *limits = (gain, low, high) if up else (-gain, -high, -low)
    better = "higher" if up else "lower"
    return (
        f"{number(effect, digits)} {choice['unit']} (95% CI {interval(*limits, digits)}; {better} is better)"
    )


def _direction_words(analysis: Analysis) -> str:
    """Count the directions of effect, with what a composite printed that covers some of the trials."""
    counts = analysis.direction_counts
    ways = {
        "favours_intervention": "favouring the intervention",
        "favours_comparator": "favouring the comparator",
        "no_direction": "zero",
    }
    said = [f"{counts[key]} {way}" for key, way in (ways | {"mixed": "conflicting"}).items() if counts[key]]
    units = analysis.evidence.trials.set_index("trial_id").unit
    every = directions(analysis.id, analysis.evidence, every_outcome=True)
    pooled = every[every.trial_id.map(units).eq("composite") & every.difference.notna()]
    printed = [
        f"{row.label}, {row.outcome_label}: {number(row.difference)} ({interval(row.ci_low, row.ci_high)})"
        for row in pooled.itertuples()
    ]
    return ". ".join(
        [f"Directions of effect: {', '.join(said)}" if said else "No estimate or direction", *printed]
    )
