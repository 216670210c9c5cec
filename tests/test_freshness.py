"""A page says how fresh the review is kept; how late that is, it says on the day it is read."""

import json
import os
from datetime import date
from pathlib import Path
from threading import Thread
from time import time

import pytest
from invented_review import edit

from livingreview.book.freshness import line
from livingreview.book.serve import server
from livingreview.evidence import load_evidence
from livingreview.release.freshness import Freshness, freshness

CONTRACT = """freshness:
  chosen: 2026-11-22
  why: Invented.
  search: {sources: [PubMed, Europe PMC], every_days: 7, overdue_days: 28}
  decision: {every_days: 31, overdue_days: 62}
  version: {every_days: 183, overdue_days: 366}
  triggers: [A trial]
  retire_after_days: 365
  retire_when: [Nobody searched for a year]
  retirement_text: It is kept as it was.
"""
SEARCHES = "search_id,date,source,query,records,new,note\n"
BOOK = Path(__file__).parents[1] / "livingreview" / "book"
PAGE = """<!DOCTYPE html><html lang="en" data-content_root="./"><head><meta charset="utf-8">
<title>A page</title>
{meta}<script defer src="freshness.js"></script></head>
<body><main><article class="bd-article"><h1>A page</h1></article></main>{line}</body></html>"""
LINE = Freshness(
    searched=date(2027, 1, 4),
    waiting=2,
    due={"search": date(2027, 1, 11), "version": date(2027, 5, 24)},
    overdue={"search": date(2027, 2, 1), "version": date(2027, 11, 23)},
    retired=None,
    notice="",
    lapses=date(2028, 1, 4),
    lapsed_notice="Since 4 January 2028 this review meets its own rule for retirement.",
)
RETIRED = Freshness(None, 0, {}, {}, (date(2030, 1, 1), "Answered"), "Retired <b>&amp; kept.")


@pytest.fixture
def promised(review):
    """The invented review, with a promise."""
    edit(review / "data/protocol.yml", "last_search: Never.\n", f"last_search: Never.\n{CONTRACT}")
    return review


def search(review, *rows: str) -> None:
    (review / "data/searches.csv").write_text(SEARCHES + "".join(f"{row}\n" for row in rows))


# ---- the dates


def test_the_review_is_as_fresh_as_the_source_that_was_searched_longest_ago(promised):
    search(
        promised,
        "2027-01-04-epmc,2027-01-04,Europe PMC,all,3,0,",
        "2027-01-04-pubmed,2027-01-04,PubMed,all,5,0,",
        "2027-01-11-pubmed,2027-01-11,PubMed,all,5,0,",
    )
    found = freshness(load_evidence(promised))
    assert found.searched == date(2027, 1, 4) and found.due["search"] == date(2027, 1, 11)
    assert found.words.startswith("Last search 4 January 2027 \u00b7 next search due by 11 January 2027")


def test_a_record_that_waits_is_to_be_decided_within_a_month_of_its_day(promised):
    search(
        promised,
        "2027-01-04-epmc,2027-01-04,Europe PMC,all,3,0,",
        "2027-01-04-pubmed,2027-01-04,PubMed,all,5,2,",
    )
    (promised / "data/candidates.csv").write_text(
        "record_id,found,search_id,source,title,authors,year,journal,doi,pmid,registry,reason\n"
        "one,2027-01-04,2027-01-04-pubmed,PubMed,One,,,,,1,,Invented\n"
        "two,2027-01-04,2027-01-04-pubmed,PubMed,Two,,,,,2,,Invented\n"
    )
    found = freshness(load_evidence(promised))
    assert found.waiting == 2 and found.words.endswith("2 records awaiting screening")
    assert (found.due["decision"], found.overdue["decision"]) == (date(2027, 2, 4), date(2027, 3, 7))


def test_a_retired_review_owes_nothing_and_says_why(promised):
    edit(
        promised / "data/protocol.yml",
        "freshness:\n",
        'retired: {date: 2030-01-01, reason: "Both questions are answered."}\nfreshness:\n',
    )
    found = freshness(load_evidence(promised))
    assert (
        found.due == found.overdue == {}
        and found.lapses is None
        and found.words == "Retired on 1 January 2030."
    )
    notice = "This review was retired on 1 January 2030: Both questions are answered. It is kept as it was."
    assert found.notice == notice


