"""Looks up our own appraisal of the risk of bias of a result: one rule for every use."""

from collections.abc import Iterable

from alsreview.formats import is_missing
from alsreview.rob2 import HIGH, LOW, OVERALL, Range, rob2, worst


def trial_bias(evidence, trial_id: str, outcome: str, weeks: float | None = None) -> Range | None:
    """Return the overall risk of bias of a trial's result, or None where it was not assessed.

    Parameters
    ----------
    evidence : frames as ``load_evidence`` returns them
    trial_id : a trial or a composite
    outcome : key of ``outcomes.yml``; no outcome borrows the appraisal of another
    weeks : time of the result; unless given, the worst of the times that were assessed

    Returns
    -------
    Range
        That of a composite is the worst of its trials, where one that was not assessed, or that a replay
        does not know yet, could be anything; None only where none of them was assessed.
    """
    inside = evidence.cards[trial_id].get("covers") or [trial_id]
    each = [_overall(assessed_results(evidence, trial, outcome, weeks)) for trial in inside]
    return worst(found or Range(LOW, HIGH) for found in each) if any(each) else None


def assessed_results(evidence, trial_id: str, outcome: str, weeks: float | None = None) -> list[dict]:
    """List the appraisals of a trial's results on an outcome, as read, at one time or at all."""
    results = evidence.appraisals.get(trial_id, {}).get("results", [])
    return [
        result
        for result in results
        if result["outcome"] == outcome and (is_missing(weeks) or result.get("timepoint_weeks") == weeks)
    ]


def judged(result: dict) -> dict[str, Range]:
    """Judge an appraised result: by a person's judgement where there is one, else by its answers."""
    answers = {question: told["answer"] for question, told in result["answers"].items()}
    return rob2(answers, {name: told["judgement"] for name, told in result.get("judgements", {}).items()})


def allows(found: Range | None, wanted: str) -> bool:
    """Say whether a result may stay where only some judgements are wanted.

    Parameters
    ----------
    found : as `trial_bias` returns it
    wanted : "not_high" keeps all that could still be better than high, what was not assessed too; "low"
        keeps what is certain to be low
    """
    if wanted == "low":
        return found == Range(LOW, LOW)
    return found is None or found.lowest != HIGH


def _overall(results: Iterable[dict]) -> Range | None:
    found = [judged(result)[OVERALL] for result in results]
    return worst(found) if found else None
