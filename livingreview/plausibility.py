"""Does arithmetic on printed figures: can this value, interval, p and n stand together?

What looks wrong without being impossible becomes a query to those who read the sources.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from math import hypot, inf, isnan, prod, sqrt
from statistics import median

from livingreview.claims.readings import ANY, distance_range, p_range, scales, size_range
from livingreview.effects import hedges_g, months_from_weeks
from livingreview.effects.estimates import when
from livingreview.effects.measures import MEASURES, Measure
from livingreview.schema import Printed, printed_figure, printed_p

Span = tuple[float, float]  # the lowest and the highest value that a printed figure can stand for

JUMP = 3.0  # times; sampling alone does not change the SD of a dozen people as much
LARGEST_G = 2.0
SMALL = 0.2  # SDs; Cohen's small difference, below which arms count as alike at entry
FAR = 3.0  # times smaller or larger than elsewhere
SWAPPED = 2.5, 0.7, 1.4  # as much and more, near sqrt(n) within these factors: an SE in place of an SD
# Pereira, Horwitz & Ioannidis (2012), doi:10.1001/jama.2012.13444: odds ratios from 5 rarely last.
VERY_LARGE = 5.0
STATED = {"favours_intervention": 1, "favours_comparator": -1}
_MEANS_DIFFER = next(measure for measure in MEASURES.values() if measure.is_difference)


@dataclass(frozen=True, order=True)
class Query:
    """A figure that a reader should look at again.

    Attributes
    ----------
    path, line, column : where it stands
    what : what is odd, with the figures
    why : the arithmetic or the reason, and how it may yet be right
    trial_id : folder of the trial
    """

    path: str
    line: int
    column: str
    what: str
    why: str
    trial_id: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.column}: {self.what} ({self.why})"


def plausibility(evidence, today: date | None = None) -> list[Query]:
    """Judge the printed figures of every trial by arithmetic alone.

    Parameters
    ----------
    evidence : frames as ``load_evidence`` returns them
    today : day after which no source can have been read; by default no day is judged, so that the
        same evidence always gets the same queries

    Returns
    -------
    list of Query, sorted by place
        Each is true as it stands and brings its arithmetic; none says that a figure is wrong.
    """
    rows = [evidence.rows[name] for name in ("results", "reported", "contrasts")]
    trials = [
        _Trial(trial_id, evidence, card, *(table.get(trial_id, []) for table in rows))
        for trial_id, card in evidence.cards.items()
    ]
    found = [*_scale_queries(trials)]
    for trial in trials:
        for check in (_arm_queries, _result_queries, _label_queries, _total_queries):
            found += check(trial)
        found += _future_queries(trial, today) if today else ()
        for row in trial.reported:
            for check in (_symmetry_queries, _side_queries, _large_queries, _p_queries):
                found += check(trial, row)
        for key, pair in trial.paired.items():
            found += _pair_queries(trial, key, pair)
    return sorted(set(found))


# ---- Trials and spans


@dataclass(frozen=True, eq=False)
class _Trial:
    """One trial's card and rows, and how a query on them is raised."""

    trial_id: str
    evidence: object
    card: dict
    arms: list[dict]
    reported: list[dict]
    contrasts: list[dict]

    def on_row(self, row: dict, column: str, what: str, why: str) -> Query:
        return Query(row["file"], row["line"], column, what, why, self.trial_id)

    def on_card(self, path: tuple, what: str, why: str) -> Query:
        name, line = f"data/trials/{self.trial_id}/trial.yml", self.evidence.lines[self.trial_id].get(path, 1)
        return Query(name, line, ".".join(path), what, why, self.trial_id)

    def randomized(self, arm: str) -> int | None:
        return self.card["arms"][arm].get("randomized", {}).get("n")

    def counts(self, pair: tuple[dict, dict]) -> list:
        """Return how many participants are behind the means of two arms, or were randomised to them."""
        return [self.randomized(arm["arm"]) if isnan(arm["n"]) else arm["n"] for arm in pair]

    @property
    def people(self) -> int | None:
        return self.card.get("people", {}).get("n")

    @cached_property
    def paired(self) -> dict[tuple, tuple[dict, dict]]:
        """The rows with means of both arms that share outcome and time, by contrast, outcome and time."""
        rows = {(row["arm"], *when(row)): row for row in self.arms if not isnan(row["mean"])}
        return {
            (contrast["contrast"], *key[1:]): (row, rows[contrast["comparator"], *key[1:]])
            for contrast in self.contrasts
            for key, row in rows.items()
            if key[0] == contrast["intervention"] and (contrast["comparator"], *key[1:]) in rows
        }

    def pair_of(self, row: dict) -> tuple[dict, dict] | None:
        """Return the means of the arms that a reported effect compares."""
        return self.paired.get((row["contrast"], *when(row)))


