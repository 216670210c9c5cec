"""Printed figures that cannot stand together are noticed, and those that can are left in peace."""

import re
import shutil
import subprocess
import sys
from datetime import date

import pytest
from invented_review import edit

from alsreview.evidence import check_evidence, load_evidence
from alsreview.plausibility import plausibility

ARMS = "arm,outcome,timepoint_weeks,n,mean,sd,se,events,source,locator,n_basis\n"
REPORTED = (
    "contrast,outcome,timepoint_weeks,measure,estimate,se,ci_low,ci_high,p,direction,n,source,locator,"
    "n_basis\n"
)
CARD = """title: An invented trial
label: Nova 2015
unit: trial
question: exercise
allocation: randomized
design: Invented
people: {n: 60, source: paper, locator: abstract}
arms:
  training:
    label: Training
    role: intervention
    randomized: {n: 30, source: paper, locator: abstract}
  usual:
    label: Usual care
    role: comparator
    randomized: {n: 30, source: paper, locator: abstract}
contrasts:
  training_vs_usual: {intervention: training, comparator: usual, kind: control}
sources:
  paper: {kind: primary_abstract, doi: "10.1000/nova", seen: 2020-01-01}
missing: [Everything else]
readers: {extracted: nobody}
"""


def add_trial(review, name="nova2015", *, arms=(), reported=(), card=CARD, doi="10.1000/nova"):
    """Write a trial whose rows are given without their source; the columns are those of the headers."""
    folder = review / "data/trials" / name
    folder.mkdir(parents=True)
    (folder / "trial.yml").write_text(card.replace("10.1000/nova", doi))
    for table, header, rows in (("arms.csv", ARMS, arms), ("reported.csv", REPORTED, reported)):
        if rows:
            n = header.split(",").index("n")
            basis = ["analysed" if row.split(",")[n] else "" for row in rows]
            lines = (f"{row},paper,abstract,{each}\n" for row, each in zip(rows, basis, strict=True))
            (folder / table).write_text(header + "".join(lines))


def two_arms(first, second, outcome="score", weeks=26):
    """Give the rows of both arms; each text is n,mean,sd,se."""
    return f"training,{outcome},{weeks},{first},", f"usual,{outcome},{weeks},{second},"


def effect(figures, outcome=None):
    """Give a reported row; the text is measure,estimate,se,ci_low,ci_high,p,direction,n."""
    outcome = outcome or {"HR": "survival", "OR": "relapse"}.get(figures.partition(",")[0], "score")
    return (f"training_vs_usual,{outcome},26,{figures}",)


def queries(review, name="nova2015", **options):
    return [query for query in plausibility(load_evidence(review), **options) if query.trial_id == name]


def columns(review):
    return [query.column for query in queries(review)]


@pytest.fixture
def scale(review):
    """The invented review with the scale whose natural decline is known, at most 1 point a month."""
    edit(
        review / "data/outcomes.yml",
        "outcomes:\n",
        "outcomes:\n"
        "  alsfrs_r: {label: R, unit: points, domain: function, form: score, range: [0, 48]}\n"
        "  alsfrs_r_decline: {label: D, unit: points lost per month, domain: function, form: decline}\n"
        "  alsfrs_r_percent: {label: P, unit: percent, domain: function, form: percent_change}\n",
    )
    return review


def test_an_se_entered_as_sd_is_recognised_by_the_root_of_n(review):
    # The other trials have SDs of 4 and 5 on this scale; 0.8 x sqrt(30) = 4.4.
    add_trial(review, arms=two_arms("30,20,0.8,", "30,19,4.4,"))
    (query,) = queries(review)
    assert (query.path, query.line, query.column) == ("data/trials/nova2015/arms.csv", 2, "sd")
    assert "sqrt(30) = 5.5" in query.why and "a standard error entered as SD?" in query.why


def test_an_sd_entered_as_se_is_recognised_too(review):
    # Read as an SE, 4.4 gives an SD of 24.
    add_trial(review, arms=two_arms("30,20,,4.4", "30,19,,0.8"))
    (query,) = queries(review)
    assert (query.line, query.column) == (2, "se")
    assert "a standard deviation entered as SE?" in query.why


