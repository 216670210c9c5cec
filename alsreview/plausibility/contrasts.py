"""Judges the difference between two arms: is it larger than its field, or smaller than at entry?"""

from collections.abc import Iterator
from math import inf, isnan, sqrt

from alsreview.effects import hedges_g, months_from_weeks
from alsreview.plausibility.printed import Span, minus, size
from alsreview.plausibility.trial import Query, Trial, printed, sd_of

LARGEST_G = 2.0
SMALL = 0.2  # SDs; Cohen's small difference, below which arms count as alike at entry


def contrast_queries(trial: Trial, evidence) -> Iterator[Query]:
    """Yield differences between arms that are too large to be likely, or smaller than at entry."""
    question = trial.card["question"]
    scale = evidence.protocol["questions"][question].get("reference_scale")
    for _, row, other in trial.pairs():
        yield from _g_queries(trial, row, other)
    for key, pair in trial.paired.items():
        yield from _entry_queries(trial, key, pair)
        if scale and key[1].startswith(scale):
            yield from _decline_queries(trial, key, pair, evidence.outcomes, scale)


def _g_queries(trial: Trial, row: dict, other: dict) -> Iterator[Query]:
    arms = []
    for arm in (row, other):
        n = arm["n"] if not isnan(arm["n"]) else trial.count(arm["arm"])
        sd = n and sd_of(arm, n)
        if not sd or n < 2:
            return
        arms += [n, arm["mean"], sum(sd) / 2]
    gap = abs(arms[1] - arms[4])
    # g is smaller than d, and d is quickly had: most pairs end here.
    if gap <= LARGEST_G * min(arms[2], arms[5]) or abs(g := hedges_g(*arms)[0]) <= LARGEST_G:
        return
    what = f"the arms differ by {gap:.3g}, which is a Hedges' g of {g:.2f}"
    hint = f"if the SDs are SEs, g is {g / sqrt(min(arms[0], arms[3])):.2f}"
    yield trial.on_row(row, "se" if isnan(row["sd"]) else "sd", what, hint)


def _entry_queries(trial: Trial, key: tuple, pair: tuple) -> Iterator[Query]:
    """Yield pairs at entry whose gap is larger than any later change of it, allowing for rounding."""
    if key[2] is None or key[2] > 0:
        return
    entry = _gap(pair)
    spread = [sd_of(arm) for arm in pair]
    if None not in spread and size(entry)[1] < SMALL * sqrt(sum(sum(s) ** 2 for s in spread) / 8):
        return
    later = {k[2]: p for k, p in trial.paired.items() if k[:2] == key[:2] and (k[2] or 0) > 0}
    smaller = [week for week, p in later.items() if size(minus(_gap(p), entry))[1] < size(entry)[0]]
    if smaller:
        week = min(smaller)
        before, after = _difference(pair), _difference(later[week])
        moved = abs(after - before)
        what = f"the arms differ by {abs(before):.3g} at baseline; week {week:g} changes that by {moved:.3g}"
        why = f"from {before:.3g} to {after:.3g}: an end score does not adjust for a baseline imbalance"
        yield trial.on_row(pair[0], "mean", what, why)


def _gap(pair: tuple[dict, dict]) -> Span:
    return minus(*(printed(arm, "mean") for arm in pair))


def _difference(pair: tuple[dict, dict]) -> float:
    return pair[0]["mean"] - pair[1]["mean"]


def _decline_queries(trial: Trial, key: tuple, pair: tuple, outcomes: dict, scale: str) -> Iterator[Query]:
    """Yield differences larger than all that people lose in the time: beyond stopping the disease."""
    outcome, weeks = outcomes["outcomes"][key[1]], key[2]
    if not weeks or weeks <= 0:
        return
    rate = max((entry["points_per_month"] for entry in outcomes.get("natural_decline", ())), default=inf)
    before = trial.paired.get((*key[:2], 0.0)) if outcome["form"] == "score" else None
    gap = abs(_difference(pair) - (_difference(before) if before else 0))
    months = months_from_weeks(weeks)
    top = outcomes["outcomes"][scale].get("range", (0, 0))[1]
    points, how = _points(gap, outcome["form"], months, top / 2)
    if points > rate * months:
        what = (
            f"the arms differ by {gap:.3g}{how} after {weeks:g} weeks, more than people lose over that time"
        )
        why = f"{rate:g} points a month, the fastest decline on record, gives {rate * months:.1f}"
        yield trial.on_row(pair[0], "mean", what, why)


def _points(gap: float, form: str, months: float, half: float) -> tuple[float, str]:
    """Turn a difference into points over the time, with the words that say how."""
    if form == "decline":
        return gap * months, " points a month"
    if form == "percent_change":
        # At half of the points of the scale; who enters higher loses more points still.
        points = half * gap / 100
        return points, f"% of the baseline score (for a score of {half:g} that is {points:.1f} points)"
    return (gap, " points") if form in ("score", "change") else (0.0, "")
