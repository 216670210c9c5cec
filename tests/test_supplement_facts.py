"""The supplement's facts follow the made-up review: sensitivity analyses, risk of bias, versions."""

import pytest
from invented_review import HIGH, LOW, appraise, edit

from livingreview.certainty import certainty_inputs
from livingreview.evidence import load_evidence
from livingreview.evidence.load import released_versions
from livingreview.facts import NOT_ESTIMABLE, Unknown, review_facts
from livingreview.release.results import results, to_text
from livingreview.reviews import Review
from livingreview.statistics import multiverse, what_if_unread


def facts_of(review):
    return review_facts(Review(review))


def keep(review, version: str, **changes) -> None:
    """Record the present results as a version, with some columns of the analysis named function changed."""
    frame = results(load_evidence(review)).assign(date="2020-02-01").astype(object)
    for column, value in changes.items():
        frame.loc[frame.analysis_id == "function", column] = value
    (review / "data/releases").mkdir(exist_ok=True)
    (review / f"data/releases/{version}.csv").write_text(to_text(frame))


def test_the_ranges_of_the_specifications_are_those_of_the_table(review):
    facts, table = facts_of(review), multiverse("function", load_evidence(review)).table
    named = {
        name: facts[f"function.multiverse.{name}"]
        for name in ("results", "estimate_lowest", "ci_high_highest")
    }
    assert named["results"] == len(table) > 1
    assert (
        named["estimate_lowest"] == table.estimate.min() and named["ci_high_highest"] == table.ci_high.max()
    )
    include = (table.ci_low <= 0) & (table.ci_high >= 0)
    assert facts["function.multiverse.include_no_effect"] == include.sum()


def test_the_opposite_imputation_and_the_information_for_the_largest_threshold_are_those_of_the_tables(
    review,
):
    facts, each = facts_of(review), Review(review)["function"]
    row = (
        what_if_unread("function", load_evidence(review))
        .set_index("choice")
        .loc["the pooled effect with the sign reversed"]
    )
    assert float(facts["function.opposite.estimate"]) == row.estimate
    information = certainty_inputs("function", load_evidence(review))["information"].value
    assert float(facts["function.inputs.information"]) == information
    scale = (each.thresholds[-1] / each.meaning.thresholds[0]) ** 2
    assert float(facts["function.information_largest"]) == pytest.approx(information * scale)


def test_an_analysis_that_pools_nothing_leaves_nothing_out(review):
    facts = facts_of(review)
    assert facts["function.leave_one_out.results"] == facts["function.k"] == 3
    lowest, highest = (facts[f"function.leave_one_out.estimate_{end}"] for end in ("lowest", "highest"))
    assert lowest < facts["function.estimate"] < highest
    assert facts["stimulation.leave_one_out.results"] == 0
    assert facts["stimulation.leave_one_out.estimate_lowest"] is NOT_ESTIMABLE
    assert facts["stimulation.sd"] is NOT_ESTIMABLE


def test_the_performance_of_the_method_is_told_in_percent_for_few_and_many_trials(review):
    facts = facts_of(review)
    few, many = facts["function.operating.few"], facts["function.operating.many"]
    assert few < many
    for way in ("hk_adhoc", "hk", "wald"):
        coverage = facts[f"function.operating.{way}.coverage_homogeneous"]
        assert 50 < coverage <= 100 and str(coverage) == f"{float(coverage):.1f}"
    wide, narrow = (facts[f"function.operating.{way}.power_few"] for way in ("hk_adhoc", "wald"))
    assert wide <= narrow


def test_each_appraised_result_counts_once_by_its_overall_judgement(review):
    assert facts_of(review)["bias.results"] == 0
    appraise(review, "alpha2001", ("score", 26, HIGH))
    appraise(review, "beta2002", ("score", 26, LOW))
    appraise(review, "eta2007", ("score", 26, {}))
    facts = facts_of(review)
    assert (facts["bias.results"], facts["bias.trials"], facts["bias.confirmed"]) == (3, 3, 0)
    assert (facts["bias.high"], facts["bias.low"], facts["bias.low_to_high"]) == (1, 1, 1)


def test_before_the_first_version_there_is_none_to_name(review):
    facts = facts_of(review)
    assert facts["versions.released"] == 0 and isinstance(facts["versions.latest"], Unknown)
    assert facts["versions.kept"] == 0


@pytest.mark.parametrize(
    ("changes", "estimates", "certainty"),
    [({}, 0, 0), ({"estimate": 9.0}, 1, 0), ({"estimate": None}, 1, 0), ({"certainty": "high"}, 0, 1)],
)
def test_the_results_that_differ_from_the_last_version_are_counted(review, changes, estimates, certainty):
    keep(review, "2020.9", estimate=1.0)
    keep(review, "2020.10", **changes)
    facts = facts_of(review)
    assert released_versions(review) == ["2020.9", "2020.10"]
    assert (facts["versions.latest"], facts["versions.latest_date"]) == ("2020.10", "1 February 2020")
    assert facts["versions.kept"] == len(Review(review))
    assert (facts["versions.changed_estimates"], facts["versions.changed_certainty"]) == (
        estimates,
        certainty,
    )


def test_a_retired_review_is_not_living(review):
    assert facts_of(review)["freshness.living"]
    edit(
        review / "data/protocol.yml",
        "last_search: Never.\n",
        "last_search: Never.\nretired: {date: 2030-01-01, reason: Answered.}\n",
    )
    assert not facts_of(review)["freshness.living"]
