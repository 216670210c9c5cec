"""A replay says what this review would have said from the sources that were out at the end of a year."""

import shutil

import pandas as pd
import pytest
from invented_review import appraise, edit

from livingreview.evidence import load_evidence, published_by
from livingreview.release.results import from_text, replays, results, to_text

FLAGGED = "indirect:\n  - {trial: epsilon2005, what: scale, text: Another scale, cite: survey2000}\n"


def ask_for(review, years: str) -> None:
    edit(review / "data/protocol.yml", "last_search: Never.\n", f"last_search: Never.\nreplays: {years}\n")


def add_source(review, trial_id: str):
    """Add a source of 2010 to the card of a trial, and give the card."""
    with (review / "references.bib").open("a") as file:
        file.write("@article{later, title={A review}, year = 2010}\n")
    card = review / f"data/trials/{trial_id}/trial.yml"
    source = "later: {kind: secondary_review, cite: later, doi: 10.9999/b, seen: 2020-01-01}"
    edit(card, "sources:\n", f"sources:\n  {source}\n")
    return card


def said(frame: pd.DataFrame) -> str:
    """What a version would keep of results, apart from the hash of all evidence."""
    return to_text(from_text(to_text(frame)).drop(columns="evidence_hash"))


@pytest.mark.parametrize("year", [2003, 2006])
def test_a_replay_equals_the_review_without_what_came_later(review, year):
    ask_for(review, f"[{year}]")
    edit(review / "data/certainty/rules.yml", FLAGGED, "")
    # A source other than the trial's own report has its year from the reference alone.
    with (review / "references.bib").open("a") as file:
        file.write("@article{epsilon, title={A review}, year={2005}}\n")
    card = review / "data/trials/epsilon2005/trial.yml"
    edit(card, "{kind: secondary_meta_analysis,", "{kind: secondary_meta_analysis, cite: epsilon,")
    replayed, whole = replays(load_evidence(review)), results(load_evidence(review))
    for folder in (review / "data/trials").iterdir():
        if int(folder.name[-4:]) > year:
            shutil.rmtree(folder)
    assert set(replayed.year) == {year}
    assert said(replayed) == said(results(load_evidence(review))) != said(whole)


def test_a_row_counts_from_the_year_of_the_source_it_was_read_in(review):
    add_source(review, "alpha2001")
    arms = review / "data/trials/alpha2001/arms.csv"
    arms.write_text(arms.read_text().replace(",paper,", ",later,"))
    early, late = (published_by(load_evidence(review), year) for year in (2009, 2010))
    assert "alpha2001" not in early.cards and "alpha2001" not in set(early.results.trial_id)
    assert "alpha2001" in set(late.results.trial_id)
    # Nothing that was read in a source of unknown year ever counts.
    edit(review / "data/trials/beta2002/trial.yml", "{kind: primary_abstract,", "{kind: registry,")
    assert "beta2002" not in published_by(load_evidence(review), 2100).cards


def test_judgements_of_bias_count_from_their_own_source_and_no_person_had_confirmed_them(review):
    card = add_source(review, "beta2002")
    edit(card, "judgement: low, source: paper", "judgement: low, source: later")
    confirmed = "    confirmed: {by: A person, date: 2020-02-01, reason: Read again}\n"
    path = appraise(review, "beta2002", ("decline", 26, {"1.2": "N", "2.6": "Y"}), more=confirmed)
    answer = '"1.2": {answer: N, support: As told, source: '
    edit(path, f"{answer}paper", f"{answer}later")
    evidence = load_evidence(review)
    for year, judgements, questions in ((2009, 0, ["2.6"]), (2010, 1, ["1.2", "2.6"])):
        early = published_by(evidence, year)
        (result,) = early.appraisals["beta2002"]["results"]
        assert list(result["answers"]) == questions and "confirmed" not in result
        assert len(early.cards["beta2002"]["risk_of_bias"]) == judgements
    assert evidence.cards["beta2002"]["risk_of_bias"], "the evidence itself is left alone"
    assert "confirmed" in evidence.appraisals["beta2002"]["results"][0]


@pytest.mark.parametrize("years", ["[2003, 2001]", "[2001, 2001]", "[2020]", "[2001, 2025]"])
def test_years_that_make_no_history_are_refused(review, years):
    ask_for(review, years)
    with pytest.raises(ValueError, match="data/protocol.yml: replays: expected years in order"):
        replays(load_evidence(review))
