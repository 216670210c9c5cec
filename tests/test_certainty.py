"""Rules of certainty at their edges, what they are put to, and the decisions of people, on invented data."""

import math
import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from invented_review import HIGH, LOW, appraise, cells, edit, faults, report, row_of

from livingreview import exhibits
from livingreview.certainty import (
    Input,
    certainty,
    certainty_inputs,
    grade,
    judge,
    rated_analyses,
    verdict,
)
from livingreview.evidence import load_evidence
from livingreview.exhibits.certainty import statement
from livingreview.exhibits.whatif import choices_of
from livingreview.exhibits.words import interval_words
from livingreview.living.decisions import confirm_rating, signed
from livingreview.reviews import Review
from livingreview.rob2 import Range, trial_bias
from livingreview.statistics import pool, synthesise, trial_sizes

RULES = "data/certainty/rules.yml"


@pytest.fixture
def rules(review):
    return load_evidence(review).grade.rules


PERSON = signed("Ada Reader", 'Read: "all" of it', date(2020, 2, 1))


def rate(inputs: dict[str, float], rules: dict):
    return judge({name: Input(value, (name,)) for name, value in inputs.items()}, rules)


@pytest.mark.parametrize(
    ("name", "value", "domain", "taken"),
    [
        ("bias_high", 50.0, "risk of bias", 2),
        ("i2", 49.999, "inconsistency", 0),
        ("i2", 50.0, "inconsistency", 1),
        ("i2", math.nan, "inconsistency", 0),
        ("thresholds_held", 1.0, "imprecision", 1),
        ("people_known", 400.0, "imprecision", 1),
        ("people_known", 401.0, "imprecision", 0),
        ("people_unavailable", math.nan, "unavailable results", 1),
        ("people_withheld", math.nan, "publication bias", 0),
        ("small_study_p", 0.0999, "publication bias", 1),
        ("small_study_p", 0.1, "publication bias", 0),
        ("share_of_decline", 90.0, "large effect", 0),
    ],
)
def test_a_rule_at_its_edge_and_where_its_input_is_unknown(rules, name, value, domain, taken):
    found = {each.name: each.levels for each in rate({name: value}, rules)[1]}
    assert found[domain] == taken


UNSEEN = {"bias_unseen": 100.0, "people_unavailable": 100.0}


@pytest.mark.parametrize(
    ("found", "rating", "levels"),
    [
        # Levels add up over the domains, down to very low;
        ({"i2": 80.0}, "moderate", {"inconsistency": 1}),
        ({"i2": 80.0, "indirect": 80.0}, "low", {"inconsistency": 1, "indirectness": 1}),
        ({"i2": 80.0, "indirect": 80.0, "thresholds_held": 2.0}, "very low", {"imprecision": 2}),
        ({"i2": 80.0, "indirect": 80.0, "thresholds_held": 2.0, "bias_high": 100.0}, "very low", {}),
        # in one domain the strictest rule decides;
        ({"bias_concerns": 100.0, "bias_high": 100.0, "bias_unseen": 100.0}, "low", {"risk of bias": 2}),
        # and what was not seen costs one level in all, beside what is known to be a concern.
        (UNSEEN, "moderate", {"risk of bias": 1, "unavailable results": 0}),
        (UNSEEN | {"bias_concerns": 100.0}, "low", {"risk of bias": 1, "unavailable results": 1}),
        # A large effect is flagged, and no level taken off.
        ({"people_unavailable": 0.0, "share_of_decline": 50.0}, "high", {"large effect": 0}),
    ],
)
def test_the_rating_follows_the_levels_of_the_domains(rules, found, rating, levels):
    rated, domains = rate(found, rules)
    assert rated == rating
    assert {domain.name: domain.levels for domain in domains}.items() >= levels.items()
    capped = [domain.name for domain in domains if domain.capped]
    assert capped == (["unavailable results"] if found == UNSEEN else [])
    assert domains[-1].met == (("large",) if "share_of_decline" in found else ())
    decides = {2: ("bias_high",), 1: ("bias_concerns",) if "bias_concerns" in found else ("bias_unseen",)}
    assert domains[0].studies == decides.get(domains[0].levels, ())


