"""The second review, of BCG vaccine: its numbers are those of metafor, and its statements hold."""

import re
from io import StringIO
from math import exp
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from golden import FIT, GOLDEN, HARTUNG_KNAPP, SETS, agrees, column, matches

from livingreview.exhibits import (
    forest_figure,
    history_figure,
    left_out_figure,
    moments_table,
    summary_of_findings,
    what_if_forest,
)
from livingreview.exhibits.trials import _used
from livingreview.facts import review_facts
from livingreview.reviews import Review
from livingreview.statements import statement_faults
from livingreview.statistics import synthesise
from livingreview.trace import trace

ROOT = Path(__file__).parents[1] / "examples/bcg"
REFERENCE = SETS["bcg_RR"]


@pytest.fixture(scope="module")
def bcg():
    return Review(ROOT)


def test_the_pooled_risk_ratio_is_that_of_metafor(bcg):
    result, reference = bcg["tuberculosis"].result, REFERENCE["fits"]["REML"]["adhoc"]
    for name in ("yi", "vi"):
        assert sorted(result.trials[name]) == [matches(value) for value in sorted(REFERENCE[name])]
    agrees(bcg["tuberculosis"].synthesis, reference, FIT | {"pi_low": "pi_lb", "pi_high": "pi_ub"})


def test_ratios_are_printed_and_not_their_logarithms(bcg):
    analysis = bcg["tuberculosis"]
    table = pd.read_html(StringIO(forest_figure(analysis).table.html))[0]
    assert list(table["Risk ratio"][:-1]) == pytest.approx(list(np.exp(analysis.result.trials.yi)), abs=0.005)
    assert not table["95% CI"].str.contains("\u2212").any()
    assert f"pooled {exp(analysis.result.estimate):.4f} (" in trace(analysis)[1]
    for shown in (
        history_figure(bcg), left_out_figure(analysis), moments_table(bcg), what_if_forest(analysis)
    ):  # fmt: skip
        words = BeautifulSoup(getattr(shown, "table", shown).html, "lxml").get_text()
        words += getattr(shown, "caption", "")
        assert "0.49" in words and not re.search("\u2212\\d", words)
    first = analysis.result.trials.iloc[0]
    used = _used(bcg, first.trial_id)
    assert f"{exp(first.yi):.2f}" in used and not re.search("\u2212\\d", used)


def test_the_summary_of_findings_gives_the_effect_per_thousand_at_the_risk_of_the_comparators(bcg):
    trials, fit = bcg["tuberculosis"].result.trials, REFERENCE["fits"]["REML"]["adhoc"]
    risk = 1000 * trials.events_comparator.sum() / trials.n_comparator.sum()
    fewer, low, high = (risk * (1 - exp(fit[FIT[name]])) for name in ("estimate", "ci_low", "ci_high"))
    said = summary_of_findings(bcg, *bcg.questions).html
    assert f"With no vaccine {risk:.0f} per 1,000; with BCG vaccine {fewer:.0f} fewer (95% CI" in said
    assert f"{low:.0f} fewer to {high:.0f} fewer)" in said


@pytest.mark.parametrize(("alternative", "name"), [("mh", "mh_RR_bcg"), ("peto", "peto_bcg")])
def test_events_are_pooled_as_metafor_does(bcg, alternative, name):
    found = synthesise("tuberculosis", bcg.evidence, alternative=alternative)
    reference = GOLDEN["binary_pooled"][name]
    agrees(found, reference, {"estimate": "beta", "se": "se"})
    column([found.ci_low, found.ci_high], reference["ci"])


def test_latitude_and_subgroups_are_those_of_metafor(bcg):
    moderators = bcg["tuberculosis"].moderators
    slope, reference = moderators["latitude"].found.terms.iloc[1], HARTUNG_KNAPP["adhoc"]["regression"]
    assert slope.estimate == matches(reference["beta"][1]) and slope.se == matches(reference["se"][1])
    for group in ("random", "alternate", "systematic"):
        row = moderators["allocation"].found.table.loc[group]
        reference = GOLDEN["meta_regression"][f"subgroup_{group}"]
        assert (row.k, row.estimate) == (reference["k"], matches(reference["beta"]))


def test_small_study_effects_are_those_of_metafor_and_every_statement_holds(bcg):
    facts = review_facts(bcg)
    reference = {"egger_p": REFERENCE["egger_lm"]["pval"], "begg_p": REFERENCE["begg"]["pval"]}
    assert {name: float(facts[f"tuberculosis.small_study.{name}"]) for name in reference} == {
        name: matches(value) for name, value in reference.items()
    }
    assert [str(facts[f"tuberculosis.{name}"]) for name in ("estimate", "ci")] == ["0.49", "0.33 to 0.73"]
    assert facts["tuberculosis.small_study.filled"] == REFERENCE["trimfill_L0_REML"]["k0"]
    assert not statement_faults(ROOT, facts, truth=True)
