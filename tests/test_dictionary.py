"""The chapter on the data says what the validator reads, field by field."""

from io import StringIO

import pandas as pd
import pytest
from invented_review import cases

from livingreview import exhibits
from livingreview.evidence import check_evidence, load_evidence
from livingreview.evidence.dictionary import DICTIONARY, read_dictionary
from livingreview.reviews import Review


def rows_of(table) -> dict[str, dict]:
    frame = pd.read_html(StringIO(table.html), keep_default_na=False)[0]
    return {row.iloc[0]: dict(row) for _, row in frame.iterrows()}


def test_columns_nested_fields_and_outcomes_are_shown_as_declared(review):
    with (review / DICTIONARY).open("a") as own:
        own.write("arms.csv: {se: {meaning: Error <b>of</b> it}}\n")
    held = Review(review)
    rows = rows_of(exhibits.dictionary_table(held, "arms.csv"))
    assert rows["n"]["Value"] == "whole number, unit: people, 2 or more; for example 30"
    assert "number, unit: the outcome's, within the range of its outcome; for" in rows["mean"]["Value"]
    assert "above 0" in rows["sd"]["Value"] and rows["se"]["Meaning"] == "Error <b>of</b> it"
    rows = rows_of(exhibits.outcomes_table(held))
    assert list(rows) == list(held.evidence.outcomes["outcomes"])
    better = {name: rows[name]["Better values"] for name in ("score", "decline", "threshold")}
    assert better == {"score": "higher", "decline": "lower", "threshold": "neither"}
    with pytest.raises(ValueError, match=r"no section 'arm.csv'; it has arms.csv, reported.csv"):
        exhibits.dictionary_table(held, "arm.csv")


def test_a_review_adds_and_changes_what_it_names_and_keeps_the_rest(review):
    before = load_evidence(review).columns
    with (review / DICTIONARY).open("a") as own:
        own.write("arms.csv: {n: {at_least: 40}, site: {meaning: Where it was, type: text}}\n")
    after, faults = read_dictionary(review)
    n = before["arms.csv"]["n"] | {"at_least": 40}
    arms = before["arms.csv"] | {"n": n, "site": {"meaning": "Where it was", "type": "text"}}
    assert not faults and after == before | {"arms.csv": arms}
    assert check_evidence(review)[0].message.startswith("expected at least 40, found ")


@pytest.mark.parametrize(("rule", "fault"), cases("dictionary"))
def test_what_is_wrong_with_a_dictionary_is_said_with_its_place(review, rule, fault):
    (review / DICTIONARY).write_text(rule + "\n")
    found = [str(each) for each in check_evidence(review)]
    assert len(found) == 1 and found[0].startswith(f"{DICTIONARY}:{fault}"), found
