"""Sentences follow the numbers: their words change when an interval moves."""

import json
import shutil
from types import SimpleNamespace

import pytest
from invented_review import edit

from alsreview.direction import unread
from alsreview.effects.people import BASIS_STEPS
from alsreview.exhibits import forest_figure
from alsreview.formats import count, interval, listed, number, percent
from alsreview.pooling import measured_meaning, synthesise
from alsreview.wording import (
    evidence_facts,
    facts,
    plain_facts,
    reported_words,
    share_facts,
    verdict,
    verdict_plain,
)
from alsreview.wording.sentences import direction_sentence
from alsreview.wording.verdicts import recipe_words

# limits of the benefit, smallest worthwhile benefit 1; the words that must come and those that must not
VERDICTS = {
    "no effect and a benefit": ((-0.5, 3), "no effect and an important benefit", "whether exercise slows"),
    "benefit, none and harm": ((-3, 3), "the effect of exercise is unknown", "or hasten it enough to matter"),
    "no effect and a harm": ((-3, 0.5), "both no effect and an important harm", "whether exercise hastens"),
    "nothing or a little": ((-0.5, 0.5), "only small ones to either", "only a little"),
    "surely worthwhile": ((1.5, 3), "lies above the smallest benefit", "more slowly, clearly"),
    "perhaps too small": ((0.2, 3), "not a benefit too small", "more slowly, perhaps only a little"),
    "sure harm": ((-3, -1.5), "side of an important harm", "faster, clearly"),
    "perhaps a small harm": ((-3, -0.5), "not a harm too small", "faster, perhaps only a little"),
}  # fmt: skip


@pytest.mark.parametrize("case", VERDICTS)
def test_the_verdict_follows_the_interval(case):
    (low, high), words, plain = VERDICTS[case]
    assert words in verdict(low, high, 1, "exercise")
    assert plain in verdict_plain(low, high, 1, "exercise")


def test_the_choice_of_an_interval_is_named_only_where_it_matters():
    assert "depends" in recipe_words([(-1, 7), (0.1, 5.9), (1.2, 4.8)])
    assert "agree" in recipe_words([(0.1, 7), (0.2, 5.9)]) and "agree" in recipe_words([(-1, 7), (-2, 5)])
    assert "one interval" in recipe_words([])


@pytest.mark.parametrize("limits", [(float("nan"), 1), (0, float("inf")), (2, 1)])
def test_an_interval_that_is_none_has_no_verdict(limits):
    for say in (verdict, verdict_plain):
        with pytest.raises(ValueError, match="two limits in order"):
            say(*limits, 1, "exercise")


def test_an_open_interval_is_never_called_an_effect_or_none():
    for low, high in [(-0.5, 3), (-3, 3), (0, 2), (-2, 1)]:
        said = (verdict(low, high, 1, "exercise") + verdict_plain(low, high, 1, "exercise")).lower()
        assert "works" not in said and "does not work" not in said and "no benefit" not in said


def test_the_facts_are_the_computed_numbers(review):
    said = facts("function", root=review)
    result = synthesise("function", root=review)
    assert said["function.estimate"] == number(result.estimate, 1)
    assert said["function.interval"] == interval(result.ci_low, result.ci_high, 1)
    assert said["function.units"] == "3 units"
    assert said["function.trials"] == "4 trials"
    assert said["function.people"] == "122 people"
    # 2 in favour by estimate, 2 by estimate unread, 2 with statements alone; see the directions' own test
    assert said["function.directions"].startswith("4 of 6 trials gave a direction: 4 towards exercise")
    share = measured_meaning(result, {"measure": "MD"}, root=review).percent(result.estimate)
    assert said["function.share"] == f"{number(share[0], 0)} to {percent(share[1])}"


def test_the_headline_names_the_missing_trials_their_people_and_what_they_report(review):
    missing = facts("function", root=review)["function.missing"]
    assert missing.startswith("2 trials with 76 people are not in this:")
    assert "Zeta 2006 (60 people, reports no difference, its estimate is in favour on the Burden)" in missing
    assert "Kappa 2010 (16 people, its estimate is in favour on the Percentage change)" in missing


