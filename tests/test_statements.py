"""Chapters hold their numbers and conclusions to the facts, and a build refuses what is not true."""

import pickle
import re

import pytest
import yaml
from invented_review import edit

from livingreview.book.prose import kept_facts
from livingreview.evidence import load_evidence
from livingreview.facts import NOT_ESTIMABLE, Count, Facts, Number, Unknown, escaped, review_facts
from livingreview.reviews import Review
from livingreview.statements import (
    ConditionError,
    holds,
    overturned,
    statement_faults,
    statements,
    tautologies,
)
from livingreview.statistics import required_information, seen_sd, synthesise

FACTS = Facts(
    {
        "a.verdict": "very uncertain",
        "a.k": Count(3),
        "a.estimate": Number(2.96, "3.0"),
        "a.none": NOT_ESTIMABLE,
        "a.open": True,
    }
)


def book(tmp_path, text: str):
    """A folder whose front page is the text."""
    (tmp_path / "index.md").write_text(text)
    return tmp_path


def faults(tmp_path, text: str, **options) -> list[str]:
    return [str(fault) for fault in statement_faults(book(tmp_path, text), FACTS, **options)]


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ('a.verdict == "very uncertain"', True),
        ("a.k >= 3 and a.estimate > 2.9", True),
        ("a.estimate == 3.0", False),  # the number counts, not its text
        ("0 < a.estimate < 3", True),
        ("not a.open or a.k != 3", False),
        ("a.estimate > -1", True),
        ("a.none > 0", False),
        ("not a.none > 0", True),
    ],
)
def test_a_condition_is_evaluated_over_the_facts(condition, truth):
    assert holds(condition, FACTS) is truth


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("a.k >", "expected a condition such as"),
        ("__import__('os').system('x') == 0", "expected dotted names"),
        ("a.k + 1 == 4", "expected dotted names"),
        ("[a.k] == 3", "expected dotted names"),
        ("k == 3", "expected dotted names"),
        ("a.estimat > 1", "did you mean a.estimate?"),
        ('a.k < "3"', "expected two numbers or two texts"),
    ],
)
def test_what_is_outside_the_small_language_is_refused(tmp_path, condition, said):
    with pytest.raises(ConditionError):
        holds(condition, FACTS)
    (fault,) = faults(tmp_path, f"# T\n\n:::{{holds}} {condition}\nWords.\n:::\n")
    assert fault.startswith("index.md:3: condition: ") and said in fault


def test_a_false_statement_is_named_with_its_line_and_the_present_values(tmp_path):
    text = '# T\n\nText.\n\n:::{holds} a.verdict == "probably improves" and a.k > 1\nIt helps.\n:::\n'
    (fault,) = faults(tmp_path, text)
    assert fault == 'index.md:5: statement: no longer holds: a.verdict is "very uncertain", a.k is 3'
    assert faults(tmp_path, text, truth=False) == []


def test_a_statement_inside_another_directive_is_found_at_its_line(tmp_path):
    text = "# T\n\n::::{admonition} Title\n:class: tip\n\n:::{holds} a.k == 1\nOne.\n:::\n::::\n"
    (fault,) = faults(tmp_path, text)
    assert fault.startswith("index.md:6: statement: ")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("{{ a.estimat }}", 3, "did you mean a.estimate?"),
        ("One line.\nAnd {{ b.k }} more.", 4, "expected a known fact, found b.k"),
        ("{{ 7*7 }}", 3, "expected a dotted name"),
        ("{{ a.k|upper }}", 3, "expected a dotted name"),
        ("`{{ a.k }}`", 3, "where it is not replaced"),
        ("$x = {{ a.k }}$", 3, "where it is not replaced"),
        ("{cite}`{{ a.k }}`", 3, "where it is not replaced"),
        ("[link](http://x/{{ a.k }})", 3, "link address without a fact"),
        ("## Head {{ a.k }}", 3, "expected no fact in a heading"),
        ("```python\nx = {{ a.k }}\n```", 4, "expected no fact in code or maths"),
        (":::{figure} x.svg\n:alt: {{ a.k }}\n\nWords.\n:::", 4, "an option of a directive"),
        (":::{holds} a.k == 3\n:::", 3, "expected a sentence in the holds block"),
        (":::{holds}\nWords.\n:::", 3, "expected a condition after {holds}"),
    ],
)
def test_a_fact_stands_only_where_it_is_replaced(tmp_path, text, line, said):
    found = faults(tmp_path, f"# T\n\n{text}\n")
    assert any(each.startswith(f"index.md:{line}: ") and said in each for each in found), found


def test_facts_are_read_in_paragraphs_lists_tables_links_and_bold(tmp_path):
    text = """# T

{{ a.k }} and **{{ a.estimate }}** and [{{ a.k }} words](#x).

- {{ a.k }}

| {{ a.k }} | b |
|---|---|
| c | {{ a.estimate }} |

```{code-cell} python3
x = "{{ not.a.fact }}"
```
"""
    assert faults(tmp_path, text) == []


