"""The algorithm of RoB 2 against a table written by itself, and what unseen answers leave possible."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml

from alsreview.rob2 import (
    CONDITIONAL,
    DOMAINS,
    HIGH,
    JUDGEMENTS,
    LOW,
    OVERALL,
    QUESTIONS,
    SOME,
    Range,
    domain_of,
    judge,
    permitted,
    rob2,
    unseen,
    worst,
)

TABLE = yaml.safe_load((Path(__file__).parent / "reference/rob2.yml").read_text())
SHORT = {"Y": "y", "PY": "y", "PN": "n", "N": "n"}
GOOD = {
    "1.1": "Y", "1.2": "Y", "1.3": "N", "2.1": "N", "2.2": "N", "2.6": "Y", "3.1": "Y",
    "4.1": "N", "4.2": "N", "4.3": "N", "5.1": "Y", "5.2": "N", "5.3": "N",
}  # fmt: skip


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
    return [question for question in QUESTIONS if domain_of(question) == domain]


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_combination_of_answers_is_judged_as_the_table_says(domain):
    questions = questions_of(domain)
    judged = set()
    for combination in product(*(permitted(question) for question in questions)):
        answers = dict(zip(questions, combination, strict=True))
        try:
            expected = by_table(domain, answers)
        except Refused:
            with pytest.raises(ValueError, match="which the others ask, found NA"):
                judge(domain, answers)
            continue
        assert judge(domain, answers) == Range(expected, expected), answers
        judged.add(expected)
    assert judged == set(JUDGEMENTS)


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


def test_without_any_answer_nothing_can_be_said():
    assert set(rob2({}).values()) == {Range(LOW, HIGH)}
    assert unseen({}) == list(QUESTIONS)


def test_only_the_questions_still_asked_are_listed_as_unseen():
    assert unseen(GOOD) == []
    open_trial = {key: answer for key, answer in GOOD.items() if key != "4.3"} | {"2.1": "Y", "2.2": "NI"}
    assert unseen(open_trial) == ["2.3", "2.4", "2.5", "4.3", "4.4", "4.5"]
    assert unseen(open_trial | {"2.3": "not_seen", "4.3": "N"}) == ["2.3", "2.4", "2.5"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"1.4": "Y"}, "expected a question of RoB 2 .*, found '1.4'"),
        ({"S.1": "Y"}, "found 'S.1'"),
        ({"1.1": "yes"}, "expected one of Y, PY, PN, N, NI, not_seen for question 1.1, found 'yes'"),
        ({"3.2": "NI"}, "expected one of Y, PY, PN, N, NA, not_seen for question 3.2, found 'NI'"),
        ({"2.1": "NA"}, "for question 2.1, found 'NA'"),
        ({"2.1": "Y", "2.3": "NA"}, "expected an answer to question 2.3, which the others ask, found NA"),
        ({"4.3": "NA"}, "question 4.3"),
    ],
)
def test_an_unknown_question_or_answer_is_refused(answers, message):
    with pytest.raises(ValueError, match=message):
        rob2(answers)


def test_not_applicable_is_an_answer_to_a_question_that_is_not_reached():
    assert rob2(GOOD | dict.fromkeys(CONDITIONAL - {"4.3"}, "NA")) == rob2(GOOD)


def test_no_information_for_what_was_not_seen_would_make_a_trial_high():
    """Hold unseen answers apart from "no information", which says that a full report is silent."""
    seen = {"2.1": "N", "2.2": "N", "4.1": "N", "4.2": "N", "4.3": "N"}
    masked = seen | {question: "NI" for question in unseen(seen) if "NI" in permitted(question)}
    assert rob2(seen)[OVERALL] == Range(LOW, HIGH)
    assert rob2(masked | {"3.2": "PN"})[OVERALL] == Range(HIGH, HIGH)
