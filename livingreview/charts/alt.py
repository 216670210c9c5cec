"""Say in words what a chart shows, computed from the numbers that it draws."""

import numpy as np
import pandas as pd

from livingreview.formats import count, interval, is_missing, listed, number


def forest_alt(summary: pd.DataFrame, unit: str, *, ratio: bool = False) -> str:
    """Say what a forest plot shows: how many estimates, their range, and what they pool to.

    Parameters
    ----------
    summary : the frame that :func:`livingreview.charts.forest` draws
    unit : the unit of ``yi``
    ratio : whether ``yi`` are logs of ratios; the words then give ratios
    """
    null = "1" if ratio else "zero"
    if ratio:
        logs = ["yi", "ci_low", "ci_high"]
        summary = summary.assign(**np.exp(summary[logs].astype(float)))
    trials = summary[summary.kind != "pooled"]
    estimates = trials[trials.yi.notna()]
    absent = trials[trials.yi.isna()]
    if estimates.empty:
        said = "No trial gives an estimate."
    elif len(estimates) == 1:
        only = estimates.iloc[0]
        limits = interval(only.ci_low, only.ci_high)
        said = f"{only.label} gives the only estimate, {number(only.yi)} {unit} (95% CI {limits})."
    else:
        said = (
            f"{count(len(estimates), 'estimate')} from {number(estimates.yi.min())} to "
            f"{number(estimates.yi.max())} {unit}."
        )
    pooled = [
        f"{row.label}: {number(row.yi)}, 95% CI {interval(row.ci_low, row.ci_high)}, "
        f"{'which includes' if row.ci_low <= int(ratio) <= row.ci_high else 'which does not include'} {null}."
        for row in summary[summary.kind == "pooled"].itertuples()
    ]
    without = [f"Without an estimate: {listed(list(absent.label))}."] if len(absent) else []
    return " ".join([said, *pooled, *without])


def directions_alt(frame: pd.DataFrame) -> str:
    """Say what an effect direction plot shows: which trials point where.

    Parameters
    ----------
    frame : the frame that :func:`livingreview.charts.directions` draws
    """
    groups = {
        "In favour of the intervention": frame.counted & (frame.direction == "favours_intervention"),
        "Against it": frame.counted & (frame.direction == "favours_comparator"),
        "Exactly zero": frame.counted & (frame.direction == "no_direction"),
        "Conflicting": frame.counted & (frame.direction == "mixed"),
        "Unknown": frame.direction == "unknown",
        "Not in the synthesis": ~frame.counted & (frame.direction != "unknown"),
    }
    said = [
        f"{name}: {listed([_with_people(row) for row in frame[chosen].itertuples()])}."
        for name, chosen in groups.items()
        if chosen.any()
    ]
    return " ".join(said) or "No trial in this analysis."


def _with_people(row) -> str:
    return row.label if is_missing(row.n) else f"{row.label} ({count(row.n, 'participant')})"


def curve_alt(table: pd.DataFrame, moves: pd.DataFrame, unit: str) -> str:
    """Say what a specification curve shows: the range of results, the protocol's own, what moves them.

    Parameters
    ----------
    table : the frame that :func:`livingreview.charts.specification_curve` draws
    moves : one row per choice, with ``label`` and ``most``, how far it moves the estimate at most
    unit : the unit of ``estimate``
    """
    if table.empty:
        return "No combination of the choices leaves two studies to pool."
    said = [
        f"{count(len(table), 'distinct result')} of {count(table.specifications.sum(), 'specification')}: "
        f"estimates from {number(table.estimate.min())} to {number(table.estimate.max())} {unit}, "
        f"lower limits from {number(table.ci_low.min())} to {number(table.ci_low.max())}, "
        f"upper limits from {number(table.ci_high.min())} to {number(table.ci_high.max())}."
    ]
    said += [
        f"Primary analysis: {number(row.estimate)}, 95% CI {interval(row.ci_low, row.ci_high)}."
        for row in table[table.own].itertuples()
    ]
    top = moves.dropna(subset=["most"]).nlargest(1, "most")
    said += [
        f"The most influential choice is {row.label}, by up to {number(row.most)}."
        for row in top.itertuples()
    ]
    return " ".join(said)
