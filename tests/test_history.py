"""The history puts replays, versions and the present text in a row, and lists what moved."""

import json

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from invented_review import edit

from livingreview.charts import MOST, history, history_alt, latest
from livingreview.evidence import load_evidence
from livingreview.exhibits import contract_table, moments_table, searches_table
from livingreview.exhibits.searches import search_events
from livingreview.release import history as told
from livingreview.release.records import record_faults
from livingreview.release.results import from_text, results, to_text
from livingreview.reviews import Review

SEARCHES = "search_id,date,source,query,records,new,note\n"


def keep(review, version: str, day: str, **changes) -> None:
    """Keep results as a version of the review, changed in the primary analysis named function."""
    frame = results(review).assign(date=day).astype(object)
    for column, value in changes.items():
        frame.loc[frame.analysis_id == "function", column] = value
    (review / "data/releases").mkdir(exist_ok=True)
    (review / f"data/releases/{version}.csv").write_text(to_text(frame))


@pytest.fixture
def versions(review):
    """Three versions: the second gained a trial, the third is as sure as none before."""
    first = {"trial_ids": "alpha2001", "k": 1, "trials": 1, "people": 40, "estimate": 1.5}
    keep(review, "2020.1", "2020-02-01", **first)
    keep(review, "2020.2", "2020-03-01")
    keep(review, "2020.10", "2020-04-01", certainty="low")
    return review


def said(review) -> dict[str, list]:
    """What moved in the analysis named function, by moment."""
    names = load_evidence(review).trials.set_index("trial_id").label
    found = told.moved(told.history(review), names.to_dict())
    return {moment: [m for m in each if m.title == "Training and function"] for moment, each in found.items()}


def test_versions_stand_in_the_order_of_their_numbers_and_all_is_new_in_the_first(versions):
    found = said(versions)
    assert list(found) == ["2020.1", "2020.2", "2020.10", "present draft"]
    (first,) = found["2020.1"]
    assert first.before == "" and first.after.startswith("1.50 points (")


def test_the_trials_that_moved_the_answer_are_named(versions):
    labels = load_evidence(versions).trials.set_index("trial_id").label
    (move,) = said(versions)["2020.2"]
    assert move.what == "result" and move.before.startswith("1.50 points (")
    assert labels["beta2002"] in move.gained and labels["alpha2001"] not in move.gained and not move.lost


def test_a_trial_that_went_is_named_and_one_without_a_card_stands_for_itself(versions):
    keep(versions, "2020.11", "2020-05-01", trial_ids="alpha2001 gone1999", estimate=9.0, certainty="low")
    (move,) = said(versions)["2020.11"]
    assert (move.gained, move.lost) == (("gone1999",), ("Beta 2002", "Epsilon 2005"))


def test_a_version_is_compared_with_the_moment_before_it(versions):
    (move,) = said(versions)["2020.10"]
    assert (move.what, move.before, move.after) == ("certainty", "very low", "low")
    edit(versions / "data/protocol.yml", "last_search: Never.\n", "last_search: Never.\nreplays: [2001]\n")
    for later in ("2020.2", "2020.10"):
        (versions / f"data/releases/{later}.csv").unlink()
    assert list(said(versions))[:2] == ["end of 2001", "2020.1"]
    assert said(versions)["2020.1"][0].before


def test_an_answer_that_gains_or_loses_its_estimate_says_so(versions):
    none = {"estimate": None, "ci_low": None, "ci_high": None, "trial_ids": None, "k": 0}
    keep(versions, "2020.11", "2020-05-01", missing_trials=3, **none)
    keep(versions, "2020.12", "2020-06-01", missing_trials=4, **none)
    keep(versions, "2020.13", "2020-07-01", estimate=9.0)
    found = said(versions)
    assert found["2020.11"][0].after == "no estimate (3 trials could not be used)"
    assert found["2020.12"][0].after == "no estimate (4 trials could not be used)"
    assert found["2020.13"][0].after.startswith("9.00 points")


def test_the_table_has_a_row_for_each_move_and_for_a_state_without_one(versions):
    keep(versions, "2020.11", "2020-05-01", certainty="low")
    html = moments_table(Review(versions)).html
    rows = [
        [cell.get_text() for cell in row.find_all(["th", "td"])]
        for row in BeautifulSoup(html, "lxml").select("tbody tr")
    ]
    assert [
        "2020.10",
        "version of 2020-04-01",
        "Training and function",
        "certainty",
        "very low",
        "low",
        "–",
    ] in rows
    assert ["2020.11", "version of 2020-05-01", *["–"] * 5] in rows


def test_text_that_says_what_the_last_version_said_is_not_told_twice(review):
    keep(review, "2020.1", "2020-02-01")
    assert list(said(review)) == ["2020.1"]


def test_another_verdict_on_the_same_numbers_is_told(review):
    keep(review, "2020.1", "2020-02-01", verdict="may improve")
    found = said(review)
    assert list(found) == ["2020.1", "present draft"]
    now = results(review).set_index("analysis_id").verdict["function"]
    assert now == "very uncertain"
    (move,) = found["present draft"]
    assert (move.what, move.before, move.after) == ("verdict", "may improve", now)


