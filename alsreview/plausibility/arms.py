"""Judges the spreads of one arm: do SD, SE and n agree, and does the SD stay as it was?"""

from collections import defaultdict
from collections.abc import Iterator
from math import isnan, sqrt

from alsreview.plausibility.printed import apart
from alsreview.plausibility.trial import Query, Trial, printed, sd_of

JUMP = 3.0  # times; sampling alone does not change the SD of a dozen people as much


def arm_queries(trial: Trial, evidence) -> Iterator[Query]:
    """Yield rows whose spreads contradict each other."""
    series = defaultdict(list)
    for row in trial.arms:
        yield from _pair_queries(trial, row)
        series[row["arm"], row["outcome"]].append((row, sd_of(row)))
    for rows in series.values():
        known = [(row, sum(sd) / 2) for row, sd in rows if sd and not isnan(row["timepoint_weeks"])]
        for (before, first), (row, last) in zip(known, known[1:], strict=False):
            if max(first / last, last / first) > JUMP:
                what = f"the SD of this arm goes from {first:.3g} to {last:.3g}"
                times = f"week {before['timepoint_weeks']:g} to {row['timepoint_weeks']:g}"
                why = f"{max(first / last, last / first):.1f} times from {times}; a misplaced decimal point?"
                yield trial.on_row(row, "se" if isnan(row["sd"]) else "sd", what, why)


def _pair_queries(trial: Trial, row: dict) -> Iterator[Query]:
    """Yield a row whose SD and SE, both printed, disagree beyond rounding."""
    sd, se, n = printed(row, "sd"), printed(row, "se"), row["n"]
    if not (sd and se) or isnan(n):
        return
    if apart((sd[0] / sqrt(n), sd[1] / sqrt(n)), se):
        what = f"SE {row['se']:g} and SD {row['sd']:g} do not agree for {n:.0f} participants"
        why = f"{row['sd']:g} / sqrt({n:.0f}) = {row['sd'] / sqrt(n):.3g}; an SE may come from a model"
        yield trial.on_row(row, "se", what, why)
