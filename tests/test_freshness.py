"""A page says how fresh the review is kept; how late that is, it says on the day it is read."""

import json
import os
from pathlib import Path
from threading import Thread
from time import time

import pytest
from invented_review import edit

from livingreview.book import server
from livingreview.book.prose import freshness_foot
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
    "Last search 4 January 2027",
    {
        "searched": "2027-01-04",
        "due": "2027-01-11",
        "overdue": "2027-02-01",
        "waiting": 2,
        "retired": "",
        "notice": "",
        "lapses": "2028-01-04",
        "lapsed": "Since 4 January 2028 this review meets its own rule for retirement.",
    },
)
RETIRED = Freshness("Retired.", {"retired": "2030-01-01", "notice": "Retired <b>&amp; kept."})


@pytest.fixture
def promised(review):
    """The invented review, with a promise."""
    edit(review / "data/protocol.yml", "last_search: Never.\n", f"last_search: Never.\n{CONTRACT}")
    return review


def searched(review, pubmed: str, *more: str) -> Freshness:
    """Say how fresh the review is after a search of Europe PMC on 4 January, and one of PubMed on a day."""
    days = {"epmc": "2027-01-04,Europe PMC", "pubmed": f"{pubmed},PubMed"}
    rows = [f"{told[:10]}-{name},{told},all,3,0,\n" for name, told in days.items()]
    (review / "data/searches.csv").write_text("".join([SEARCHES, *sorted([*rows, *more])]))
    return freshness(load_evidence(review))


# ---- the dates


def test_the_review_is_as_fresh_as_the_source_that_was_searched_longest_ago(promised):
    found = searched(promised, "2027-01-04", "2027-01-11-pubmed,2027-01-11,PubMed,all,5,0,\n")
    assert (found.told["searched"], found.told["due"]) == ("2027-01-04", "2027-01-11")
    assert found.words.startswith("Last search 4 January 2027 \u00b7 next search due by 11 January 2027")


def test_a_record_that_waits_is_to_be_decided_within_a_month_of_its_day(promised):
    (promised / "data/candidates.csv").write_text(
        "record_id,found,search_id,source,title,authors,year,journal,doi,pmid,registry,reason\n"
        "one,2026-11-25,2026-11-25-pubmed,PubMed,One,,,,,1,,Invented\n"
        "two,2027-01-04,2027-01-04-pubmed,PubMed,Two,,,,,2,,Invented\n"
    )
    found = searched(promised, "2027-01-04", "2026-11-25-pubmed,2026-11-25,PubMed,all,3,1,\n")
    assert found.told["waiting"] == 2 and found.words.endswith("2 records awaiting screening")
    assert "decision on what waits due by 26 December 2026" in found.words
    assert (found.told["due"], found.told["overdue"]) == ("2026-12-26", "2027-01-26")


def test_a_retired_review_owes_nothing_and_says_why(promised):
    retired = 'retired: {date: 2030-01-01, reason: "Both questions are answered."}\nfreshness:\n'
    edit(promised / "data/protocol.yml", "freshness:\n", retired)
    found = freshness(load_evidence(promised))
    assert {found.told[name] for name in ("due", "overdue", "lapses")} == {""}
    assert found.words == "Retired on 1 January 2030."
    notice = "This review was retired on 1 January 2030: Both questions are answered. It is kept as it was."
    assert found.notice == notice


def test_the_rule_for_retirement_is_met_a_year_after_the_last_search(promised):
    # A year after the promise, if none was ever run.
    assert freshness(load_evidence(promised)).told["lapses"] == "2027-11-22"
    found = searched(promised, "2027-02-04")
    assert found.told["lapses"] == "2028-01-04" and found.told["lapsed"].startswith(
        "Since 4 January 2028 this review meets its own rule for retirement: no search was run, or a record"
    )
    assert json.loads(found.to_json()) == {"format": 1, "words": found.words, **found.told}


# ---- the day it is read


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page that holds a line on a given day."""
    context = browser.new_context()

    def read(found: Freshness, day: str, url: str = "", meta: str = ""):
        (tmp_path / "index.html").write_text(PAGE.format(line=freshness_foot(found), meta=meta))
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
        "Meets its rule for retirement": LINE.told["lapsed"],
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
        PAGE.format(line=freshness_foot(LINE), meta='<meta name="review-version" content="2026.1">')
    )
    (folder / "2026.1/freshness.js").write_text((BOOK / "freshness.js").read_text())
    with server(folder, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_port}/2026.1/index.html"
        running.shutdown()


def test_a_version_learns_what_was_searched_since(opened, released):
    folder, url = released
    days = {"searched": "2027-06-07", "due": "2027-06-14", "overdue": "2027-07-05", "lapses": ""}
    now = Freshness("Last search 7 June 2027", LINE.told | days)
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
