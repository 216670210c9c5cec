"""The history puts replays, versions and the present text in a row, and lists what moved."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from invented_review import edit, keep_version

from livingreview.charts import history
from livingreview.evidence import load_evidence
from livingreview.exhibits import moments_table, searches_table
from livingreview.exhibits.history import search_events
from livingreview.release import results as told
from livingreview.release.results import from_text, results
from livingreview.reviews import Review


@pytest.fixture
def versions(review):
    """Three versions: the second gained a trial, the third is as sure as none before."""
    first = {"trial_ids": "alpha2001", "k": 1, "trials": 1, "people": 40, "estimate": 1.5}
    keep_version(review, "2020.1", "2020-02-01", **first)
    keep_version(review, "2020.2", "2020-03-01")
    keep_version(review, "2020.10", "2020-04-01", certainty="low")
    return review


def said(review) -> dict[str, list]:
    """What moved in the analysis named function, by moment."""
    names = load_evidence(review).trials.set_index("trial_id").label
    found = told.moved(told.history(load_evidence(review)), names.to_dict())
    return {moment: [m for m in each if m.title == "Training and function"] for moment, each in found.items()}


def test_versions_stand_in_the_order_of_their_numbers_and_each_is_compared_with_the_one_before(versions):
    labels = load_evidence(versions).trials.set_index("trial_id").label
    found = said(versions)
    assert list(found) == ["2020.1", "2020.2", "2020.10", "present draft"]
    ((first,), (second,), (third,)) = (found[version] for version in ("2020.1", "2020.2", "2020.10"))
    assert first.before == "" and first.after.startswith("1.50 points (")
    assert second.what == "result" and second.before.startswith("1.50 points (")
    assert labels["beta2002"] in second.gained and labels["alpha2001"] not in second.gained
    assert not second.lost
    assert (third.what, third.before, third.after) == ("certainty", "very low", "low")
    # The table has a row for each move, and for a state without one.
    keep_version(versions, "2020.11", "2020-05-01", certainty="low")
    rows = [
        [cell.get_text() for cell in row.find_all(["th", "td"])]
        for row in BeautifulSoup(moments_table(Review(versions)).html, "lxml").select("tbody tr")
    ]
    moved = ["Training and function", "certainty", "very low", "low", "–"]
    assert ["2020.10", "version of 2020-04-01", *moved] in rows
    assert ["2020.11", "version of 2020-05-01", *["–"] * 5] in rows


def test_another_verdict_on_the_same_numbers_is_told(review):
    now = results(load_evidence(review)).set_index("analysis_id").verdict
    keep_version(review, "2020.1", "2020-02-01", verdict="may improve")
    found = said(review)
    assert list(found) == ["2020.1", "present draft"]
    (move,) = found["present draft"]
    assert (move.what, move.before, move.after) == ("verdict", "may improve", now["function"])
    # A sentence that a version kept as its verdict is its bottom line, and says nothing of the verdict.
    keep_version(review, "2020.1", "2020-02-01", verdict="Words of another time.")
    kept = from_text((review / "data/releases/2020.1.csv").read_text()).set_index("analysis_id")
    assert kept.bottom_line["function"] == "Words of another time." and pd.isna(kept.verdict["function"])
    assert kept.verdict["strength"] == now["strength"] and not said(review).get("present draft")
    keep_version(review, "2020.2", "2020-03-01")
    assert list(said(review)) == ["2020.1", "2020.2"], "the present text says what the last version says"


def test_replays_come_first_and_are_marked(review):
    keep_version(review, "2020.1", "2020-02-01", estimate=1.5)
    edit(review / "data/protocol.yml", "last_search: Never.\n", "last_search: Never.\nreplays: [2001]\n")
    rows = told.history(load_evidence(review))
    assert list(dict.fromkeys(rows.kind)) == ["replay", "version", "present"]
    assert rows.moment.iloc[0] == "end of 2001" and rows.evidence_hash[rows.kind == "replay"].isna().all()
    assert ">retrospective update</td>" in moments_table(Review(review)).html
    assert list(said(review))[:2] == ["end of 2001", "2020.1"] and said(review)["2020.1"][0].before


def test_every_analysis_has_its_certainty_and_every_estimate_its_panel(versions):
    rows = told.history(load_evidence(versions))
    rows = rows.assign(**rows[["estimate", "ci_low", "ci_high"]].astype(float))
    spec = history(rows.assign(null=0.0)).to_dict()
    titles = [part["title"]["text"] for part in spec["vconcat"][1:]]
    estimated = rows.title[rows.estimate.notna()].unique()
    assert len(titles) == len(estimated) + 1 and titles[-1] == "Certainty"
    (grid,) = [part for part in spec["vconcat"] if part.get("title", {}).get("text") == "Certainty"]
    words = [row["words"] for layer in grid["layer"] for row in spec["datasets"][layer["data"]["name"]]]
    assert set(rows.title) <= set(words)
    assert len(words) == len(rows) + rows.title.nunique()


def test_a_search_that_finds_nothing_is_an_event(review):
    (review / "data/searches.csv").write_text(
        "search_id,date,source,query,records,new,note\n"
        "2020-01-06-epmc,2020-01-06,Europe PMC,all,0,0,\n"
        "2020-01-06-pubmed,2020-01-06,PubMed,all,1,0,\n"
        "2020-01-13-pubmed,2020-01-13,PubMed,all,0,0,\n"
    )
    newest, oldest = search_events(load_evidence(review).searches)
    assert newest.words == "Searched PubMed: no record, nothing new."
    assert oldest.words == "Searched Europe PMC and PubMed: 1 record, nothing new."
    table = searches_table(Review(review)).html
    assert table.index("2020-01-13") < table.index("2020-01-06")
