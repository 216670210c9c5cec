"""Expected decline without a new treatment, and thresholds of an important effect, over the time measured."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from livingreview.effects.measures import measure_of
from livingreview.evidence import Evidence

HALF_YEAR = 6
WEEKS_PER_MONTH = 30.4375 / 7


@dataclass(frozen=True)
class Meaning:
    """What points of the reference scale mean over a time; every pair is a low and a high value.

    Attributes
    ----------
    decline : points lost without a new treatment
    thresholds : points that correspond to a worthwhile slowing; derived, not anchored in patients' ratings
    """

    months: float
    decline: tuple[float, float]
    thresholds: tuple[float, float]

    def percent(self, points: float) -> tuple[float, float]:
        """Return a difference in percent of the decline, for the faster and the slower decline."""
        shares = [100 * points / lost for lost in self.decline]
        return min(shares), max(shares)


def meaning(months: float, evidence: Evidence) -> Meaning:
    """Compute the expected decline and the derived thresholds over a number of months.

    Slopes and percentages, with their sources, are in ``outcomes.yml``. The lower threshold is the smallest
    percentage of the slowest decline, the upper one the largest percentage of the fastest; NaN without them.
    """
    outcomes = evidence.outcomes
    slopes = [entry["points_per_month"] for entry in outcomes.get("natural_decline", ())] or [np.nan]
    shares = [entry["percent"] / 100 for entry in outcomes.get("important_slowing", ())] or [np.nan]
    decline = (min(slopes) * months, max(slopes) * months)
    return Meaning(months, decline, (min(shares) * decline[0], max(shares) * decline[1]))


def months_asked(choice: dict) -> float:
    """Return the months over which an analysis asks for a difference: one for a rate, else half a year."""
    return 1 if measure_of(choice).monthly else HALF_YEAR


def measured_meaning(result, choice: dict, evidence: Evidence) -> Meaning:
    """Return the decline and the thresholds that a result is judged by: those of the time measured.

    A rate is judged by the points of one month, and without an estimate the time is the one that the
    analysis asks for. Trials that measured early had less time to show a difference: half a year's
    thresholds would call their effects, and their harms, smaller than they are.
    """
    asked = not result.k or measure_of(choice).monthly
    return meaning(months_asked(choice) if asked else mean_months(result.trials), evidence)


def has_thresholds(choice: dict) -> bool:
    """Tell whether an analysis has thresholds of an important effect: points of function only."""
    return measure_of(choice).points and choice.get("thresholds", True)


def declared_thresholds(result, choice: dict, evidence: Evidence) -> tuple[float, ...]:
    """Return every declared threshold, smallest first: for the time asked and for the time measured.

    An effect is called important only where it is so under all of them. The time measured replaced half a
    year after version 2026.1, so conclusions are given under both.
    """
    if not has_thresholds(choice):
        return ()
    times = {months_asked(choice), measured_meaning(result, choice, evidence).months}
    return tuple(sorted(points for months in times for points in meaning(months, evidence).thresholds))


def mean_months(trials: pd.DataFrame) -> float:
    """Average the months at which the trials measured, weighted as they were pooled."""
    weights = trials.weight if "weight" in trials else 1 / trials.vi
    return float(weighted_months(trials.timepoint_weeks.to_numpy(), weights.to_numpy()))


def weighted_months(weeks: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Average times in weeks as months, for each of B sets of weights, of shape (B, k) or (k,)."""
    return (weights * weeks).sum(-1) / weights.sum(-1) / WEEKS_PER_MONTH


def benefit(result, choice: dict) -> tuple[float, ...]:
    """Return the effect and its limits as benefits, the estimate first; nothing without an estimate."""
    if not result.k:
        return ()
    sign = 1 if choice["higher_is_better"] else -1
    return sign * result.estimate, *sorted((sign * result.ci_low, sign * result.ci_high))


def natural_decline(evidence: Evidence) -> pd.DataFrame:
    """List the cohorts behind the expected decline.

    Returns
    -------
    one row per cohort
        ``who``, ``n`` (people), ``points_per_month``, ``sd`` (of people's own losses, points a month),
        ``low`` and ``high`` (losses between which 95 % of the people lie), ``cite``, ``locator``; what a
        source does not print is missing.
    """
    rows = [
        entry | dict(zip(("low", "high"), entry.get("middle_95", ()), strict=False))
        for entry in evidence.outcomes["natural_decline"]
    ]
    columns = ["who", "n", "points_per_month", "sd", "low", "high", "cite", "locator"]
    return pd.DataFrame(rows, columns=columns).astype({"sd": float, "low": float, "high": float})
