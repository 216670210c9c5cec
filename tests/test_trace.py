"""Every analysis can be followed to the rows and sources behind it, pooled or not."""

import re

import pytest
from invented_review import edit

from livingreview.evidence import load_evidence
from livingreview.reviews import Review
from livingreview.statistics import absent_trials, synthesise
from livingreview.trace import trace


def parts(lines: list[str]) -> dict[str, str]:
    """Return what is said of each trial."""
    found, name = {}, ""
    for line in lines:
        name = named[1] if (named := re.match(r"  (\w+): ", line)) else name
        found[name] = found.get(name, "") + line + "\n"
    return found


def test_a_pooled_value_leads_to_weights_steps_rows_and_sources(review):
    found = parts(trace(Review(review)["function"]))
    for row in synthesise("function", load_evidence(review)).trials.itertuples():
        said = found[row.trial_id]
        assert "weight " in said and all(f"step: {step}" in said for step in row.steps)
        assert re.findall(r"row: (\S+):", said) == list(row.rows)
        assert said.count("read in: ") == said.count("https://example.org/") == len(row.rows)


def test_a_direction_leads_to_its_rows_and_sources(review):
    said = parts(trace(Review(review)["strength"]))["gamma2003"]
    assert said.splitlines() == [
        "  gamma2003: direction favours comparator (estimate; Strength, week 13)",
        "    row: data/trials/gamma2003/reported.csv:3: contrast training_vs_usual, outcome strength, "
        "timepoint_weeks 13, n 18, se 1, estimate -2",
        "      read in: abstract, abstract; https://example.org/gamma2003; seen 2020-01-01",
    ]
    said = parts(trace(Review(review)["function"]))["kappa2010"]
    assert re.findall(r"arms.csv:(\d): arm (\w+)", said) == [("2", "training"), ("3", "usual")]


def test_trials_without_a_result_are_named_and_the_others_are_not_counted(review):
    found = parts(trace(Review(review)["strength"]))
    nothing = "  alpha2001: eligible, no result seen in its 1 source (data/trials/alpha2001/trial.yml)\n"
    assert found["alpha2001"] == nothing
    found = parts(trace(Review(review)["function"]))
    assert found["eta2007"].startswith("  eta2007: not counted, compares two doses")
    # gamma and delta stand in the synthesis inside epsilon
    assert not {"gamma2003", "delta2004"} & set(found)


def test_what_is_not_pooled_says_why(review):
    said = "\n".join(trace(Review(review)["stimulation"]))
    assert "not pooled: Only one estimate is usable" in said and "iota2009: yi" in said
    (review / "data/trials/gamma2003/reported.csv").unlink()
    said = trace(Review(review)["strength"])
    eligible = absent_trials("strength", load_evidence(review)).trial_id
    assert said[2] == f"  no result was seen in the {len(eligible)} eligible trials"
    assert {*parts(said)} - {""} == set(eligible)
    own = "synthesis: direction, contrast_kinds: [{0}], domain: strength"
    edit(review / "data/protocol.yml", own.format("control"), own.format("active"))
    assert trace(Review(review)["strength"])[2:] == ["  no trial was eligible"]
    with pytest.raises(ValueError, match="unknown analysis 'nope'"):
        trace(Review(review)["nope"])
