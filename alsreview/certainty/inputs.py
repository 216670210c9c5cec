"""Turns a synthesis into the numbers that the rules of certainty are put to."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from alsreview.direction import directions, people_behind
from alsreview.effects.bias import trial_bias
from alsreview.evidence import load_evidence
from alsreview.pooling import (
    Pooled,
    absent_trials,
    analysis,
    measured_meaning,
    synthesise,
)
from alsreview.smallstudy import egger, one_precision

# A single trial with 5 % two-sided error and 80 % power, as GRADE's optimal information size supposes.
POWERED = float(ndtri(0.975) + ndtri(0.8))
FEWEST_FOR_FUNNEL = 10


def certainty_inputs(analysis_id: str, *, root=None) -> dict[str, float]:
    """Compute the inputs of the rules for an analysis.

    Parameters
    ----------
    analysis_id : key of ``protocol.yml``
    root : folder of the review

    Returns
    -------
    input to value, in the unit that ``rules.yml`` gives
        An input that does not apply is left out; one that applies and cannot be computed is NaN. Empty
        where neither an estimate nor a direction is known: then there is nothing to be certain of.
    """
    evidence = load_evidence(root)
    choice = analysis(analysis_id, evidence)
    result = synthesise(analysis_id, root=root)
    if result.k:
        return _of_weights(evidence, _weights(result)) | _of_estimate(analysis_id, result, choice, root)
    found = directions(analysis_id, root=root)
    known = found[found.counted]
    if known.empty:
        return {}
    weights = people_behind(known.set_index("trial_id"))
    # Where a count was not seen, no trial can be said to weigh more than another.
    weights = weights if weights.notna().all() else weights.fillna(0) * 0 + 1
    return _of_weights(evidence, weights) | _of_directions(analysis_id, known, root)


def _weights(result) -> pd.Series:
    trials = result.trials.set_index("trial_id")
    return trials.weight if isinstance(result, Pooled) else pd.Series(100.0, index=trials.index)


def _of_weights(evidence, weights: pd.Series) -> dict[str, float]:
    bias = pd.Series({trial_id: trial_bias(evidence, trial_id) for trial_id in weights.index})
    flagged = {flag["trial"] for flag in evidence.grade.rules.get("indirect", [])}
    return {
        "bias_not_low": _share(weights, bias != "low"),
        "bias_high": _share(weights, bias == "high"),
        "indirect": _share(weights, weights.index.isin(flagged)),
    }


def _share(weights: pd.Series, chosen) -> float:
    return float(100 * weights[chosen].sum() / weights.sum())


def _of_estimate(analysis_id: str, result, choice: dict, root) -> dict[str, float]:
    """Compare an estimate with the thresholds; a Hedges' g has none, so its imprecision is unknown."""
    pooled = isinstance(result, Pooled)
    missing = absent_trials(analysis_id, root=root).people.sum(skipna=False)
    have = result.trials.people.sum(skipna=False)
    found = {"i2": result.i2} if pooled else {}
    found |= {"people_missing": float(100 * missing / (have + missing))}
    if result.k >= FEWEST_FOR_FUNNEL:
        yi, vi = result.trials.yi, result.trials.vi
        found |= {"small_study_p": np.nan if one_precision(vi) else egger(yi, vi).p}
    if choice["measure"] == "SMD":
        return found | {"thresholds_held": np.nan, "information": np.nan}
    at = measured_meaning(result, choice, root=root)
    worthwhile = at.thresholds[0]
    only = result if pooled else result.trials.iloc[0]
    held = _held(only.ci_low, only.ci_high, worthwhile)
    if pooled:
        known = np.isfinite(result.pi_low)
        wider = _held(result.pi_low, result.pi_high, worthwhile) - held
        found |= {"prediction_limits": float(len(wider)) if known else np.nan}
    estimate = result.estimate if pooled else only.yi
    return found | {
        "thresholds_held": float(len(held)),
        "information": float(100 * (worthwhile / POWERED) ** 2 * (1 / result.trials.vi).sum()),
        "share_of_decline": float(at.percent(abs(estimate))[0]),
    }


def _held(low: float, high: float, worthwhile: float) -> set[str]:
    """Name the thresholds between two limits; which of them is the benefit does not matter for a count."""
    upper = {"upper"} if low < worthwhile <= high else set()
    return upper | ({"lower"} if low <= -worthwhile < high else set())


def _of_directions(analysis_id: str, known: pd.DataFrame, root) -> dict[str, float]:
    eligible = absent_trials(analysis_id, root=root).people.sum(skipna=False)
    # A trial that points both ways agrees with none, not even with another that does.
    most = max(known.direction[known.direction != "mixed"].value_counts(), default=0)
    opposed = {"opposed": float(100 * (1 - most / len(known)))} if len(known) > 1 else {}
    return opposed | {
        "people_known": float(people_behind(known).sum(skipna=False)),
        "people_missing": float(100 * (1 - known.people.sum(skipna=False) / eligible)),
    }
