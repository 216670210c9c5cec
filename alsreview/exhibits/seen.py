"""Writes the conclusions of captions, computed from the numbers that the figures draw."""

import pandas as pd

from alsreview.formats import count, interval


def seen_intervals(frame: pd.DataFrame) -> str:
    """Say how many confidence intervals include no effect.

    Parameters
    ----------
    frame : one row per interval, with ``ci_low`` and ``ci_high``
    """
    included = int(((frame.ci_low <= 0) & (frame.ci_high >= 0)).sum())
    if included in (0, len(frame)):
        return f"{'Every' if included else 'No'} confidence interval includes no effect."
    return f"{included} of the {len(frame)} confidence intervals include no effect."


def seen_spread(frame: pd.DataFrame) -> str:
    """Say how far estimates reach, and how much further their intervals do."""
    estimates = interval(frame.estimate.min(), frame.estimate.max())
    limits = interval(frame.ci_low.min(), frame.ci_high.max())
    return f"The estimates range from {estimates}, and their confidence intervals from {limits}."


def seen_directions(found: pd.DataFrame) -> str:
    """Say how many trials favour each side, and of how many the direction is unknown."""
    told = found[found.counted]
    favour, against = ((told.direction == f"favours_{side}").sum() for side in ("intervention", "comparator"))
    silent = len(set(found.label) - set(told.label[told.direction != "unknown"]))
    return (
        f"Of the estimates counted, {favour} {'is' if favour == 1 else 'are'} in favour and {against} "
        f"against; the direction of {count(silent, 'study')} is unknown or not counted."
    )
