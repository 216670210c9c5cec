"""Chapters hold their numbers and conclusions to the facts, and a build refuses what is not true."""

import re
from itertools import product

import pytest

from livingreview.certainty import RATINGS, VERDICTS
from livingreview.facts import NOT_ESTIMABLE, Count, Facts, Number, review_facts
from livingreview.reviews import Review
from livingreview.statements import (
    ConditionError,
    holds,
    overturned,
    statement_faults,
    statements,
)

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
        ("a.estimat > 1", "did you mean a.estimate?"),
        ('a.k < "3"', "expected two numbers or two texts"),
    ],
)
def test_what_is_outside_the_small_language_is_refused(tmp_path, condition, said):
    with pytest.raises(ConditionError):
        holds(condition, FACTS)
    (fault,) = faults(tmp_path, f"# T\n\n:::{{holds}} {condition}\nWords.\n:::\n")
    assert fault.startswith("index.md:3: condition: ") and said in fault


def test_a_condition_without_a_fact_is_refused(tmp_path):
    (fault,) = faults(tmp_path, "# T\n\n:::{holds} 1 == 1\nWords.\n:::\n")
    assert fault.startswith("index.md:3: condition: expected the name of a fact")


def test_a_false_statement_is_named_with_its_line_and_the_present_values(tmp_path):
    text = '# T\n\nText.\n\n:::{holds} a.verdict == "probably improves" and a.k > 1\nIt helps.\n:::\n'
    (fault,) = faults(tmp_path, text)
    assert fault == 'index.md:5: statement: no longer holds: a.verdict is "very uncertain", a.k is 3'
    assert faults(tmp_path, text, truth=False) == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("{{ a.estimat }}", 3, "did you mean a.estimate?"),
        ("One line.\nAnd {{ b.k }} more.", 4, "expected a known fact, found b.k"),
        ("{{ 7*7 }}", 3, "expected a dotted name"),
        ("`{{ a.k }}`", 3, "where it is not replaced"),
        ("$x = {{ a.k }}$", 3, "where it is not replaced"),
        ("[link](http://x/{{ a.k }})", 3, "link address without a fact"),
        ("## Head {{ a.k }}", 3, "expected no fact in a heading"),
        ("```python\nx = {{ a.k }}\n```", 4, "expected no fact in code or maths"),
        (":::{figure} x.svg\n:alt: {{ a.k }}\n\nWords.\n:::", 4, "an option of a directive"),
        (":::{holds} a.k == 3\n:::", 3, "expected a sentence in the holds block"),
    ],
)
def test_a_fact_stands_only_where_it_is_replaced(tmp_path, text, line, said):
    found = faults(tmp_path, f"# T\n\n{text}\n")
    assert any(each.startswith(f"index.md:{line}: ") and said in each for each in found), found


def test_facts_are_read_in_paragraphs_lists_tables_links_and_bold(tmp_path):
    text = "# T\n\n**{{ a.estimate }}** and [{{ a.k }} words](#x).\n\n- {{ a.k }}\n\n| {{ a.k }} |\n|---|\n"
    assert faults(tmp_path, text + '\n```{code-cell} python3\nx = "{{ not.a.fact }}"\n```\n') == []


def test_what_was_true_before_and_is_false_now_is_overturned(tmp_path):
    text = "# T\n\n:::{holds} a.k == 3\nThree.\n:::\n\n:::{holds} a.k > 5\nMany.\n:::\n"
    now = Facts(dict(FACTS) | {"a.k": Count(4)})
    assert [each.text for each in overturned(book(tmp_path, text), FACTS, now)] == ["Three."]
    assert len(statements(tmp_path)) == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("In 12 trials it helped.", "'12'"),
        ("On 22 November 2026, in version 2026.1, Di Lazzaro 2006 and PRISMA 2020 and 95% CI.", None),
        ("The ALSAQ-40, RoB 2 and NCT01234567.", None),
        ("A trial of 48 people {cite}`someone2020`.", None),
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
    assert len(said) == bool(found)
    assert all(found in fault and fault.startswith("index.md:3: number") for fault in said)


# What a fact with this last name may be.
VOCABULARIES = {"verdict": VERDICTS, "certainty": ("not rated", *RATINGS)}
NAME = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)+")


def made_up(name: str, value) -> list:
    """Give values that a fact could have in another state of the evidence."""
    if isinstance(value, bool):
        return [True, False]
    if isinstance(value, int | float):
        return [value, -value, 0, 1, 2, value + 1, 1e9, -1e9]
    return VOCABULARIES.get(name.rpartition(".")[2], [value, f"not {value}", 0])


@pytest.mark.evidence
def test_no_condition_of_the_chapters_is_true_in_every_state_of_the_evidence(root):
    facts = review_facts(Review(root))
    for each in statements(root):
        names = dict.fromkeys(NAME.findall(re.sub(r'"[^"]*"', "", each.condition)))
        states = product(*(made_up(name, facts[name]) for name in names))
        able = any(not holds(each.condition, Facts(zip(names, state, strict=True))) for state in states)
        assert able, f"{each.path}:{each.line}: {each.condition}"