def test_an_sd_far_from_the_other_trials_is_noticed(review):
    # 40 / 5 = 8 times larger; nothing to do with sqrt(30) = 5.5 in this direction.
    add_trial(review, arms=two_arms("30,20,40,", "30,19,5,"))
    (query,) = queries(review)
    assert query.column == "sd" and "8.0 times larger" in query.why


def test_ordinary_sds_raise_nothing(review):
    add_trial(review, arms=two_arms("30,20,4.5,", "30,19,6.1,"))
    assert queries(review) == []


def test_a_g_beyond_two_shows_what_it_would_be_if_the_spreads_were_ses(review):
    # d = 4.5 / 2 = 2.25; J = 1 - 3 / 231, g = 2.22; over sqrt(30) it is 0.41
    add_trial(review, arms=two_arms("30,24.5,2,", "30,20,2,", outcome="strength"))
    (query,) = queries(review)
    assert "g of 2.22" in query.what and "0.41" in query.why


def test_a_g_just_below_two_is_left_in_peace(review):
    add_trial(review, arms=two_arms("30,24,2,", "30,20,2,", outcome="strength"))
    assert queries(review) == []  # d = 2 and g = 1.97


@pytest.mark.parametrize(("end", "found"), [("30,25.0,5,", ["mean"]), ("30,30.0,5,", [])])
def test_an_imbalance_at_entry_larger_than_the_effect(review, end, found):
    # 4 points at entry; the gap then moves by 1 or by 6.
    rows = [*two_arms("30,24.0,5,", "30,20.0,5,", weeks=0), *two_arms(end, "30,20.0,5,")]
    add_trial(review, arms=rows)
    assert columns(review) == found


def test_an_imbalance_that_rounding_may_make_is_left_in_peace(review):
    # Printed without decimals, 2 at entry may be 1 and the later 0 may be 1.
    rows = [*two_arms("30,22,5,", "30,20,5,", weeks=0), *two_arms("30,20,5,", "30,20,5,")]
    add_trial(review, arms=rows)
    assert queries(review) == []


def test_an_sd_that_jumps_within_an_arm(review):
    rows = [*two_arms("30,20,5,", "30,20,5,", "strength", 0), *two_arms("30,20,5,", "30,20,0.5,", "strength")]
    add_trial(review, arms=rows)
    (query,) = queries(review)
    assert query.line == 5 and "10.0 times" in query.why


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        # SE 1, z = 2: p 0.0455 by z, 0.0502 by t on 58; 0.0445 to 0.0515 with the rounding of 2.0
        ("MD,2.00,1.00,,,0.20,,60", "p from 0.04"),
        # limits 1.96 either way: the same SE
        ("MD,2.00,,0.04,3.96,0.20,,60", "p from 0.04"),
        ("MD,2.00,1.00,,,<0.001,,60", "p from 0.04"),
        ("MD,2.00,1.00,,,>0.3,,60", "p from 0.04"),
        # log 2 over log(4) / 1.96 / 1: limits 0.5 to 8, z = 0.98
        ("HR,2.00,,0.50,8.00,0.01,,60", "p from 0.3"),
    ],
)
def test_a_printed_p_that_does_not_follow(review, figures, why):
    add_trial(review, reported=effect(figures))
    (query,) = queries(review)
    assert query.column == "p" and why in query.why


@pytest.mark.parametrize(
    "figures",
    [
        "MD,2.00,1.00,,,0.046,,60",  # z
        "MD,2.00,1.00,,,0.050,,60",  # t on 58
        "MD,2.00,1.00,,,<0.05,,60",
        "MD,2,1,,,0.003,,60",  # 2.5 / 0.8 = 3.1: the figures are printed roughly
        "MD,0.0,1.0,,,1.00,,60",
        "HR,2.00,,0.50,8.00,0.33,,60",
        "HR,0.40,,0.00,2.00,0.33,,60",  # a limit that rounds to 0 says nothing on the log scale
    ],
)
def test_a_p_that_follows_from_some_rounding_and_z_or_t(review, figures):
    add_trial(review, reported=effect(figures))
    assert "p" not in columns(review)