def test_there_is_no_rating_without_inputs_or_rules(rules, review):
    assert judge({}, rules) == (None, ())
    (review / "data/trials/gamma2003/reported.csv").unlink()
    assert certainty_inputs("strength", load_evidence(review)) == {}
    found = certainty("strength", load_evidence(review))
    assert (found.rating, found.status, found.domains) == (None, "not rated", ())
    (review / RULES).unlink()
    (review / "data/certainty").rmdir()
    assert faults(review) == []
    assert certainty("function", load_evidence(review)).status == "not rated"


def test_the_risk_of_bias_is_that_of_the_very_result(review):
    open_trial = {"2.1": "Y", "2.2": "Y", "4.1": "N", "4.2": "N", "4.3": "Y", "4.4": "PY"}
    appraise(review, "beta2002", ("decline", 26, LOW), ("score", 26, open_trial))
    evidence = load_evidence(review)
    assert trial_bias(evidence, "beta2002", "decline", 26.0) == Range("low", "low")
    assert trial_bias(evidence, "beta2002", "score", 26.0) == Range("some concerns", "high")
    assert trial_bias(evidence, "beta2002", "score") == Range("some concerns", "high"), "at any time"
    assert trial_bias(evidence, "beta2002", "score", math.nan) == Range("some concerns", "high")
    assert trial_bias(evidence, "beta2002", "score", 0.0) is None, "no time borrows from another"
    assert trial_bias(evidence, "beta2002", "strength") is None, "no outcome borrows from another"
    assert trial_bias(evidence, "alpha2001", "score", 26.0) is None


def test_a_composite_is_as_bad_as_the_worst_of_its_trials(review):
    def bias():
        return trial_bias(load_evidence(review), "epsilon2005", "score", 13.0)

    assert bias() is None
    appraise(review, "gamma2003", ("score", 13, LOW))
    assert bias() == Range("low", "high"), "delta could be anything"
    # So it is in a replay that knows gamma, of 2003, and not yet delta, of 2004.
    evidence = load_evidence(review)
    cards = {key: card for key, card in evidence.cards.items() if key != "delta2004"}
    early = replace(evidence, cards=cards, appraisals={"gamma2003": evidence.appraisals["gamma2003"]})
    assert trial_bias(early, "epsilon2005", "score", 13.0) == Range("low", "high")
    appraise(review, "delta2004", ("score", 13, LOW | {"1.3": "Y"}))
    assert bias() == Range("some concerns", "some concerns")
    appraise(review, "gamma2003", ("score", 13, HIGH))
    assert bias() == Range("high", "high")


def test_the_inputs_of_a_pooled_analysis(review):
    appraise(review, "beta2002", ("decline", 26, LOW))
    appraise(review, "alpha2001", ("score", 26, HIGH))
    withheld = "{study: NCT1, analyses: [function], planned_n: 42, sign: None, url: 'https://example.org'}"
    edit(review / RULES, "\nindirect:\n", f"\nwithheld: [{withheld}]\nindirect:\n")
    evidence = load_evidence(review)
    result, found = synthesise("function", evidence), certainty_inputs("function", evidence)
    weight = result.trials.set_index("trial_id").weight
    assert found["bias_high"] == (pytest.approx(weight["alpha2001"]), ("Alpha 2001",))
    assert found["bias_concerns"] == found["bias_high"]
    # Nobody appraised the trials inside epsilon.
    assert found["bias_unseen"] == (pytest.approx(weight["epsilon2005"]), ("Epsilon 2005",))
    assert found["bias_unseen"] == found["indirect"] == found["bias_unassessed"]
    assert found["i2"].value == result.i2
    # 126 people were randomised in alpha, beta, gamma and delta; zeta (60) and kappa (16) are not pooled
    assert found["people_unavailable"].value == pytest.approx(100 * 76 / (126 + 76))
    assert found["people_withheld"] == (pytest.approx(100 * 42 / (126 + 42)), ("NCT1",))
    assert certainty_inputs("strength", evidence)["people_withheld"] == (0, ())
    # of directions: gamma has 20 of the 202 people in alpha, beta, gamma, delta, zeta and kappa
    strength = certainty_inputs("strength", evidence)["people_unavailable"]
    assert strength.value == pytest.approx(100 * (1 - 20 / 202)) and "Gamma 2003" not in strength.studies
    # a fifth of 0.8 points a month over the months measured; 2.8016 = 1.9600 + 0.8416
    needed = (0.2 * 0.8 * months_of(result) / 2.801585) ** 2
    precision = (1 / (result.trials.vi + result.tau2)).sum()
    assert found["information"].value == pytest.approx(100 * needed * precision, rel=1e-6)
    assert "small_study_p" not in found and "people_known" not in found


