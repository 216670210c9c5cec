"""Printed figures that cannot stand together are noticed, and those that can are left in peace."""

from datetime import date
from pathlib import Path

import pytest
from invented_review import edit

from livingreview.__main__ import main
from livingreview.evidence import check_evidence, load_evidence
from livingreview.plausibility import plausibility

ARMS = "arm,outcome,timepoint_weeks,n,mean,sd,se,events,source,locator,n_basis\n"
REPORTED = (
    "contrast,outcome,timepoint_weeks,measure,estimate,se,ci_low,ci_high,p,direction,n,source,locator,"
    "n_basis\n"
)
CARD = Path(__file__).with_name("nova2015.yml").read_text()


def add_trial(review, *, arms=(), reported=(), card=CARD):
    """Write a trial whose rows are given without their source; the columns are those of the headers."""
    folder = review / "data/trials/nova2015"
    folder.mkdir(parents=True)
    (folder / "trial.yml").write_text(card)
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


# ruff: noqa: E501
SCALES = """outcomes:
  alsfrs_r: {label: R, unit: points, domain: function, form: score, range: [0, 48]}
  alsfrs_r_decline: {label: D, unit: points lost per month, domain: function, form: decline}
  alsfrs_r_percent: {label: P, unit: percent, domain: function, form: percent_change}
"""


@pytest.fixture
def scaled(review):
    """The invented review with the scale whose natural decline is known, at most 1 point a month."""
    edit(review / "data/outcomes.yml", "outcomes:\n", SCALES)
    protocol = review / "data/protocol.yml"
    protocol.write_text(protocol.read_text().replace("reference_scale: score", "reference_scale: alsfrs_r"))
    return review


def at_two_times(first, then, outcome="score"):
    return [*two_arms(*first, outcome, 0), *two_arms(*then, outcome)]