def test_the_rule_for_retirement_is_met_a_year_after_the_last_search(promised):
    assert freshness(load_evidence(promised)).lapses == date(
        2027, 11, 22
    )  # a year after the promise, if none was ever run
    search(
        promised,
        "2027-01-04-epmc,2027-01-04,Europe PMC,all,3,0,",
        "2027-02-04-pubmed,2027-02-04,PubMed,all,5,2,",
    )
    found = freshness(load_evidence(promised))
    assert found.lapses == date(2028, 1, 4)
    assert found.lapsed_notice.startswith(
        "Since 4 January 2028 this review meets its own rule for retirement: no search was run, or a record"
    )
    said = json.loads(found.to_json())
    assert (said["lapses"], said["lapsed"]) == ("2028-01-04", found.lapsed_notice)


# ---- the day it is read


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page that holds a line on a given day."""
    context = browser.new_context()

    def read(found: Freshness, day: str, url: str = "", meta: str = ""):
        (tmp_path / "index.html").write_text(PAGE.format(line=line(found), meta=meta))
        (tmp_path / "freshness.js").write_text((BOOK / "freshness.js").read_text())
        page = context.new_page()
        page.clock.set_fixed_time(f"{day}T12:00:00Z")
        page.goto(url or (tmp_path / "index.html").as_uri())
        page.wait_for_selector(".lr-fresh[data-state]")
        page.wait_for_timeout(100)
        return page

    yield read
    context.close()


@pytest.mark.parametrize(
    ("day", "word"),
    [
        ("2027-01-10", "Up to date"),
        ("2027-01-11", "Update due"),
        ("2027-01-31", "Update due"),
        ("2027-02-01", "Update overdue"),
        ("2028-01-03", "Update overdue"),
        ("2028-01-04", "Meets its rule for retirement"),
        ("2029-01-01", "Meets its rule for retirement"),
    ],
)
def test_the_state_has_a_word_and_turns_on_the_day_itself(opened, day, word):
    page = opened(LINE, day)
    assert page.inner_text(".lr-fresh strong") == word
    assert "Last search 4 January 2027" in page.inner_text(".lr-fresh")
    notice = page.query_selector(".lr-notice")
    said = {
        "Update overdue": "This review is not being kept as it promised.",
        "Meets its rule for retirement": LINE.lapsed_notice,
    }.get(word)
    assert bool(notice) == bool(said)
    assert not said or notice.inner_text().startswith(said)


def test_a_retired_review_says_so_on_top_and_its_words_are_no_markup(opened):
    page = opened(RETIRED, "2031-01-01")
    assert page.inner_text(".lr-fresh strong") == "Retired"
    assert page.inner_text(".lr-notice") == "Retired <b>&amp; kept."


@pytest.fixture
def released(tmp_path):
    """Serve a version of a site, whose page was written when the search of 4 January was the last."""
    folder = tmp_path / "site"
    (folder / "2026.1").mkdir(parents=True)
    (folder / "2026.1/index.html").write_text(
        PAGE.format(line=line(LINE), meta='<meta name="review-version" content="2026.1">')
    )
    (folder / "2026.1/freshness.js").write_text((BOOK / "freshness.js").read_text())
    with server(folder, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_port}/2026.1/index.html"
        running.shutdown()


def test_a_version_learns_what_was_searched_since(opened, released):
    folder, url = released
    later = {"search": date(2027, 6, 14)}
    now = Freshness(date(2027, 6, 7), 0, later, {"search": date(2027, 7, 5)}, None, "")
    (folder / "freshness.json").write_text(now.to_json())
    page = opened(LINE, "2027-06-10", url)
    assert page.inner_text(".lr-fresh strong") == "Up to date"
    assert "Last search 7 June 2027" in page.inner_text(".lr-fresh")
    (folder / "freshness.json").write_text(RETIRED.to_json())
    an_hour_on = time() + 3600  # a browser asks for what is newer by a second at least
    os.utime(folder / "freshness.json", (an_hour_on, an_hour_on))
    assert opened(LINE, "2027-06-10", url).inner_text(".lr-notice") == "Retired <b>&amp; kept."


@pytest.mark.parametrize("said", [None, "{", json.dumps({"format": 2}), "null"])
def test_a_version_that_cannot_learn_it_judges_by_its_own_dates(opened, released, said):
    folder, url = released
    if said is not None:
        (folder / "freshness.json").write_text(said)
    assert opened(LINE, "2027-06-10", url).inner_text(".lr-fresh strong") == "Update overdue"