def test_a_condition_that_cannot_fail_is_a_tautology(tmp_path):
    text = "# T\n\n" + "\n".join(
        f":::{{holds}} {condition}\nWords.\n:::\n"
        for condition in ("a.k >= 0 or a.k < 0", "a.k == 3", 'a.verdict != "so"', "a.open or not a.open")
    )
    found = tautologies(book(tmp_path, text), FACTS)
    assert [each.condition for each in found] == [
        "a.k >= 0 or a.k < 0",
        'a.verdict != "so"',
        "a.open or not a.open",
    ]


def test_what_was_true_before_and_is_false_now_is_overturned(tmp_path):
    text = "# T\n\n:::{holds} a.k == 3\nThree.\n:::\n\n:::{holds} a.k > 5\nMany.\n:::\n"
    now = Facts(dict(FACTS) | {"a.k": Count(4)})
    assert [each.text for each in overturned(book(tmp_path, text), FACTS, now)] == ["Three."]
    assert len(statements(tmp_path)) == 2


def test_a_number_is_a_number_and_prints_as_the_page_shows_it():
    number = Number(2.96, "3.0")
    assert number > 2.9 and f"{number!s}" == "3.0" and pickle.loads(pickle.dumps(number)).text == "3.0"
    assert str(Count(1234)) == "1,234" and Count(2) == 2


def test_text_of_the_data_is_escaped():
    assert escaped("<b>$x$ *a* {{7*7}}") == r"\<b\>\$x\$ \*a\* \{\{7\*7\}\}"


def test_the_same_names_are_there_whether_pooled_single_or_empty(review):
    facts = review_facts(Review(review))
    names = {name.partition(".")[2] for name in facts if name.startswith("function.")}
    assert {name.partition(".")[2] for name in facts if name.startswith("stimulation.")} >= {
        name for name in names if name in ("k", "estimate", "ci", "verdict", "studies", "includes_no_effect")
    }
    assert facts["function.estimate"] == Review(review)["function"].result.estimate
    assert facts["function.k"] == 3 and facts["stimulation.k"] == 1
    assert facts["stimulation.tau2"] is NOT_ESTIMABLE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("In 12 trials it helped.", "'12'"),
        ("It cost 3.5 points.", "'3.5'"),
        ("On 22 November 2026, in version 2026.1, Di Lazzaro 2006 and PRISMA 2020 and 95% CI.", None),
        ("The ALSAQ-40, RoB 2 and NCT01234567.", None),
        ("A trial of 48 people {cite}`someone2020`.", None),
        ("{{ a.k }} studies", None),
        (":::{holds} a.k == 3\nThe 3 studies agree.\n:::", None),
        ("```{code-cell} python3\nx = 12\n```", None),
        ("A scale of 48 points.", None),  # listed below with its reason
    ],
)
def test_a_typed_number_needs_a_statement_a_source_or_a_reason(tmp_path, text, found):
    (tmp_path / "chapters").mkdir()
    reason = "- {file: index.md, text: scale of 48 points, reason: The range of the scale}\n"
    (tmp_path / "chapters/typed_numbers.yml").write_text(reason if "scale" in text else "")
    said = faults(tmp_path, f"# T\n\n{text}\n")
    assert (
        (len(said) == 1 and found in said[0] and said[0].startswith("index.md:3: number"))
        if found
        else not said
    )