PEOPLE = CARD.replace("n: 60", "n: 61")
NO_CONTRASTS = CARD.replace(CARD[CARD.index("contrasts:") : CARD.index("sources:")], "")
UNCLEAR = CARD.replace("allocation: randomized", "allocation: unclear")
UNEQUAL = CARD.replace("n: 60", "n: 50").replace("n: 30", "n: 10", 1).replace("n: 30", "n: 40", 1)
# The difference of 4 has an SE of sqrt((9 x 10^2 + 39 x 3^2) / 48 x (1/10 + 1/40)) = 1.805 with one
# variance, and of sqrt(10^2/10 + 3^2/40) = 3.198 with two: p from 0.0267 (z) to 0.2425 (t on 9).
SKEWED = two_arms("10,24.0000,10.0000,", "40,20.0000,3.0000,")
NO_N = two_arms(",21.0,5.0,", ",20.0,5.0,")
# What is printed, the cells that are queried, and what is said of them.
QUERIES = {
    # The other trials have SDs of 4 and 5 on this scale; 0.8 x sqrt(30) = 4.4.
    "an SE entered as SD": ({"arms": two_arms("30,20,0.8,", "30,19,4.4,")}, ["arms.csv:2 sd"], "sqrt(30) = 5.5; a standard error entered as SD?"),
    # Read as an SE, 4.4 gives an SD of 24.
    "an SD entered as SE": ({"arms": two_arms("30,20,,4.4", "30,19,,0.8")}, ["arms.csv:2 se"], "a standard deviation entered as SE?"),
    # The others have 5: 40 / 5 = 8 times larger; nothing to do with sqrt(30) = 5.5 in this direction.
    "an SD far from the others": ({"arms": two_arms("30,20,40,", "30,19,5,")}, ["arms.csv:2 sd"], "an SD of 40 differs greatly from 5 in; 8.0 times larger"),
    # d = 4.5 / 2 = 2.25; J = 1 - 3 / 231, g = 2.22; over sqrt(30) it is 0.41
    "a g beyond two": ({"arms": two_arms("30,24.5,2,", "30,20,2,", "strength")}, ["arms.csv:2 sd"], "g of 2.22; 0.41"),
    # Over sqrt(25) an SE of 0.40 is an SD of 2: d = 2.25, J = 1 - 3 / 191, g = 2.21
    "a g beyond two by an SE": ({"arms": two_arms("25,24.5,,0.40", "25,20,2,", "strength")}, ["arms.csv:2 se"], "g of 2.21; the SDs are computed from SEs"),
    # d = 2 and g = 1.97
    "a g just below two": ({"arms": two_arms("30,24,2,", "30,20,2,", "strength")}, [], ""),
    # sqrt((4 + 9) / 2) = 2.55, d = 2.16, g = 2.13; with 3 for both, g would be 1.81
    "a g of two different SDs": ({"arms": two_arms("30,25.5,2,", "30,20,3,", "strength")}, ["arms.csv:2 sd"], "g of 2.13"),
    # 4 points at baseline; the difference then changes by 1, and by 2 in a year.
    "an imbalance larger than the effect": ({"arms": at_two_times(("30,24.0,5,", "30,20.0,5,"), ("30,25.0,5,", "30,20.0,5,")) + [*two_arms("30,26.0,5,", "30,20.0,5,", weeks=52)]}, ["arms.csv:2 mean"], "differ by 4 at baseline; week 26 changes that by 1"),
    # Printed without decimals, 2 at baseline may be 1 and the later 0 may be 1.
    "an imbalance that rounding may make": ({"arms": at_two_times(("30,22,5,", "30,20,5,"), ("30,20,5,", "30,20,5,"))}, [], ""),
    # 5 / 1.6 = 3.125
    "an SD that jumps": ({"arms": at_two_times(("30,20,5,", "30,20,5,"), ("30,20,5,", "30,20,1.6,"), "strength")}, ["arms.csv:5 sd"], "3.1 times"),
    # SE 1, z = 2: p 0.0455 by z, 0.0502 by t on 58; 0.0445 to 0.0515 with the rounding of 2.0
    "a p that does not follow from SE": ({"reported": effect("MD,2.00,1.00,,,0.20,,60")}, ["reported.csv:2 p"], "p from 0.04"),
    "a p that does not follow from limits": ({"reported": effect("MD,2.00,,0.04,3.96,0.20,,60")}, ["reported.csv:2 p"], "p from 0.04"),
    "a p below": ({"reported": effect("MD,2.00,1.00,,,<0.001,,60")}, ["reported.csv:2 p"], "p from 0.04"),
    "a p above": ({"reported": effect("MD,2.00,1.00,,,>0.3,,60")}, ["reported.csv:2 p"], "p from 0.04"),
    "a bound that holds": ({"reported": effect("MD,2.00,1.00,,,<0.05,,60")}, [], ""),
    # log 2 over log(4) / 1.96 / 1: limits 0.5 to 8, z = 0.98
    "a p of a ratio": ({"reported": effect("HR,2.00,,0.50,8.00,0.01,,60")}, ["reported.csv:2 p"], "p from 0.3"),
    # The estimate may be 0, and p then 1.
    "a p of no difference": ({"reported": effect("MD,0.0,0.10,,,0.99,,60")}, [], ""),
    "p by z": ({"reported": effect("MD,2.00,1.00,,,0.046,,60")}, [], ""),
    "p by t on 58": ({"reported": effect("MD,2.00,1.00,,,0.050,,60")}, [], ""),
    # 1.985 SEs by rounding: p 1 - 1.985 / sqrt(2 + 1.985^2) = 0.186 by t on 2, and 0.295 on 1
    "a p by t on 2": ({"reported": effect("MD,2.00,1.00,,,0.20,,4")}, ["reported.csv:2 p"], "to 0.19"),
    # 2.5 / 0.8 = 3.1: the figures are printed roughly
    "rough figures": ({"reported": effect("MD,2,1,,,0.003,,60")}, [], ""),
    # A limit that rounds to 0 says nothing of p on the log scale.
    "a limit of zero": ({"reported": effect("HR,0.40,,0.00,2.00,0.33,,60")}, ["reported.csv:2 estimate"], ""),
    # SE = sqrt(25/30 + 25/30) = 1.29; 1 / 1.29 = 0.77 and p 0.44
    "a p of the arms": ({"arms": two_arms("30,21.0,5.0,", "30,20.0,5.0,"), "reported": effect(",,,,,0.01,,60")}, ["reported.csv:2 p"], "means and spreads"),
    # SDs of 4.5 give an SE of 1.16, and a difference of 1.1 then p 0.34
    "a p of the arms with rounded SDs": ({"arms": two_arms("30,21.0,5,", "30,20.0,5,"), "reported": effect(",,,,,0.36,,60")}, [], ""),
    # Without n a p can only be too small.
    "no n, a large p": ({"arms": NO_N, "reported": effect(",,,,,0.90,,")}, [], ""),
    "no n, a small p": ({"arms": NO_N, "reported": effect(",,,,,0.01,,")}, ["reported.csv:2 p"], ""),
    "an estimate off its interval": ({"reported": effect("MD,2.0,,0.0,5.0,,,60")}, ["reported.csv:2 estimate"], "the middle is 2.5 on the linear scale"),
    "an estimate amid its interval": ({"reported": effect("MD,2.5,,0.0,5.0,,,60")}, [], ""),
    # The limits may be 0.04 and 5.05, the estimate 2.545.
    "an estimate amid by rounding": ({"reported": effect("MD,2.55,,0.0,5.0,,,60")}, [], ""),
    "a ratio even on the log scale": ({"reported": effect("OR,2.00,,1.00,4.00,,,60")}, [], ""),
    "a ratio even on the linear scale": ({"reported": effect("OR,2.50,,1.00,4.00,,,60")}, ["reported.csv:2 estimate"], ""),
    "a ratio beyond five": ({"reported": effect("OR,6.00,,3.00,12.00,,,60")}, ["reported.csv:2 estimate"], "very large"),
    "a ratio below a fifth": ({"reported": effect("HR,0.16,,0.08,0.32,,,60")}, ["reported.csv:2 estimate"], "very large"),
    # 26 weeks are 5.98 months, at 1 point a month at most.
    "a difference beyond all loss": ({"arms": two_arms("30,30,9,", "30,23,9,", "alsfrs_r")}, ["arms.csv:2 mean"], "differ by 7 points after 26 weeks; gives 6.0"),
    "a rate beyond all loss": ({"arms": two_arms("30,0.2,2.0,", "30,3.0,2.0,", "alsfrs_r_decline")}, ["arms.csv:2 mean"], "differ by 2.8 points a month"),
    # 30 % of 24 points are 7.2.
    "a percentage beyond all loss": ({"arms": two_arms("30,30,40,", "30,0,40,", "alsfrs_r_percent")}, ["arms.csv:2 mean"], "more than people lose"),
    # A higher score is better; the difference of -3.4 has an SE of sqrt(25/30 + 25/30) = 1.29, 2.6 of them.
    "a stated direction against the means": ({"arms": two_arms("30,14.6,5,", "30,18,5,"), "reported": effect(",,,,,,favours_intervention,")}, ["reported.csv:2 direction"], "does not fit the means of 14.6 and 18 (higher is better); a difference of -3.4 in means"),
    "a stated direction with the means": ({"arms": two_arms("30,14.6,5,", "30,18,5,"), "reported": effect(",,,,,,favours_comparator,")}, [], ""),
    "an estimate against the means": ({"arms": two_arms("30,20,5,", "30,18,5,"), "reported": effect("adjusted_MD,-1.5,0.5,,,,,")}, ["reported.csv:2 estimate"], "the estimate of -1.5 and the means of 20 and 18 favour different arms"),
    "no table": ({}, ["trial.yml:17 contrasts"], "contrasts are declared, but"),
    "rows that no contrast uses": ({"arms": two_arms("30,20,5,", "30,20,5,"), "card": NO_CONTRASTS}, ["trial.yml:1 contrasts"], "has rows in arms.csv but is in no analysis no contrasts"),
    "rows of a trial whose allocation is unclear": ({"reported": effect("MD,0,1,,,,,60"), "card": UNCLEAR}, ["trial.yml:5 allocation"], "has rows in reported.csv but is in no analysis allocation unclear"),
    "rows of an excluded trial": ({"arms": two_arms("30,20,5,", "30,20,5,"), "card": NO_CONTRASTS.replace("design:", "excluded: Two reports of one trial\ndesign:")}, [], ""),
    "a label in letters that no font has": ({"reported": effect("MD,0,1,,,,,60"), "card": CARD.replace("label: Nova 2015", "label: 试验 2015")}, ["trial.yml:2 label"], "试验 cannot be drawn"),
    "a label in Greek and with signs": ({"reported": effect("MD,0,1,,,,,60"), "card": CARD.replace("label: Nova 2015", "label: Δοκιμή É <b> & 2015")}, [], ""),
    "arms that do not add up": ({"card": PEOPLE, "reported": effect("MD,0,1,,,,,60")}, ["trial.yml:7 people.n"], "30 + 30 = 60"),
    "more analysed than there were": ({"reported": effect("MD,1,1,,,,,70")}, ["reported.csv:2 n"], ""),
    "analysed but not behind the means": ({"arms": two_arms("28,20,5,", "28,20,5,"), "reported": effect("MD,0,1,,,,,50")}, ["reported.csv:2 n"], "28 + 28 = 56"),
    "the means of one arm without n": ({"arms": two_arms("28,20,5,", ",20,5,"), "reported": effect("MD,0,1,,,,,50")}, [], ""),
    # 5 / sqrt(25) = 1, where 1.5 is printed; a model could give it. An SD of "5" may be 4.75, for an SE of 0.95.
    "an SD and an SE that differ a little": ({"arms": two_arms("25,20,5.0,1.5", "25,20,5,0.95")}, ["arms.csv:2 se"], ""),
    **{
        f"a p of {p} of unequal arms": ({"arms": SKEWED, "reported": effect(f",,,,,{p},,50"), "card": UNEQUAL}, found, "")
        for p, found in {"0.0260": ["reported.csv:2 p"], "0.0270": [], "0.241": [], "0.245": ["reported.csv:2 p"]}.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("name", QUERIES)
def test_figures_that_cannot_stand_together_are_queried_and_others_are_not(scaled, name):
    printed, places, said = QUERIES[name]
    add_trial(scaled, **printed)
    assert check_evidence(scaled) == []
    found = queries(scaled)
    if "unequal" in name:
        found = [query for query in found if query.column == "p"]
    own = "data/trials/nova2015/"
    assert [f"{query.path.removeprefix(own)}:{query.line} {query.column}" for query in found] == places
    words = " ".join(f"{query.what} {query.why}" for query in found)
    assert all(part in words for part in said.split("; ")), words


def test_a_composite_analyses_no_more_than_its_trials_have(review):
    # 20 + 24 in the trials that it covers
    edit(review / "data/trials/epsilon2005/reported.csv", ",40,paper", ",45,paper")
    (query,) = [query for query in queries(review, "epsilon2005") if query.column == "n"]
    assert query.what == "45 participants analysed of 44" and "in the trials that it covers" in query.why


def test_a_source_of_tomorrow_is_noticed_only_when_the_day_is_given(review):
    add_trial(review, reported=effect("MD,0,1,,,,,60"))
    assert queries(review) == queries(review, today=date(2020, 1, 1)) == []
    (query,) = queries(review, today=date(2019, 12, 31))
    assert query.column == "sources.paper.seen" and query.line == 20


def test_the_check_command_prints_warnings_and_is_content(review, capsys):
    add_trial(review, reported=effect("MD,2.0,,0.0,5.0,,,60"))
    assert main(["check", "--root", str(review)]) == 0
    said = capsys.readouterr().out
    assert "warning: data/trials/nova2015/reported.csv:2: estimate: the estimate 2 is not in" in said
    assert "The evidence is well formed, with 3 warnings" in said
