"""Turns a synthesis into the numbers that the rules of certainty are put to."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from livingreview.evidence import Evidence
from livingreview.rob2 import HIGH, LOW, Range, trial_bias
from livingreview.statistics import (
    FEWEST_FOR_PREDICTION,
    absent_trials,
    analysis,
    benefit,
    directions,
    egger,
    has_thresholds,
    measured_meaning,
    people_behind,
    synthesise,
)
from livingreview.statistics.small_study import one_precision

# A single trial with 5 % two-sided error and 80 % power, as GRADE's optimal information size supposes.
POWERED = float(ndtri(0.975) + ndtri(0.8))
FEWEST_FOR_FUNNEL = 10
INPUTS = (
    "bias_high", "bias_concerns", "bias_unseen", "bias_unassessed", "i2", "prediction_limits", "opposed",
    "indirect", "thresholds_held", "information", "people_known", "small_study_p", "people_withheld",
    "people_unavailable", "share_of_decline",
)  # fmt: skip


class Input(NamedTuple):
    """One input of the rules: its value, NaN where it cannot be computed, and the studies it names."""

    value: float
    studies: tuple[str, ...] = ()


def certainty_inputs(analysis_id: str, evidence: Evidence) -> dict[str, Input]:
    """Compute the inputs of the rules for an analysis.

    Returns
    -------
    input to `Input`, in the unit that ``rules.yml`` gives
        An input that does not apply is left out; one that applies and cannot be computed is NaN. Empty
        where no trial gives a usable number: then there is nothing to rate.
    """
    choice = analysis(analysis_id, evidence)
    result = synthesise(analysis_id, evidence)
    if result.k:
        studies = result.trials
        weights = studies.weight if result.pooled else pd.Series(100.0, index=studies.index)
        found = _of_estimate(result, choice, evidence)
    else:
        told = directions(analysis_id, evidence)
        studies = told[told.counted]
        if studies.empty:
            return {}
        people = people_behind(studies)
        # Where a count was not seen, no trial can be said to weigh more than another.
        weights = people if people.notna().all() else people.fillna(0) * 0 + 1
        found = _of_directions(studies)
    flagged = {flag["trial"] for flag in evidence.grade.rules.get("indirect", [])}
    found |= {"indirect": _share(studies, weights, studies.trial_id.isin(flagged))}
    found |= _of_bias(evidence, studies, weights)
    return found | _of_results_out_of_sight(analysis_id, evidence, studies)


def _of_bias(evidence, studies: pd.DataFrame, weights: pd.Series) -> dict[str, Input]:
    """Sum the weights by our own appraisal: a range wherever an answer was not seen."""
    told = zip(studies.trial_id, studies.outcome, studies.timepoint_weeks, strict=True)
    # A result that was not appraised could be anything: no outcome borrows another's appraisal.
    assessed = [trial_bias(evidence, *result) for result in told]
    ranges = [found or Range(LOW, HIGH) for found in assessed]
    of_study = {
        "bias_high": [found.lowest == HIGH for found in ranges],
        "bias_concerns": [found.lowest != LOW for found in ranges],
        "bias_unseen": [found.lowest != found.highest for found in ranges],
        "bias_unassessed": [found is None for found in assessed],
    }
    return {
        name: _share(studies, weights, pd.Series(holds, index=studies.index))
        for name, holds in of_study.items()
    }


def _share(studies: pd.DataFrame, weights: pd.Series, chosen: pd.Series) -> Input:
    """Compute the percentage of the weight in the chosen studies, and name them."""
    return Input(float(100 * weights[chosen].sum() / weights.sum()), tuple(studies.label[chosen]))


def _of_results_out_of_sight(analysis_id: str, evidence, studies: pd.DataFrame) -> dict[str, Input]:
    """Compute the share of participants whose results we could not use, and of those that look withheld."""
    absent = absent_trials(analysis_id, evidence)
    # A trial that counts by its direction is in sight, though no synthesis took its number.
    absent = absent[~absent.trial_id.isin(studies.trial_id)]
    have, lacking = _randomized(evidence, studies), absent.people.sum(skipna=False)
    signs = [sign for sign in evidence.grade.rules.get("withheld", []) if analysis_id in sign["analyses"]]
    withheld = sum(sign.get("planned_n", np.nan) for sign in signs)
    shares = [float(100 * people / (have + people)) for people in (lacking, withheld)]
    return {
        "people_unavailable": Input(shares[0], tuple(absent.label)),
        "people_withheld": Input(shares[1], tuple(sign["study"] for sign in signs)),
    }


def _randomized(evidence, studies: pd.DataFrame) -> float:
    """Add up the participants randomised in the studies, and in the trials inside a composite."""
    trials = evidence.trials.set_index("trial_id")
    inside = {trial for unit in studies.trial_id for trial in (trials.covers[unit] or [unit])}
    known = trials.people.reindex(sorted(inside))
    # A retrospective update may not know the trials of a composite yet; it knows whom they analysed.
    return float((known if known.notna().all() else studies.people).sum(skipna=False))


def _of_estimate(result, choice: dict, evidence) -> dict[str, Input]:
    """Compare an estimate with the thresholds; a Hedges' g has none, so its imprecision is unknown."""
    found = {"i2": Input(result.i2)} if result.pooled else {}
    if result.k >= FEWEST_FOR_FUNNEL:
        yi, vi = result.trials.yi, result.trials.vi
        found |= {"small_study_p": Input(np.nan if one_precision(vi) else egger(yi, vi).p)}
    if not has_thresholds(choice):
        return found | {"thresholds_held": Input(np.nan), "information": Input(np.nan)}
    at = measured_meaning(result, choice, evidence)
    worthwhile = at.thresholds[0]
    gain, low, high = benefit(result, choice)
    held = _held(low, high, worthwhile)
    if result.k >= FEWEST_FOR_PREDICTION:
        sign = 1 if choice["higher_is_better"] else -1
        wider = _held(*sorted((sign * result.pi_low, sign * result.pi_high)), worthwhile) - held
        found |= {"prediction_limits": Input(float(len(wider)))}
    tau2 = result.tau2 if result.pooled else 0.0
    # With heterogeneity each study tells less: its variance about the mean effect is vi + tau2.
    precision = (1 / (result.trials.vi + tau2)).sum()
    return found | {
        "thresholds_held": Input(float(len(held))),
        "information": Input(float(100 * (worthwhile / POWERED) ** 2 * precision)),
        "share_of_decline": Input(float(at.percent(abs(gain))[0])),
    }


def _held(low: float, high: float, worthwhile: float) -> set[str]:
    """Name the thresholds that lie between two limits of the benefit."""
    inside = {"benefit"} if low < worthwhile <= high else set()
    return inside | ({"harm"} if low <= -worthwhile < high else set())


def _of_directions(known: pd.DataFrame) -> dict[str, Input]:
    # A trial whose results conflict agrees with none, not even with another that does.
    counts = known.direction[known.direction != "mixed"].value_counts()
    found = {"people_known": Input(float(people_behind(known).sum(skipna=False)))}
    if len(known) > 1:
        most = counts.index[0] if len(counts) else None
        others = known[known.direction != most]
        found |= {"opposed": Input(float(100 * len(others) / len(known)), tuple(others.label))}
    return found
