"""Picks one estimate for each trial, in the order that the protocol prefers."""

import pandas as pd

from alsreview.effects.estimates import COLUMNS, SOURCE_KINDS, kinds_of
from alsreview.schema import DataError, Fault


def choose_estimates(estimates: pd.DataFrame, evidence, choice: dict) -> pd.DataFrame:
    """Keep one estimate for each trial, in the protocol's order of preference.

    The order is the kind of estimate, nearness to the preferred time, the outcome, the source. A composite
    and a trial inside it never stand together: nobody is counted twice.

    Raises
    ------
    DataError
        When a trial offers two contrasts with the same comparator, whose people would count twice.
    """
    ranked = estimates.assign(
        by_kind=[
            kinds_of(choice, t).index(k)
            for t, k in zip(estimates.trial_id, estimates.estimate_kind, strict=True)
        ],
        by_time=(estimates.timepoint_weeks - choice["window"]["nearest"]).abs(),
        by_outcome=estimates.outcome.map(choice["outcomes"].index),
        by_source=estimates.source_kind.map(SOURCE_KINDS.index),
    ).sort_values(["trial_id", "by_kind", "by_time", "by_outcome", "by_source"], kind="stable")
    faults = [
        Fault(
            f"data/trials/{trial_id}/trial.yml",
            1,
            "contrasts",
            "two contrasts share people; combine their arms in one",
        )
        for trial_id, rows in ranked.groupby("trial_id")
        if rows.contrast.nunique() > 1
    ]
    if faults:
        raise DataError(faults)
    chosen = ranked.drop_duplicates("trial_id")[COLUMNS]
    return _without_double_counts(chosen, evidence).reset_index(drop=True)


def _without_double_counts(chosen: pd.DataFrame, evidence) -> pd.DataFrame:
    covers = evidence.trials.set_index("trial_id").covers
    have = set(chosen.trial_id)
    drop = set()
    for composite in chosen.trial_id[chosen.kind == "composite"]:
        inside = set(covers[composite])
        # The parts replace the composite only when all of them can.
        drop |= {composite} if inside <= have else inside
    return chosen[~chosen.trial_id.isin(drop)]