def test_every_trial_is_in_the_sentence_of_directions(review):
    said = facts("function", root=review)["function.directions"]
    assert said.endswith(
        "2 reported a result without one. 1 more is not counted: its comparison or source is not eligible."
    )
    silent = facts("strength", root=review)["strength.directions"]
    assert silent.startswith(
        "1 of 6 trials gave a direction: 1 away from exercise; for 5 no result was seen. 1 more is not"
    )


@pytest.mark.parametrize(
    ("unknown", "silent", "not_counted", "said"),
    [
        (0, 7, 0, "None of 7 trials gave a direction; for 7 no result was seen."),
        (1, 0, 0, "None of 1 trial gave a direction; 1 reported a result without one."),
        (2, 6, 2, "None of 8 trials gave a direction; 2 reported a result without one and for 6 no result "
                  "was seen. 2 more are not counted: their comparison or source is not eligible."),
        (0, 0, 1, "No trial has an eligible comparison. 1 more is not counted: its comparison or source is "
                  "not eligible."),
        (0, 0, 0, "No trial has an eligible comparison."),
    ],
)  # fmt: skip
def test_trials_without_a_direction_are_counted_in_plain_words(unknown, silent, not_counted, said):
    counts = dict.fromkeys(("favours_intervention", "favours_comparator", "no_direction", "mixed"), 0)
    counts |= {"unknown": unknown, "silent": silent, "not_counted": not_counted}
    assert direction_sentence(counts, "exercise") == said


def test_a_trial_that_says_nothing_is_not_said_to_say_something(review):
    edit(review / "data/trials/zeta2006/reported.csv", "burden,", "strength,")
    silent = next(row for row in unread("function", root=review).itertuples() if row.trial_id == "zeta2006")
    assert reported_words(silent) == "no result seen"


@pytest.mark.parametrize(
    ("basis", "direction", "stated", "said"),
    [
        ("estimate", "mixed", "no_difference", "reports no difference, its estimates point both ways"),
        ("estimate", "mixed", None, "its estimates point both ways"),
        ("estimate", "no_direction", None, "its estimate is exactly zero"),
        ("estimate", "unknown", None, "its estimate is of unknown direction"),
    ],
)
def test_what_a_trial_reports_is_said_with_its_direction(basis, direction, stated, said):
    assert reported_words(SimpleNamespace(basis=basis, direction=direction, stated=stated)) == said


def test_a_single_trial_is_said_in_points_lost_less_or_more(review):
    said = facts("stimulation", root=review)
    assert said["stimulation.change"] == "0.10 points a month less"
    # -0.1 +- 1.96 x sqrt(0.045)
    assert said["stimulation.change_interval"] == "0.52 less to 0.32 more"
    edit(review / "data/trials/iota2009/arms.csv", "training,decline,26,,0.9", "training,decline,26,,1.2")
    assert facts("stimulation", root=review)["stimulation.change"] == "0.20 points a month more"


def test_the_headline_says_who_did_better_and_turns_with_the_sign(review):
    said = facts("function", root=review)
    assert (
        "Over 3 units of evidence (Alpha 2001, Beta 2002 and Epsilon 2005), with 4 trials and 122 people"
        in said["function.headline"]
    )
    assert f"did {said['function.estimate']} points better than" in said["function.headline"]
    arms = review / "data/trials/alpha2001/arms.csv"
    arms.write_text(arms.read_text().replace("26,16,20,4", "26,16,2,0.4"))
    assert (
        "points worse than the groups with usual care" in facts("function", root=review)["function.headline"]
    )


def test_assumed_people_are_said_to_be_assumed(review):
    assert (
        "an assumption since the source gives no number"
        in facts("stimulation", root=review)["stimulation.headline"]
    )
    arms = review / "data/trials/iota2009/arms.csv"
    text = (
        arms.read_text()
        .replace("decline,26,,", "decline,26,16,")
        .replace("abstract,,\n", "abstract,,analysed\n")
    )
    arms.write_text(text)
    said = facts("stimulation", root=review)
    assert "assumption" not in said["stimulation.headline"]
    assert said["stimulation.assumed"] == "Each source says how many people its numbers stand for."


