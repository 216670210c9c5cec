"""The history puts versions and the present text in a row, and lists what moved."""

from invented_review import keep_version, rows

from livingreview.evidence import load_evidence
from livingreview.exhibits import moments_table
from livingreview.release.results import from_text, history, moved, results
from livingreview.reviews import Review


def said(review) -> dict[str, list]:
    """What moved in the analysis named function, by moment."""
    names = load_evidence(review).trials.set_index("trial_id").label
    found = moved(history(load_evidence(review)), names.to_dict())
    return {moment: [m for m in each if m.title == "Training and function"] for moment, each in found.items()}


def test_versions_stand_in_the_order_of_their_numbers_and_each_is_compared_with_the_one_before(review):
    first = {"trial_ids": "alpha2001", "k": 1, "trials": 1, "people": 40, "estimate": 1.5}
    keep_version(review, "2020.1", "2020-02-01", **first)
    keep_version(review, "2020.2", "2020-03-01")
    keep_version(review, "2020.10", "2020-04-01", certainty="low")
    labels = load_evidence(review).trials.set_index("trial_id").label
    found = said(review)
    assert list(found) == ["2020.1", "2020.2", "2020.10", "present draft"]
    ((first,), (second,), (third,)) = (found[version] for version in ("2020.1", "2020.2", "2020.10"))
    assert first.before == "" and first.after.startswith("1.50 points (")
    assert second.what == "result" and second.before.startswith("1.50 points (")
    assert labels["beta2002"] in second.gained and labels["alpha2001"] not in second.gained
    assert not second.lost
    assert (third.what, third.before, third.after) == ("certainty", "very low", "low")
    # The table has a row for each move, and for a state without one.
    keep_version(review, "2020.11", "2020-05-01", certainty="low")
    told = rows(moments_table(Review(review)))
    move = ["Training and function", "certainty", "very low", "low", "–"]
    assert ["2020.10", "version of 2020-04-01", *move] in told
    assert ["2020.11", "version of 2020-05-01", *["–"] * 5] in told


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
    assert kept.bottom_line["function"] == "Words of another time." and not said(review).get("present draft")
    keep_version(review, "2020.2", "2020-03-01")
    assert list(said(review)) == ["2020.1", "2020.2"], "the present text says what the last version says"
