"""A named person confirms or changes a rating, an appraisal or a row; pages keep the two apart."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from invented_review import LOW, appraise

from livingreview.__main__ import main
from livingreview.certainty import certainty
from livingreview.evidence import check_evidence, load_evidence
from livingreview.exhibits.trials import trial_parts
from livingreview.living.confirm import Person, confirm_appraisal, confirm_rating, confirm_row
from livingreview.reviews import Review
from livingreview.rob2 import Range, trial_bias
from livingreview.schema import DataError

PERSON = Person("Ada Reader", 'Read: "all" of it, <b>twice</b>', date(2026, 12, 1))
ROW = "data/trials/alpha2001/arms.csv:2"


def page(review, name: str) -> str:
    return {part.name: part.html for part in trial_parts(Review(review), "alpha2001")}[name]


def test_a_rating_is_confirmed_or_set_with_name_day_and_reason(review):
    proposed = certainty("function", load_evidence(review))
    assert proposed.status == "proposed"
    assert confirm_rating(review, "function", PERSON) == ("data/certainty/function.yml",)
    found = certainty("function", load_evidence(review))
    assert (found.status, found.rating) == ("decided", proposed.rating)
    assert found.decision["by"] == "Ada Reader" and found.decision["reason"] == PERSON.reason
    confirm_rating(review, "function", PERSON, "low")
    assert certainty("function", load_evidence(review)).rating == "low"
    assert certainty("function", load_evidence(review)).decision["decision"] == "overridden"


def test_an_appraisal_is_confirmed_and_a_judgement_set_with_its_reason(review):
    appraise(review, "alpha2001", ("score", 26, LOW))
    assert "provisional" in page(review, "bias")
    confirm_appraisal(review, "alpha2001", "score", PERSON, judgements={"overall": "some concerns"})
    assert trial_bias(load_evidence(review), "alpha2001", "score", 26.0) == Range(
        "some concerns", "some concerns"
    )
    shown = page(review, "bias")
    assert "confirmed by Ada Reader on 2026-12-01" in shown and "&lt;b&gt;twice" in shown
    with pytest.raises(ValueError, match=r"rob2.yml:\d+: confirmed or judged already"):
        confirm_appraisal(review, "alpha2001", "score", PERSON)


def test_a_row_is_confirmed_or_corrected_and_the_page_says_by_whom(review):
    assert "Checked by" not in page(review, "rows")
    confirm_row(review, ROW, PERSON, {"mean": "20.5"})
    rows = load_evidence(review).results.query("trial_id == 'alpha2001'")
    assert list(rows["mean"])[0] == 20.5 and list(rows.checked.notna()) == [True, False]
    shown = page(review, "rows")
    said = BeautifulSoup(shown, "html.parser").get_text().replace("\u2011", "-")
    assert "Ada Reader, 2026-12-01: Read:" in said and "<b>twice" not in shown
    assert check_evidence(review) == []


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda root: confirm_row(root, "data/trials/alpha2001/arms.csv:9", PERSON), "a line from 2 to 3"),
        (
            lambda root: confirm_row(root, "data/trials/nobody/arms.csv:2", PERSON),
            "expected the place of a row",
        ),
        (lambda root: confirm_row(root, ROW, PERSON, {"men": "1"}), "expected columns of the file"),
        (
            lambda root: confirm_row(root, ROW, PERSON, {"sd": "-1"}),
            "arms.csv:2: sd: expected a number above 0",
        ),
        (lambda root: confirm_appraisal(root, "beta2002", "score", PERSON), "expected an appraisal"),
        (lambda root: confirm_rating(root, "nope", PERSON), "unknown analysis 'nope'"),
    ],
)
def test_what_cannot_be_confirmed_is_refused_and_nothing_is_written(review, act, said):
    before = {path: path.read_bytes() for path in review.rglob("*") if path.is_file()}
    with pytest.raises((ValueError, DataError), match=said):
        act(review)
    assert {path: path.read_bytes() for path in review.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("missing", [{"by": " "}, {"reason": ""}])
def test_a_confirmation_needs_a_name_and_a_reason(missing):
    with pytest.raises(ValueError, match="a confirmation names a person and a reason"):
        Person(**{"by": "Ada", "reason": "Read", "date": date(2026, 12, 1)} | missing)


def test_the_command_confirms_and_says_what_it_wrote(review, capsys):
    words = ["--root", str(review), "--by", "Ada Reader", "--reason", "Agrees"]
    assert main(["confirm", "row", ROW, *words]) == 0
    assert capsys.readouterr().out.startswith("data/trials/alpha2001/arms.csv\n")
    assert main(["confirm", "row", "data/trials/alpha2001/arms.csv:99", *words]) == 1


def test_a_day_of_checking_without_a_name_is_a_fault(review):
    path = review / "data/trials/alpha2001/arms.csv"
    head, first, *rest = path.read_text().splitlines()
    path.write_text(
        "\n".join([f"{head},checked_on", f"{first},2026-12-01", *(f"{row}," for row in rest)]) + "\n"
    )
    (fault,) = check_evidence(review)
    assert str(fault).endswith("arms.csv:2: checked: expected a name with checked_on, found an empty cell")
