"""A replay says what this review would have said from the sources that were out at the end of a year."""

import shutil

import pandas as pd
import pytest
from invented_review import appraise, edit

from livingreview.evidence import load_evidence, published_by
from livingreview.release.history import replays
from livingreview.release.results import from_text, results, to_text
from livingreview.statistics import synthesise

FLAGGED = "indirect:\n  - {trial: epsilon2005, what: scale, text: Another scale, cite: survey2000}\n"


def ask_for(review, years: str) -> None:
    edit(review / "data/protocol.yml", "last_search: Never.\n", f"last_search: Never.\nreplays: {years}\n")


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


def test_before_the_first_trial_there_is_nothing_to_say(review):
    ask_for(review, "[2000]")
    first = replays(load_evidence(review)).set_index("analysis_id").loc["function"]
    assert first.k == 0 and first.missing_trials == 0 and pd.isna(first.estimate)
    assert first.certainty_status == "not rated"


def test_a_row_counts_from_the_year_of_the_source_it_was_read_in(review):
    card = review / "data/trials/alpha2001/trial.yml"
    edit(
        card,
        "sources:\n",
        "sources:\n  later: {kind: secondary_review, cite: beta, doi: 10.9999/b, seen: 2020-01-01}\n",
    )
    with (review / "references.bib").open("a") as file:
        file.write("@article{beta, title={A review}, year={2010}}\n")
    arms = review / "data/trials/alpha2001/arms.csv"
    arms.write_text(arms.read_text().replace(",paper,", ",later,"))
    evidence = load_evidence(review)
    assert "alpha2001" not in set(published_by(evidence, 2009).results.trial_id)
    assert "alpha2001" not in published_by(evidence, 2009).cards
    assert "alpha2001" in set(published_by(evidence, 2010).results.trial_id)


def test_a_source_of_unknown_year_never_counts(review):
    card = review / "data/trials/alpha2001/trial.yml"
    edit(card, "{kind: primary_abstract,", "{kind: registry,")
    assert "alpha2001" not in published_by(load_evidence(review), 2100).cards


def test_a_judgement_of_bias_counts_from_its_own_source(review):
    card = review / "data/trials/beta2002/trial.yml"
    with (review / "references.bib").open("a") as file:
        file.write("@article{judges, title={A review}, year = 2010}\n")
    edit(
        card,
        "sources:\n",
        "sources:\n  judges: {kind: secondary_review, cite: judges, doi: 10.9999/b, seen: 2020-01-01}\n",
    )
    edit(card, "judgement: low, source: paper", "judgement: low, source: judges")
    evidence = load_evidence(review)
    assert published_by(evidence, 2009).cards["beta2002"]["risk_of_bias"] == []
    assert published_by(evidence, 2010).cards["beta2002"]["risk_of_bias"]
    assert evidence.cards["beta2002"]["risk_of_bias"], "the evidence itself is left alone"


def test_an_answer_on_bias_counts_from_its_own_source_and_no_person_had_confirmed_it(review):
    card = review / "data/trials/beta2002/trial.yml"
    with (review / "references.bib").open("a") as file:
        file.write("@article{judges, title={A review}, year = 2010}\n")
    edit(
        card,
        "sources:\n",
        "sources:\n  judges: {kind: secondary_review, cite: judges, doi: 10.9999/b, seen: 2020-01-01}\n",
    )
    confirmed = "    confirmed: {by: A person, date: 2020-02-01, reason: Read again}\n"
    path = appraise(review, "beta2002", ("decline", 26, {"1.2": "N", "2.6": "Y"}), more=confirmed)
    edit(
        path,
        '"1.2": {answer: N, support: As told, source: paper',
        '"1.2": {answer: N, support: As told, source: judges',
    )
    evidence = load_evidence(review)
    for year, questions in ((2009, ["2.6"]), (2010, ["1.2", "2.6"])):
        (result,) = published_by(evidence, year).appraisals["beta2002"]["results"]
        assert list(result["answers"]) == questions and "confirmed" not in result
    assert "confirmed" in evidence.appraisals["beta2002"]["results"][0], "the evidence itself is left alone"


@pytest.mark.parametrize("years", ["[2003, 2001]", "[2001, 2001]", "[2020]", "[2001, 2025]"])
def test_years_that_make_no_history_are_refused(review, years):
    ask_for(review, years)
    with pytest.raises(ValueError, match="data/protocol.yml: replays: expected years in order"):
        replays(load_evidence(review))


def test_without_years_nothing_is_replayed(review):
    assert replays(load_evidence(review)).empty


def test_a_composite_counts_from_its_publication(review):
    card = review / "data/trials/epsilon2005/trial.yml"
    edit(card, "{kind: secondary_meta_analysis,", "{kind: secondary_meta_analysis, cite: pooled,")
    with (review / "references.bib").open("a") as file:
        file.write("@article{pooled, title={A review}, year={2005}}\n")
    evidence = load_evidence(review)
    told = {
        year: list(synthesise("function", published_by(evidence, year)).trials.trial_id)
        for year in (2000, 2004, 2005)
    }
    assert told == {
        2000: [],
        2004: ["alpha2001", "beta2002"],
        2005: ["alpha2001", "beta2002", "epsilon2005"],
    }