@lru_cache(maxsize=4096)
def _figure(text: str) -> Printed:
    return printed_figure(text)


def _printed(row: dict, column: str) -> Span | None:
    """Return the values that a printed cell stands for; nothing for an empty cell."""
    text = row["printed"].get(column)
    return (_figure(text).low, _figure(text).high) if text else None


def _sd_of(row: dict, n: float | None = None) -> Span | None:
    """Return an arm's standard deviation, from its standard error where only that is printed."""
    n = row["n"] if n is None else n
    sd, se = _printed(row, "sd"), _printed(row, "se")
    return sd if sd or not se or isnan(n) else (se[0] * sqrt(n), se[1] * sqrt(n))


def _spread_column(row: dict) -> str:
    return "se" if isnan(row["sd"]) else "sd"


def _minus(a: Span, b: Span) -> Span:
    return a[0] - b[1], a[1] - b[0]


def _gap(pair: tuple[dict, dict]) -> Span:
    """Return the values that the difference of two printed means can have."""
    return _minus(*(_printed(arm, "mean") for arm in pair))


def _difference(pair: tuple[dict, dict]) -> float:
    return pair[0]["mean"] - pair[1]["mean"]


def _side(low: float, high: float) -> int:
    """Return the sign of a span that lies on one side of 0."""
    return (low > 0) - (high < 0)


def _apart(a: Span, b: Span) -> bool:
    """Tell whether two spans have no value in common; `printed_figure` has allowed for the arithmetic."""
    return a[1] < b[0] or b[1] < a[0]


# ---- Arms: spreads and differences that are too large, too small, or unlike elsewhere


def _arm_queries(trial: _Trial) -> Iterator[Query]:
    """Yield rows whose spreads contradict each other, beside each other or from one time to the next."""
    series = defaultdict(list)
    for row in trial.arms:
        sd, se, n = _printed(row, "sd"), _printed(row, "se"), row["n"]
        if sd and se and not isnan(n) and _apart((sd[0] / sqrt(n), sd[1] / sqrt(n)), se):
            what = f"SE {row['se']:g} and SD {row['sd']:g} do not agree for {n:.0f} participants"
            why = f"{row['sd']:g} / sqrt({n:.0f}) = {row['sd'] / sqrt(n):.3g}; an SE may come from a model"
            yield trial.on_row(row, "se", what, why)
        if (spread := _sd_of(row)) and not isnan(row["timepoint_weeks"]):
            series[row["arm"], row["outcome"]].append((row, sum(spread) / 2))
    for rows in series.values():
        for (before, first), (row, last) in zip(rows, rows[1:], strict=False):
            times = max(first / last, last / first)
            if times > JUMP:
                what = f"the SD of this arm goes from {first:.3g} to {last:.3g}"
                weeks = f"week {before['timepoint_weeks']:g} to {row['timepoint_weeks']:g}"
                why = f"{times:.1f} times from {weeks}; a misplaced decimal point?"
                yield trial.on_row(row, _spread_column(row), what, why)


def _pair_queries(trial: _Trial, key: tuple, pair: tuple) -> Iterator[Query]:
    """Yield a difference between arms that is too large to be likely, or smaller than at entry."""
    yield from _g_queries(trial, pair)
    yield from _entry_queries(trial, key, pair)
    question = trial.evidence.protocol["questions"][trial.card["question"]]
    scale = question.get("reference_scale")
    if scale and key[1].startswith(scale) and key[2] and key[2] > 0:
        yield from _decline_queries(trial, key, pair, scale)


def _g_queries(trial: _Trial, pair: tuple) -> Iterator[Query]:
    counts = trial.counts(pair)
    spreads = [n and _sd_of(arm, n) for arm, n in zip(pair, counts, strict=True)]
    if not all(spreads) or min(counts) < 2:
        return
    sds = [sum(spread) / 2 for spread in spreads]
    g = abs(hedges_g(counts[0], pair[0]["mean"], sds[0], counts[1], pair[1]["mean"], sds[1])[0])
    if g > LARGEST_G:
        what = f"the arms differ by {abs(_difference(pair)):.3g}, which is a Hedges' g of {g:.2f}"
        column, hint = _spread_column(pair[0]), "the SDs are computed from SEs"
        if column == "sd":
            hint = f"if the SDs are SEs, g is {g / sqrt(min(counts)):.2f}"
        yield trial.on_row(pair[0], column, what, hint)


