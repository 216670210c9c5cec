"""A decision on a record that waits is written down whole, with who decided and when, or not at all."""

import shlex
from datetime import date

import pytest
import test_search
from invented_review import cases, contents

from livingreview.__main__ import main
from livingreview.evidence import check_evidence, load_evidence
from livingreview.living import record
from livingreview.living.decisions import screen

TODAY = date(2031, 5, 6)
SEARCH = "2031-05-04-x-exercise"
BY = ("--by", "Ada Reader")
WAIT = {
    "NCT00000909": {"title": "Rowing in the dark", "registry": "NCT00000909"},
    "pmid50000001": {"title": '=1+1, "on" a lake', "pmid": "50000001", "doi": "10.1000/row;ing"},
    "stroke_2030": {"title": "A talk"},
}


@pytest.fixture
def waiting(screened):
    """The invented review with three records that wait."""
    record(screened, test_search.waiting(**WAIT))
    assert check_evidence(screened) == []
    return screened


def said(root, capsys, *words) -> tuple[int, str, str]:
    capsys.readouterr()
    done = main(["screen", *words, "--root", str(root)])
    return done, *capsys.readouterr()


def judged(root, record_id) -> dict:
    (row,) = load_evidence(root).screening.query("record_id == @record_id").to_dict("records")
    return row


def test_an_excluded_record_leaves_the_list_with_its_reason_its_judge_and_the_day(waiting):
    told = {"by": " Ada  Reader ", "note": "One group.", "today": TODAY}
    written = screen(waiting, "pmid50000001", "excluded", "no_comparator", **told)
    assert written == ["data/candidates.csv", "data/screening.csv"]
    assert check_evidence(waiting) == []
    expected = {
        "decision": "excluded", "reason": "no_comparator", "by": "Ada Reader", "date": TODAY,
        "search": SEARCH, "note": "One group.", "title": '=1+1, "on" a lake', "doi": "10.1000/row;ing",
        "pmid": "50000001", "found_in": "literature", "question": "exercise",
    }  # fmt: skip
    assert expected.items() <= judged(waiting, "pmid50000001").items()
    assert list(load_evidence(waiting).candidates.record_id) == ["NCT00000909", "stroke_2030"]


def test_a_record_without_a_number_waits_by_its_address_and_a_registered_trial_is_ongoing(waiting, capsys):
    words = ("stroke_2030", "--await", "no_results_seen", "--by", "Ada Reader", "--question", "both")
    assert said(waiting, capsys, *words, "--url", "https://talk.example/1")[0] == 0
    assert judged(waiting, "stroke_2030")["question"] == "both"
    done, out, _ = said(waiting, capsys, "NCT00000909", "--ongoing", "A first trial of rowing", *BY)
    assert done == 0 and "note: data/ongoing.csv: design, intervention" in out
    assert check_evidence(waiting) == []
    trial = load_evidence(waiting).ongoing.set_index("id").loc["NCT00000909"]
    assert trial["could_change"] == "A first trial of rowing"
    assert trial["url"] == "https://clinicaltrials.gov/study/NCT00000909"
    row = judged(waiting, "NCT00000909")
    assert (row["decision"], row["found_in"]) == ("ongoing", "registry")


def test_a_record_is_included_by_the_command_that_adds_it(waiting, capsys):
    before = contents(waiting)
    words = shlex.split(said(waiting, capsys, "pmid50000001", "--include", "row2030")[1])
    assert words[:4] == [".venv/bin/python", "-m", "livingreview", "add"]
    assert contents(waiting) == before
    assert main([*words[3:], "--offline", "--root", str(waiting)]) == 0
    assert check_evidence(waiting) == []
    row = judged(waiting, "row2030")
    assert (row["decision"], row["trial_id"], row["search"]) == ("awaiting", "row2030", SEARCH)
    assert "pmid50000001" not in set(load_evidence(waiting).candidates.record_id)


def test_what_cannot_be_written_down_is_refused_and_nothing_is_written(waiting, capsys):
    before = contents(waiting)
    for words, message in cases("screen"):
        done, _, err = said(waiting, capsys, *shlex.split(words))
        assert done == 1 and message in err, words
    assert contents(waiting) == before
