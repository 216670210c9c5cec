"""RoB 2: the signalling questions, the algorithm that judges their answers, and our own appraisals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from livingreview.formats import is_missing

JUDGEMENTS = LOW, SOME, HIGH = ("low", "some concerns", "high")
ANSWERS = {"Y": "y", "PY": "y", "PN": "n", "N": "n", "NI": "ni"}
NOT_REACHED, NOT_SEEN = "NA", "not_seen"
OVERALL = "overall"

# In our words: the wording of the tool has no open licence.
QUESTIONS = {
    "1.1": "Was the allocation sequence random?",
    "1.2": "Was the sequence concealed until participants were enrolled and assigned?",
    "1.3": "Do baseline differences suggest a problem with the randomisation?",
    "2.1": "Were participants aware of their intervention?",
    "2.2": "Were carers and those who delivered the intervention aware of it?",
    "2.3": "Did the trial context lead to deviations from the intended intervention?",
    "2.4": "Were these deviations likely to have affected the outcome?",
    "2.5": "Were these deviations balanced between the groups?",
    "2.6": "Was the analysis appropriate for the effect of assignment?",
    "2.7": "Could analysing participants in the wrong group have changed the result substantially?",
    "3.1": "Were outcome data available for all or nearly all participants randomised?",
    "3.2": "Is there evidence that missing data did not bias the result?",
    "3.3": "Could missingness depend on the true value of the outcome?",
    "3.4": "Is it likely that missingness depended on the true value?",
    "4.1": "Was the method of measurement inappropriate?",
    "4.2": "Could measurement have differed between the groups?",
    "4.3": "Were outcome assessors aware of the intervention?",
    "4.4": "Could that knowledge have influenced the assessment?",
    "4.5": "Is it likely that it did?",
    "5.1": "Did the analysis follow a plan made before outcome data were unblinded?",
    "5.2": "Was the result probably selected from several measurements of the outcome?",
    "5.3": "Was the result probably selected from several analyses?",
}
# "Not applicable" is an answer only to a question that earlier answers can make superfluous.
CONDITIONAL = {"2.3", "2.4", "2.5", "2.7", "3.2", "3.3", "3.4", "4.3", "4.4", "4.5"}
WITHOUT_NI = {"3.2"}


@dataclass(frozen=True)
class Range:
    """The judgements that the answers leave possible, from the lowest to the highest risk."""

    lowest: str
    highest: str

    def __str__(self) -> str:
        return self.lowest if self.lowest == self.highest else f"{self.lowest} to {self.highest}"


def _ask(question: str, *, y, n, ni=None) -> tuple[str, dict]:
    return question, {"y": y, "n": n} | ({} if ni is None else {"ni": ni})


def _measured(best: str):
    influence = _ask("4.5", y=HIGH, n=SOME, ni=HIGH)
    influence = _ask("4.4", y=influence, n=best, ni=influence)
    return _ask("4.3", y=influence, n=best, ni=influence)


_BASELINE = _ask("1.3", y=SOME, n=LOW, ni=LOW)
_UNBALANCED = _ask("2.5", y=SOME, n=HIGH, ni=HIGH)
_DEVIATED = _ask("2.3", y=_ask("2.4", y=_UNBALANCED, n=SOME, ni=_UNBALANCED), n=LOW, ni=SOME)
_UNMASKED = _ask("2.2", y=_DEVIATED, n=LOW, ni=_DEVIATED)
_WRONG_GROUP = _ask("2.7", y=HIGH, n=SOME, ni=HIGH)
_DEPENDS = _ask("3.4", y=HIGH, n=SOME, ni=HIGH)
_MISSING = _ask("3.2", y=LOW, n=_ask("3.3", y=_DEPENDS, n=LOW, ni=_DEPENDS))
_UNPLANNED = _ask("5.1", y=LOW, n=SOME, ni=SOME)
_ANALYSES = {
    "unselected": _ask("5.3", y=HIGH, n=_UNPLANNED, ni=SOME),
    "unknown": _ask("5.3", y=HIGH, n=SOME, ni=SOME),
}
# A domain is as bad as the worse of its parts, which share no question.
DOMAINS = {
    "randomisation": (
        _ask(
            "1.2",
            y=_ask("1.1", y=_BASELINE, n=SOME, ni=_BASELINE),
            n=HIGH,
            ni=_ask("1.3", y=HIGH, n=SOME, ni=SOME),
        ),
    ),
    "deviations": (
        _ask("2.1", y=_DEVIATED, n=_UNMASKED, ni=_DEVIATED),
        _ask("2.6", y=LOW, n=_WRONG_GROUP, ni=_WRONG_GROUP),
    ),
    "missing_data": (_ask("3.1", y=LOW, n=_MISSING, ni=_MISSING),),
    "measurement": (
        _ask(
            "4.1",
            y=HIGH,
            **dict.fromkeys(("n", "ni"), _ask("4.2", y=HIGH, n=_measured(LOW), ni=_measured(SOME))),
        ),
    ),
    "reporting": (_ask("5.2", y=HIGH, n=_ANALYSES["unselected"], ni=_ANALYSES["unknown"]),),
}


def rob2(answers: Mapping[str, str], judgements: Mapping[str, str] | None = None) -> dict[str, Range]:
    """Judge a result by its answers to the signalling questions, for the effect of assignment.

    Parameters
    ----------
    answers : question, such as ``"1.1"``, to Y, PY, PN, N, NI, NA or not_seen
        A question that is left out was not seen, as one answered not_seen: every answer that the tool
        permits is then tried, and what remains possible is the judgement.
    judgements : domain, or ``"overall"``, to the judgement of a person, which replaces the algorithm's

    Returns
    -------
    domain to its Range, and ``"overall"`` to that of the result
        Overall is the worst domain. Several "some concerns" are never raised to high: that is a person's
        judgement.

    Raises
    ------
    ValueError
        When a question or an answer is unknown, or NA stands where the other answers ask the question.

    References
    ----------
    Sterne et al. (2019), BMJ 366:l4898, doi:10.1136/bmj.l4898; full guidance of 22 August 2019.
    """
    for question, answer in answers.items():
        refuse(question, answer)
    set_by_person = {name: Range(told, told) for name, told in (judgements or {}).items()}
    found = {domain: set_by_person.get(domain) or judge(domain, answers) for domain in DOMAINS}
    return found | {OVERALL: set_by_person.get(OVERALL) or worst(found.values())}


def judge(domain: str, answers: Mapping[str, str]) -> Range:
    """Judge one domain, as `rob2` does."""
    return worst(_range(part, answers) for part in DOMAINS[domain])


def worst(ranges: Iterable[Range]) -> Range:
    """Return the worst of several judgements, each of which is known as a range."""
    lowest, highest = zip(*((r.lowest, r.highest) for r in ranges), strict=True)
    return Range(max(lowest, key=JUDGEMENTS.index), max(highest, key=JUDGEMENTS.index))


def permitted(question: str) -> list[str]:
    """List the answers that the tool permits to a question."""
    answers = [answer for answer in ANSWERS if answer != "NI" or question not in WITHOUT_NI]
    return answers + ([NOT_REACHED] if question in CONDITIONAL else [])


def refuse(question: str, answer: str) -> None:
    """Raise ValueError for a question or an answer that the tool does not have."""
    if question not in QUESTIONS:
        raise ValueError(f"expected a question of RoB 2 ({', '.join(QUESTIONS)}), found {question!r}")
    if answer not in (allowed := [*permitted(question), NOT_SEEN]):
        raise ValueError(f"expected one of {', '.join(allowed)} for question {question}, found {answer!r}")


def unseen(answers: Mapping[str, str]) -> list[str]:
    """List the questions without an answer that the answers given still ask."""
    found = {q for parts in DOMAINS.values() for part in parts for q in _asked(part, answers)}
    return [question for question in QUESTIONS if question in found and _given(question, answers) is None]


def _given(question: str, answers: Mapping[str, str]) -> str | None:
    answer = answers.get(question, NOT_SEEN)
    return None if answer == NOT_SEEN else answer


def _branches(node: tuple[str, dict], answers: Mapping[str, str]) -> list:
    """Follow the answer to a question, or every permitted one where none was seen."""
    question, branches = node
    answer = _given(question, answers)
    if answer == NOT_REACHED:
        raise ValueError(f"expected an answer to question {question}, which the others ask, found NA")
    return list(branches.values()) if answer is None else [branches[ANSWERS[answer]]]


def _range(node, answers: Mapping[str, str]) -> Range:
    if isinstance(node, str):
        return Range(node, node)
    found = [_range(branch, answers) for branch in _branches(node, answers)]
    lowest = min((each.lowest for each in found), key=JUDGEMENTS.index)
    return Range(lowest, max((each.highest for each in found), key=JUDGEMENTS.index))


def _asked(node, answers: Mapping[str, str]) -> set[str]:
    if isinstance(node, str):
        return set()
    return {node[0]}.union(*(_asked(branch, answers) for branch in _branches(node, answers)))


def trial_bias(evidence, trial_id: str, outcome: str, weeks: float | None = None) -> Range | None:
    """Return the overall risk of bias of a trial's result, or None where it was not assessed.

    Parameters
    ----------
    trial_id : a trial or a composite
    outcome : key of ``outcomes.yml``; no outcome borrows the appraisal of another
    weeks : time of the result; unless given, the worst of the times that were assessed

    Returns
    -------
    Range
        That of a composite is the worst of its trials, where one that was not assessed, or that a replay
        does not know yet, could be anything; None only where none of them was assessed.
    """

    def of_one(trial: str) -> Range | None:
        found = [
            judged(result)[OVERALL]
            for result in evidence.appraisals.get(trial, {}).get("results", [])
            if result["outcome"] == outcome and (is_missing(weeks) or result.get("timepoint_weeks") == weeks)
        ]
        return worst(found) if found else None

    each = [of_one(trial) for trial in evidence.cards[trial_id].get("covers") or [trial_id]]
    return worst(found or Range(LOW, HIGH) for found in each) if any(each) else None


def judged(result: dict) -> dict[str, Range]:
    """Judge an appraised result: by a person's judgement where there is one, else by its answers."""
    answers = {question: told["answer"] for question, told in result["answers"].items()}
    return rob2(answers, {name: told["judgement"] for name, told in result.get("judgements", {}).items()})


def allows(found: Range | None, wanted: str) -> bool:
    """Tell whether a result may stay where only some judgements, as `trial_bias` gives them, are wanted.

    "not_high" keeps all that could still be better than high, what was not assessed too; "low" keeps what
    is certain to be low.
    """
    if wanted == "low":
        return found == Range(LOW, LOW)
    return found is None or found.lowest != HIGH