def _entry_queries(trial: _Trial, key: tuple, pair: tuple) -> Iterator[Query]:
    """Yield pairs at entry whose gap is larger than any later change of it, allowing for rounding."""
    if key[2] is None or key[2] > 0:
        return
    entry = _gap(pair)
    spreads = [_sd_of(arm) for arm in pair]
    if None not in spreads and size_range(*entry)[1] < SMALL * sqrt(sum(sum(s) ** 2 for s in spreads) / 8):
        return
    later = {k[2]: p for k, p in trial.paired.items() if k[:2] == key[:2] and (k[2] or 0) > 0}
    smaller = [
        week for week, p in later.items() if size_range(*_minus(_gap(p), entry))[1] < size_range(*entry)[0]
    ]
    if smaller:
        week = min(smaller)
        before, after = _difference(pair), _difference(later[week])
        moved = abs(after - before)
        what = f"the arms differ by {abs(before):.3g} at baseline; week {week:g} changes that by {moved:.3g}"
        why = f"from {before:.3g} to {after:.3g}: an end score does not adjust for a baseline imbalance"
        yield trial.on_row(pair[0], "mean", what, why)


def _decline_queries(trial: _Trial, key: tuple, pair: tuple, scale: str) -> Iterator[Query]:
    """Yield differences larger than all that people lose in the time: beyond stopping the disease."""
    outcomes, weeks = trial.evidence.outcomes, key[2]
    form, months = outcomes["outcomes"][key[1]]["form"], months_from_weeks(weeks)
    rate = max((entry["points_per_month"] for entry in outcomes.get("natural_decline", ())), default=inf)
    before = trial.paired.get((*key[:2], 0.0)) if form == "score" else None
    gap = abs(_difference(pair) - (_difference(before) if before else 0))
    points, how = gap, " points"
    if form == "decline":
        points, how = gap * months, " points a month"
    elif form == "percent_change":
        # At half of the points of the scale; who enters higher loses more points still.
        half = outcomes["outcomes"][scale].get("range", (0, 0))[1] / 2
        points = half * gap / 100
        how = f"% of the baseline score (for a score of {half:g} that is {points:.1f} points)"
    elif form not in ("score", "change"):
        return
    if points > rate * months:
        what = f"the arms differ by {gap:.3g}{how} after {weeks:g} weeks, "
        what += "more than people lose over that time"
        why = f"{rate:g} points a month, the fastest decline on record, gives {rate * months:.1f}"
        yield trial.on_row(pair[0], "mean", what, why)


def _scale_queries(trials: list[_Trial]) -> Iterator[Query]:
    """Yield spreads far from those of the other trials on the same scale."""
    scales = defaultdict(lambda: defaultdict(list))
    for trial in trials:
        for row in trial.arms:
            if spread := _sd_of(row):
                scales[row["outcome"]][trial].append((row, sum(spread) / 2))
    for by_trial in scales.values():
        middles = {trial: median(sd for _, sd in rows) for trial, rows in by_trial.items()}
        for trial, rows in by_trial.items() if len(middles) > 1 else ():
            others = [middle for each, middle in middles.items() if each is not trial]
            for row, sd in rows:
                yield from _far_queries(trial, row, sd, median(others), len(others))


def _far_queries(trial: _Trial, row: dict, sd: float, usual: float, others: int) -> Iterator[Query]:
    n, column = row["n"], _spread_column(row)
    elsewhere = f"{usual:.3g} in {'another trial' if others == 1 else f'the median of {others} other trials'}"
    what = f"an SD of {sd:.3g} differs greatly from {elsewhere} on this scale"
    larger = max(usual / sd, sd / usual)
    why = f"{larger:.1f} times {'smaller' if usual > sd else 'larger'}"
    least, low, high = SWAPPED
    ratio = usual / sd if column == "sd" else sd / usual
    swapped = not isnan(n) and ratio >= least and low <= ratio / sqrt(n) <= high
    if swapped:
        told, meant = ("SD", "standard error") if column == "sd" else ("SE", "standard deviation")
        why += f", about sqrt({n:.0f}) = {sqrt(n):.1f}: a {meant} entered as {told}?"
    # With one other trial nobody can tell which of the two is the odd one.
    if swapped or (others > 1 and larger > FAR):
        yield trial.on_row(row, column, what, why)


# ---- Reported effects: do estimate, interval, p, n and the means of the arms agree?