def test_a_sentence_that_a_version_kept_as_its_verdict_is_its_bottom_line(review):
    keep(review, "2020.1", "2020-02-01", verdict="Words of another time.")
    kept = from_text((review / "data/releases/2020.1.csv").read_text()).set_index("analysis_id")
    assert kept.bottom_line["function"] == "Words of another time." and pd.isna(kept.verdict["function"])
    assert kept.verdict["strength"] == results(review).set_index("analysis_id").verdict["strength"]
    # Nothing can be said of a verdict that was not kept.
    assert not said(review).get("present draft")


def test_a_version_from_before_verdicts_were_kept_says_what_it_said(review):
    keep(review, "2020.1", "2020-02-01")
    path = review / "data/releases/2020.1.csv"
    path.write_text(pd.read_csv(path, dtype=str).drop(columns=["verdict", "bottom_line"]).to_csv(index=False))
    assert list(said(review)) == ["2020.1"]


def test_replays_come_first_and_are_marked(versions):
    edit(versions / "data/protocol.yml", "last_search: Never.\n", "last_search: Never.\nreplays: [2001]\n")
    rows = told.history(versions)
    assert list(dict.fromkeys(rows.kind)) == ["replay", "version", "present"]
    assert rows.moment.iloc[0] == "end of 2001" and rows.evidence_hash[rows.kind == "replay"].isna().all()
    assert ">retrospective update</td>" in moments_table(Review(versions)).html


def test_a_file_that_is_no_version_is_a_fault_with_its_name(review):
    keep(review, "draft", "2020-02-01")
    assert str(record_faults(review)[0]) == "data/releases/draft.csv:1: file: is not named after a version"


# ---- the chart


def numbers(review) -> pd.DataFrame:
    rows = told.history(review)
    return rows.assign(**rows[["estimate", "ci_low", "ci_high"]].astype(float))


def test_every_analysis_has_its_certainty_and_every_estimate_its_panel(versions):
    rows = numbers(versions)
    spec = history(rows).to_dict()
    titles = [part["title"]["text"] for part in spec["vconcat"][1:]]
    estimated = rows.title[rows.estimate.notna()].unique()
    assert len(titles) == len(estimated) + 1 and titles[-1] == "Certainty"
    (grid,) = [part for part in spec["vconcat"] if part.get("title", {}).get("text") == "Certainty"]
    cells = spec["datasets"][grid["data"]["name"]]
    assert len(cells) == len(rows) and {cell["title"] for cell in cells} == set(rows.title)


def test_an_analysis_without_any_rating_takes_no_row(versions):
    rows = numbers(versions)
    never = rows.assign(title="Never rated", certainty=None)
    for narrow in (False, True):
        said = json.dumps(history(pd.concat([rows, never.assign(estimate=None)]), narrow=narrow).to_dict())
        assert "Never rated" not in said and rows.title.iloc[0] in said
    bare = history(never).to_dict()
    assert "Certainty" not in [part.get("title", {}).get("text") for part in bare["vconcat"]]


def test_the_words_of_the_chart_are_its_numbers(versions):
    words = history_alt(numbers(versions))
    assert words.startswith("Training and function: 2020.1 1.50 (") and "certainty low" in words


def test_a_chart_has_room_for_the_latest_moments_only():
    row = {"kind": "version", "title": "A", "unit": "points", "estimate": 1.0, "ci_low": 0.0, "ci_high": 2.0}
    many = pd.DataFrame([row | {"moment": f"2020.{i}", "certainty": None} for i in range(1, MOST + 3)])
    kept = latest(many).moment.tolist()
    assert len(kept) == MOST and kept[-1] == f"2020.{MOST + 2}" and kept[0] == "2020.3"
    assert history_alt(many.assign(estimate=None)) == "No analysis has ever had an estimate."


# ---- the searches


def test_a_search_that_finds_nothing_is_an_event(review):
    (review / "data/searches.csv").write_text(
        SEARCHES
        + "2020-01-06-epmc,2020-01-06,Europe PMC,all,0,0,\n"
        + "2020-01-06-pubmed,2020-01-06,PubMed,all,1,0,\n"
        + "2020-01-13-pubmed,2020-01-13,PubMed,all,0,0,\n"
    )
    newest, oldest = search_events(load_evidence(review).searches)
    assert newest.words == "Searched PubMed: no record, nothing new."
    assert oldest.words == "Searched Europe PMC and PubMed: 1 record, nothing new."
    table = searches_table(Review(review)).html
    assert table.index("2020-01-13") < table.index("2020-01-06")


def test_before_the_first_search_the_page_says_so(review):
    assert "No search of our own has been run yet" in searches_table(Review(review)).html


@pytest.mark.evidence
def test_the_promise_is_printed_as_the_protocol_has_it(root):
    html, contract = contract_table(Review(root)).html, load_evidence(root).protocol["freshness"]
    search = contract["search"]
    assert f"Every {search['every_days']} days in {search['sources'][0]}" in html
    assert all(text in html for text in [*contract["triggers"], *contract["retire_when"]])