def test_a_listed_number_whose_words_are_gone_is_a_fault(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters/typed_numbers.yml").write_text("- {file: index.md, text: gone, reason: None}\n")
    (said,) = faults(tmp_path, "# T\n\nWords.\n")
    assert said.startswith("chapters/typed_numbers.yml:1: text: expected words that stand in index.md")


def test_each_trial_has_its_direction_its_statement_and_its_share_of_the_weight(review):
    facts = review_facts(Review(review))

    def named(start: str) -> list:
        return [value for name, value in facts.items() if name.startswith(start)]

    assert sum(named("function.weight.")) == pytest.approx(100)
    known = [each for each in named("function.direction.") if each != "unknown"]
    assert len(known) == facts["function.directions"] > 0
    assert len(named("function.direction.")) == len(named("function.stated.")) == facts["function.eligible"]
    assert facts["function.analysed"] + facts["function.assumed"] == facts["function.participants"]


def test_a_trial_that_is_silent_is_an_eligible_trial_once(review):
    facts = review_facts(Review(review))
    assert facts["strength.silent"] > 0 and facts["strength.eligible"] == facts["exercise.compared"]


def test_the_standing_of_the_review_comes_from_its_data(review):
    facts = review_facts(Review(review))
    standing = ("registered", "peer_reviewed", "funding_declared", "interests_declared")
    assert not any(facts[f"review.{name}"] for name in standing)
    assert facts["review.named_authors"] == facts["review.cards_extracted_twice"] == 0
    assert isinstance(facts["review.version"], Unknown)
    with (review / "data/protocol.yml").open("a") as protocol:
        protocol.write(
            "registration: {register: PROSPERO, number: X1, date: 2020-01-02}\n"
            "declarations: {funding: None, interests: None, peer_review: A journal}\n"
        )
    people = "authors: [{family-names: Doe, given-names: Ada}, {name: A group}]"
    (review / "CITATION.cff").write_text(f"title: T\nversion: '2020.2'\n{people}\n")
    card = review / "data/trials/alpha2001/trial.yml"
    lines = card.read_text().splitlines()
    lines = ["readers: {extracted: one, duplicate: two}" if x.startswith("readers:") else x for x in lines]
    card.write_text("\n".join(lines) + "\n")
    facts = review_facts(Review(review))
    assert all(facts[f"review.{name}"] for name in standing)
    assert facts["review.named_authors"] == facts["review.cards_extracted_twice"] == 1
    assert facts["review.version"] == "2020.2" and "one" in facts["review.extracted_by"]


def test_every_compared_trial_mentions_harm_or_not_or_its_results_were_unavailable(review):
    facts = review_facts(Review(review))
    for question in ("exercise", "nibs"):
        told = [facts[f"{question}.harms.{name}"] for name in ("mentioned", "not_mentioned", "unavailable")]
        assert sum(told) == facts[f"{question}.compared"], question


def test_a_programme_is_told_by_the_range_of_its_numbers(review):
    card = review / "data/trials/alpha2001/trial.yml"
    before = review_facts(Review(review))
    told = before["exercise.given.minutes_told"]
    text = yaml.safe_load(card.read_text())
    arm = next(arm for arm in text["arms"].values() if arm["role"] == "intervention")
    source = next(iter(text["sources"]))
    arm["programme"] = {"what": "Walking", "minutes": "7 to 99.5", "source": source, "locator": "page"}
    card.write_text(yaml.safe_dump(text, sort_keys=False))
    facts = review_facts(Review(review))
    assert facts["exercise.given.minutes_told"] >= told
    assert (str(facts["exercise.given.minutes_low"]), str(facts["exercise.given.minutes_high"])) == (
        "7",
        "99.5",
    )


def test_the_participants_needed_are_those_of_the_required_information_size(review):
    facts, pooled = review_facts(Review(review)), synthesise("function", load_evidence(review))
    for name in ("smallest", "largest"):
        difference = Review(review)["function"].thresholds[0 if name == "smallest" else -1]
        needed = required_information(pooled, difference, seen_sd(pooled), 0.8)
        assert needed <= facts[f"function.participants_needed_{name}"] < needed + 1
    assert facts["stimulation.participants_needed_smallest"] is NOT_ESTIMABLE


def test_reports_that_were_sought_are_counted(review):
    (review / "data/reports.csv").write_text(
        "record,report,sought,where,retrieved,would_give,priority,url\n"
        "omega2020,Article,2020-01-02,Library,no,Scores,1,https://example.org/a\n"
        "omega2020,Thesis,2020-01-02,Library,no,Scores,2,https://example.org/b\n"
        "omega2020,Appendix,2020-01-02,Library,yes,Scores,1,https://example.org/d\n"
    )
    facts = review_facts(Review(review))
    counted = [facts[f"review.reports_{name}"] for name in ("sought", "not_retrieved", "first")]
    assert counted == [3, 2, 1]


@pytest.mark.evidence
def test_no_condition_of_the_chapters_is_true_in_every_state_of_the_evidence(root):
    found = tautologies(root, review_facts(Review(root)))
    assert [f"{each.path}:{each.line}: {each.condition}" for each in found] == []


PAGES = (
    "index",
    *(f"chapters/{name}" for name in ("background", "methods", "exercise", "nibs", "limitations")),
)
MARK = "\N{OBJECT REPLACEMENT CHARACTER}"


@pytest.mark.evidence
@pytest.mark.parametrize("page", PAGES)
def test_the_words_of_a_page_are_typed_and_no_line_is_a_fact_alone(root, page):
    text = (root / f"{page}.md").read_text()
    # What is computed, and what stands around it in the source, is no prose.
    prose = re.sub(
        r"\A---\n[\s\S]*?\n---\n|^```[\s\S]*?^```$|^\s*(?:[*-] )*:::.*$|^\(.*\)=$|^:[\w-]+:.*$",
        "",
        text,
        flags=re.M,
    )
    lines = [re.sub(r"\{\{.*?\}\}", MARK, line) for line in prose.splitlines()]
    assert [line for line in lines if MARK in line and not re.search(r"[^\W\d_]{2}", line)] == []
    words = " ".join(lines).split()
    assert len(words) > 300
    typed = sum(MARK not in word for word in words)
    assert typed / len(words) >= 0.95


def test_facts_that_were_kept_serve_only_the_data_that_they_were_computed_on(review, tmp_path):
    kept = tmp_path / "facts"
    before = kept_facts(review, kept)
    assert kept_facts(review, kept) == before == review_facts(Review(review))
    kept.write_bytes(kept.read_bytes()[:-20])
    assert kept_facts(review, kept) == before
    edit(review / "data/trials/alpha2001/arms.csv", "training,score,26,16,20,4", "training,score,26,16,21,4")
    after = kept_facts(review, kept)
    assert after["function.estimate"] != before["function.estimate"]
    assert after == review_facts(Review(review))
