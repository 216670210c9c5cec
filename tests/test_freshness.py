"""A page says how fresh the review is kept; how late that is, it says on the day it is read."""

import json
import os
import shutil
from threading import Thread
from time import time

import pytest
from invented_review import edit
from made_up import ROOT

from livingreview.book import server
from livingreview.book.prose import freshness_foot
from livingreview.evidence import load_evidence
from livingreview.release.freshness import Freshness, freshness

FRESH = ROOT / "tests/fresh"
CONTRACT = (FRESH / "freshness.yml").read_text()
LAPSED = "Since 4 January 2028 this review meets its own rule for retirement."
LINE = Freshness(
    "Last search 4 January 2027",
    {"due": "2027-01-11", "overdue": "2027-02-01", "lapses": "2028-01-04", "lapsed": LAPSED},
)
RETIRED = Freshness("Retired.", {"retired": "2030-01-01", "notice": "Retired <b>&amp; kept."})


# ---- the dates


def test_the_review_is_as_fresh_as_the_source_searched_and_the_record_found_longest_ago(review):
    edit(review / "data/protocol.yml", "last_search: Never.\n", f"last_search: Never.\n{CONTRACT}")
    # A year after the promise, if none was ever run.
    assert freshness(load_evidence(review)).told["lapses"] == "2027-11-22"

    shutil.copy(FRESH / "searches.csv", review / "data")
    found = freshness(load_evidence(review))
    days = {name: found.told[name] for name in ("searched", "due", "overdue", "lapses")}
    assert list(days.values()) == ["2027-01-04", "2027-01-11", "2027-02-01", "2028-01-04"]
    assert found.words.startswith("Last search 4 January 2027 \u00b7 next search due by 11 January 2027")
    assert json.loads(found.to_json()) == {"format": 1, "words": found.words, **found.told}

    shutil.copy(FRESH / "candidates.csv", review / "data")
    found = freshness(load_evidence(review))
    assert found.told["waiting"] == 1 and found.words.endswith("1 record awaiting screening")
    assert "decision on what waits due by 26 December 2026" in found.words
    days = [found.told[name] for name in ("due", "overdue", "lapses")]
    assert days == ["2026-12-26", "2027-01-26", "2027-11-25"]

    retired = "retired: {date: 2030-01-01, reason: Both questions are answered.}\nfreshness:\n"
    edit(review / "data/protocol.yml", "freshness:\n", retired)
    found = freshness(load_evidence(review))
    assert {found.told[name] for name in ("due", "overdue", "lapses")} == {""}
    assert found.words == "Retired on 1 January 2030."
    assert "Both questions are answered. It is kept as it was." in found.notice


# ---- the day it is read


@pytest.fixture
def folder(tmp_path):
    """A version of a site, whose page was written when the search of 4 January was the last."""
    (tmp_path / "2026.1").mkdir()
    page = (FRESH / "page.html").read_text().format(line=freshness_foot(LINE))
    (tmp_path / "2026.1/index.html").write_text(page)
    shutil.copy(ROOT / "livingreview/book/freshness.js", tmp_path / "2026.1")
    return tmp_path


@pytest.fixture
def opened(browser, folder):
    """Open that page on a given day, and return its word, its line and its notice."""
    with browser.new_context() as context, server(folder, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        page = context.new_page()

        def read(day: str) -> tuple[str, str, str]:
            page.clock.set_fixed_time(f"{day}T12:00:00Z")
            page.goto(f"http://127.0.0.1:{running.server_port}/2026.1/index.html")
            page.wait_for_selector(".lr-fresh[data-state]")
            page.wait_for_timeout(100)
            notice = "".join(page.locator(".lr-notice").all_inner_texts())
            return page.inner_text(".lr-fresh strong"), page.inner_text(".lr-fresh"), notice

        yield read
        running.shutdown()


def test_the_state_has_a_word_and_turns_on_the_day_itself(opened):
    late = "This review is not being kept as it promised."
    for day, word, said in (
        ("2027-01-10", "Up to date", ""),
        ("2027-01-11", "Update due", ""),
        ("2027-02-01", "Update overdue", late),
        ("2028-01-04", "Meets its rule for retirement", LAPSED),
    ):
        found, line, notice = opened(day)
        assert (found, notice[: len(said) or None]) == (word, said)
        assert "Last search 4 January 2027" in line


def test_a_version_learns_what_was_searched_since_and_that_the_review_is_retired(opened, folder):
    days = {"due": "2027-06-14", "overdue": "2027-07-05", "lapses": ""}
    told = folder / "freshness.json"
    told.write_text(Freshness("Last search 7 June 2027", LINE.told | days).to_json())
    word, line, _ = opened("2027-06-10")
    assert word == "Up to date" and "Last search 7 June 2027" in line
    # Words are no markup.
    told.write_text(RETIRED.to_json())
    an_hour_on = time() + 3600  # a browser asks for what is newer by a second at least
    os.utime(told, (an_hour_on, an_hour_on))
    word, _, notice = opened("2027-06-10")
    assert (word, notice) == ("Retired", "Retired <b>&amp; kept.")


@pytest.mark.parametrize("said", ["{", json.dumps({"format": 2}), "null"])
def test_a_version_that_cannot_learn_it_judges_by_its_own_dates(opened, folder, said):
    (folder / "freshness.json").write_text(said)
    assert opened("2027-06-10")[0] == "Update overdue"
