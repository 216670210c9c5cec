"""The chapter on the data says what the validator reads, field by field."""

import re
from io import StringIO

import pandas as pd
import pytest
import yaml

from livingreview import exhibits
from livingreview.evidence import check_evidence, load_evidence
from livingreview.evidence.dictionary import DICTIONARY, read_dictionary
from livingreview.reviews import Review


def rows_of(table) -> dict[str, dict]:
    frame = pd.read_html(StringIO(table.html), keep_default_na=False)[0]
    return {row.iloc[0]: dict(row) for _, row in frame.iterrows()}


def test_every_section_of_the_dictionary_has_its_table_in_the_chapter_and_none_twice(root):
    sections, _ = read_dictionary(root)
    shown = re.findall(r'dictionary_table\(review, "([^"]+)"\)', (root / "chapters/data.md").read_text())
    assert sorted(shown) == sorted(sections)


def test_columns_nested_fields_and_outcomes_are_shown_as_declared(review):
    with (review / DICTIONARY).open("a") as own:
        own.write("arms.csv: {se: {meaning: Error <b>of</b> it}}\n")
    held = Review(review)
    rows = rows_of(exhibits.dictionary_table(held, "arms.csv"))
    assert rows["n"]["Value"] == "whole number, unit: people, 2 or more; for example 30"
    assert "number, unit: the outcome's, within the range of its outcome; for" in rows["mean"]["Value"]
    assert "above 0" in rows["sd"]["Value"] and rows["se"]["Meaning"] == "Error <b>of</b> it"
    assert "\u2212260 or more, 520 or less" in rows["timepoint_weeks"]["Value"]
    rows = rows_of(exhibits.dictionary_table(held, "trial.yml"))
    assert rows["risk_of_bias[].judgement"]["Value"] == "choice: low, unclear, high"
    assert rows["arms.*.programme.minutes"]["Value"] == "text" and rows["people.n"]["Required"] == "yes"
    rows = rows_of(exhibits.outcomes_table(held))
    assert list(rows) == list(held.evidence.outcomes["outcomes"])
    assert rows["score"]["Scale"] == "0 to 40"
    better = {name: rows[name]["Better values"] for name in ("score", "decline", "threshold")}
    assert better == {"score": "higher", "decline": "lower", "threshold": "neither"}
    with pytest.raises(ValueError, match=r"no section 'arm.csv'; it has arms.csv, reported.csv"):
        exhibits.dictionary_table(held, "arm.csv")


def test_a_review_needs_no_dictionary_of_its_own(review):
    own = yaml.safe_load((review / DICTIONARY).read_text())
    assert "programme" in own["trial.yml"]["arms"]["fields"]
    (review / DICTIONARY).unlink()
    engine, faults = read_dictionary(review)
    assert not faults and "programme" not in engine["trial.yml"]["arms"]["fields"]
    assert [fault.column for fault in check_evidence(review)] == [
        "analyses.stimulation.contrast_kinds.0", "contrasts.training_vs_usual.kind",
    ]  # fmt: skip


def test_a_review_adds_and_changes_what_it_names_and_keeps_the_rest(review):
    before = load_evidence(review).columns
    with (review / DICTIONARY).open("a") as own:
        own.write("arms.csv: {n: {at_least: 40}, site: {meaning: Where it was, type: text}}\n")
    after, faults = read_dictionary(review)
    n = before["arms.csv"]["n"] | {"at_least": 40}
    arms = before["arms.csv"] | {"n": n, "site": {"meaning": "Where it was", "type": "text"}}
    assert not faults and after == before | {"arms.csv": arms}
    assert check_evidence(review)[0].message.startswith("expected at least 40, found ")


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ("arm.csv: {n: {unit: cm}}", "1: arm.csv: expected a known key (arms.csv, "),
        ("arms.csv:\n  m: {type: text}", "2: arms.csv.m.meaning: expected this key, found none"),
        ("arms.csv:\n  n: {type: text}", "2: arms.csv.n: expected the type that it has in every"),
        ("arms.csv:\n  m: {meaning: M, type: choice}", "2: arms.csv.m: expected the key choices, found none"),
        ("trial.yml:\n  m: {meaning: M, type: list, items: choice}", "2: trial.yml.m: expected the key"),
        ("arms.csv:\n  m: {meaning: M, type: words}", "2: arms.csv.m.type: expected one of text, number, "),
        ("arms.csv:\n  m: {meaning: M, type: text, pattern: '('}", "2: arms.csv.m: expected a regular"),
        ("trial.yml:\n  arms:\n    fields:\n      given: {type: text}",
         "4: trial.yml.arms.fields.given.meaning: expected this key"),
        ("", "1: file: expected a YAML mapping"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_dictionary_is_said_with_its_place(review, rule, fault):
    (review / DICTIONARY).write_text(rule + "\n")
    found = [str(each) for each in check_evidence(review)]
    assert len(found) == 1 and found[0].startswith(f"{DICTIONARY}:{fault}"), found
