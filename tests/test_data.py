"""The evidence itself: one case per trial, and a few published results of the book, pinned on purpose."""

from pathlib import Path

import numpy as np
import pytest
from meta_analyze import meta_analysis

from alsreview.direction import count_directions, directions, unread
from alsreview.evidence import check_evidence, load_evidence
from alsreview.pooling import Unpooled, synthesise, tally
from alsreview.sensitivity import alternatives

ROOT = Path(__file__).parents[1]
EVIDENCE = load_evidence(ROOT)
TRIALS = sorted(EVIDENCE.cards)
ANALYSES = [
    (name, alternative)
    for name, choice in EVIDENCE.protocol["analyses"].items()
    if choice["synthesis"] == "pool"
    for alternative in (None, *choice.get("alternatives", {}))
]
RANDOMIZED_EXERCISE = {
    "drory2001", "dalbellohaas2007", "lunetta2016", "clawson2018", "merico2018", "braga2018", "ferri2019",
    "vangroenestijn2019", "zucchi2019", "kalron2021",
}  # fmt: skip
RANDOMIZED_NIBS = {
    "dilazzaro2006", "zanette2008", "dilazzaro2009", "benussi2019", "dilazzaro2024", "zheng2025",
    "madhavan2025",
}  # fmt: skip


def test_the_untouched_evidence_has_no_fault():
    assert check_evidence(ROOT) == []


def test_every_trial_that_the_review_knows_of_has_its_folder():
    outside = {"pinto1999", "aksu2002", "kitano2018"}
    assert set(TRIALS) == RANDOMIZED_EXERCISE | RANDOMIZED_NIBS | outside | {"dalbellohaas2013"}


@pytest.mark.parametrize("trial_id", TRIALS)
def test_a_trial_is_cited_under_its_own_id(trial_id):
    assert f"{{{trial_id}," in (ROOT / "references.bib").read_text()


@pytest.mark.parametrize("trial_id", TRIALS)
def test_a_trial_says_what_is_missing_and_who_read_it(trial_id):
    card = EVIDENCE.cards[trial_id]
    assert card["missing"] and card["readers"]["extracted"]


@pytest.mark.parametrize("trial_id", TRIALS)
def test_a_trial_has_a_number_or_a_direction_or_says_that_nothing_was_seen(trial_id):
    rows = (EVIDENCE.arms.trial_id == trial_id).sum() + (EVIDENCE.reported.trial_id == trial_id).sum()
    assert rows


def test_no_card_claims_a_second_reader():
    assert not [trial_id for trial_id, card in EVIDENCE.cards.items() if "checked" in card["readers"]]


def test_the_primary_analysis_holds_the_estimates_that_the_protocol_names():
    trials = synthesise("exercise_function", root=ROOT).trials.set_index("trial_id")
    assert dict(trials.estimate_kind) == {
        "braga2018": "slope",
        "dalbellohaas2013": "end",
        "lunetta2016": "end",
    }
    # Lunetta 32.8 - 28.7; Braga 0.27 points a month over 26 weeks; Cochrane as printed
    months = 26 * 7 / 30.4375
    expected = {"braga2018": 0.27 * months, "dalbellohaas2013": 3.21, "lunetta2016": 4.1}
    assert dict(trials.yi) == pytest.approx(expected)
    assert tally(trials.reset_index(), ROOT) == {"units": 3, "trials": 4, "people": 48 + 43 + 60}


def test_end_scores_give_the_three_intervals_that_methods_speaks_of():
    for alternative, low, high in [
        ("end_scores", -0.47, 8.00),
        ("end_scores_hk", 2.01, 5.52),
        ("end_scores_wald", 1.84, 5.70),
    ]:
        pooled = synthesise("exercise_function", alternative=alternative, root=ROOT)
        assert (round(pooled.ci_low, 2), round(pooled.ci_high, 2)) == (low, high)