@pytest.mark.parametrize("basis", ["completed", "randomized", "assumed"])
def test_a_row_whose_n_is_not_of_people_analysed_is_counted_as_assumed_everywhere(review, basis):
    before = facts("function", root=review)["function.headline"]
    arms = review / "data/trials/alpha2001/arms.csv"
    arms.write_text(arms.read_text().replace(",analysed\n", f",{basis}\n"))
    said = facts("function", root=review)
    whose = "the 32 of Alpha 2001"
    alone = f" (an assumption for {whose}, since the source gives no number analysed)"
    assert said["function.headline"] == before.replace("122 people", f"122 people{alone}") != before
    assert said["function.assumed"].startswith(f"That counts {whose}, an assumption")
    assert "For 32 of these people" in plain_facts("function", root=review)["function.plain.numbers"]
    forest = forest_figure("function", root=review)
    assert "\u2021 marks a number of people that is assumed" in forest.caption
    assert "end scores, 26 weeks \u2021" in json.dumps(forest.chart.to_dict(), ensure_ascii=False)
    assert forest.table.html.count(BASIS_STEPS[basis]) == 1


def test_two_assumed_numbers_are_both_named(review):
    for trial in ("alpha2001", "beta2002"):
        arms = review / f"data/trials/{trial}/arms.csv"
        arms.write_text(arms.read_text().replace(",analysed\n", ",randomized\n"))
    said = facts("function", root=review)["function.headline"]
    assert "the 32 of Alpha 2001 and the 50 of Beta 2002, since their sources give none" in said


def test_a_difference_printed_without_its_people_is_taken_to_stand_for_all_of_the_trial(review):
    edit(
        review / "data/trials/epsilon2005/reported.csv",
        "1,5,,,40,paper,abstract,,analysed",
        "1,5,,,,paper,abstract,,",
    )
    assert "an assumption for those of Epsilon 2005" in facts("function", root=review)["function.headline"]
    card = review / "data/trials/epsilon2005/trial.yml"
    edit(card, "design: Invented\n", "design: Invented\npeople: {n: 44, source: paper, locator: abstract}\n")
    assert "an assumption for the 44 of Epsilon 2005" in facts("function", root=review)["function.headline"]


def test_the_names_of_facts_do_not_depend_on_how_many_trials_there_are(review):
    one = set(facts("stimulation", root=review))
    copy = review / "data/trials/lambda2011"
    shutil.copytree(review / "data/trials/iota2009", copy)
    two = facts("stimulation", root=review)
    assert set(two) == one and two["stimulation.headline"].startswith("Over 2 units of evidence")
    assert "points a month less with stimulation" in two["stimulation.headline"]
    shutil.rmtree(copy)
    edit(review / "data/trials/iota2009/trial.yml", "kind: sham", "kind: dose")
    none = facts("stimulation", root=review)
    assert set(none) == one and none["stimulation.headline"] == "No trial gives a usable estimate."


def test_facts_are_handed_over_one_by_one(review):
    handed = {}
    share_facts(lambda name, value, display: handed.update({name: (value, display)}), "strength", root=review)
    assert handed["strength.asks"] == ("Stronger?", False)


def test_the_evidence_counts_only_randomized_trials(review):
    said = evidence_facts(root=review)
    # alpha 32, beta 50, gamma 20, delta 24, zeta 60, eta 40, kappa 16; theta is not randomized
    assert (said["exercise.trials"], said["exercise.people"]) == ("7", "242")
    assert said["evidence.fulltext"] == "none of the 9"


def test_numbers_and_lists_are_written_as_a_page_prints_them():
    assert number(-0.04) == "\u22120.04" and number(-0.001) == "0.00" and number(float("nan")) == "\u2013"
    assert (
        count(1, "person") == "1 person"
        and count(2, "person") == "2 people"
        and count(0, "trial") == "0 trials"
    )
    assert [listed(list("abc"[:n])) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
