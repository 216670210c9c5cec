"""Judges printed effects, counts and dates: do estimate, interval, p and n agree, and do counts add up?"""

import unicodedata
from collections.abc import Iterator
from datetime import date
from math import hypot, inf, isnan, prod, sqrt

from livingreview.claims.readings import ANY, distance_range, p_range, scales
from livingreview.effects.estimates import when
from livingreview.effects.measures import MEASURES, Measure
from livingreview.plausibility.trial import Query, Span, Trial, apart, figure, minus, printed, sd_of, size
from livingreview.schema import Printed, printed_p

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


def _interval(row: dict) -> list[Printed | None]:
    texts = [row["printed"].get(column) for column in ("estimate", "ci_low", "ci_high")]
    return [figure(text) if text else None for text in texts]


def _symmetry(trial: Trial, row: dict) -> Iterator[Query]:
    figures = _interval(row)
    if None in figures or distance_range(scales(row["measure"])[0], *figures):
        return
    ratio = _is_ratio(row)
    limits = row["ci_low"], row["ci_high"]
    centre = sqrt(max(limits[0] * limits[1], 0)) if ratio else sum(limits) / 2
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
    stated, found = printed_p(row["p"]), _p_of_estimate(trial, row)
    basis = "the estimate and its SE or limits"
    if found is None and not getattr(_measure(row), "adjusted", False):
        found, basis = _p_of_arms(trial, row), "the means and spreads of the arms"
    if stated and found and apart((stated.low, stated.high), found):
        what = f"p {row['p'] if row['p'][0] in '<>' else '= ' + row['p']} does not agree with {basis}"
        why = f"by z or t they give {_said(found)}; a one-sided, adjusted, paired or rank test may differ"
        yield trial.on_row(row, "p", what, why)


def _said(p: Span) -> str:
    low, high = (f"{x:.2g}" for x in p)
    return f"p = {low}" if low == high else f"p from {low} to {high}"


def _p_of_estimate(trial: Trial, row: dict) -> Span | None:
    """Recompute p from an estimate with its SE or its limits."""
    people = row["n"] if not isnan(row["n"]) else trial.people or 4
    df = max(people - 2, 1)
    # Papers print the SE of a ratio or of its log; only its limits leave no doubt.
    estimate, se = printed(row, "estimate"), None if _is_ratio(row) else printed(row, "se")
    if estimate and se:
        return _p_of(estimate, se, df)
    figures = _interval(row)
    if None in figures:
        return None
    scale = scales(row["measure"])[0]
    if not all(scale.holds(each.low) for each in figures):
        return None  # a limit that may be 0 says nothing on the log scale
    value, low, high = map(scale.range, figures)
    width, (least, most) = minus(high, low), size(value)
    distance = 2 * least / width[1], 2 * most / width[0] if width[0] > 0 else inf
    return p_range(distance, ANY, 0.05, 1 / df)


def _p_of(estimate: Span, se: Span, df: float) -> Span:
    """Return the two-sided p values of an estimate and its SE, from the normal to t on ``df``."""
    least, most = size(estimate)
    ratio = least / se[1] if se[1] else inf, most / se[0] if se[0] > 0 else inf
    return p_range(ANY, ratio, 0.05, 1 / df)


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
    low, high = _p_of(difference, (min(se[0]), max(se[1])), min(counts) - 1)
    # Fewer people than were randomized make p larger, never smaller.
    return low, high if whole else 1.0


def _se_of_difference(sds: list[float], counts: list[float]) -> Span:
    """Return the SE of a difference of means with separate and with pooled variances."""
    (a, b), (n, m) = sds, counts
    pooled = ((n - 1) * a**2 + (m - 1) * b**2) / (n + m - 2)
    return hypot(a / sqrt(n), b / sqrt(m)), sqrt(pooled * (1 / n + 1 / m))


def result_queries(trial: Trial, evidence) -> Iterator[Query]:
    """Yield a trial with contrasts but no row of results, and one with rows that no analysis can use."""
    contrasts = trial.card.get("contrasts")
    if trial.card.get("excluded"):
        return
    if not (trial.arms or trial.reported):
        if contrasts:
            what = "contrasts are declared, but arms.csv and reported.csv contain no results"
            why = "either no results have been extracted yet, or a table was deleted"
            yield trial.on_card(("contrasts",), what, why)
        return
    what = f"has rows in {'arms.csv' if trial.arms else 'reported.csv'} but is in no analysis"
    if not contrasts:
        yield trial.on_card(("contrasts",), what, "no contrasts")
    # A record of screening that awaits classification has its reason there.
    if trial.card["allocation"] == "unclear" and trial.trial_id not in set(evidence.screening["trial_id"]):
        yield trial.on_card(("allocation",), what, "allocation unclear")


def label_queries(trial: Trial, evidence) -> Iterator[Query]:
    """Yield a label with letters that figures and documents cannot draw: their fonts are Latin and Greek."""
    label = trial.card["label"]
    missing = [
        sign for sign in label if sign.isalpha() and unicodedata.name(sign, "")[:5] not in ("LATIN", "GREEK")
    ]
    if missing:
        what = f"{''.join(dict.fromkeys(missing))} cannot be drawn in figures and documents"
        yield trial.on_card(
            ("label",), what, "their fonts have Latin and Greek letters; transcribe the label"
        )


def total_queries(trial: Trial, evidence) -> Iterator[Query]:
    """Yield counts that do not add up; sources may count differently, so these are no faults."""
    arms = trial.card.get("arms", {})
    counts = [trial.count(arm) for arm in arms]
    if arms and None not in counts and trial.people is not None and sum(counts) != trial.people:
        sums = f"{' + '.join(map(str, counts))} = {sum(counts)}"
        what = f"{trial.people} participants, but {sum(counts)} across all arms"
        yield trial.on_card(("people", "n"), what, f"{sums}; sources may count differently")
    limit, whose = _most(trial, evidence)
    for row in trial.reported:
        if isnan(row["n"]):
            continue
        if limit is not None and row["n"] > limit:
            what = f"{row['n']:.0f} participants analysed of {limit}"
            yield trial.on_row(row, "n", what, f"the card has {limit} {whose}")
        yield from _sum_queries(trial, row)


def _most(trial: Trial, evidence) -> tuple[int | None, str]:
    """Return the people that a row can have at most."""
    covered = [evidence.cards[name].get("people", {}).get("n") for name in trial.card.get("covers", ())]
    if covered and None not in covered:
        return sum(covered), "participants in the trials that it covers"
    return trial.people, "people"


def _sum_queries(trial: Trial, row: dict) -> Iterator[Query]:
    pair = trial.paired.get((row["contrast"], *when(row)))
    if pair is None or any(isnan(arm["n"]) for arm in pair):
        return
    n = [arm["n"] for arm in pair]
    if sum(n) != row["n"]:
        what = f"{row['n']:.0f} participants analysed, but {sum(n):.0f} in the means of the two arms"
        why = f"{n[0]:.0f} + {n[1]:.0f} = {sum(n):.0f}; an analysis may include more or fewer than the means"
        yield trial.on_row(row, "n", what, why)


def future_queries(trial: Trial, today: date) -> Iterator[Query]:
    """Yield sources read after today; that depends on this machine's clock, so it is no fault."""
    for name, source in trial.card.get("sources", {}).items():
        if source["seen"] > today:
            why = f"{source['seen']} is after {today}, unless the clock of this machine is slow"
            yield trial.on_card(("sources", name, "seen"), "a date in the future", why)