def _large_queries(trial: _Trial, row: dict) -> Iterator[Query]:
    if _is_ratio(row) and not 1 / VERY_LARGE < row["estimate"] < VERY_LARGE:
        what = f"a {row['measure']} of {row['estimate']:g} is very large for any treatment"
        why = f"beyond {1 / VERY_LARGE:g} or {VERY_LARGE:g}, the cut-off of Pereira and others 2012"
        yield trial.on_row(row, "estimate", what, why)


def _measure(row: dict) -> Measure | None:
    return MEASURES[row["measure"]] if isinstance(row["measure"], str) else None


def _is_ratio(row: dict) -> bool:
    return getattr(_measure(row), "ratio", False)


def _interval(row: dict) -> list[Printed] | None:
    """Return the estimate and its limits as printed; nothing unless all three are."""
    texts = [row["printed"].get(column) for column in ("estimate", "ci_low", "ci_high")]
    return [_figure(text) for text in texts] if all(texts) else None


def _symmetry_queries(trial: _Trial, row: dict) -> Iterator[Query]:
    figures = _interval(row)
    if figures is None or distance_range(scales(row["measure"])[0], *figures):
        return
    low, high, scale = row["ci_low"], row["ci_high"], "log" if _is_ratio(row) else "linear"
    centre = sqrt(max(low * high, 0)) if scale == "log" else (low + high) / 2
    what = f"the estimate {row['estimate']:g} is not in the middle of {low:g} to {high:g}"
    why = f"the middle is {centre:.3g} on the {scale} scale; other limits may be asymmetric"
    yield trial.on_row(row, "estimate", what, why)


def _side_queries(trial: _Trial, row: dict) -> Iterator[Query]:
    """Yield a stated direction, or an estimate, that contradicts the figures beside it."""
    outcome = trial.evidence.outcomes["outcomes"][row["outcome"]]
    measure, pair = _measure(row), trial.pair_of(row)
    found = {}  # words to the side that they favour, and the end that is better
    if measure:
        sign, value = measure.sign(outcome), measure.scaled(row["estimate"])
        found[f"the estimate of {row['estimate']:g}"] = sign * _side(value, value), sign
    if pair:
        sign, told = _MEANS_DIFFER.sign(outcome), f"the means of {pair[0]['mean']:g} and {pair[1]['mean']:g}"
        found[told] = sign * _side(*_gap(pair)), sign
    gap = f"a difference of {_difference(pair):.3g} in means; " if pair else ""
    why = f"{gap}an error in a sign, a digit or an arm, unless differences at baseline explain it"
    for told, (side, sign) in found.items():
        if STATED.get(row["direction"], 0) * side < 0:
            better = "higher" if sign > 0 else "lower"
            what = f"{row['direction']} is stated, but does not fit {told} ({better} is better)"
            yield trial.on_row(row, "direction", what, why)
    if len(found) == 2 and prod(side for side, _ in found.values()) < 0:
        yield trial.on_row(row, "estimate", f"{' and '.join(found)} favour different arms", why)


def _p_queries(trial: _Trial, row: dict) -> Iterator[Query]:
    if not isinstance(row["p"], str):
        return
    stated, found = printed_p(row["p"]), _p_of_estimate(trial, row)
    basis = "the estimate and its SE or limits"
    if found is None and not getattr(_measure(row), "adjusted", False):
        found, basis = _p_of_arms(trial, row), "the means and spreads of the arms"
    if stated and found and _apart((stated.low, stated.high), found):
        low, high = (f"{x:.2g}" for x in found)
        given = f"p = {low}" if low == high else f"p from {low} to {high}"
        what = f"p {row['p'] if row['p'][0] in '<>' else '= ' + row['p']} does not agree with {basis}"
        why = f"by z or t they give {given}; a one-sided, adjusted, paired or rank test may differ"
        yield trial.on_row(row, "p", what, why)


def _p_of_estimate(trial: _Trial, row: dict) -> Span | None:
    """Recompute p from an estimate with its SE or its limits."""
    people = row["n"] if not isnan(row["n"]) else trial.people or 4
    df = max(people - 2, 1)
    # Papers print the SE of a ratio or of its log; only its limits leave no doubt.
    estimate, se = _printed(row, "estimate"), None if _is_ratio(row) else _printed(row, "se")
    if estimate and se:
        return _p_of(estimate, se, df)
    figures = _interval(row)
    if figures is None:
        return None
    scale = scales(row["measure"])[0]
    if not all(scale.holds(each.low) for each in figures):
        return None  # a limit that may be 0 says nothing on the log scale
    value, low, high = map(scale.range, figures)
    width, (least, most) = _minus(high, low), size_range(*value)
    distance = 2 * least / width[1], 2 * most / width[0] if width[0] > 0 else inf
    return p_range(distance, ANY, 0.05, 1 / df)