def test_a_p_is_recomputed_from_the_arms(review):
    # SE = sqrt(25/30 + 25/30) = 1.29; 1 / 1.29 = 0.77 and p 0.44
    add_trial(review, arms=two_arms("30,21.0,5.0,", "30,20.0,5.0,"), reported=effect(",,,,,0.01,,60"))
    (query,) = queries(review)
    assert query.column == "p" and "means and spreads" in query.what


@pytest.mark.parametrize(("p", "found"), [("0.04", ["p"]), ("0.08", []), ("0.20", []), ("0.40", ["p"])])
def test_arms_that_differ_give_p_by_separate_and_by_pooled_variances(review, p, found):
    # A difference of 2; separate: sqrt(25/30 + 4/10) = 1.11, z 1.80, p 0.07;
    # pooled: sqrt((29 * 25 + 9 * 4) / 38 * (1/30 + 1/10)) = 1.63, z 1.22, p 0.22, and 0.25 by t on 9
    arms = two_arms("30,22.0,5.0,", "10,20.0,2.0,", "strength")
    add_trial(review, arms=arms, reported=effect(f",,,,,{p},,40", "strength"))
    assert columns(review) == found


@pytest.mark.parametrize(
    ("p", "odd"), [("0.0150", True), ("0.0161", False), ("0.235", False), ("0.245", True)]
)
def test_a_p_of_unequal_arms_may_come_from_pooled_or_separate_variances(review, p, odd):
    # The difference of 4 has an SE of sqrt((9 x 10^2 + 39 x 2^2) / 48 x (1/10 + 1/40)) = 1.658 with one
    # variance, and of sqrt(10^2/10 + 2^2/40) = 3.178 with two: p from 0.0159 (z) to 0.240 (t on 9).
    card = CARD.replace("n: 60", "n: 50").replace("n: 30", "n: 10", 1).replace("n: 30", "n: 40", 1)
    arms = two_arms("10,24.0000,10.0000,", "40,20.0000,2.0000,")
    add_trial(review, arms=arms, reported=effect(f",,,,,{p},,50"), card=card)
    assert ["p" in columns(review)] == [odd]


def test_a_spread_is_compared_with_the_middle_of_the_other_trials(review):
    # Nobody else measured strength as one SD; the middle leaves out the trial itself.
    for name, sd in {"abel2011": 1, "bora2012": 2, "cleo2013": 40, "dora2014": 50}.items():
        arms = two_arms(f"30,20,{sd},", f"30,20,{sd},", outcome="strength")
        add_trial(review, name, arms=arms, doi=f"10.1000/{name}")

    def others(name):
        return {
            re.search(r"differs greatly from (\S+) in the median of 3", query.what)[1]
            for query in queries(review, name)
        }

    assert {name: others(name) for name in ("abel2011", "bora2012", "cleo2013", "dora2014")} == {
        "abel2011": {"40"}, "bora2012": {"40"}, "cleo2013": {"2"}, "dora2014": {"2"},
    }  # fmt: skip
    add_trial(review, arms=two_arms("30,20,8,", "30,20,8,", outcome="strength"))
    (found,) = {query.what for query in queries(review, "dora2014")}
    assert found == "an SD of 50 differs greatly from 5 in the median of 4 other trials on this scale"


def test_without_n_a_p_can_only_be_too_small(review):
    arms = two_arms(",21.0,5.0,", ",20.0,5.0,")
    add_trial(review, arms=arms, reported=effect(",,,,,0.90,,"))
    assert queries(review) == []
    add_trial(review, "rara2016", arms=arms, reported=effect(",,,,,0.01,,"), doi="10.1000/rara")
    assert [query.column for query in queries(review, "rara2016")] == ["p"]


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        ("MD,2.0,,0.0,5.0,,,60", ["estimate"]),
        ("MD,2.5,,0.0,5.0,,,60", []),
        ("MD,2.55,,0.0,5.0,,,60", []),  # the limits may be 0.04 and 5.05, the estimate 2.545
        ("OR,2.00,,1.00,4.00,,,60", []),  # even on the log scale
        ("OR,2.50,,1.00,4.00,,,60", ["estimate"]),  # even on the linear one
    ],
)
def test_an_interval_sits_about_its_estimate_on_its_scale(review, figures, found):
    add_trial(review, reported=effect(figures))
    assert columns(review) == found


