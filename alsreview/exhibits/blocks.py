"""Puts the estimates of a synthesis into the blocks of its subgroups, for a forest plot."""

import numpy as np
import pandas as pd

from alsreview.exhibits.forest import heterogeneity
from alsreview.formats import NO_BREAK, number, p_value, percent
from alsreview.pooling import Pooled
from alsreview.sensitivity import Subgroups, subgroups


def subgroup_rows(result: Pooled, groups: list[str], **options) -> tuple[pd.DataFrame, str]:
    """Stack each subgroup's trials and pooled value, then the whole; say how far all and the groups differ.

    Parameters
    ----------
    result : the synthesis of all k trials.
    groups : (k,)
        The subgroup of each trial, in the order of ``result.trials``.
    options : further choices of `alsreview.sensitivity.subgroups`.

    Returns
    -------
    the frame that `alsreview.charts.forest` draws in blocks, and the words for its foot
        A subgroup of one trial has no pooled row: one trial is not a meta-analysis.
    """
    choices = {"method": result.method, "interval": result.interval, "level": result.level}
    found = subgroups(result.trials.yi, result.trials.vi, groups, **choices | options)
    frame = result.summary_frame()
    pooled = frame.kind.eq("pooled")
    trials = frame[~pooled].assign(group=list(groups), note="")
    parts = [
        pd.concat([trials[trials.group.eq(name)], _subtotal(name, row, frame.columns)])
        for name, row in found.table.iterrows()
    ]
    rows = pd.concat([*parts, frame[pooled].assign(group="", note="")], ignore_index=True)
    return rows, f"{heterogeneity(result)}. {_test(found)}"


def _subtotal(name: str, row: pd.Series, columns: pd.Index) -> pd.DataFrame:
    if row.k < 2:
        return pd.DataFrame()
    varies = f"\u03c4\u00b2 = {number(row.tau2)}, I\u00b2 = {percent(row.i2)}"
    told = {
        "kind": "pooled",
        "label": "Subtotal",
        "group": name,
        "note": varies,
        "trial_id": f"subtotal {name}",
    }
    limits = {"yi": row.estimate, "ci_low": row.ci_low, "ci_high": row.ci_high}
    return pd.DataFrame([dict.fromkeys(columns, np.nan) | told | limits])


def _test(found: Subgroups) -> str:
    said = f"Q = {number(found.q_between)} on {found.df} df, p = {p_value(found.p)}".replace(" ", NO_BREAK)
    return f"Between subgroups: {said}"
