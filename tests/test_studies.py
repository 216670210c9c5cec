"""Records, searches, registered trials and trials tell one story, and the checklist leads to its answers."""

from datetime import date

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from invented_review import cells, edit, faults

from livingreview import exhibits
from livingreview.evidence import load_evidence
from livingreview.exhibits.flow import checked_flow
from livingreview.exhibits.trials import trial_parts
from livingreview.facts import review_facts
from livingreview.living.decisions import confirm_rating, signed
from livingreview.reviews import Review

SCREENING, SEARCHES, ONGOING = "data/screening.csv", "data/searches.csv", "data/ongoing.csv"
REPORTS, CANDIDATES, PUBMED = "data/reports.csv", "data/candidates.csv", "data/searches/pubmed.yml"
SOUGHT = [
    "record,report,sought,where,retrieved,would_give,priority,url",
    "alpha2001,Article,2020-01-01,two libraries,no,the slopes,2,https://example.org/alpha",
    "beta2002,Article,2020-01-01,one library,no,the counts,1,",
    "omega2020,Article,2020-01-01,one library,no,the list of trials,3,",
    "xi2014,Thesis,2020-01-01,repository,no,,3,",
]


@pytest.fixture
def searched(screened):
    """The screened review after a search that returned 40 records, two of them new."""
    with (screened / SEARCHES).open("a") as file:
        file.write("2020-02-pubmed,2020-02-01,PubMed,rowing,40,2,\n")
    for record in (",11,,,literature,", "NCT00000001,,registry,"):
        edit(screened / SCREENING, record, f"{record}2020-02-pubmed")
    return screened


@pytest.fixture
def sought(searched):
    (searched / REPORTS).write_text("\n".join(SOUGHT) + "\n")
    return searched


def boxes(root) -> pd.DataFrame:
    counts = checked_flow(load_evidence(root))
    return counts[counts.part == ""].set_index("box")


