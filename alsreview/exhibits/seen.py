"""Says in a caption what is to be seen in a figure, computed from the numbers that it draws."""

import pandas as pd

from alsreview.formats import count, interval


def seen_intervals(frame: pd.DataFrame, noun: str) -> str:
    """Say how many intervals hold no effect.

    Parameters
    ----------
    frame : one row per interval, with ``ci_low`` and ``ci_high``
    noun : what each of them belongs to, such as "row"
    """
    holds = int(((frame.ci_low <= 0) & (frame.ci_high >= 0)).sum())
    if holds in (0, len(frame)):
        return f"See that {'every' if holds else 'no'} {noun}'s interval holds no effect."
    return f"See that the intervals of {holds} of {count(len(frame), noun)} hold no effect."


def seen_spread(frame: pd.DataFrame) -> str:
    """Say how far estimates reach, and how much further their intervals do."""
    estimates = interval(frame.estimate.min(), frame.estimate.max())
    limits = interval(frame.ci_low.min(), frame.ci_high.max())
    return f"See that the estimates run from {estimates}, and their intervals from {limits}."


def seen_directions(found: pd.DataFrame) -> str:
    """Say how many trials point up, down and nowhere that could be told; only those that are counted."""
    told = found[found.counted]
    up, down = ((told.direction == f"favours_{side}").sum() for side in ("intervention", "comparator"))
    silent = len(set(found.label) - set(told.label[told.direction != "unknown"]))
    unheard = f"{count(silent, 'trial')} could not be counted"
    return f"See that of those that are counted {up} point up and {down} down, and that {unheard}."


def seen_outcomes(found: pd.DataFrame) -> str:
    """Say how many outcomes are spoken of by less than half of the trials."""
    spoken = found[found.basis != "nothing seen"].groupby("domain").label.nunique()
    asked = found.groupby("domain", sort=False).label.nunique()
    few = int((spoken.reindex(asked.index, fill_value=0) < asked / 2).sum())
    return f"See that less than half of the trials speak of {few} of the {count(len(asked), 'outcome')}."
