"""Collects what looks wrong in the evidence without being impossible: queries to its readers."""

from datetime import date

from livingreview.plausibility.arms import arm_queries, contrast_queries, scale_queries
from livingreview.plausibility.reported import (
    future_queries,
    label_queries,
    reported_queries,
    result_queries,
    total_queries,
)
from livingreview.plausibility.trial import Query, trials

CHECKS = (arm_queries, contrast_queries, reported_queries, result_queries, label_queries, total_queries)


def plausibility(evidence, today: date | None = None) -> list[Query]:
    """Judge the printed figures of every trial by arithmetic alone.

    Parameters
    ----------
    evidence : frames as ``load_evidence`` returns them
    today : day after which no source can have been read; by default no day is judged, so that the
        same evidence always gets the same queries

    Returns
    -------
    list of Query, sorted by place
        Each is true as it stands and brings its arithmetic; none says that a figure is wrong.
    """
    found = [query for trial in trials(evidence) for check in CHECKS for query in check(trial, evidence)]
    found += scale_queries(evidence)
    if today is not None:
        found += [query for trial in trials(evidence) for query in future_queries(trial, today)]
    return sorted(set(found))
