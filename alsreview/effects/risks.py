"""Computes the risk in the comparator arms of a synthesis, from which absolute effects follow."""

from math import nan


def comparator_risk(trials, choice: dict, evidence) -> float:
    """Return the events per participant in the comparator arms of the trials pooled.

    Parameters
    ----------
    trials : trials of a result, with ``trial_id``, ``contrast``, ``outcome`` and ``timepoint_weeks``
    choice : the analysis

    Returns
    -------
    float
        All events over all participants; NaN where an arm gives no events.

    References
    ----------
    Cochrane Handbook, chapter 14: an assumed comparator risk may be that of the included studies.
    """
    events = people = 0.0
    for trial in trials.itertuples():
        comparator = evidence.cards[trial.trial_id]["contrasts"][trial.contrast]["comparator"]
        for row in evidence.rows["arms"].get(trial.trial_id, []):
            same_time = row["timepoint_weeks"] == trial.timepoint_weeks or (
                row["timepoint_weeks"] != row["timepoint_weeks"]
                and trial.timepoint_weeks != trial.timepoint_weeks
            )
            if row["arm"] == comparator and row["outcome"] == trial.outcome and same_time:
                events, people = events + row["events"], people + row["n"]
    return events / people if people else nan
