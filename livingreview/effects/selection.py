"""Picks one estimate for each trial, in the order that the protocol prefers."""

from itertools import groupby

import pandas as pd

from livingreview.effects.estimates import COLUMNS, kinds_of, weeks_from_preferred
from livingreview.effects.sources import SOURCE_KINDS
from livingreview.rob2 import allows, trial_bias
from livingreview.schema import DataError, Fault


def choose_estimates(estimates: pd.DataFrame, evidence, choice: dict) -> pd.DataFrame:
    """Keep one estimate for each trial, in the protocol's order of preference.

    The order is the kind of estimate, nearness to the preferred time, the outcome, the source. An analysis
    may then leave out estimates by the risk of bias of that very result. A composite and a trial inside it
    never stand together: nobody is counted twice.

    Raises
    ------
    DataError
        When a trial offers two contrasts with the same comparator, whose people would count twice.
    """
    chosen = choose_rows(list(enumerate(estimates.to_dict("records"))), evidence, choice)
    return estimates.iloc[[place for place, _ in chosen]][COLUMNS].reset_index(drop=True)


def choose_rows(rows: list[tuple[int, dict]], evidence, choice: dict) -> list[tuple[int, dict]]:
    """Do `choose_estimates` on numbered rows: for the many choices of a multiverse frames are too slow."""
    ranked = sorted(rows, key=lambda row: _rank(row[1], choice))
    by_trial = {i: list(own) for i, own in groupby(ranked, key=lambda row: row[1]["trial_id"])}
    faults = [
        Fault(
            f"data/trials/{trial_id}/trial.yml",
            1,
            "contrasts",
            "two contrasts share people; combine their arms in one",
        )
        for trial_id, own in by_trial.items()
        if len({row["contrast"] for _, row in own}) > 1
    ]
    if faults:
        raise DataError(faults)
    first = {i: own[0] for i, own in by_trial.items() if _allowed(own[0][1], evidence, choice)}
    dropped = _double_counts({i: row["kind"] for i, (_, row) in first.items()}, evidence)
    return [row for i, row in first.items() if i not in dropped]


def _allowed(row: dict, evidence, choice: dict) -> bool:
    """Say whether the risk of bias of an estimate is what the analysis asks for."""
    if "risk_of_bias" not in choice:
        return True
    found = trial_bias(evidence, row["trial_id"], row["outcome"], row["timepoint_weeks"])
    return allows(found, choice["risk_of_bias"])


def _rank(row: dict, choice: dict) -> tuple:
    return (
        row["trial_id"],
        kinds_of(choice, row["trial_id"]).index(row["estimate_kind"]),
        weeks_from_preferred(row["timepoint_weeks"], choice),
        choice["outcomes"].index(row["outcome"]),
        SOURCE_KINDS.index(row["source_kind"]),
    )


def _double_counts(kinds: dict[str, str], evidence) -> set[str]:
    dropped, held = set(), set()
    for composite in [i for i, kind in kinds.items() if kind == "composite"]:
        inside = set(evidence.cards[composite]["covers"])
        # The parts replace the composite only when all of them can; of two that overlap the first stays.
        if inside <= set(kinds) or inside & held:
            dropped.add(composite)
        else:
            dropped |= inside
            held |= inside
    return dropped