def test_the_missing_trials_of_the_headline_are_these():
    assert set(unread("exercise_function", root=ROOT).trial_id) == {
        "clawson2018", "vangroenestijn2019", "ferri2019", "kalron2021",
    }  # fmt: skip
    function = directions("exercise_function", root=ROOT).set_index("trial_id")
    life = directions("exercise_quality_of_life", root=ROOT).set_index("trial_id")
    assert function.stated["clawson2018"] == life.stated["vangroenestijn2019"] == "no_difference"
    assert function.basis["vangroenestijn2019"] == "nothing seen"


def test_a_scale_of_quality_of_life_counts_under_no_other_outcome():
    outcomes = EVIDENCE.outcomes["outcomes"]
    for choice in EVIDENCE.protocol["analyses"].values():
        preferred = choice.get("direction_outcomes", [])
        assert {outcomes[name]["domain"] for name in preferred} <= {choice["domain"]}


def test_the_directions_of_strength_and_quality_of_life_are_those_worked_by_hand():
    # Strength: Drory's manual testing -10.90; Dal Bello-Haas' arms -1.48 and legs +2.51.
    # Quality of life: Drory's SF-36 +2.70; of Dal Bello-Haas' eight scales at 13 weeks five are above zero
    # and three below; van Groenestijn's ALSAQ-40 and mental summary gain, the physical summary loses.
    way = {"drory2001": "favours_comparator", "dalbellohaas2007": "mixed"}
    assert _ways("exercise_strength") == way
    way = {"drory2001": "favours_intervention", "dalbellohaas2007": "mixed", "vangroenestijn2019": "mixed"}
    assert _ways("exercise_quality_of_life") == way


def _ways(analysis_id: str) -> dict[str, str]:
    found = directions(analysis_id, root=ROOT).query("counted")
    return dict(zip(found.trial_id, found.direction, strict=True))


def test_brain_stimulation_is_not_pooled_and_rests_on_completers():
    result = synthesise("nibs_function", root=ROOT)
    assert isinstance(result, Unpooled) and list(result.trials.trial_id) == ["dilazzaro2024"]
    only = result.trials.iloc[0]
    assert (only.n_intervention, only.n_comparator) == (18, 14)
    # 0.90 - 0.94, SD 0.55 in both arms
    assert only.yi == pytest.approx(-0.04)
    assert only.vi == pytest.approx(0.55**2 * (1 / 18 + 1 / 14))


def test_early_against_delayed_start_and_news_are_never_counted():
    nibs = directions("nibs_function", root=ROOT).set_index("trial_id")
    exercise = directions("exercise_function", root=ROOT).set_index("trial_id")
    assert not nibs.counted["madhavan2025"] and not exercise.counted["zucchi2019"]
    assert count_directions(exercise.reset_index())["favours_comparator"] == 0


@pytest.mark.parametrize(("analysis_id", "alternative"), ANALYSES)
def test_a_second_implementation_agrees_on_every_pooled_number(analysis_id, alternative):
    ours = synthesise(analysis_id, alternative=alternative, root=ROOT)
    if isinstance(ours, Unpooled):
        assert ours.k < 2
        return
    ci_method = {"wald": "normal", "hk": "hksj", "hk_guarded": "adhoc"}[ours.interval]
    theirs = meta_analysis(
        effect=ours.trials.yi,
        variance=ours.trials.vi,
        tau2_method=ours.method,
        ci_method=ci_method,
        atol=1e-13,
        max_iter=10_000,
    )
    for key in ("estimate", "ci_low", "ci_high", "tau2", "i2", "q"):
        value = getattr(theirs, key) * (100 if key == "i2" else 1)
        assert getattr(ours, key) == pytest.approx(value, rel=1e-8, abs=1e-9), key


def test_every_alternative_of_the_protocol_is_in_the_table():
    for analysis_id in {name for name, _ in ANALYSES}:
        expected = sum(name == analysis_id for name, _ in ANALYSES)
        assert len(alternatives(analysis_id, root=ROOT)) == expected


def test_no_value_is_both_missing_and_used():
    for analysis_id, alternative in ANALYSES:
        trials = synthesise(analysis_id, alternative=alternative, root=ROOT).trials
        assert np.isfinite(trials.yi).all() and (trials.vi > 0).all() and (trials.people > 0).all()
