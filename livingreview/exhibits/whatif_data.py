"""Turns an analysis into every result that a reader could choose: units, model and interval."""

from math import isfinite, nan

import numpy as np
import pandas as pd

from livingreview.effects.measures import measure_of
from livingreview.evidence import Evidence
from livingreview.exhibits.words import ESTIMATE_WORDS, INTERVAL_WORDS, METHOD_WORDS
from livingreview.formats import is_missing, listed, weeks
from livingreview.reviews import Analysis
from livingreview.statistics import (
    FEWEST_FOR_PREDICTION,
    has_thresholds,
    meaning,
    months_asked,
    subsets,
    weighted_months,
)

MOST_RESULTS = 512  # combinations times models: about 60 kB of the page, compressed
METHODS = ("REML", "DL", "PM", "ML")


def offered_units(analysis: Analysis) -> pd.DataFrame:
    """List the units that a reader may choose from.

    Returns
    -------
    one row per unit: the analysis's own first, then those that only its alternatives bring in
        The columns of ``synthesise(...).trials``, and ``own`` and ``why`` (the alternative's reason).
        A unit that shares trials with one above it is left out, so that no person can count twice.
    """
    covers = analysis.evidence.trials.set_index("trial_id").covers
    frames = [analysis.result.trials.assign(own=True, why="")]
    taken = {i for unit in frames[0].get("trial_id", []) for i in (unit, *covers[unit])}
    for key, other in analysis.choice.get("alternatives", {}).items():
        found = analysis.under(key).trials
        new = [unit for unit in found.get("trial_id", []) if not taken & {unit, *covers[unit]}]
        taken |= {i for unit in new for i in (unit, *covers[unit])}
        if new:
            frames.append(found[found.trial_id.isin(new)].assign(own=False, why=other["why"]))
    return pd.concat(frames, ignore_index=True)


def offered_methods(units: int, own: str) -> list[str]:
    """Give the models that a page can carry for so many units, the protocol's own first; none if too many."""
    ordered = [own, *(method for method in METHODS if method != own)]
    return ordered[: MOST_RESULTS // 2**units]


def choices_of(analysis: Analysis) -> dict:
    """Compute every result of an analysis that a reader could choose.

    Returns
    -------
    plain values, ready for JSON
        ``units`` (``id, label, note, people, yi, vi, low, high, own``), ``methods`` and ``intervals``
        (key and words), ``own`` (the protocol's ``members, method, interval``), ``verdicts`` and
        ``rows``: per method a list whose item ``members - 1`` holds estimate, tau2 and I2, and per interval
        its two limits, the two of prediction (null below five units) and the number of its verdict.
        Bit i of ``members`` is set where unit i is in.
    """
    choice, units = analysis.choice, offered_units(analysis)
    methods = offered_methods(len(units), choice["method"])
    said: dict[str, int] = {}
    what, other = choice["intervention"], choice["comparator"]
    return {
        "id": analysis.id,
        "unit": measure_of(choice).unit,
        "level": choice["level"],
        "sides": [other, what] if choice["higher_is_better"] else [what, other],
        "units": [_unit(row) for row in units.itertuples()],
        "own": {
            "members": 2 ** int(units.own.sum()) - 1,
            "method": choice["method"],
            "interval": choice["interval"],
        },
        "methods": [[method, METHOD_WORDS[method]] for method in methods],
        "intervals": [[key, words] for key, words in INTERVAL_WORDS.items()],
        "rows": {method: _rows(units, method, analysis, said) for method in methods},
        "verdicts": list(said),
    }


def _unit(row) -> dict:
    note = f"{ESTIMATE_WORDS[row.estimate_kind]}, {weeks(row.timepoint_weeks)}"
    return {
        "id": row.trial_id,
        "label": row.label,
        "note": note if row.own else f"{note}, not in the primary analysis: {row.why}",
        "people": None if is_missing(row.people) else int(row.people),
        "yi": row.yi,
        "vi": row.vi,
        "low": row.ci_low,
        "high": row.ci_high,
        "own": row.own,
    }


def _rows(units: pd.DataFrame, method: str, analysis: Analysis, said: dict) -> list[list]:
    """Give the results of every combination under a model, the intervals beside each other."""
    choice = analysis.choice
    pooled = [
        subsets(units.yi, units.vi, method=method, interval=interval, level=choice["level"])
        for interval in INTERVAL_WORDS
    ]
    rows = pooled[0][["estimate", "tau2", "i2"]].to_numpy().tolist()
    thresholds = thresholds_of(units, pooled[0].tau2.to_numpy(), choice, analysis.evidence)
    for each in pooled:
        limits = each[["ci_low", "ci_high", "pi_low", "pi_high"]].to_numpy().tolist()
        for members, (row, four, both) in enumerate(zip(rows, limits, thresholds, strict=True), 1):
            if members.bit_count() < FEWEST_FOR_PREDICTION:
                four[2:] = nan, nan
            number = said.setdefault(_includes(*four[:2], both, choice), len(said))
            row += [x if isfinite(x) else None for x in four] + [number]
    return rows


def thresholds_of(units: pd.DataFrame, tau2: np.ndarray, choice: dict, evidence: Evidence) -> np.ndarray:
    """Return the smallest and the largest threshold of each combination, an array of shape (B, 2).

    Both depend on the time over which its own units measured, and on half a year; see
    `livingreview.statistics.declared_thresholds`.
    """
    smallest, largest = meaning(1, evidence).thresholds
    if measure_of(choice).monthly:
        return np.tile([smallest, largest], (len(tau2), 1))
    inside = np.arange(1, len(tau2) + 1)[:, None] >> np.arange(len(units)) & 1
    weights = inside / (units.vi.to_numpy() + tau2[:, None])
    measured, asked = weighted_months(units.timepoint_weeks.to_numpy(), weights), months_asked(choice)
    return np.column_stack([smallest * np.minimum(measured, asked), largest * np.maximum(measured, asked)])


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


def _includes(low: float, high: float, thresholds: np.ndarray, choice: dict) -> str:
    """Say what an interval includes; in standard deviations no threshold is declared."""
    worst, best = (low, high) if choice["higher_is_better"] else (-high, -low)
    return interval_words(worst, best, tuple(thresholds) if has_thresholds(choice) else ())