def test_a_ratio_beyond_five_is_very_large(review):
    add_trial(review, reported=effect("HR,0.10,,0.05,0.20,,,60"))
    assert columns(review) == ["estimate"]


def test_a_difference_beyond_all_that_people_lose(scale):
    # 26 weeks are 5.98 months, at 1 point a month at most
    add_trial(scale, arms=two_arms("30,30,9,", "30,23,9,", "alsfrs_r"))
    (query,) = queries(scale)
    assert "differ by 7 points after 26 weeks" in query.what and "gives 6.0" in query.why


def test_a_difference_that_was_there_at_entry_is_not_the_effect(scale):
    rows = [*two_arms("30,39,9,", "30,35,9,", "alsfrs_r", 0), *two_arms("30,30,9,", "30,22,9,", "alsfrs_r")]
    add_trial(scale, arms=rows)
    assert "more than people lose" not in " ".join(query.what for query in queries(scale))


@pytest.mark.parametrize(("outcome", "gap"), [("alsfrs_r_decline", 1.1), ("alsfrs_r_percent", 30)])
def test_rates_and_percentages_are_judged_too(scale, outcome, gap):
    # 30 % of 24 points are 7.2
    add_trial(scale, arms=two_arms(f"30,{gap},40,", "30,0,40,", outcome))
    assert ["more than people lose" in query.what for query in queries(scale)] == [True]


@pytest.mark.parametrize("kept", [(), ("arms",), ("reported",), ("arms", "reported")])
def test_a_trial_whose_tables_are_gone_gets_one_warning(review, kept):
    add_trial(review, arms=two_arms("30,20,5,", "30,20,5,"), reported=effect("MD,0,1,,,,,60"))
    for table in {"arms", "reported"} - set(kept):
        (review / f"data/trials/nova2015/{table}.csv").unlink()
    assert [(query.line, query.column) for query in queries(review)] == ([] if kept else [(17, "contrasts")])
    done = command(review, "check")
    assert done.returncode == 0
    warned = (
        "warning: data/trials/nova2015/trial.yml:17: contrasts: contrasts are declared, but" in done.stdout
    )
    assert warned == (not kept)


def test_a_table_of_a_header_alone_holds_no_result(review):
    add_trial(review)
    (review / "data/trials/nova2015/arms.csv").write_text(ARMS)
    assert columns(review) == ["contrasts"]


def test_nobody_asks_for_the_results_of_an_excluded_trial(review):
    add_trial(review, card=CARD.replace("design:", "excluded: Not randomized\ndesign:"))
    assert queries(review) == []


def test_arms_that_do_not_add_up_to_the_people(review):
    add_trial(review, card=CARD.replace("n: 60", "n: 61"), reported=effect("MD,0,1,,,,,60"))
    (query,) = queries(review)
    assert query.path.endswith("trial.yml") and query.line == 7
    assert "30 + 30 = 60" in query.why


def test_more_people_analysed_than_there_were(review):
    add_trial(review, reported=effect("MD,1,1,,,,,70"))
    assert columns(review) == ["n"]


def test_people_analysed_who_are_not_behind_the_means(review):
    add_trial(review, arms=two_arms("28,20,5,", "28,20,5,"), reported=effect("MD,0,1,,,,,50"))
    (query,) = queries(review)
    assert query.column == "n" and "28 + 28 = 56" in query.why


def test_an_sd_and_an_se_that_disagree_a_little(review):
    # 5 / sqrt(25) = 1, where 1.5 is printed; a model could give it
    add_trial(review, arms=two_arms("25,20,5.0,1.5", "25,20,5.0,1.0"))
    (query,) = queries(review)
    assert (query.line, query.column) == (2, "se")
    assert check_evidence(review) == []


def test_a_source_of_tomorrow_is_noticed_only_when_the_day_is_given(review):
    add_trial(review, reported=effect("MD,0,1,,,,,60"))
    assert queries(review) == []
    assert queries(review, today=date(2020, 1, 1)) == []
    (query,) = queries(review, today=date(2019, 12, 31))
    assert query.column == "sources.paper.seen" and query.line == 20