# ruff: noqa: E501
BROKEN = {
    "exclusion without a reason": (SCREENING, "no_comparator,2020-01-01,,one", ",2020-01-01,,one", "reason: expected one of no_comparator, historical_controls, not_randomized, breathing_muscles_alone, not_a_trial, known_trial, retracted for a record that is excluded, found none"),
    "reason of another decision": (SCREENING, "no_comparator,2020-01-01,,one", "no_results_seen,2020-01-01,,one", "for a record that is excluded, found no_results_seen"),
    "reason for an inclusion": (SCREENING, "included,,2020-01-01,alpha", "included,no_comparator,2020-01-01,alpha", "reason: expected no reason for a record that is included, found no_comparator"),
    "inclusion without a trial": (SCREENING, "2020-01-01,alpha2001", "2020-01-01,", "trial_id: expected the trial that an included record became, found none"),
    "trial under way that became one": (SCREENING, "ongoing,,2020-01-01,", "ongoing,,2020-01-01,alpha2001", "trial_id: expected no trial for a record that is ongoing, found 'alpha2001'"),
    "awaiting against its card": (SCREENING, "included,,2020-01-01,alpha", "awaiting,allocation_unclear,2020-01-01,alpha", "decision: expected included, as its card says, found awaiting"),
    "no trace of it": (SCREENING, ",12,,,review", ",,,,review", "url: expected a doi, a pmid, a registration or a url, found none"),
    "trial without a record": (SCREENING, "alpha2001,\n", "beta2002,\n", "data/trials/alpha2001/trial.yml:1: trial_id: expected one record of data/screening.csv that became this trial, found none"),
    "registered trial without a record": (SCREENING, "NCT00000000,An", "NCT00000009,An", f"{ONGOING}:2: id: expected a record of {SCREENING} with this id, found none"),
    "ongoing without its row": (SCREENING, "NCT00000000,An", "NCT00000009,An", "record_id: expected an ongoing trial to have its row in data/ongoing.csv, found none"),
    "status and decision differ": (ONGOING, "ongoing,recruiting", "no_results,recruiting", "decision: expected awaiting, as data/ongoing.csv:2 implies, found ongoing"),
    "out of scope but kept": (ONGOING, "recruiting,yes", "recruiting,no", "decision: expected excluded, as data/ongoing.csv:2 implies, found ongoing"),
    "more new than decided": (SEARCHES, "40,2,", "40,3,", f"{SEARCHES}:2: new: expected 2, the records of this search in data/screening.csv (box 'Records screened'), found 3"),
    "more new than found": (SEARCHES, "40,2,", "1,2,", f"{SEARCHES}:2: new: expected at most the 1 records found, found 2"),
    "another parameter": (PUBMED, "term:", "query:", f"{PUBMED}:4: queries.rowing.parameters: expected term, found query"),
    "an unknown record to retrieve": (PUBMED, "'101'", "'999'", "expected a number that a card in data/trials contains, found '999'"),
    "no record to retrieve": (PUBMED, "must_find:\n    - '101'\n    - 10.1000/beta", "must_find: []", "expected known records that the search must retrieve"),
    "screened already": (CANDIDATES, "reason\n", "reason\nalpha2001,2020-02-01,2020-02-pubmed,PubMed,T,,,,,,,new\n", f"{CANDIDATES}:2: record_id: expected a record without a decision, found one on {SCREENING}:3; take this row out"),
    "report twice": (REPORTS, "beta2002,", "alpha2001,", f"{REPORTS}:3: report: expected one row for each record, report, found a duplicate row of line 2"),
    "report read and not on the card": (REPORTS, "library,no,the counts,1", "library,yes,the counts,1", f"{REPORTS}:3: retrieved: expected a source of kind primary_fulltext on the card of beta2002"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_each_contradiction_is_found_at_its_place(sought, name):
    path, old, new, message = BROKEN[name]
    edit(sought / path, old, new)
    assert [fault for fault in faults(sought) if message in fault], faults(sought)


def test_the_boxes_count_the_records_of_each_stream(searched):
    # 9 trials and 5 other records; lambda2011, mu2012, nu2013 and theta2008 are excluded,
    # NCT00000000 is under way, xi2014 waits; the search gave lambda2011 and xi2014 among 40 records.
    found = boxes(searched)
    assert list(found.index) == [
        "identified", "removed", "judged", "excluded", "remaining", "ongoing", "awaiting", "included",
    ]  # fmt: skip
    assert found.first_reading.dropna().to_list() == [12, 3, 9, 1, 0, 8]
    assert found.own_searches.to_list() == [40, 38, 2, 1, 1, 0, 1, 0]
    assert found.total.dropna().to_list() == [14, 4, 10, 1, 1, 8]
    (searched / SCREENING).unlink()
    (searched / SEARCHES).unlink()
    with pytest.raises(ValueError, match="expected 8 records of included trials, as in data/trials, found 0"):
        exhibits.flow_figure(Review(searched))


def test_a_trial_of_unclear_allocation_is_neither_included_nor_excluded_and_part_of_no_synthesis(screened):
    theta = screened / "data/trials/theta2008/trial.yml"
    edit(theta, "allocation: not_randomized\nexcluded: Historical controls", "allocation: unclear")
    edit(screened / SCREENING, "excluded,historical_controls", "awaiting,allocation_unclear")
    assert faults(screened) == []
    found = boxes(screened).total
    assert (found["included"], found["awaiting"], found["excluded"]) == (8, 2, 3)
    evidence, shown = load_evidence(screened), Review(screened)
    assert review_facts(shown)["exercise.trials"] == 7
    for each in shown.values():
        assert "theta2008" not in {*each.directions.trial_id, *each.result.trials.get("trial_id", ())}
    for table in (exhibits.trials_table(shown), exhibits.harms_table(shown, "exercise")):
        assert "Theta 2008" not in cells(table)
    parts = {part.name: part.html for part in trial_parts(shown, "theta2008")}
    assert "awaiting classification: allocation not shown to be random" in parts["glance"]
    assert "It is not part of any synthesis (awaiting classification" in parts["used"]
    # Its rows are in no analysis for a reason on record, which is no data query.
    assert evidence.rows["results"]["theta2008"] and "is in no analysis" not in parts["queries"]


def test_a_study_is_listed_with_every_analysis_that_uses_it(review):
    used = {name: " | ".join(row) for name, row in cells(exhibits.trials_table(Review(review))).items()}
    assert "Training and function" in used["Alpha 2001"]
    assert "Training and function" in used["Epsilon 2005"] and "function (" not in used["Epsilon 2005"]
    assert "Training and function (in a pooled estimate)" in used["Delta 2004"]
    assert "Training and strength (direction)" in used["Gamma 2003"]
    assert "Training and function (direction)" in used["Zeta 2006"]


def test_reports_that_were_sought_are_boxes_of_the_flow(searched, sought):
    # The report of the review omega2020 is none of a record; a search found xi2014.
    found = boxes(sought)
    streams = ["first_reading", "own_searches", "total"]
    for box in ("sought", "not_retrieved"):
        assert found.loc[box, streams].to_list() == [2, 1, 3]
    card = sought / "data/trials/alpha2001/trial.yml"
    edit(sought / REPORTS, "libraries,no", "libraries,yes")
    card.write_text(card.read_text().replace("kind: primary_abstract", "kind: primary_fulltext"))
    assert faults(sought) == []
    assert boxes(sought).loc["not_retrieved", streams].to_list() == [1, 1, 2]
    assert "Reports not retrieved in full: 2." in exhibits.flow_figure(Review(sought)).alt


def test_the_reports_that_could_change_most_come_first(sought):
    table = exhibits.reports_table(Review(sought))
    rows = {name: row[0] for name, row in cells(table).items()}
    assert list(rows.items()) == [("Beta 2002", "1"), ("Alpha 2001", "2"), ("Omega 2020", "3"), ("Xi", "3")]
    page = BeautifulSoup(table.html, "lxml")
    assert [a["href"] for a in page.select("tbody a")] == ["https://example.org/alpha"]


def test_the_diagram_draws_every_count_and_what_nobody_counted_is_never_zero(screened, request):
    assert boxes(screened).own_searches.isna().all()
    figure = exhibits.flow_figure(Review(screened))
    said = figure.table.html + str(figure.chart.to_dict())
    assert "no search yet" in said and "Our searches: 0" not in said
    figure = exhibits.flow_figure(Review(request.getfixturevalue("searched")))
    rows = cells(figure.table)
    assert rows["Records identified"] == ["not recorded", "40", "not recorded"]
    assert rows["Ongoing trials"] == ["1", "0", "1"]
    data = figure.chart.to_dict()["datasets"].values()
    words = {row["words"] for rows in data for row in rows if "words" in row}
    assert any("Our searches: 40" in each for each in words)
    assert any("no control or sham group: 2" in each for each in words)
    assert "Records screened: 14 (articles, abstracts and their records" in figure.alt


def test_the_diagram_counts_the_full_articles_of_included_trials_once_for_each(screened):
    for trial_id in ("alpha2001", "beta2002", "theta2008"):  # theta is excluded
        card = screened / f"data/trials/{trial_id}/trial.yml"
        edit(card, "kind: primary_abstract", "kind: primary_fulltext")
    copy = '  copy: {kind: primary_fulltext, pmid: "101", seen: 2020-01-01}\n'
    edit(screened / "data/trials/alpha2001/trial.yml", "missing:", f"{copy}missing:")
    assert exhibits.flow_figure(Review(screened)).alt.endswith("Full articles retrieved: 2.")


def test_the_tables_lead_to_the_trial_the_paper_or_the_register_and_their_text_is_never_markup(screened):
    hostile = "<script>alert(1)</script>{{x}} ```{raw} html"
    edit(screened / SCREENING, "Mu,", f"{hostile},")
    edit(screened / SCREENING, "one arm", "=cmd()|<b>")
    page = BeautifulSoup(exhibits.excluded_table(Review(screened)).html, "lxml")
    links = {row.th.text: row.th.a["href"] for row in page.select("tbody tr")}
    assert links["Theta 2008: theta2008"] == "trials/theta2008.html#theta2008"
    assert links["Lambda"] == "https://pubmed.ncbi.nlm.nih.gov/11/"
    assert hostile in links and not page.script and not page.b
    page = BeautifulSoup(exhibits.awaiting_table(Review(screened)).html, "lxml")
    assert page.select_one("tbody a")["href"] == "https://clinicaltrials.gov/study/NCT00000001"
    edit(screened / ONGOING, ",status_seen,in_scope", ",status_seen,expected,in_scope")
    edit(screened / ONGOING, "recruiting,yes", "recruiting,2021-12-31,yes")
    rows = cells(exhibits.ongoing_table(Review(screened)))
    assert rows["An invented trial (NCT00000000)"][1:4] == ["40", "recruiting", "31 December 2021"]


# The checklist.

ITEMS = """items:
  - {item: "1", guideline: PRISMA 2020, topic: Title, asks: A title, answered: "index#a-book"}
  - {item: "2", guideline: PRISMA 2020, topic: Abstract, asks: An abstract, answered: chapters/one#what-is-missing-and-where, also: chapters/one#a-b-bold-b-plain-one, not_yet: Half of it}
  - {item: "3", guideline: PRISMA 2020, topic: Reason, asks: A reason, not_yet: "<b>Nothing</b>"}
"""


@pytest.fixture
def listed(review):
    (review / "chapters").mkdir()
    (review / "index.md").write_text("# A book\n\n```{code-cell} python3\n# no heading\n```\n")
    (review / "chapters" / "one.md").write_text(
        "# One\n\n## What is *missing*, and where\n\n## A <b>bold</b> & plain one\n"
    )
    (review / "data" / "checklist.yml").write_text(ITEMS)
    return review


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("index#a-book", "index#gone", "2: items.0.answered: expected one of the declared headings"),
        ("chapters/one#what", "chapters/two#what", "3: items.1.answered: expected one of the declared headings"),
        (', not_yet: "<b>Nothing</b>"', "", "4: items.2.answered: expected where it is reported, or under not_yet what"),
        ('item: "2"', 'item: "1"', "3: items.1.item: expected each item once, found '1' again"),
        ('not_yet: "<b>Nothing</b>"', 'not_yet: x, also: "index#a-book"', "4: items.2.also: expected a first place"),
    ],
)  # fmt: skip
def test_a_dead_link_or_an_unclear_item_fails_the_check(listed, old, new, message):
    assert faults(listed) == []
    edit(listed / "data/checklist.yml", old, new)
    assert [fault for fault in faults(listed) if fault.startswith(f"data/checklist.yml:{message}")]


