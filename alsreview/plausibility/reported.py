"""Judges a printed effect: does its interval sit about the estimate, and does its p belong to it?"""

from collections.abc import Iterator
from math import hypot, inf, isnan, log, prod, sqrt

from alsreview.effects.measures import MEASURES, Measure
from alsreview.plausibility.printed import Span, apart, minus, p_of, p_span, se_of_limits
from alsreview.plausibility.trial import Query, Trial, printed, sd_of, when

MEANS_DIFFER = next(measure for measure in MEASURES.values() if measure.is_difference)
# Pereira, Horwitz & Ioannidis (2012), doi:10.1001/jama.2012.13444: odds ratios from 5 rarely last.
VERY_LARGE = 5.0


def reported_queries(trial: Trial, evidence) -> Iterator[Query]:
    """Yield reported effects whose estimate, limits, p and n do not stand together."""
    for row in trial.reported:
        yield from _symmetry(trial, row)
        yield from _side_queries(trial, row, evidence.outcomes["outcomes"][row["outcome"]])
        if _is_ratio(row) and not 1 / VERY_LARGE < row["estimate"] < VERY_LARGE:
            what = f"a {row['measure']} of {row['estimate']:g} is very large for any treatment"
            why = f"beyond {1 / VERY_LARGE:g} or {VERY_LARGE:g}, the cut-off of Pereira and others 2012"
            yield trial.on_row(row, "estimate", what, why)
        if isinstance(row["p"], str):
            yield from _p_queries(trial, row)


def _measure(row: dict) -> Measure | None:
    return MEASURES[row["measure"]] if isinstance(row["measure"], str) else None


def _is_ratio(row: dict) -> bool:
    return getattr(_measure(row), "ratio", False)


def _scaled(row: dict, column: str) -> Span | None:
    """Give a printed cell on the scale where intervals are symmetric: logs for ratios."""
    values = printed(row, column)
    if values is None or not _is_ratio(row):
        return values
    return tuple(log(x) if x > 0 else -inf for x in values)


def _symmetry(trial: Trial, row: dict) -> Iterator[Query]:
    estimate, low, high = (_scaled(row, column) for column in ("estimate", "ci_low", "ci_high"))
    if not (estimate and low and high):
        return
    middle = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
    if apart(estimate, middle):
        ratio = _is_ratio(row)
        limits = row["ci_low"], row["ci_high"]
        centre = sqrt(limits[0] * limits[1]) if ratio else sum(limits) / 2
        scale = "log" if ratio else "linear"
        what = f"the estimate {row['estimate']:g} is not in the middle of {limits[0]:g} to {limits[1]:g}"
        why = f"the middle is {centre:.3g} on the {scale} scale; other limits may be asymmetric"
        yield trial.on_row(row, "estimate", what, why)


def _side_queries(trial: Trial, row: dict, outcome: dict) -> Iterator[Query]:
    """Yield a stated direction, or an estimate, that contradicts the figures beside it."""
    measure, pair = _measure(row), trial.paired.get((row["contrast"], *when(row)))
    found = {}  # words to the side that they favour, and the end that is better
    if measure:
        sign, told = measure.sign(outcome), f"the estimate of {row['estimate']:g}"
        found[told] = sign * _side(measure.scaled(row["estimate"])), sign
    if pair:
        sign, told = MEANS_DIFFER.sign(outcome), f"the means of {pair[0]['mean']:g} and {pair[1]['mean']:g}"
        found[told] = sign * _side(minus(*(printed(arm, "mean") for arm in pair))), sign
    gap = f"a difference of {pair[0]['mean'] - pair[1]['mean']:.3g} in means; " if pair else ""
    why = f"{gap}an error in a sign, a digit or an arm, unless differences at baseline explain it"
    for told, (side, sign) in found.items():
        if STATED.get(row["direction"], 0) * side < 0:
            better = "higher" if sign > 0 else "lower"
            what = f"{row['direction']} is stated, but does not fit {told} ({better} is better)"
            yield trial.on_row(row, "direction", what, why)
    if len(found) == 2 and prod(side for side, _ in found.values()) < 0:
        yield trial.on_row(row, "estimate", f"{' and '.join(found)} favour different arms", why)


STATED = {"favours_intervention": 1, "favours_comparator": -1}


def _side(value: float | Span) -> int:
    """Return the sign of a value, or of a span that lies on one side of 0."""
    low, high = value if isinstance(value, tuple) else (value, value)
    return (low > 0) - (high < 0)


def _p_queries(trial: Trial, row: dict) -> Iterator[Query]:
    told, found = p_span(row["p"].replace(" ", "")), _p_of_estimate(trial, row)
    basis = "the estimate and its SE or limits"
    if found is None and not getattr(_measure(row), "adjusted", False):
        found, basis = _p_of_arms(trial, row), "the means and spreads of the arms"
    if found is not None and apart(told, found):
        what = f"p {row['p'] if row['p'][0] in '<>' else '= ' + row['p']} does not agree with {basis}"
        why = f"by z or t they give {_said(found)}; a one-sided, adjusted, paired or rank test may differ"
        yield trial.on_row(row, "p", what, why)


def _said(p: Span) -> str:
    low, high = (f"{x:.2g}" for x in p)
    return f"p = {low}" if low == high else f"p from {low} to {high}"


def _p_of_estimate(trial: Trial, row: dict) -> Span | None:
    """Recompute p from an estimate with its SE or its limits."""
    # Papers print the SE of a ratio or of its log; only its limits leave no doubt.
    estimate, se = _scaled(row, "estimate"), None if _is_ratio(row) else printed(row, "se")
    low, high = _scaled(row, "ci_low"), _scaled(row, "ci_high")
    if estimate is None or -inf in (*estimate, *(low or ())) or not (se or (low and high)):
        return None
    people = row["n"] if not isnan(row["n"]) else trial.people or 4
    df = max(people - 2, 1)
    return p_of(estimate, se or se_of_limits(low, high, df), df)


def _p_of_arms(trial: Trial, row: dict) -> Span | None:
    """Recompute p from the arms' means and spreads at the same time, where both are printed."""
    pair = trial.paired.get((row["contrast"], *when(row)))
    if pair is None:
        return None
    whole = not any(isnan(arm["n"]) for arm in pair)
    counts = [arm["n"] if not isnan(arm["n"]) else trial.count(arm["arm"]) for arm in pair]
    if None in counts or min(counts) < 2:
        return None
    spreads = [sd_of(arm, n) for arm, n in zip(pair, counts, strict=True)]
    if None in spreads:
        return None
    se = [_se_of_difference([s[end] for s in spreads], counts) for end in (0, 1)]
    difference = minus(*(printed(arm, "mean") for arm in pair))
    low, high = p_of(difference, (min(se[0]), max(se[1])), min(counts) - 1)
    # Fewer people than were randomized make p larger, never smaller.
    return low, high if whole else 1.0


def _se_of_difference(sds: list[float], counts: list[float]) -> Span:
    """Give the SE of a difference of means with separate and with pooled variances."""
    (a, b), (n, m) = sds, counts
    pooled = ((n - 1) * a**2 + (m - 1) * b**2) / (n + m - 2)
    return hypot(a / sqrt(n), b / sqrt(m)), sqrt(pooled * (1 / n + 1 / m))