def _p_of(estimate: Span, se: Span, df: float) -> Span:
    """Return the two-sided p values of an estimate and its SE, from the normal to t on ``df``."""
    least, most = size_range(*estimate)
    ratio = least / se[1] if se[1] else inf, most / se[0] if se[0] > 0 else inf
    return p_range(ANY, ratio, 0.05, 1 / df)


def _p_of_arms(trial: _Trial, row: dict) -> Span | None:
    """Recompute p from the arms' means and spreads at the same time, where both are printed."""
    pair = trial.pair_of(row)
    if pair is None:
        return None
    counts = trial.counts(pair)
    if None in counts or min(counts) < 2:
        return None
    spreads = [_sd_of(arm, n) for arm, n in zip(pair, counts, strict=True)]
    if None in spreads:
        return None
    # With separate and with pooled variances, each at the lowest and the highest SDs.
    ses = []
    n, m = counts
    for a, b in zip(*spreads, strict=True):
        pooled = ((n - 1) * a**2 + (m - 1) * b**2) / (n + m - 2)
        ses.append((hypot(a / sqrt(n), b / sqrt(m)), sqrt(pooled * (1 / n + 1 / m))))
    low, high = _p_of(_gap(pair), (min(ses[0]), max(ses[1])), min(counts) - 1)
    # Fewer people than were randomized make p larger, never smaller.
    return low, 1.0 if any(isnan(arm["n"]) for arm in pair) else high


# ---- Cards: results that nobody uses, labels, counts and dates


def _result_queries(trial: _Trial) -> Iterator[Query]:
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
    screened = trial.evidence.screening["trial_id"]
    if trial.card["allocation"] == "unclear" and trial.trial_id not in set(screened):
        yield trial.on_card(("allocation",), what, "allocation unclear")


def _label_queries(trial: _Trial) -> Iterator[Query]:
    """Yield a label with letters that figures and documents cannot draw: their fonts are Latin and Greek."""
    letters = [sign for sign in dict.fromkeys(trial.card["label"]) if sign.isalpha()]
    missing = [sign for sign in letters if unicodedata.name(sign, "")[:5] not in ("LATIN", "GREEK")]
    if missing:
        what = f"{''.join(missing)} cannot be drawn in figures and documents"
        why = "their fonts have Latin and Greek letters; transcribe the label"
        yield trial.on_card(("label",), what, why)


def _total_queries(trial: _Trial) -> Iterator[Query]:
    """Yield counts that do not add up; sources may count differently, so these are no faults."""
    counts = [trial.randomized(arm) for arm in trial.card.get("arms", {})]
    if counts and None not in (*counts, trial.people) and sum(counts) != trial.people:
        what = f"{trial.people} participants, but {sum(counts)} across all arms"
        sums = f"{' + '.join(map(str, counts))} = {sum(counts)}"
        yield trial.on_card(("people", "n"), what, f"{sums}; sources may count differently")
    most, whose = trial.people, "people"
    cards = trial.evidence.cards
    covered = [cards[name].get("people", {}).get("n") for name in trial.card.get("covers", ())]
    if covered and None not in covered:
        most, whose = sum(covered), "participants in the trials that it covers"
    for row in trial.reported:
        if isnan(row["n"]):
            continue
        if most is not None and row["n"] > most:
            what = f"{row['n']:.0f} participants analysed of {most}"
            yield trial.on_row(row, "n", what, f"the card has {most} {whose}")
        n = [arm["n"] for arm in trial.pair_of(row) or ()]
        if n and not any(map(isnan, n)) and sum(n) != row["n"]:
            what = f"{row['n']:.0f} participants analysed, but {sum(n):.0f} in the means of the two arms"
            sums = f"{n[0]:.0f} + {n[1]:.0f} = {sum(n):.0f}"
            why = f"{sums}; an analysis may include more or fewer than the means"
            yield trial.on_row(row, "n", what, why)


def _future_queries(trial: _Trial, today: date) -> Iterator[Query]:
    """Yield sources read after today; that depends on this machine's clock, so it is no fault."""
    for name, source in trial.card.get("sources", {}).items():
        if source["seen"] > today:
            why = f"{source['seen']} is after {today}, unless the clock of this machine is slow"
            yield trial.on_card(("sources", name, "seen"), "a date in the future", why)
