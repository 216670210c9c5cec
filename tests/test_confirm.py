"""A named person confirms or changes a rating, an appraisal or a row; pages keep the two apart."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from invented_review import LOW, appraise, contents

from livingreview.evidence import check_evidence, load_evidence
from livingreview.exhibits.trials import trial_parts
from livingreview.living.decisions import confirm_appraisal, confirm_rating, confirm_row, signed
from livingreview.reviews import Review
from livingreview.rob2 import Range, trial_bias
from livingreview.schema import DataError

PERSON = signed("Ada Reader", 'Read: "all" of it, <b>twice</b>', date(2026, 12, 1))
ROW = "data/trials/alpha2001/arms.csv:2"


def page(review, name: str) -> str:
    return {part.name: part.html for part in trial_parts(Review(review), "alpha2001")}[name]


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


REFUSED = [
    (confirm_row, ("data/trials/alpha2001/arms.csv:9", PERSON, {}), "a line from 2 to 3"),
    (confirm_row, ("data/trials/nobody/arms.csv:2", PERSON, {}), "expected the place of a row"),
    (confirm_row, (ROW, PERSON, {"men": "1"}), "expected columns of the file"),
    (confirm_row, (ROW, PERSON, {"sd": "-1"}), "arms.csv:2: sd: expected a number above 0"),
    (confirm_appraisal, ("beta2002", "score", PERSON), "expected an appraisal"),
    (confirm_rating, ("nope", PERSON), "unknown analysis 'nope'"),
]


@pytest.mark.parametrize(("act", "given", "said"), REFUSED)
def test_what_cannot_be_confirmed_is_refused_and_nothing_is_written(review, act, given, said):
    before = contents(review)
    with pytest.raises((ValueError, DataError), match=said):
        act(review, *given)
    assert contents(review) == before


@pytest.mark.parametrize("said", [(" ", "Read"), ("Ada", "")])
def test_a_confirmation_needs_a_name_and_a_reason(said):
    with pytest.raises(ValueError, match="a confirmation names a person and a reason"):
        signed(*said, date(2026, 12, 1))
