"""The check finds every fault, says where it is, and the data come out typed."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from invented_review import edit, faults

from livingreview.__main__ import main
from livingreview.evidence import load_evidence
from livingreview.schema import DataError

ARMS = "data/trials/alpha2001/arms.csv"
CARD = "data/trials/alpha2001/trial.yml"
REPORTED = "data/trials/zeta2006/reported.csv"
OUTCOMES = (Path(__file__).parent / "invented/data/outcomes.yml").read_text()
DECLINE = OUTCOMES[OUTCOMES.index("natural_decline:") :]


# ruff: noqa: E501
# One fault each: the file, the text that is broken, what it becomes, and the message that must come.
BROKEN = {
    "unknown column": (ARMS, "events,source", "evts,source", f"{ARMS}:1: evts: expected a known column"),
    "required column missing": (ARMS, "locator", "note2", f"{ARMS}:1: locator: expected this column, found none"),
    "required cell empty": (ARMS, "18,4,,,paper", "18,4,,,", f"{ARMS}:3: source: expected a value, found an empty"),
    "decimal comma": (ARMS, "18,4,", '"18,5",4,', f"{ARMS}:3: mean: expected a number, found '18,5'; write a dec"),
    "not a number": (ARMS, "18,4,", "nan,4,", f"{ARMS}:3: mean: expected a number, found 'nan'"),
    "digits grouped": (ARMS, "18,4,", "1_8,4,", f"{ARMS}:3: mean: expected a number, found '1_8'"),
    "n of one": (ARMS, "26,16,18", "26,1,18", f"{ARMS}:3: n: expected at least 2, found 1"),
    "mean outside its scale": (ARMS, "18,4,", "41,4,", f"{ARMS}:3: mean: expected 0 to 40"),
    "undeclared arm": (ARMS, "usual,", "placebo,", f"{ARMS}:3: arm: expected one of the declared arms (training, usual), found 'placebo'"),
    "duplicate row": (ARMS, "usual,score,26,16,18", "training,score,26,16,18", f"{ARMS}:3: arm: expected one row for each outcome, timepoint_weeks, arm, found a duplicate row of line 2"),
    "rows out of order": (ARMS, "usual,score,26", "usual,score,13", f"{ARMS}:3: outcome: expected rows sorted by"),
    "too many cells": (ARMS, "18,4,,,paper", "18,4,,,,paper", f"{ARMS}:3: row: expected 12 cells, found 13"),
    "an open quote": (ARMS, "18,4,", '18,"4,', f"{ARMS}:3: row: malformed CSV"),
    "neither mean nor events": (ARMS, "26,16,18,4", "26,16,,4", f"{ARMS}:3: mean: expected a mean or events"),
    "events above n": (ARMS, "18,4,,,paper", "18,4,,17,paper", f"{ARMS}:3: events: expected at most n = 16"),
    "estimate outside its interval": (REPORTED, "-2.5,0.5", "-0.5,0.5", f"{REPORTED}:2: estimate: expected a va"),
    "half an interval": (REPORTED, "-2.5,0.5", "-2.5,", f"{REPORTED}:2: ci_high: expected both limits"),
    "estimate without measure": (REPORTED, "MD,-1", ",-1", f"{REPORTED}:2: measure: expected an estimate and its measure"),
    "a negative ratio": (REPORTED, "MD,-1", "RR,-1", f"{REPORTED}:2: estimate: expected a ratio above 0, found -1"),
    "limits the wrong way round": (REPORTED, "-2.5,0.5", "0.5,-2.5", f"{REPORTED}:2: ci_low: expected the lower"),
    "nothing reported": (REPORTED, "MD,-1,,-2.5,0.5,0.2,no_difference", ",,,,,,", f"{REPORTED}:2: estimate: expected an estimate, a direction or a p value"),
    "a basis without n": (ARMS, "26,16,18,4", "26,,18,4", f"{ARMS}:3: n_basis: expected an empty cell where there is no n"),
    "a source that nobody can find": (CARD, ', url: "https://example.org/alpha2001"', "", "sources.paper: expected a doi, a pmid or a url"),
    "a contrast of one arm": (CARD, "comparator: usual,", "comparator: training,", "expected two different arms"),
    "impossible p": (REPORTED, ",0.2,no", ",1.2,no", f"{REPORTED}:2: p: expected a p value"),
    "unknown key": (CARD, "design:", "desing:", f"{CARD}:6: desing: expected a known key"),
    "required key missing": (CARD, "design: Invented\n", "", f"{CARD}:1: design: expected this key, found none"),
    "expected each key once": (CARD, "design: Invented", "design: A\ndesign: B", f"{CARD}:7: design: expected each key once"),
    "empty key": (CARD, "design: Invented", "design:", f"{CARD}:6: design: "),
    "a number for text": (CARD, "design: Invented", "design: 7", f"{CARD}:6: design: expected text, found 7; put it"),
    "a doi of another form": (CARD, 'url: "https://example.org/alpha2001"', "doi: nope", "doi: expected the form"),
    "malformed YAML": (CARD, "missing: [", "missing: [[", f"{CARD}:"),
    "covers without a composite": (CARD, "design:", "covers: [beta2002]\ndesign:", "covers: expected the covered trials"),
    "unknown trial in the protocol": ("data/protocol.yml", "[alpha2001]", "[omega1]", "found 'omega1'"),
    "news in a primary analysis": ("data/protocol.yml", "source_kinds_left_out: [news]\n    method: REML\n    level: 0.95\n    alternatives:\n      hk: {label: HK,", "method: REML\n    level: 0.95\n    alternatives:\n      hk: {label: HK,", "data/protocol.yml:53: analyses.function.source_kinds_left_out: expected news among"),
    "no decline to derive thresholds from": ("data/outcomes.yml", DECLINE, "natural_decline: []\n", "data/protocol.yml:53: analyses.function.thresholds: expected natural_decline in data/outcomes.yml"),
    "more outcomes than a summary of findings has": ("data/protocol.yml", "outcomes: [*function,", "outcomes: [*function, *function, *function, *function, *function,", "questions.nibs.outcomes: expected at most 7 outcomes, found 8"),
    "a bibliography that is none": ("references.bib", "year = {2001}", "year {2001}", "references.bib:5: file: malformed BibTeX: syntax error in line 5: '=' expected"),
    "an entry given twice": ("references.bib", "@article{survey2000", "@article{alpha2001", "references.bib:8: file: malformed BibTeX: repeated bibliography entry"),
    "a character of no page": (CARD, "label: Alpha 2001", 'label: "Alpha\\x0b 2001"', f"{CARD}:2: label: expected characters that can be printed, found U+000B as number 6 of 'Alpha\\x0b 2001'"),
    "a character of no page in a name": (CARD, "sources:\n  paper:", 'sources:\n  "x\\x1b": {kind: primary_abstract, url: "https://example.org/x", seen: 2020-01-01}\n  paper:', f"{CARD}:14: sources.x\x1b: expected characters that can be printed, found U+001B as number 2"),
    "a character of no page in a cell": (ARMS, "18,4,,,paper,abstract,", "18,4,,,paper,abstract,a\x00b", f"{ARMS}:3: note: expected characters that can be printed, found U+0000 as number 2"),
    "a list for a source": (CARD, "n: 32, source: paper", "n: 32, source: [paper]", f"{CARD}:7: people.source: expected one of the declared sources, found ['paper']"),
    "a number of 401 digits": (CARD, "n: 32,", f"n: 1{'0' * 400},", f"{CARD}:7: people.n: expected a finite number, found 1000"),
    "an empty table": (ARMS, None, "", f"{ARMS}:1: file: expected a header line, found an empty file"),
    "another encoding": (ARMS, None, b"arm\nusual\ngew\xf6hnlich\n", f"{ARMS}:3: file: expected UTF-8 text, found byte 0xf6"),
    "a byte-order mark": (CARD, None, b"\xef\xbb\xbfunit: trial\n", f"{CARD}:1: file: expected plain UTF-8, found a byte-order mark"),
    "a folder of another name": ("data/trials/Beta-2002/trial.yml", None, "", "data/trials/Beta-2002:1: trial_id: expected author and year"),
    "a file of another name": ("data/trials/beta2002/notes.txt", None, "x", "data/trials/beta2002/notes.txt:1: file: expected only"),
    "a folder without a card": ("data/trials/nu2013/arms.csv", None, "", "data/trials/nu2013/trial.yml:1: file: expected the card of the trial, found none"),
    "not randomized, and not excluded": ("data/trials/theta2008/trial.yml", "excluded: Historical controls\n", "", "data/trials/theta2008/trial.yml:5: excluded: expected the reason"),
    "an alias within itself": (CARD, "missing: [Everything else]", "missing: &a [*a]", f"{CARD}:15: file: malformed YAML: expected at most 50 levels"),
    "3,000 nested lists": (CARD, "missing: [Everything else]", f"missing: {'[' * 3000}{']' * 3000}", f"{CARD}:15: file: malformed YAML: expected at most 50 levels"),
    "a card of nothing": (CARD, None, "{}", f"{CARD}:1: sources: expected this key, found none"),
    "a scale of one end": ("data/outcomes.yml", "range: [0, 40]", "range: [0]", "data/outcomes.yml:2: outcomes.score.range: expected the lower and the upper end, found [0]"),
    "criteria that are none": ("data/protocol.yml", "entry_criteria: [walking, breathing well]", "entry_criteria: 7", "entry_criteria: expected a list, found 7"),
    "n above the participants randomised": (CARD, "usual: {label: Usual care, role: comparator}", "usual: {label: Usual care, role: comparator, randomized: {n: 15, source: paper, locator: abstract}}", f"{ARMS}:3: n: expected at most 15, the participants randomised to usual, found 16"),
    # 4 / sqrt(16) = 1, and a model can halve it at most; of two people or more an SE is at most 4 / sqrt(2).
    "an sd and an se of different things": (ARMS, "26,16,18,4,,", "26,16,18,4,2.1,", f"{ARMS}:3: se: expected about 1, the sd over sqrt(16), found 2.1"),
    "an se as large as its sd": (ARMS, "26,16,18,4,,,paper,abstract,,analysed", "26,,18,4,3,,paper,abstract,,", f"{ARMS}:3: se: expected at most 2.8, found 3"),
    "a time for a date": (CARD, "seen: 2020-01-01}", "seen: 2020-01-01 10:00:00}", "seen: expected a date such as 2026-11-22, without a time, found 2020-01-01 10:00:00"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_is_named_with_its_place(review, name):
    path, old, new, message = BROKEN[name]
    if old is None:
        (review / path).parent.mkdir(exist_ok=True)
        (review / path).write_bytes(new if isinstance(new, bytes) else new.encode())
    else:
        edit(review / path, old, new)
    assert any(message in fault for fault in faults(review)), faults(review)


def test_one_run_names_every_fault_in_order(review):
    assert faults(review) == []
    edit(review / REPORTED, "no_difference", "none")
    edit(review / ARMS, "26,16,18,4", "26,1,41,4")
    with (review / ARMS).open("a") as table:
        table.write("placebo,score,39,9,50,4,,,paper,table 2,,analysed\n")
        table.write("usual,score,26,16,18,4,,,paper,table 2,,analysed\n")
    found = faults(review)
    places = {tuple(fault.split(": ")[:2]) for fault in found}
    here = [(f"{ARMS}:3", "n"), (f"{ARMS}:3", "mean"), (f"{ARMS}:4", "arm"), (f"{ARMS}:4", "mean")]
    assert {*here, (f"{ARMS}:5", "arm"), (f"{REPORTED}:2", "direction")} <= places
    assert found == sorted(found)
    with pytest.raises(DataError) as raised:
        load_evidence(review)
    assert [str(fault) for fault in raised.value.faults] == found


def test_what_cannot_be_read_is_not_blamed_on_the_rows_that_use_it(review):
    broken = {CARD, "data/outcomes.yml", "data/protocol.yml"}
    for path in broken:
        (review / path).write_text("[")
    (review / "data/certainty/function.yml").write_text("{}")
    assert {fault.split(":")[0] for fault in faults(review)} == broken


@pytest.mark.parametrize("name", ["outcomes.yml", "protocol.yml"])
@pytest.mark.parametrize("content", ["", "[", "text", "{}", "outcomes: [a, b]", "analyses: {a: 3}"])
def test_broken_definitions_are_faults_and_never_a_crash(review, name, content):
    (review / "data" / name).write_text(content)
    assert faults(review) and all(":" in fault for fault in faults(review))


def test_a_changed_file_is_read_again_and_what_is_missing_is_never_zero(review):
    before = load_evidence(review).results
    iota = before[before.trial_id == "iota2009"]
    assert np.isnan(iota.n).all() and list(iota["mean"]) == [0.9, 1.0]
    assert list(iota.source_kind) == ["primary_abstract"] * 2
    edit(review / ARMS, "26,16,20,4", "26,16,39,4")
    assert (before["mean"].max(), load_evidence(review).results["mean"].max()) == (30, 39)


def test_a_mean_at_the_end_of_its_scale_is_no_fault_and_one_beyond_is(review):
    arms = review / "data/trials/alpha2001/arms.csv"
    edit(arms, "26,16,20,4", "26,16,40,4")
    edit(arms, "26,16,18,4", "26,16,0,4")
    assert faults(review) == []
    edit(arms, "26,16,0,4", "26,16,-1,4")
    (fault,) = faults(review)
    assert fault.endswith("mean: expected 0 to 40, the range of score, found -1")


def test_a_number_and_a_date_in_quotes_are_read_as_such(review):
    edit(review / CARD, "n: 32", 'n: "32"')
    edit(review / CARD, "seen: 2020-01-01", 'seen: "2020-01-01"')
    assert load_evidence(review).cards["alpha2001"]["people"]["n"] == 32
    assert load_evidence(review).sources.seen[0] == date(2020, 1, 1)


@pytest.mark.parametrize(("kind", "value"), [("doi", '"10.1000/a{}"'), ("pmid", '"123"')])
def test_one_trial_in_two_folders_is_a_fault(review, kind, value):
    for name, letter in (("alpha2001", "B"), ("beta2002", "b")):
        card = review / f"data/trials/{name}/trial.yml"
        edit(card, f'url: "https://example.org/{name}"', f"{kind}: {value.format(letter)}")
    (fault,) = faults(review)
    assert fault.startswith(f"data/trials/beta2002/trial.yml:14: sources.paper.{kind}: expected one folder")
    assert fault.endswith(f"found the {kind} of alpha2001")


def test_faults_and_a_folder_that_is_no_review_end_a_command_with_one_and_no_traceback(review, capsys):
    edit(review / ARMS, "18,4,", "18,-4,")
    fault = f"{ARMS}:3: sd: expected a number above 0, found -4\n"
    for word, root, out, err in (
        ("check", review, fault, "1 fault in 1 file"),
        ("check", review / "data/trials", "", "data/protocol.yml"),
        ("build", review, fault, "Nothing was built"),
    ):
        assert main([word, "--root", str(root)]) == 1
        said = capsys.readouterr()
        assert said.out == out and err in said.err
    assert not (review / "_build").exists()
