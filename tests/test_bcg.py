"""The second review, of BCG vaccine: its numbers are metafor's, and its book says what they are."""

import shutil
import zipfile
from pathlib import Path

import pytest
import yaml
from golden import GOLDEN, HARTUNG_KNAPP, SETS, matches
from pypdf import PdfReader

from livingreview.book import build
from livingreview.evidence import load_evidence
from livingreview.facts import review_facts
from livingreview.release.documents import documents
from livingreview.reviews import Review
from livingreview.statements import statement_faults
from livingreview.statistics import synthesise

ROOT = Path(__file__).parents[1] / "examples/bcg"
REFERENCE = SETS["bcg_RR"]


@pytest.fixture(scope="module")
def bcg():
    return Review(ROOT)


@pytest.fixture(scope="module")
def facts(bcg):
    return review_facts(bcg)


def test_the_trials_are_those_of_the_data_set(bcg):
    trials = bcg["tuberculosis"].result.trials
    assert sorted(trials.yi) == [matches(yi) for yi in sorted(REFERENCE["yi"])]
    assert sorted(trials.vi) == [matches(vi) for vi in sorted(REFERENCE["vi"])]


def test_the_pooled_risk_ratio_is_that_of_metafor(bcg):
    result, reference = bcg["tuberculosis"].result, REFERENCE["fits"]["REML"]["adhoc"]
    names = {"estimate": "beta", "ci_low": "ci_lb", "ci_high": "ci_ub", "p": "pval", "tau2": "tau2"}
    names |= {"i2": "I2", "q": "QE", "q_p": "QEp", "pi_low": "pi_lb", "pi_high": "pi_ub"}
    found = {name: getattr(result, name) for name in names}
    assert found == {name: matches(reference[key]) for name, key in names.items()}


@pytest.mark.parametrize(("alternative", "name"), [("mh", "mh_RR_bcg"), ("peto", "peto_bcg")])
def test_events_are_pooled_as_metafor_does(alternative, name):
    found, reference = (
        synthesise("tuberculosis", load_evidence(ROOT), alternative=alternative),
        GOLDEN["binary_pooled"][name],
    )
    assert (found.estimate, found.se) == (matches(reference["beta"]), matches(reference["se"]))
    assert [found.ci_low, found.ci_high] == [matches(end) for end in reference["ci"]]


def test_latitude_is_regressed_on_as_metafor_does(bcg):
    slope = bcg["tuberculosis"].moderators["latitude"].found.terms.iloc[1]
    reference = HARTUNG_KNAPP["adhoc"]["regression"]
    assert slope.estimate == matches(reference["beta"][1]) and slope.se == matches(reference["se"][1])


@pytest.mark.parametrize("group", ["random", "alternate", "systematic"])
def test_subgroups_are_pooled_as_metafor_does(bcg, group):
    row = bcg["tuberculosis"].moderators["allocation"].found.table.loc[group]
    reference = GOLDEN["meta_regression"][f"subgroup_{group}"]
    assert (row.k, row.estimate) == (reference["k"], matches(reference["beta"]))


def test_small_study_effects_are_those_of_metafor(facts):
    reference = {"egger_p": REFERENCE["egger_lm"]["pval"], "begg_p": REFERENCE["begg"]["pval"]}
    assert {name: float(facts[f"tuberculosis.small_study.{name}"]) for name in reference} == {
        name: matches(value) for name, value in reference.items()
    }
    assert facts["tuberculosis.small_study.filled"] == REFERENCE["trimfill_L0_REML"]["k0"]


def test_every_statement_of_its_chapters_holds(facts):
    assert not statement_faults(ROOT, facts, truth=True)


def test_its_documents_are_made_without_a_list_of_what_they_print(tmp_path):
    review = shutil.copytree(ROOT, tmp_path / "bcg", ignore=shutil.ignore_patterns("_build"))
    assert "lr_documents" not in (review / "_config.yml").read_text()
    built = build(review)
    assert built.pdf.name == "bcg-review.pdf"
    assert {path.name for path in built.pdf.parent.glob("bcg-review*")} == set(documents(review))
    said = {
        name: " ".join(
            page.extract_text() for page in PdfReader(built.pdf.parent / f"bcg-review{name}.pdf").pages
        )
        for name in ("", "-supplement", "-summary")
    }
    assert "Summary of main results" in said[""] and "Summary of main results" not in said["-supplement"]
    assert "The article contains the whole review" in said["-supplement"]
    assert "Trials farther from the equator" in said["-summary"]
    with zipfile.ZipFile(built.pdf.parent / "bcg-review-data.zip") as packed:
        (name,) = (name for name in packed.namelist() if name.endswith("dictionary.yml"))
        assert "latitude" in yaml.safe_load(packed.read(name))["trial.yml"]
