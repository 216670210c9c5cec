"""Harms are counts or words with a source, checked, summarised and said, on invented trials."""

import numpy as np
import pytest
from bs4 import BeautifulSoup
from invented_review import cells, faults, rows

from livingreview import exhibits
from livingreview.certainty import compared, harm_trials, harms
from livingreview.evidence import load_evidence, published_by
from livingreview.exhibits.trials import trial_parts
from livingreview.facts import review_facts
from livingreview.reviews import Review

HEAD = "arm,harm,timepoint_weeks,events,n,statement,source,locator,note"
# The trials of exercise whose comparison counts: alpha, beta, gamma, delta, zeta and kappa; eta compares doses.
TRIALS = ["alpha2001", "beta2002", "delta2004", "gamma2003", "kappa2010", "zeta2006"]


def write(review, trial_id, *rows):
    (review / f"data/trials/{trial_id}/harms.csv").write_text("\n".join([HEAD, *rows]) + "\n")


def said(harm, statement, note="", arm="all"):
    return f"{arm},{harm},,,,{statement},paper,abstract,{note}"


COUNTS = "training,falls,26,2,16,,paper,Table 2,\nusual,falls,26,1,16,,paper,Table 2,"
# ruff: noqa: E501
# The rows, and the fault that must come; line 2 is the first row.
BROKEN = {
    "more events than participants": (["training,falls,26,17,16,,paper,p 1,"], "2: events: expected at most n = 16, found 17"),
    "more than the arm has": (["usual,falls,26,1,9,,paper,p 1,"], "2: n: expected at most 8, the participants randomised to usual, found 9"),
    "counts and a statement": (["all,falls,26,0,16,none_stated,paper,p 1,"], "2: statement: expected counts or a statement, found both"),
    "neither": (["all,falls,26,,,,paper,p 1,"], "2: statement: expected counts or a statement, found neither"),
    "events without participants": (["all,falls,26,1,,,paper,p 1,"], "2: events: expected events and n together, found one of them"),
    "a harm outside the list": ([said("pain", "none_stated")], "2: harm: expected one of the declared harms (adverse_events,"),
    "an arm that is not there": ([said("falls", "none_stated", arm="sham")], "2: arm: expected one of the declared arms (training, usual, all), found 'sham'"),
    "a row twice": ([said("falls", "none_stated"), said("falls", "judged_safe")], "3: arm: expected one row for each harm, timepoint_weeks, arm, found a duplicate row of line 2"),
    "rows out of order": ([said("falls", "none_stated"), said("deaths", "none_stated")], "3: harm: expected rows sorted by harm"),
    "none related of all events": ([said("adverse_events", "none_related_stated")], "2: statement: expected none_stated for adverse_events, found none_related_stated"),
    "silence beside counts": ([said("falls", "not_mentioned"), "training,falls,26,1,8,,paper,p 1,"], "2: statement: expected no other row on falls beside not_mentioned, found one"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_row_at_fault_is_located(review, name):
    rows, message = BROKEN[name]
    write(review, "kappa2010", *rows)
    (found,) = faults(review)
    assert found.startswith(f"data/trials/kappa2010/harms.csv:{message}")


def test_withdrawals_are_computed_from_the_card_and_a_row_goes_before_them(review):
    found = load_evidence(review).harms.set_index(["trial_id", "arm"])
    # 21 randomized and 16 completed; 19 and 16
    assert found.loc[("iota2009", "training"), ["events", "n", "timepoint_weeks"]].tolist() == [5, 21, 26]
    assert found.loc[("iota2009", "usual"), "note"] == "19 randomised minus 16 who completed"
    line = found.loc[("iota2009", "usual"), "line"]
    card = (review / "data/trials/iota2009/trial.yml").read_text().splitlines()
    assert card[line - 1].lstrip().startswith("usual:")
    write(review, "iota2009", "training,withdrawals,26,4,21,,paper,Table 1,")
    found = load_evidence(review).harms.set_index(["trial_id", "arm"])
    assert found.events[[("iota2009", "training"), ("iota2009", "usual")]].tolist() == [4, 3]
    write(review, "iota2009", said("withdrawals", "no_counts"))
    assert load_evidence(review).harms.events.isna().all()


@pytest.fixture
def told(review):
    """Harms of five of six trials, said in every way; of zeta nothing is recorded."""
    write(review, "alpha2001", *COUNTS.split("\n"), said("related_adverse_events", "none_related_stated"))
    judged = said("adverse_events", "judged_safe", "Called safe")
    write(review, "beta2002", judged, said("falls", "not_mentioned"))
    write(review, "delta2004", said("adverse_events", "not_mentioned"), said("falls", "not_mentioned"))
    write(review, "gamma2003", said("adverse_events", "results_not_seen"), said("falls", "results_not_seen"))
    write(review, "kappa2010", said("deaths", "none_stated"), said("falls", "none_stated"))
    write(review, "eta2007", said("falls", "none_stated", "Not one"))
    return review


def test_a_harm_is_summarised_by_counts_and_words_of_the_trials_that_count(told):
    evidence = load_evidence(told)
    assert harm_trials("exercise", evidence) == TRIALS
    falls = harms("exercise", evidence)["falls"]
    counts = falls.counts[["trial_id", "arm", "events", "n"]].to_numpy().tolist()
    assert counts == [["alpha2001", "training", 2, 16], ["alpha2001", "usual", 1, 16]]
    assert falls.statements == {
        "none_stated": ("kappa2010",),
        "not_mentioned": ("beta2002", "delta2004"),
        "results_not_seen": ("gamma2003",),
    }
    assert falls.unrecorded == ("zeta2006",) and falls.reported == {"alpha2001", "kappa2010"}
    early = published_by(evidence, 2009).harms.trial_id
    assert "kappa2010" not in set(early) and "alpha2001" in set(early), "an early replay knows what was out"
    weeks_13 = [row.replace(",26,", ",13,") for row in COUNTS.split("\n")]
    write(told, "alpha2001", *weeks_13, *COUNTS.split("\n"))
    latest = harms("exercise", load_evidence(told))["falls"].counts
    assert latest.timepoint_weeks.tolist() == [26, 26]


def test_a_trial_that_counts_both_arms_has_a_risk_ratio_and_a_difference(told):
    (row,) = compared(harms("exercise", load_evidence(told))["falls"], load_evidence(told)).to_dict("records")
    # 2 of 16 against 1 of 16; the standard error of the log ratio is sqrt(1/2 - 1/16 + 1 - 1/16)
    assert row["rr"] == pytest.approx(2) and row["rd"] == pytest.approx(1 / 16)
    reach = np.exp(1.959964 * np.sqrt(1.5 - 2 / 16))
    assert (row["rr_low"], row["rr_high"]) == pytest.approx((2 / reach, 2 * reach), rel=1e-6)
    write(told, "alpha2001", COUNTS.split("\n")[0])
    assert compared(harms("exercise", load_evidence(told))["falls"], load_evidence(told)).empty


def test_the_summary_of_findings_shows_each_harm_even_where_nothing_is_known(told):
    found = cells(exhibits.summary_of_findings(Review(told), "exercise"))
    assert list(found) == ["Function", "Strength", "Adverse events", "Falls"]
    trials, people, effect, rating, words = found["Falls"]
    # alpha has 32 participants and kappa 16
    assert (trials, people, rating) == ("2 of 6", "48 (randomised)", "not rated")
    assert effect == (
        "Alpha 2001: Training 2 of 16, Usual care 1 of 16. None, according to the source: Kappa 2010. Not "
        "mentioned in the available reports: 2 studies, 74 participants. Results not available to us: 1 study, 20 participants. "
        "No data yet: Zeta 2006"
    ), effect
    assert words == "The numbers on falls are shown and not pooled."
    kinds = ("Serious adverse events", "Adverse events", "Adverse events related to the intervention")
    places = [found["Adverse events"][2].index(f"{name}: ") for name in kinds]
    assert places == sorted(places)
    # Alpha 2001, with 32 participants, and Beta 2002, with 50, report at least one of the three.
    assert found["Adverse events"][:2] == ["2 of 6", "82 (randomised)"]
    assert found["Adverse events"][4] == "No study gave numbers that allow a conclusion about adverse events."
    other = cells(exhibits.summary_of_findings(Review(told), "nibs"))
    assert "Seizures" in other and "Falls" not in other
    # No analysis of stimulation asks about strength; its row says so.
    assert other["Strength"][2:4] == ["No analysis", "not rated"]
    # Two trials with counts are compared one by one, and never pooled.
    write(told, "kappa2010", *(f"{arm},falls,26,3,8,,paper,Table 2," for arm in ("training", "usual")))
    effect = cells(exhibits.summary_of_findings(Review(told), "exercise"))["Falls"][2]
    assert "Alpha 2001: risk ratio 2.00 (95% CI 0.20 to 19.91), risk difference 0.06" in effect
    assert "Kappa 2010: risk ratio 1.00" in effect and effect.count("risk ratio") == 2


def test_tables_and_pages_show_each_statement_in_its_words_with_its_source(told):
    table = exhibits.harms_table(Review(told), "exercise")
    shown = rows(table)
    words = ["All participants", "Judged safe by the authors", "Called safe", "Abstract"]
    assert ["Beta 2002", "Adverse events", *words] in shown
    counts = [row[3] for row in shown if row[0] == "Alpha 2001"]
    assert counts[1:] == ["2 of 16 by 26 weeks", "1 of 16 by 26 weeks"]
    assert ["Zeta 2006", "–", "–", "No data yet", "–", "–"] in shown
    # The trial of two doses is shown, and said to be outside; one that is excluded is not shown.
    assert "Eta 2007 made another comparison and is not part of the summary" in table.html
    assert "Eta 2007" in {row[0] for row in shown} and "Theta 2008" not in {row[0] for row in shown}
    (part,) = [part for part in trial_parts(Review(told), "kappa2010") if part.name == "harms"]
    own = BeautifulSoup(part.html, "html.parser")
    assert own.select_one("tr#kappa2010-harms-2") and "None, according to the source" in own.get_text()


def test_a_trial_whose_harms_nobody_entered_is_not_said_to_mention_none(told):
    # Of delta it is recorded that it does not mention harms; of zeta nothing is, and of iota withdrawals.
    assert review_facts(Review(told))["exercise.harms.not_mentioned"] == 1
    for trial_id, entered, listed in (("delta2004", 1, 1), ("zeta2006", 0, 0), ("iota2009", 0, 1)):
        (html,) = [part.html for part in trial_parts(Review(told), trial_id) if part.name == "harms"]
        assert ("No data on harms have been entered." not in html, "<table" in html) == (entered, listed)


@pytest.mark.evidence
def test_real_trials_record_every_harm_that_their_question_is_asked_about(root):
    evidence = load_evidence(root)
    known = set(evidence.harms.trial_id)
    for question, asked in evidence.protocol["questions"].items():
        found, recorded = harms(question, evidence), known & set(harm_trials(question, evidence))
        for harm in (harm for entry in asked["outcomes"] for harm in entry.get("harms", [])):
            assert not recorded & set(found[harm].unrecorded), (question, harm)
    silent = evidence.harms[evidence.harms.statement.isin(["not_mentioned", "results_not_seen"])]
    assert silent.locator.notna().all()
