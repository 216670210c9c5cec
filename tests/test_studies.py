"""Records, searches, registered trials and trials tell one story, and the checklist leads to its answers."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml
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
REPORTS = "data/reports.csv"
BROKEN = yaml.safe_load(Path(__file__).with_name("contradictions.yml").read_text())


@pytest.fixture
def searched(screened):
    """The screened review after a search that returned 40 records, two of them new."""
    with (screened / SEARCHES).open("a") as file:
        file.write("2020-02-pubmed,2020-02-01,PubMed,rowing,40,2,\n")
    for record in (",11,,,literature,", "NCT00000001,,registry,"):
        edit(screened / SCREENING, record, f"{record}2020-02-pubmed")
    return screened


@pytest.fixture
def sought(searched, root):
    """The same with reports that were sought, and a checklist with two pages that it leads to."""
    return shutil.copytree(root / "tests/sought", searched, dirs_exist_ok=True)


def boxes(root) -> pd.DataFrame:
    counts = checked_flow(load_evidence(root))
    return counts[counts.part == ""].set_index("box")


@pytest.mark.parametrize("name", BROKEN)
def test_each_contradiction_is_found_at_its_place(sought, name):
    broken = BROKEN[name]
    edit(sought / broken["file"], broken["replace"], broken["by"])
    assert [fault for fault in faults(sought) if broken["fault"] in fault], faults(sought)


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


def test_the_checklist_shows_states_and_links_with_pages_and_headings_as_they_are_written(sought):
    assert faults(sought) == []
    page = BeautifulSoup(exhibits.checklist_table(Review(sought), "PRISMA 2020").html, "lxml")
    rows = [[td.text for td in row.find_all("td")] for row in page.select("tbody tr")]
    assert [row[1] for row in rows] == ["reported", "partly reported", "not reported"]
    assert {a.text: a["href"] for a in page.select("a")} == {
        "A book": "../index.html#a-book",
        "One – What is missing, and where": "../chapters/one.html#what-is-missing-and-where",
        "One – A <b>bold</b> & plain one": "../chapters/one.html#a-b-bold-b-plain-one",
    }
    assert rows[2][4] == "<b>Nothing</b>" and page.b is None
    counts = BeautifulSoup(exhibits.open_items_table(Review(sought)).html, "lxml")
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