def months_of(result) -> float:
    """Alpha and Beta measured at 26 weeks and Epsilon at 13; a month is 30.4375 days."""
    share = row_of(result.trials, "epsilon2005").weight / 100
    return (26 * (1 - share) + 13 * share) * 7 / 30.4375


def test_a_harm_is_important_by_the_threshold_for_the_time_measured(review):
    edit(review / "data/trials/alpha2001/arms.csv", "26,16,20,4", "26,16,18.8,4")
    evidence = load_evidence(review)
    result = synthesise("function", evidence)
    lower = 0.2 * 0.8 * months_of(result)
    # Half a year would ask for 0.96 points, and hide the harm.
    assert lower == pytest.approx(0.703, abs=0.001) and -0.96 < result.ci_low < -lower
    assert certainty_inputs("function", evidence)["thresholds_held"].value == 2
    assert trial_sizes("function", evidence).difference[1] == pytest.approx(lower)
    chosen = choices_of(Review(review)["function"])
    own = chosen["rows"]["REML"][chosen["own"]["members"] - 1]
    assert "possibly important worsening" in chosen["verdicts"][own[7]]


@pytest.fixture
def inputs_of(monkeypatch, review):
    """Give the inputs of the analysis as they are with other effects and variances."""

    def inputs(yi, vi) -> dict:
        evidence = load_evidence(review)
        trials = synthesise("function", evidence).trials.iloc[[0] * len(yi)].assign(yi=yi, vi=vi)
        pooled = {"function": pool(yi, vi, trials=trials)}
        monkeypatch.setattr(
            grade, "synthesise", lambda name, data: pooled.get(name) or synthesise(name, data)
        )
        return certainty_inputs("function", evidence)

    return inputs


@pytest.mark.parametrize(("k", "equal", "tested"), [(9, False, None), (10, False, True), (10, True, False)])
def test_the_funnel_is_tested_from_ten_units_on_unless_all_have_one_precision(
    inputs_of, review, k, equal, tested
):
    vi = 0.1 + 1e-17 * np.arange(k) if equal else np.linspace(0.1, 1, k)
    found = inputs_of(np.linspace(0.5, 2, k), vi).get("small_study_p")
    assert (None if found is None else not math.isnan(found.value)) is tested
    table = exhibits.domains_table(Review(review), "exercise").html
    said = "not computed (not estimable, because all variances or all effects are equal)" in table
    assert said is (tested is False)


@pytest.mark.parametrize(("k", "reached"), [(4, None), (5, 2.0)])
def test_the_prediction_interval_counts_from_five_units_on(inputs_of, k, reached):
    # tau2 is 9: wide enough to reach both thresholds, about 0.9 points to either side
    found = inputs_of([2.0, 8.0, 2.0, 8.0, 5.0][:k], [0.01] * k).get("prediction_limits")
    assert (found and found.value) == reached


def test_directions_of_unknown_size_weigh_alike(review):
    report(review, "beta2002", "strength,26,MD,1,1,,,,,50")
    # beta was appraised at high risk, gamma by nobody: 50 of 68 people
    appraise(review, "beta2002", ("strength", 26, HIGH))
    found = certainty_inputs("strength", load_evidence(review))
    assert found["bias_high"].value == pytest.approx(100 * 50 / 68)
    gamma = review / "data/trials/gamma2003"
    edit(gamma / "reported.csv", "-2,1,,,,,18,paper,abstract,,analysed", "-2,1,,,,,,paper,abstract,,")
    edit(gamma / "trial.yml", "people: {n: 20, source: paper, locator: abstract}\n", "")
    assert certainty_inputs("strength", load_evidence(review))["bias_high"].value == pytest.approx(50)


