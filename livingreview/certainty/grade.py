"""Computes the inputs of the rules of certainty, proposes GRADE ratings, and takes a person's decision."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from livingreview.effects.measures import measure_of
from livingreview.evidence import Evidence
from livingreview.formats import is_missing
from livingreview.rob2 import HIGH, LOW, Range, trial_bias
from livingreview.statistics import (
    FEWEST_FOR_PREDICTION,
    absent_trials,
    analysis,
    benefit,
    declared_thresholds,
    directions,
    egger,
    has_thresholds,
    measured_meaning,
    people_behind,
    synthesise,
)
from livingreview.statistics.small_study import one_precision

RATINGS = ("very low", "low", "moderate", "high")
DOMAINS = (
    "risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias", "unavailable results",
    "large effect",
)  # fmt: skip
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


@dataclass(frozen=True)
class Domain:
    """What the rules found in one domain.

    Attributes
    ----------
    levels : by which the domain lowers the rating
    inputs : name and `Input` of each input that applies; NaN where it could not be computed
    met : the rules that are met, the one that decides first
    studies : labels of the studies behind the rule that decides
    capped : whether the level that unseen information costs was already taken in another domain
    """

    name: str
    levels: int
    inputs: tuple[tuple[str, Input], ...]
    met: tuple[str, ...]
    studies: tuple[str, ...] = ()
    capped: bool = False


def judge(inputs: dict[str, Input], rules: dict) -> tuple[str | None, tuple[Domain, ...]]:
    """Apply rules to inputs.

    Parameters
    ----------
    inputs : input to `Input`; NaN for unknown
    rules : the content of ``rules.yml``

    Returns
    -------
    (rating, domains)
        None and no domain without inputs: what has no usable result is not rated.

    Notes
    -----
    Rules marked ``unseen`` are about what we could not read, not about the trials. Over all domains together
    they lower the rating by one level at most: a convention of this review, not of GRADE.
    """
    if not inputs:
        return None, ()
    domains, unseen_left = [], 1
    for name in DOMAINS:
        domain = _domain(name, inputs, rules)
        if domain.met and rules["rules"][domain.met[0]].get("unseen"):
            levels = min(domain.levels, unseen_left)
            domain = replace(domain, levels=levels, capped=levels < domain.levels)
            unseen_left -= levels
        domains.append(domain)
    left = RATINGS.index(rules["start"]) - sum(domain.levels for domain in domains)
    return RATINGS[max(left, 0)], tuple(domains)


def _domain(name: str, inputs: dict[str, Input], rules: dict) -> Domain:
    own = {
        key: inputs[key]
        for key, entry in rules["inputs"].items()
        if entry["domain"] == name and key in inputs
    }
    met = [
        (rule_id, rule)
        for rule_id, rule in rules["rules"].items()
        if rule["input"] in own and _is_met(rule, own[rule["input"]].value)
    ]
    # The strictest rule decides, and what is known before what is unseen; rules of one domain do not add up.
    met.sort(key=lambda found: (-found[1]["levels"], found[1].get("unseen", False)))
    return Domain(
        name,
        met[0][1]["levels"] if met else 0,
        tuple(own.items()),
        tuple(rule_id for rule_id, _ in met),
        own[met[0][1]["input"]].studies if met else (),
    )


def _is_met(rule: dict, value: float) -> bool:
    if is_missing(value):
        return rule.get("when_unknown") == "met"
    if "at_least" in rule:
        return value >= rule["at_least"]
    return value <= rule["at_most"] if "at_most" in rule else value < rule["below"]


@dataclass(frozen=True)
class Certainty:
    """The certainty of one analysis.

    Attributes
    ----------
    status : "not rated" (nothing to rate), "proposed" (no person has decided), "decided", or "outdated" (a
        person decided on another proposal than the rules now make, so the decision no longer holds)
    proposed : the rating that the rules propose, one of ``RATINGS``; None where there was nothing to rate
    domains : one per domain of ``DOMAINS``; empty where there was nothing to rate
    decision : the content of ``data/certainty/<analysis_id>.yml``, or None
    gain : the effect, positive in favour of the intervention; None where only directions are known
    thresholds : every declared threshold of an important effect; empty where none is declared
    clear : whether the confidence interval excludes no effect
    """

    status: str
    proposed: str | None = None
    domains: tuple[Domain, ...] = ()
    decision: dict | None = None
    gain: float | None = None
    thresholds: tuple[float, ...] = ()
    clear: bool = False

    @property
    def rating(self) -> str | None:
        """The rating as decided where a person decided, else as proposed."""
        return self.decision["rating"] if self.status == "decided" else self.proposed

    @property
    def verdict(self) -> str:
        """Return what may be said of the effect, as sure as the evidence is."""
        return verdict(self.rating, self.gain, self.thresholds, self.clear)


# Sentences, tables and kept results all ask; the evidence is frozen, so the answer is too.
@lru_cache(maxsize=64)
def certainty(analysis_id: str, evidence: Evidence) -> Certainty:
    """Rate an analysis by the rules of ``data/certainty/rules.yml``, or as a person then decided.

    It is not rated where the review has no rules.
    """
    choice, rules = analysis(analysis_id, evidence), evidence.grade.rules
    if not rules:
        return Certainty("not rated")
    proposed, domains = judge(certainty_inputs(analysis_id, evidence), rules)
    decision, result = evidence.grade.decisions.get(analysis_id), synthesise(analysis_id, evidence)
    gain, low, high = benefit(result, choice) if result.k else (None, 0, 0)
    thresholds = declared_thresholds(result, choice, evidence) if result.k else ()
    status = "proposed" if proposed else "not rated"
    if decision is not None:
        status = "decided" if decision["proposed"] == proposed else "outdated"
    return Certainty(status, proposed, domains, decision, gain, thresholds, low > 0 or high < 0)


def rated_analyses(evidence: Evidence) -> list[str]:
    """List the analyses whose certainty is rated: one per outcome, so not the same outcome in other units."""
    analyses = evidence.protocol["analyses"]
    outcomes = {key: (choice["question"], choice["domain"]) for key, choice in analyses.items()}
    standardised = {
        key for key, choice in analyses.items() if getattr(measure_of(choice), "standardised", False)
    }
    own = {outcome for key, outcome in outcomes.items() if key not in standardised}
    return [key for key, outcome in outcomes.items() if key not in standardised or outcome not in own]


def analysis_of(question: str, domain: str, evidence: Evidence) -> str | None:
    """Return the rated analysis of a question on a domain of outcomes, if there is one."""
    choices = evidence.protocol["analyses"]
    named = (key for key in rated_analyses(evidence) if choices[key]["question"] == question)
    return next((key for key in named if choices[key]["domain"] == domain), None)


HEDGES = {"high": "", "moderate": "probably ", "low": "may "}
_VERBS = ("improves", "slightly improves", "makes little or no difference", "slightly worsens", "worsens")


def verdict(rating: str | None, gain: float | None, thresholds: tuple[float, ...], clear: bool) -> str:
    """Return the verdict on one outcome, as a fixed vocabulary and never a sentence.

    Parameters
    ----------
    rating : certainty of the evidence, one of ``RATINGS``; None where it is not rated
    gain : the effect, positive in favour of the intervention; None where only directions are known
    thresholds : every declared threshold of an important effect, in the unit of ``gain``; may be empty
    clear : whether the confidence interval excludes no effect

    Returns
    -------
    str
        "not rated", "very uncertain", or a hedge by the certainty ("", "probably", "may") before "improves",
        "slightly improves", "makes little or no difference", "slightly worsens" or "worsens", such as "may
        improve". An effect that is important under some thresholds and not under others is slight.
        Where no threshold says which effect is small, an interval that includes no effect is "not judged".

    References
    ----------
    Santesso et al. (2020), GRADE guidelines 26, doi:10.1016/j.jclinepi.2019.10.014.
    """
    if rating is None:
        return "not rated"
    if rating == "very low" or gain is None:
        return "very uncertain"
    if not thresholds and not clear:
        return "not judged"
    verb = "improves" if gain > 0 else "worsens"
    if thresholds and abs(gain) < min(thresholds):
        verb = "makes little or no difference"
    elif thresholds and abs(gain) < max(thresholds):
        verb = f"slightly {verb}"
    return HEDGES[rating] + (_bare(verb) if rating == "low" else verb)


def _bare(verb: str) -> str:
    """Turn "improves" into "improve", as it stands after "may"."""
    return verb.replace("makes", "make").replace("improves", "improve").replace("worsens", "worsen")


VERDICTS = ("not rated", "very uncertain", "not judged") + tuple(
    hedge + (_bare(verb) if hedge == "may " else verb) for hedge in HEDGES.values() for verb in _VERBS
)
