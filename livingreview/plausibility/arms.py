"""Judges the spreads of arms and the differences between them: too large, too small, or unlike elsewhere?"""

from collections import defaultdict
from collections.abc import Iterator
from math import inf, isnan, sqrt
from statistics import median

from livingreview.effects import hedges_g, months_from_weeks
from livingreview.plausibility.trial import Query, Span, Trial, apart, minus, printed, sd_of, size, trials

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


LARGEST_G = 2.0
SMALL = 0.2  # SDs; Cohen's small difference, below which arms count as alike at entry


def contrast_queries(trial: Trial, evidence) -> Iterator[Query]:
    """Yield differences between arms that are too large to be likely, or smaller than at entry."""
    for _, row, other in trial.pairs():
        yield from _g_queries(trial, row, other)
    question = trial.card["question"]
    scale = evidence.protocol["questions"][question].get("reference_scale")
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
    """Return the median of sorted values but one, without copying them for each trial."""
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