def test_the_checklist_shows_states_and_links_with_pages_and_headings_as_they_are_written(listed):
    page = BeautifulSoup(exhibits.checklist_table(Review(listed), "PRISMA 2020").html, "lxml")
    rows = [[td.text for td in row.find_all("td")] for row in page.select("tbody tr")]
    assert [row[1] for row in rows] == ["reported", "partly reported", "not reported"]
    assert {a.text: a["href"] for a in page.select("a")} == {
        "A book": "../index.html#a-book",
        "One – What is missing, and where": "../chapters/one.html#what-is-missing-and-where",
        "One – A <b>bold</b> & plain one": "../chapters/one.html#a-b-bold-b-plain-one",
    }
    assert rows[2][4] == "<b>Nothing</b>" and page.b is None
    counts = BeautifulSoup(exhibits.open_items_table(Review(listed)).html, "lxml")
    assert [td.text for td in counts.select("tbody td")] == ["1", "1", "1", "3"]


def test_an_item_is_open_until_the_data_hold_what_it_needs(screened):
    (field,) = load_evidence(screened).columns["checklist.yml"].values()
    needs = field["fields"]["needs"]["choices"]
    item = "  - {{item: '{0}', guideline: PRISMA 2020, topic: T, asks: A, answered: index, needs: [{0}]}}\n"
    (screened / "index.md").write_text("# A book\n")
    (screened / "data/checklist.yml").write_text("items:\n" + "".join(map(item.format, needs)))

    def told() -> list[tuple[str, str]]:
        assert faults(screened) == []
        shown = cells(exhibits.checklist_table(Review(screened), "PRISMA 2020"))
        return [(row[1], row[4]) for row in shown.values()]

    assert told() == [
        ("partly reported", "No search of our own has been run"),
        ("partly reported", "Who screened some records was not recorded"),
        ("partly reported", "No rating of certainty has been confirmed by a person"),
    ]
    with (screened / SEARCHES).open("a") as file:
        file.write("2020-02-pubmed,2020-02-01,PubMed,exercise,40,0,\n")
    head, *rows = (screened / SCREENING).read_text().splitlines()
    (screened / SCREENING).write_text("\n".join([f"{head},by", *(f"{row},A reader" for row in rows)]) + "\n")
    confirm_rating(screened, "function", signed("A reader", "Invented", date(2020, 2, 1)))
    assert told() == [("reported", "")] * 3


@pytest.mark.evidence
def test_the_real_checklist_holds_every_item_of_prisma_2020(root):
    items = load_evidence(root).checklist["items"]
    numbers = [item["item"] for item in items if item["guideline"] == "PRISMA 2020"]
    parts = {10: "ab", 13: "abcdef", 16: "ab", 20: "abcd", 23: "abcd", 24: "abc"}
    assert numbers == [f"{n}{part}" for n in range(1, 28) for part in parts.get(n, [""])]
