"""Judges a spread by the other trials that used the same scale: SD or SE?"""

from collections import defaultdict
from collections.abc import Iterator
from math import isnan, sqrt
from statistics import median

from alsreview.plausibility.trial import Query, Trial, sd_of, trials

FAR = 3.0  # times smaller or larger than elsewhere
SWAPPED = 2.5, 0.7, 1.4  # as much and more, near sqrt(n) within these factors: an SE in place of an SD


def scale_queries(evidence) -> Iterator[Query]:
    """Yield spreads far from those of the other trials on the same scale."""
    spreads = defaultdict(lambda: defaultdict(list))
    known = list(trials(evidence))
    for trial in known:
        for row in trial.arms:
            sd = sd_of(row)
            if sd:
                spreads[row["outcome"]][trial.trial_id].append((row, sum(sd) / 2))
    by_id = {trial.trial_id: trial for trial in known}
    for outcome, by_trial in spreads.items():
        yield from _outcome_queries(outcome, by_trial, by_id)


def _outcome_queries(outcome: str, by_trial: dict, by_id: dict[str, Trial]) -> Iterator[Query]:
    middles = {name: median(sd for _, sd in rows) for name, rows in by_trial.items()}
    ordered = sorted(middles.values())
    for name, rows in by_trial.items():
        others = len(ordered) - 1
        if others:
            usual = _median_without(ordered, ordered.index(middles[name]))
            for row, sd in rows:
                yield from _row_query(by_id[name], row, sd, usual, others)


def _median_without(ordered: list[float], index: int) -> float:
    """Give the median of sorted values but one, without copying them for each trial."""
    count = len(ordered) - 1
    ranks = ((count - 1) // 2, count // 2)
    return sum(ordered[rank + (rank >= index)] for rank in ranks) / 2


def _row_query(trial: Trial, row: dict, sd: float, usual: float, others: int) -> Iterator[Query]:
    ratio, n = usual / sd, row["n"]
    column = "se" if isnan(row["sd"]) else "sd"
    elsewhere = f"{usual:.3g} in {'another trial' if others == 1 else f'the median of {others} other trials'}"
    what = f"an SD of {sd:.3g} differs greatly from {elsewhere} on this scale"
    larger = max(ratio, 1 / ratio)
    why = f"{larger:.1f} times {'smaller' if ratio > 1 else 'larger'}"
    if _swapped(ratio if column == "sd" else 1 / ratio, n):
        told, meant = ("SD", "standard error") if column == "sd" else ("SE", "standard deviation")
        why += f", about sqrt({n:.0f}) = {sqrt(n):.1f}: a {meant} entered as {told}?"
        yield trial.on_row(row, column, what, why)
    elif others > 1 and larger > FAR:
        # With one other trial nobody can tell which of the two is the odd one.
        yield trial.on_row(row, column, what, why)


def _swapped(ratio: float, n: float) -> bool:
    """Tell whether a spread is off by the square root of n."""
    least, low, high = SWAPPED
    return not isnan(n) and ratio >= least and low <= ratio / sqrt(n) <= high