def test_directions_without_an_estimate_are_rated_by_people_known_or_assumed(review):
    # iota gives no n, and 16 + 16 completed
    assert cells(exhibits.summary_of_findings(Review(review), "nibs"))["Function"][1] == "32 (all assumed)"
    # gamma alone speaks of strength
    found = certainty_inputs("strength", load_evidence(review))
    assert "information" not in found and "opposed" not in found
    path = review / "data/trials/gamma2003/reported.csv"
    told = {
        "18,paper,abstract,,analysed": (18, "18"),
        "18,paper,abstract,,randomized": (18, "18 (all assumed)"),
        ",paper,abstract,,": (20, "20 (randomised, number analysed not given with the result)"),
    }
    for end, (known, people) in told.items():
        path.write_text(re.sub(r"(?m)^(.*,strength,13,MD,-2,1,,,,,).*$", rf"\g<1>{end}", path.read_text()))
        assert certainty_inputs("strength", load_evidence(review))["people_known"].value == known
        assert cells(exhibits.summary_of_findings(Review(review), "exercise"))["Strength"][1] == people


def test_a_note_tells_an_unknown_input_from_one_that_is_too_small(review):
    edit(review / RULES, "says: Much is", "says_unknown: The share is not known., says: Much is")
    card = review / "data/trials/zeta2006/trial.yml"
    edit(review / RULES, "says: Wide.", 'says: "{benefit}, {harm}"')
    edit(review / RULES, "says: Wider.", 'says: "{benefit}, {harm}"')
    note, shown = "The share is not known.", exhibits.summary_of_findings(Review(review), "exercise").html
    assert note not in shown and "(by every threshold)" in shown and "{harm}" not in shown
    card.write_text(re.sub(r"(?m)^people: .*\n", "", card.read_text()))
    assert note in exhibits.summary_of_findings(Review(review), "exercise").html


@pytest.mark.parametrize(
    ("sides", "opposed"), [((-2, -3), 0.0), ((-2, 3), 50.0), ((-2, None), 50.0), ((None, None), 100.0)]
)
def test_a_trial_that_points_both_ways_agrees_with_none(review, sides, opposed):
    for trial_id, side in zip(("gamma2003", "delta2004"), sides, strict=True):
        report(review, trial_id, *(f"strength,13,MD,{yi},1,,,,,18" for yi in ([side] if side else [1, -1])))
    assert certainty_inputs("strength", load_evidence(review))["opposed"].value == opposed


def test_a_hedges_g_has_no_threshold_and_is_no_outcome_of_its_own(review):
    assert math.isnan(certainty_inputs("standardized", load_evidence(review))["information"].value)
    assert rated_analyses(load_evidence(review)) == ["function", "strength", "stimulation"]


def test_a_rating_is_proposed_until_a_person_decides_on_this_very_proposal(review):
    def now():
        return certainty("function", load_evidence(review))

    assert now().status == "proposed" and now().rating == "very low"
    assert confirm_rating(review, "function", PERSON) == [DECIDED]
    assert (now().status, now().rating, now().decision["by"]) == ("decided", "very low", "Ada Reader")
    row = cells(exhibits.decisions_table(Review(review)))["Training and function"]
    assert row == ["very low", "decided", "very low", "Ada Reader", "2020-02-01", 'Read: "all" of it']
    assert ", decided" in cells(exhibits.summary_of_findings(Review(review), "exercise"))["Function"][3]
    confirm_rating(review, "function", PERSON, "low")
    assert (now().rating, now().decision["decision"]) == ("low", "overridden")
    edit(review / DECIDED, "proposed: very low", "proposed: moderate")
    assert (now().status, now().rating) == ("outdated", "very low")


DECIDED = "data/certainty/function.yml"
DIFFER = "24: rules.differ"


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (DECIDED, "accepted", "agreed", "1: decision: expected one of accepted, overridden, found 'agreed'"),
        (DECIDED, "rating: very low", "rating: low", "3: rating: expected the proposed rating where it was"),
        (DECIDED, "accepted", "overridden", "3: rating: expected another than the proposed where it was"),
        (DECIDED, "by: Ada Reader\n", "", "1: by: expected this key, found none"),
        (DECIDED, "2020-02-01", "2019-12-31", "5: date: expected a day from 2020-01-01 on"),
        (DECIDED, "2020-02-01", "soon", "5: date: expected a date such as 2026-11-22, found 'soon'"),
        (DECIDED, "reason:", "vote: 3\nreason:", "6: vote: expected a known key"),
        (RULES, "input: i2,", "input: q,", f"{DIFFER}.input: expected one of the declared inputs"),
        (RULES, "i2, at_least: 50,", "i2,", f"{DIFFER}: expected one of at_least, at_most, below, found n"),
        (RULES, "i2, ", "i2, below: 5, ", f"{DIFFER}: expected one of at_least, at_most, below, found at"),
        (RULES, "inconsistency, unit: percent, label: \"I²\"", "inconsistency, unit: miles",
         "8: inputs.i2.unit: expected one of percent"),
        (RULES, "trial: epsilon2005", "trial: x1999", "37: indirect.0.trial: expected one of the declared"),
        (RULES, "levels: 0", "levels: 9", "35: rules.large.levels: expected at most 3, found 9"),
    ],
)  # fmt: skip
def test_the_faults_of_decisions_and_rules_are_located(review, path, old, new, said):
    confirm_rating(review, "function", PERSON)
    edit(review / path, old, new)
    (fault,) = faults(review)
    assert fault.startswith(f"{path}:{said}")