# What cannot be right is a fault: the build stops.
IMPOSSIBLE = {
    "n above the participants randomised": (two_arms("31,20,5,", "30,20,5,"), "n: expected at most 30"),
    "events above the participants randomised": (
        ("training,score,26,,,,,31", "usual,score,26,,,,,3"),
        "events: expected at most 30",
    ),
    "an sd and an se of different things": (two_arms("25,20,5,3", "25,20,5,1"), "se: expected about 1"),
    "an se as large as its sd": (two_arms(",20,5,4.9", ",20,5,1"), "se: expected at most 3.5"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_impossible_row_is_a_fault(review, name):
    rows, message = IMPOSSIBLE[name]
    add_trial(review, arms=rows)
    (fault,) = check_evidence(review)
    assert str(fault).startswith(f"data/trials/nova2015/arms.csv:2: {message}")


def test_more_people_who_completed_than_began_is_a_fault(review):
    completed = "    completed: {n: 31, source: paper, locator: abstract}\n  usual:"
    add_trial(review, card=CARD.replace("  usual:", completed, 1))
    (fault,) = check_evidence(review)
    assert str(fault).startswith(
        "data/trials/nova2015/trial.yml:13: arms.training.completed.n: expected at most"
    )


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("doi", '"10.1000/nova"', '"10.1000/NOVA"'),
        ("pmid", '"10.1000/nova", pmid: "123"', '"10.1000/rara", pmid: "123"'),
    ],
)
def test_one_report_in_two_folders_is_a_fault(review, kind, first, second):
    add_trial(review, doi="10.1000/nova")
    add_trial(review, "rara2016")
    for name, doi in (("nova2015", first), ("rara2016", second)):
        edit(review / f"data/trials/{name}/trial.yml", '"10.1000/nova"', doi)
    (fault,) = check_evidence(review)
    assert str(fault) == (
        f"data/trials/rara2016/trial.yml:20: sources.paper.{kind}: "
        f"expected one folder for each trial, found the {kind} of nova2015"
    )


def test_one_registration_in_two_folders_is_a_fault(review):
    card = CARD.replace("design:", "registration: NCT00000001\ndesign:")
    add_trial(review, card=card)
    add_trial(review, "rara2016", card=card, doi="10.1000/rara")
    assert [fault.column for fault in check_evidence(review)] == ["registration"]


def test_a_card_may_quote_the_report_of_another_trial(review):
    bib = review / "references.bib"
    bib.write_text(bib.read_text() + "@article{nova2015, title={A}}\n@article{rara2016, title={B}}\n")
    own = '  own: {{kind: primary_abstract, cite: {0}, doi: "10.1000/own-{0}", seen: 2020-01-01}}\n'
    for name in ("nova2015", "rara2016"):
        add_trial(review, name, card=CARD.replace("missing:", own.format(name) + "missing:"))
    assert check_evidence(review) == []


def command(root, *words):
    return subprocess.run(
        [sys.executable, "-m", "alsreview", *words, "--root", str(root)], capture_output=True, text=True
    )


def test_the_check_command_prints_warnings_and_is_content(review):
    add_trial(review, reported=effect("MD,2.0,,0.0,5.0,,,60"))
    done = command(review, "check")
    assert done.returncode == 0
    assert "warning: data/trials/nova2015/reported.csv:2: estimate: the estimate 2 is not in" in done.stdout


def test_the_same_evidence_gets_the_same_queries_in_the_order_of_their_places(review, tmp_path):
    add_trial(review, "rara2016", reported=effect("MD,2.0,,0.0,5.0,,,60"), doi="10.1000/rara")
    rows = two_arms("30,24.5,2,", "30,20,2,", outcome="strength")
    add_trial(review, arms=rows, reported=effect("MD,2.0,,0.0,5.0,0.9,,61"))
    found = plausibility(load_evidence(review))
    places = [(query.path, query.line) for query in found]
    assert len(places) > 5 and places == sorted(places)
    again = plausibility(load_evidence(shutil.copytree(review, tmp_path / "again")))
    assert found == again
