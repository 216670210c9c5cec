"""The facts follow the made-up review: results, sensitivity analyses, risk of bias, versions."""

from itertools import count

import pytest
from invented_review import HIGH, LOW, appraise, edit, keep_version

from livingreview import facts
from livingreview.certainty import certainty_inputs
from livingreview.evidence import load_evidence
from livingreview.evidence.load import released_versions
from livingreview.facts import NOT_ESTIMABLE, Facts, Unknown, kept_facts, review_facts
from livingreview.reviews import Review
from livingreview.statistics import multiverse, what_if_unread


def test_ranges_imputations_and_information_are_those_of_the_tables(review):
    evidence, each = load_evidence(review), Review(review)["function"]
    found, table = review_facts(Review(review)), multiverse("function", evidence).table
    names = ("results", "estimate_lowest", "ci_high_highest", "include_no_effect")
    include = (table.ci_low <= 0) & (table.ci_high >= 0)
    assert len(table) > 1
    expected = [len(table), table.estimate.min(), table.ci_high.max(), include.sum()]
    assert [found[f"function.multiverse.{name}"] for name in names] == expected
    rows = what_if_unread("function", evidence).set_index("choice").estimate
    opposite = rows["the pooled effect with the sign reversed"]
    assert float(found["function.opposite.estimate"]) == opposite
    information = certainty_inputs("function", evidence)["information"].value
    assert float(found["function.inputs.information"]) == information
    scale = (each.thresholds[-1] / each.meaning.thresholds[0]) ** 2
    assert float(found["function.information_largest"]) == pytest.approx(information * scale)


def test_what_is_not_there_is_counted_as_none_and_not_estimated(review):
    found = review_facts(Review(review))
    assert found["function.leave_one_out.results"] == found["function.k"] == 3
    lowest, highest = (found[f"function.leave_one_out.estimate_{end}"] for end in ("lowest", "highest"))
    assert lowest < found["function.estimate"] < highest
    # An analysis of one study has the same names.
    assert found["stimulation.k"] == 1 and found["stimulation.leave_one_out.results"] == 0
    assert {f"stimulation.{name}" for name in ("estimate", "ci", "verdict", "studies")} <= set(found)
    for name in ("leave_one_out.estimate_lowest", "sd", "tau2"):
        assert found[f"stimulation.{name}"] is NOT_ESTIMABLE
    assert found["versions.released"] == found["versions.kept"] == found["bias.results"] == 0
    assert isinstance(found["versions.latest"], Unknown) and found["freshness.living"]


def test_each_appraised_result_counts_once_by_its_overall_judgement(review):
    for trial_id, answers in {"alpha2001": HIGH, "beta2002": LOW, "eta2007": {}}.items():
        appraise(review, trial_id, ("score", 26, answers))
    found = review_facts(Review(review))
    assert (found["bias.results"], found["bias.trials"], found["bias.confirmed"]) == (3, 3, 0)
    assert (found["bias.high"], found["bias.low"], found["bias.low_to_high"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("changes", "estimates", "certainty"),
    [({}, 1, 0), ({"estimate": None}, 1, 0), ({"certainty": "high"}, 0, 1)],
)
def test_the_results_that_differ_from_the_last_version_are_counted(review, changes, estimates, certainty):
    keep_version(review, "2020.9", estimate=1.0)
    keep_version(review, "2020.10", **changes)
    retired = "last_search: Never.\nretired: {date: 2030-01-01, reason: Answered.}\n"
    edit(review / "data/protocol.yml", "last_search: Never.\n", retired)
    found = review_facts(Review(review))
    assert released_versions(review) == ["2020.9", "2020.10"]
    assert (found["versions.latest"], found["versions.latest_date"]) == ("2020.10", "1 February 2020")
    assert found["versions.kept"] == len(Review(review)) and not found["freshness.living"]
    # A version with the results of today is not what they are compared with.
    assert found["versions.compared"] == ("2020.10" if changes else "2020.9")
    changed = found["versions.changed_estimates"], found["versions.changed_certainty"]
    assert changed == (estimates, certainty)


def test_facts_that_were_kept_serve_only_the_data_that_they_were_computed_on(review, tmp_path, monkeypatch):
    computed = count()
    monkeypatch.setattr(facts, "review_facts", lambda review: Facts({"review.computed": next(computed)}))
    kept = tmp_path / "facts"
    assert [kept_facts(review, kept)["review.computed"] for _ in range(2)] == [0, 0]
    kept.write_bytes(kept.read_bytes()[:-20])
    assert kept_facts(review, kept)["review.computed"] == 1
    edit(review / "data/trials/alpha2001/arms.csv", "training,score,26,16,20,4", "training,score,26,16,21,4")
    assert kept_facts(review, kept)["review.computed"] == 2