UNCERTAIN = "The evidence is very uncertain about the effect of training on balance."


@pytest.mark.parametrize(
    ("rating", "gain", "said", "words"),
    [
        ("high", 1.0, "improves", "Training improves balance."),
        ("moderate", -3.0, "probably worsens", "Training probably worsens balance."),
        ("low", 3.0, "may improve", "Training may improve balance."),
        ("low", 0.75, "may slightly improve", "Training may slightly improve balance."),
        ("high", -0.5, "slightly worsens", "Training slightly worsens balance."),
        ("high", 0.25, "makes little or no difference", "Training makes little or no difference to balance."),
        ("very low", 3.0, "very uncertain", UNCERTAIN),
        ("high", None, "very uncertain", UNCERTAIN),
        (None, None, "not rated", "No study gave a usable result on the effect of training on balance."),
    ],
)
def test_verdicts_follow_the_certainty_and_important_means_under_every_threshold(rating, gain, said, words):
    assert verdict(rating, gain, (0.5, 1.0), clear=False) == said
    assert statement(said, "training", "balance") == words


def test_without_a_threshold_the_direction_of_a_clear_effect_is_all_that_is_said(review):
    assert verdict("moderate", 0.9, (), clear=True) == "probably improves"
    assert verdict("low", -0.9, (), clear=True) == "may worsen"
    assert verdict("moderate", 0.9, (), clear=False) == "not judged"
    assert statement("not judged", "training", "balance").endswith(
        "is not judged: no threshold of importance is set."
    )
    rated = Review(review)["function"].certainty
    assert rated.clear is False


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-3, 4, "includes an important benefit, no effect and an important worsening."),
        (-0.5, 1.5, "includes a possibly important benefit, no effect and a small worsening."),
        (0, 0.5, "includes a small benefit and no effect."),
        (0.5, 3, "excludes no effect and includes a small to an important benefit."),
        (-3, -2.5, "excludes no effect and includes an important worsening."),
    ],
)
def test_an_interval_is_described_by_its_limits_and_every_threshold(low, high, said):
    assert interval_words(low, high, (1, 2)).endswith(said)


def test_the_loss_beside_an_effect_is_that_of_the_same_time(review):
    # 0.8 and 1 point a month, over the months that the effect was measured over, or over one for a rate
    result = synthesise("function", load_evidence(review))
    lost, size = months_of(result), f"{abs(result.estimate):.1f} points "
    said = cells(exhibits.summary_of_findings(Review(review), "exercise"))["Function"][2]
    assert said.startswith(
        "Expected loss over 4.4 months (the average time of measurement): "
        f"{0.8 * lost:.1f} to {lost:.1f} points"
    )
    assert size + ("less" if result.estimate > 0 else "more") in said
    rate = cells(exhibits.summary_of_findings(Review(review), "nibs"))["Function"][2]
    assert rate.startswith("Expected loss 0.80 to 1.00 points a month; with stimulation")


def test_the_effect_is_set_beside_each_cohort_and_the_derived_thresholds(review):
    # 0.8 and 1 point a month: 4.8 and 6 in half a year; a fifth of the one, a quarter of the other
    found = cells(exhibits.meaning_table(Review(review)["function"]))
    result = synthesise("function", load_evidence(review))
    cohort = found["Expected loss, cohort (100 participants)"]
    lost = 0.8 * months_of(result)
    assert cohort[2:4] == ["4.80", f"{lost:.2f}"]
    assert cohort[4].startswith(f"{100 * result.estimate / lost:.0f}%")
    assert found["Smallest threshold derived from surveys"][2:4] == ["0.96", f"{lost / 5:.2f}"]
    assert found["Largest threshold derived from surveys"][2] == "1.50"
