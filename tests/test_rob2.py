"""The algorithm of RoB 2 against a table written by itself, and what unseen answers leave possible."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml
from invented_review import LOW as GOOD
from invented_review import appraise, faults

from livingreview.evidence import load_evidence
from livingreview.rob2 import (
    DOMAINS,
    HIGH,
    JUDGEMENTS,
    LOW,
    OVERALL,
    QUESTIONS,
    SOME,
    Range,
    judge,
    judged,
    permitted,
    rob2,
    unseen,
    worst,
)

TABLE = yaml.safe_load((Path(__file__).parent / "reference/rob2.yml").read_text())
PROBABLE = {"Y": "PY", "N": "PN"}
PROBABLY = set(PROBABLE.values())
SHORT = {"Y": "y", "PY": "y", "PN": "n", "N": "n"}


class Refused(Exception):
    pass


def by_table(domain: str, answers: dict) -> str:
    return max((first_row(rows, answers) for rows in TABLE[domain]), key=JUDGEMENTS.index)


def first_row(rows: list[dict], answers: dict) -> str:
    for row in rows:
        for question, wanted in row["if"].items():
            if answers[question] == "NA":
                raise Refused
            if SHORT.get(answers[question], answers[question]) != wanted:
                break
        else:
            return row["then"]
    raise AssertionError("the table has no row for these answers")


def questions_of(domain: str) -> list[str]:
    return [question for question in QUESTIONS if question[0] == str(list(DOMAINS).index(domain) + 1)]


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_combination_of_answers_is_judged_as_the_table_says(domain):
    """Judge every combination of answers without the probable ones, and each with some of those."""
    questions, found = questions_of(domain), set()
    draw = np.random.default_rng(20190822)
    sure = [[answer for answer in permitted(question) if answer not in PROBABLY] for question in questions]
    for combination in product(*sure):
        probable = [PROBABLE.get(answer, answer) if draw.random() < 0.5 else answer for answer in combination]
        for answers in (dict(zip(questions, each, strict=True)) for each in (combination, probable)):
            try:
                expected = by_table(domain, answers)
            except Refused:
                with pytest.raises(ValueError, match="which the others ask, found NA"):
                    judge(domain, answers)
                continue
            assert judge(domain, answers) == Range(expected, expected), answers
            found.add(expected)
    assert found == set(JUDGEMENTS)


@pytest.mark.parametrize("domain", DOMAINS)
def test_unseen_answers_leave_what_some_permitted_answer_would_give(domain):
    questions = questions_of(domain)
    draw = np.random.default_rng(20190822)
    choices = {question: [a for a in permitted(question) if a != "NA"] for question in questions}
    for _ in range(60):
        seen = {q: str(draw.choice(choices[q])) for q in questions if draw.random() < 0.5}
        open_ = [q for q in questions if q not in seen]
        # A yes and a probable yes lead to one judgement, so that one of each is enough.
        tried = product(*([a for a in choices[q] if a not in ("PY", "PN")] for q in open_))
        found = {by_table(domain, seen | dict(zip(open_, each, strict=True))) for each in tried}
        expected = Range(*(end(found, key=JUDGEMENTS.index) for end in (min, max)))
        assert judge(domain, seen) == expected, seen
        assert judge(domain, seen | dict.fromkeys(open_, "not_seen")) == expected


def test_the_result_is_as_bad_as_its_worst_domain():
    assert rob2(GOOD)[OVERALL] == Range(LOW, LOW)
    assert rob2(GOOD | {"1.3": "Y"})[OVERALL] == Range(SOME, SOME)
    assert rob2(GOOD | {"1.3": "Y", "5.1": "N"})[OVERALL] == Range(SOME, SOME), "two are not raised to high"
    assert rob2(GOOD | {"1.3": "Y", "5.2": "PY"})[OVERALL] == Range(HIGH, HIGH)
    assert worst([Range(LOW, HIGH), Range(SOME, SOME)]) == Range(SOME, HIGH)


def test_only_the_questions_still_asked_are_listed_as_unseen():
    assert unseen(GOOD) == []
    open_trial = {key: answer for key, answer in GOOD.items() if key != "4.3"} | {"2.1": "Y", "2.2": "NI"}
    assert unseen(open_trial) == ["2.3", "2.4", "2.5", "4.3", "4.4", "4.5"]
    assert unseen(open_trial | {"2.3": "not_seen", "4.3": "N"}) == ["2.3", "2.4", "2.5"]


# ---- the data


PLACE = "data/trials/beta2002/rob2.yml"


@pytest.mark.parametrize(
    ("answers", "line", "at", "message"),
    [
        ({"1.4": "Y"}, 7, "results.0.answers.1.4", "expected a question of RoB 2"),
        ({"1.1": "maybe"}, 7, "results.0.answers.1.1.answer", "PY, PN, N, NI, NA, not_seen, found 'maybe'"),
        ({"1.1": "Y", "3.2": "NI"}, 8, "results.0.answers.3.2", "expected one of Y, PY, PN, N, NA, not_seen"),
        ({"1.1": "NI"}, 7, "results.0.answers.1.1", "expected not_seen where no source is a full report"),
        ({"1.1": "NA"}, 7, "results.0.answers.1.1", "for question 1.1, found 'NA'"),
        ({"3.1": "N", "3.2": "NA"}, 6, "results.0.answers", "question 3.2, which the others ask, found NA"),
    ],
)  # fmt: skip
def test_an_answer_that_the_tool_does_not_have_is_a_fault(review, answers, line, at, message):
    appraise(review, "beta2002", ("score", 26, answers))
    (found,) = faults(review)
    assert found.startswith(f"{PLACE}:{line}: {at}: ") and message in found


def judgement(domain: str, value: str, reason: str = "") -> str:
    more = f", reason: {reason}" if reason else ""
    return f"    judgements: {{{domain}: {{judgement: {value}{more}}}}}\n"


def test_a_judgement_that_the_algorithm_does_not_give_needs_a_reason(review):
    answers = GOOD | {"1.3": "Y"}
    for domain, value in (("randomisation", "high"), ("overall", "high"), ("measurement", "some concerns")):
        appraise(review, "beta2002", ("score", 26, answers), more=judgement(domain, value))
        proposed = "low" if domain == "measurement" else "some concerns"
        (found,) = faults(review)
        message = f"expected {proposed}, as the answers give, or a reason, found {value}"
        assert found == f"{PLACE}:20: results.0.judgements.{domain}: {message}"
        appraise(review, "beta2002", ("score", 26, answers), more=judgement(domain, value, "Read twice"))
        assert faults(review) == []
        (result,) = load_evidence(review).appraisals["beta2002"]["results"]
        assert judged(result)[domain] == Range(value, value)
    appraise(review, "beta2002", ("score", 26, answers), more=judgement("randomisation", "some concerns"))
    assert faults(review) == [], "a judgement that the algorithm gives needs none"


def test_faults_of_an_appraisal_are_all_collected(review):
    path = appraise(review, "beta2002", ("score", 26, {"9.9": "Y", "1.2": "NI"}), ("score", 26, GOOD))
    path.write_text(path.read_text() + judgement("blinding", "low"))
    found = faults(review)
    assert len(found) == 4 and all(told.startswith(PLACE) for told in found)
    assert any("expected each result once, found score at 26 weeks twice" in told for told in found)
    assert any("expected one of randomisation, deviations" in told for told in found)
    appraise(review, "beta2002", ("strength", 26, GOOD))
    (found,) = faults(review)
    assert "results.0.outcome: expected a result that the trial reports in" in found
    assert found.endswith("found strength at 26 weeks")
