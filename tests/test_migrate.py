"""Data of another format are refused in one line, and those of the one before are brought to the present."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from invented_review import contents, edit

from livingreview.__main__ import main
from livingreview.evidence import check_evidence, load_evidence
from livingreview.evidence.format import FORMAT

PROTOCOL, ARMS = "data/protocol.yml", "data/trials/alpha2001/arms.csv"
NEWER = "the data need a newer livingreview"
OLDER = "bring the data to it with: python -m livingreview migrate"


# The vocabulary of the invented review as format 2 had it: with the rules, the dictionary and the code.
FORMAT_2 = (Path(__file__).parent / "cases/format_2.txt").read_text()
OUTCOMES, QUESTIONS = FORMAT_2.split("\n\n")


@pytest.fixture
def before(review) -> Path:
    """The invented review in format 2: outcomes with the rules, no groups, harms or reasons, an old name."""
    text = (review / PROTOCOL).read_text()
    declared = text[text.index("groups:\n") : text.index("analyses:\n")]
    text = text.replace(declared, QUESTIONS + "# Every analysis.\n").replace("hk_adhoc", "hk_guarded")
    (review / PROTOCOL).write_text("# A comment.\n" + text.replace(f"format: {FORMAT}", "format: 2"))
    rules = review / "data/certainty/rules.yml"
    rules.write_text(rules.read_text() + OUTCOMES)
    return review


@pytest.fixture
def older(before) -> Path:
    """The invented review in format 1: no format, no questions in words, no column of what an n counts."""
    edit(before / PROTOCOL, QUESTIONS, "")
    edit(before / PROTOCOL, "format: 2\n", "")
    for path in [*before.glob("data/trials/*/arms.csv"), *before.glob("data/trials/*/reported.csv")]:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table.drop(columns="n_basis").to_csv(path, index=False, lineterminator="\n")
    return before


OTHERS = [
    (f"format: {FORMAT + 1}", f"1: format: expected {FORMAT}, found {FORMAT + 1}; {NEWER}"),
    ("# No format.", f"1: format: expected {FORMAT}, found none; {OLDER}"),
]


@pytest.mark.parametrize(("new", "message"), OTHERS)
def test_data_of_another_format_have_one_fault_whatever_else_is_wrong_with_them(review, capsys, new, message):
    edit(review / PROTOCOL, f"format: {FORMAT}", new)
    edit(review / PROTOCOL, "timing: ", "timings: ")
    (review / "data/columns.yml").write_text("of: another\n")
    (review / "CITATION.cff").write_text("no: citation\n")
    assert [str(fault) for fault in check_evidence(review)] == [f"{PROTOCOL}:{message}"]
    assert main(["check", "--root", str(review)]) == 1
    assert capsys.readouterr().out == f"{PROTOCOL}:{message}\n"


def test_data_of_format_1_are_well_formed_after_the_command_keep_their_comments_and_stay_so(older, capsys):
    before = (older / PROTOCOL).read_text()
    assert main(["migrate", "--root", str(older)]) == 0
    told = capsys.readouterr().out
    assert check_evidence(older) == []
    evidence = load_evidence(older)
    assert {row["question"] for row in evidence.cards.values()} <= set(evidence.protocol["questions"])
    counted = [rows[rows.n.notna()].n_basis for rows in (evidence.results, evidence.reported)]
    assert all(set(bases) == {"assumed"} for bases in counted)
    assert f"assumed in {sum(map(len, counted))} rows" in told and "revise what is derived" in told
    assert "data/columns.yml: keep only what differs from the dictionary" in told
    lines = (older / PROTOCOL).read_text().splitlines()
    kept = before.replace("hk_guarded", "hk_adhoc").splitlines()
    assert [line for line in lines if line in kept] == kept
    assert lines[:2] == ["# A comment.", f"format: {FORMAT}"]
    once = contents(older)
    assert main(["migrate", "--root", str(older)]) == 0
    assert capsys.readouterr().out == f"The data are of format {FORMAT} already.\n"
    assert contents(older) == once


def test_data_of_format_2_keep_what_they_say_and_declare_what_they_name(before, capsys):
    header = "record_id,title,question,url,found_in,decision,reason,date"
    row = "old1999,Old,elsewhere,https://example.org,literature,excluded,no_sham,2020-01-01"
    (before / "data/screening.csv").write_text(f"{header}\n{row}\n")
    rules = (before / "data/certainty/rules.yml").read_text()
    trials = contents(before / "data/trials")
    assert main(["migrate", "--root", str(before)]) == 0
    protocol = yaml.safe_load((before / PROTOCOL).read_text())
    assert protocol["analyses"]["function"]["interval"] == "hk_adhoc"
    named = {key: [each["label"] for each in q["outcomes"]] for key, q in protocol["questions"].items()}
    assert named == {"exercise": ["Function", "Falls"], "nibs": ["Function"]}
    assert {q["reference_scale"] for q in protocol["questions"].values()} == {"score"}
    assert protocol["questions"]["exercise"]["comparator"] == "usual care or stretching"
    assert protocol["harms"]["falls"] == {"words": "falls"}
    assert protocol["reasons"] == {"no_sham": {"decision": "excluded", "words": "no sham"}}
    assert set(protocol["groups"]) == {"exercise", "nibs", "elsewhere"}
    assert protocol["groups"]["elsewhere"] == {"label": "elsewhere", "words": "elsewhere"}
    left = (before / "data/certainty/rules.yml").read_text()
    assert left == rules[: rules.index("outcomes:")]
    assert "n_basis" not in capsys.readouterr().out
    assert contents(before / "data/trials") == trials, "a number that says what it counts is left alone"


UNFIT = [
    (PROTOCOL, "{specified: 2020-01-01}\n", f"{PROTOCOL}:1: file: expected each key at the beginning of a"),
    (PROTOCOL, "a: [\n", f"{PROTOCOL}:2: file: malformed YAML"),
    (ARMS, "n,mean\n5\n", f"{ARMS}:2: row: expected"),
    (ARMS, "", "No space left on device"),
]


@pytest.mark.parametrize(("name", "content", "message"), UNFIT)
def test_what_cannot_be_brought_to_the_format_or_written_is_left_as_it_was(
    older, capsys, monkeypatch, name, content, message
):
    def fail(*words):
        raise OSError("No space left on device")

    if content:
        (older / name).write_text(content)
    else:
        monkeypatch.setattr("os.replace", fail)
    before = contents(older)
    assert main(["migrate", "--root", str(older)]) == 1
    assert capsys.readouterr().err.startswith(message)
    assert contents(older) == before
