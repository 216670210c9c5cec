"""The chapter on the data says what the validator reads, field by field."""

import re

import pytest
import yaml
from bs4 import BeautifulSoup
from invented_review import edit

from livingreview import exhibits
from livingreview.exhibits.dictionary import fields_of, value_words
from livingreview.reviews import Review


def rows_of(table) -> dict[str, list[str]]:
    page = BeautifulSoup(table.html, "lxml")
    heads = [cell.get_text() for cell in page.select("thead th")]
    cells = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.select("tbody tr")]
    return {row[0]: dict(zip(heads, row, strict=True)) for row in cells}


def names_in(rules) -> int:
    """Count the fields of a section by walking through all that it holds."""
    return sum(1 + names_in(rule.get("fields", {})) for rule in rules.values())


def test_every_section_of_the_dictionary_has_its_table_in_the_chapter_and_none_twice(root):
    sections = yaml.safe_load((root / "data/columns.yml").read_text())
    shown = re.findall(r'dictionary_table\(review, "([^"]+)"\)', (root / "chapters/data.md").read_text())
    assert sorted(shown) == sorted(sections)


@pytest.mark.evidence
def test_every_field_stands_in_its_table_with_its_meaning(root):
    for section, rules in yaml.safe_load((root / "data/columns.yml").read_text()).items():
        rows = rows_of(exhibits.dictionary_table(Review(root), section))
        assert len(rows) == names_in(rules) == len(list(fields_of(rules))), section
        for name, rule in fields_of(rules):
            row = next(iter(rows[name].items()))[1], rows[name]["Meaning"], rows[name]["Required"]
            assert row == (name, rule["meaning"], "yes" if rule.get("required") else "no")


def test_a_column_is_shown_as_the_dictionary_has_it(review):
    rows = rows_of(exhibits.dictionary_table(Review(review), "arms.csv"))
    assert rows["n"] == {
        "Column": "n",
        "Meaning": "Participants on whom the mean is based; empty if the source gives no number with it",
        "Value": "whole number, unit: people, 2 or more; for example 30",
        "Required": "no",
    }
    assert "number, unit: the outcome's, within the range of its outcome; for" in rows["mean"]["Value"]
    assert "above 0" in rows["sd"]["Value"]
    assert "\u2212260 or more, 520 or less" in rows["timepoint_weeks"]["Value"]
    said = "Participants on whom the mean is based; empty"
    edit(review / "data/columns.yml", said, "Participants <b>behind</b> it; empty")
    changed = exhibits.dictionary_table(Review(review), "arms.csv")
    assert "Participants &lt;b&gt;behind&lt;/b&gt; it" in changed.html


def test_nested_fields_carry_the_names_of_what_they_are_in(review):
    rows = rows_of(exhibits.dictionary_table(Review(review), "trial.yml"))
    assert rows["arms.*.programme.minutes"]["Value"] == "text"
    assert rows["risk_of_bias[].judgement"]["Value"] == "choice: low, unclear, high"
    assert rows["people.n"]["Required"] == "yes"


RULES = {
    "one of the names in sources": {"type": "key", "of": "sources"},
    "list of names in trials": {"type": "list", "of": "trials"},
    "list of numbers": {"type": "list", "items": "number"},
    "list: a, b": {"type": "list", "items": "choice", "choices": ["a", "b"]},
    "list": {"type": "list"},
    "true or false": {"type": "flag"},
    "number, above 0, 0.999 or less": {"type": "number", "above": 0, "at_most": 0.999},
    "text, of the pattern a|b; for example a": {"type": "text", "pattern": "a|b", "example": "a"},
}


@pytest.mark.parametrize("words", RULES)
def test_a_value_is_said_in_words(words):
    assert value_words(RULES[words]) == words


def test_a_section_that_is_not_there_is_named(review):
    with pytest.raises(ValueError, match=r"no section 'arm.csv'; it has arms.csv, reported.csv"):
        exhibits.dictionary_table(Review(review), "arm.csv")


def test_every_outcome_is_listed_with_its_end(review):
    rows = rows_of(exhibits.outcomes_table(Review(review)))
    known = yaml.safe_load((review / "data/outcomes.yml").read_text())["outcomes"]
    assert list(rows) == list(known)
    assert rows["score"]["Scale"] == "0 to 40" and rows["score"]["Better values"] == "higher"
    assert rows["decline"]["Better values"] == "lower"
    assert rows["threshold"]["Better values"] == "neither"
