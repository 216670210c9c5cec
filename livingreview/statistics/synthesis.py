"""Runs an analysis of the protocol on the evidence, and says what its result means over the time measured."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.special import ndtri

from livingreview.effects.estimates import COLUMNS, choose_estimates, eligible_contrasts, trial_estimates
from livingreview.effects.measures import measure_of
from livingreview.evidence import Evidence
from livingreview.statistics.pooling import Pooled, mantel_haenszel, peto, pool

HALF_YEAR = 6
WEEKS_PER_MONTH = 30.4375 / 7


@dataclass(frozen=True, eq=False)
class Unpooled:
    """An analysis with one estimate or none, or one that the protocol does not pool.

    It has the attributes of `Pooled`: the estimate and its limits are those of the only trial; what
    only pooling gives is NaN.

    Attributes
    ----------
    trials : one row per estimate, with ``yi``, ``vi``, ``se``, ``ci_low`` and ``ci_high``
    why : the reason, as a sentence
    level : level of the intervals
    """

    trials: pd.DataFrame
    why: str
    level: float = 0.95
    pooled = False
    p = pi_low = pi_high = tau2 = i2 = q = q_p = np.nan

    @property
    def k(self) -> int:
        return len(self.trials)

    def _of_the_only_trial(self, column: str) -> float:
        return float(self.trials[column].iloc[0]) if self.k and column in self.trials else np.nan

    estimate = property(lambda self: self._of_the_only_trial("yi"))
    ci_low = property(lambda self: self._of_the_only_trial("ci_low"))
    ci_high = property(lambda self: self._of_the_only_trial("ci_high"))

    def summary_frame(self) -> pd.DataFrame:
        """Return one row per estimate in the columns of ``Pooled.summary_frame``."""
        return self.trials.assign(weight=np.nan, pi_low=np.nan, pi_high=np.nan)


def analysis(analysis_id: str, evidence: Evidence, alternative: str | None = None) -> dict:
    """Look up the choices of an analysis, changed as one of its alternatives says.

    Its ``intervention`` and ``comparator``, in words, are those of its question. It has no ``thresholds``
    where its question has no scale of reference.

    Raises
    ------
    ValueError
        When the protocol does not know the analysis or the alternative; the message lists those it knows.
    """
    known = evidence.protocol["analyses"]
    if analysis_id not in known:
        raise ValueError(f"unknown analysis {analysis_id!r}; protocol.yml has {', '.join(known)}")
    asked = evidence.protocol["questions"][known[analysis_id]["question"]]
    choice = known[analysis_id] | {side: asked[side] for side in ("intervention", "comparator")}
    choice["thresholds"] = choice.get("thresholds", True) and "reference_scale" in asked
    if alternative is None:
        return choice
    others = choice.get("alternatives", {})
    if alternative not in others:
        raise ValueError(
            f"unknown alternative {alternative!r} of {analysis_id}; it has {', '.join(others) or 'none'}"
        )
    return choice | {key: value for key, value in others[alternative].items() if key not in ("label", "why")}


@lru_cache(maxsize=256)
def synthesise(analysis_id: str, evidence: Evidence, alternative: str | None = None) -> Pooled | Unpooled:
    """Run an analysis of ``protocol.yml`` on the evidence.

    Parameters
    ----------
    analysis_id : key of the protocol, such as ``"function"``
    alternative : key of one of its alternatives; by default the protocol's own choice

    Returns
    -------
    Pooled or Unpooled
        Both have ``.trials`` (``trial_id, label, yi, vi, ...``; intervention minus comparator, in the
        analysis's unit) and ``.why``.

    Raises
    ------
    ValueError
        When the protocol does not know the analysis or the alternative.
    """
    # A chapter asks for the same synthesis many times; the evidence is frozen, so the answer is too.
    choice = analysis(analysis_id, evidence, alternative)
    level = choice.get("level", 0.95)
    if choice["synthesis"] == "direction":
        nothing = _with_intervals(pd.DataFrame({"yi": [], "vi": []}), level)
        return Unpooled(nothing, "The protocol specifies directions of effect for this outcome.")
    rows = choose_estimates(trial_estimates(evidence, choice), evidence, choice)
    chosen = pd.DataFrame(rows, columns=COLUMNS)
    both = chosen.n_intervention + chosen.n_comparator
    chosen = chosen.assign(people=chosen.people.where(both.isna(), both))
    if len(chosen) < 2:
        why = "Only one estimate is usable, so nothing is pooled."
        why = why if len(chosen) else "No trial gives a usable estimate."
        return Unpooled(_with_intervals(chosen, level), why, level)
    if choice["method"] in ("MH", "Peto"):
        return _pool_events(chosen, choice)
    options = {key: choice[key] for key in ("method", "interval", "level")}
    pooled = pool(chosen.yi, chosen.vi, **options, trials=chosen)
    return replace(pooled, why=f"{len(chosen)} usable estimates were found.")


def _pool_events(chosen: pd.DataFrame, choice: dict) -> Pooled | Unpooled:
    """Pool two-by-two tables, with equal effects and a normal interval."""
    counts = chosen[["events_intervention", "n_intervention", "events_comparator", "n_comparator"]]
    level = choice["level"]
    if counts.isna().any(axis=None):
        return Unpooled(_with_intervals(chosen, level), "Not all trials give events.", level)
    measure = {"measure": choice["measure"]} if choice["method"] == "MH" else {}
    compute = mantel_haenszel if choice["method"] == "MH" else peto
    found = compute(*counts.to_numpy().T, **measure, level=level)
    # The trials and their weights are described as in a model of equal effects.
    alike = pool(chosen.yi, chosen.vi, method="EE", interval="wald", trials=chosen, level=level)
    names = ("estimate", "se", "ci_low", "ci_high", "p", "q", "q_p", "i2")
    own = {name: getattr(found, name) for name in names} | {"pi_low": np.nan, "pi_high": np.nan}
    why = f"{len(chosen)} two-by-two tables were found."
    return replace(alike, **own, method=choice["method"], why=why)


def tally(trials: pd.DataFrame, evidence: Evidence) -> dict[str, int]:
    """Count the units, trials and people behind the rows of a synthesis; a composite counts its trials."""
    covers = evidence.trials.set_index("trial_id").covers
    inside = [len(covers[trial_id]) or 1 for trial_id in trials.trial_id]
    return {"units": len(trials), "trials": int(sum(inside)), "people": int(trials.people.sum())}


@lru_cache(maxsize=64)
def absent_trials(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """List the eligible trials that an analysis could not use: ``trial_id, label, people``.

    Trials inside a composite that was used are not absent.
    """
    choice = analysis(analysis_id, evidence)
    used = synthesise(analysis_id, evidence).trials.trial_id if choice["synthesis"] == "pool" else []
    covers = evidence.trials.set_index("trial_id").covers
    have = set(used) | {trial for unit in used for trial in covers[unit]}
    eligible = {row["trial_id"]: row for row in eligible_contrasts(evidence, choice | {"composites": False})}
    absent = [row for trial_id, row in eligible.items() if trial_id not in have]
    return pd.DataFrame(absent, columns=["trial_id", "label", "people"])


def why_missing(evidence, trial_id: str) -> str:
    """Say why a trial's result is missing: "unreported" if its full paper was read, else "unread".

    What a report leaves out can bias a synthesis; what we did not read says nothing of the trial. ROB-ME
    keeps the two apart.
    """
    kinds = {source["kind"] for source in evidence.cards[trial_id]["sources"].values()}
    return "unreported" if "primary_fulltext" in kinds else "unread"


def _with_intervals(trials: pd.DataFrame, level: float) -> pd.DataFrame:
    se = np.sqrt(trials.vi.astype(float))
    half = ndtri((1 + level) / 2) * se
    return trials.assign(se=se, ci_low=trials.yi - half, ci_high=trials.yi + half)


# ---- what a result means: expected decline and derived thresholds


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
