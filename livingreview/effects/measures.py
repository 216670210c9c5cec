"""Defines the effect measures: which outcomes can have each, its scale, its null value and its sign.

This is the only place that tells one measure from another; all other code asks the measure. The lists of
measures in ``evidence/columns.yml`` name keys of `MEASURES`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import exp, isfinite, log, nan, sqrt
from typing import NamedTuple

from livingreview.effects.effect_sizes import (
    hedges_g,
    log_odds_ratio,
    log_risk_ratio,
    mean_difference,
    months_from_weeks,
    risk_difference,
    sd_from_se,
    smd_from_md,
)

# The kind of estimate that an outcome of each form gives, unless a model adjusted it. Two forms give none to
# pool: the unit of time of a `slope` is not stated, and a `statement` has no number.
KIND_OF_FORM = {
    "score": "end", "change": "change", "percent_change": "percent_change", "decline": "slope",
    "slope": None, "events": "events", "time_to_event": "time_to_event", "rate": "rate", "statement": None,
}  # fmt: skip
KINDS = ("adjusted", "slope", "change", "end", "percent_change", "events", "time_to_event", "rate")
MEANS = frozenset({"score", "change", "percent_change", "decline", "slope"})

Effect = tuple[float, float, list[str]]  # effect, sampling variance, and the steps that led to them


class Arm(NamedTuple):
    """Figures of one arm; NaN for what is not known."""

    n: float
    mean: float
    sd: float
    se: float
    events: float


@dataclass(frozen=True)
class Measure:
    """An effect measure, intervention minus comparator or intervention over comparator.

    Attributes
    ----------
    key : name in the data
    label, unit, head : name, unit of an effect in a sentence, and head of a column of effects; a measure is
        the same in another unit
    forms : forms of outcome that can have it
    digits : decimals to show
    ratio : whether effects are analysed as logarithms, so that no difference is printed as 1
    adjusted : whether a model adjusted it
    points : whether it counts points of a scale, so that the thresholds of ``outcomes.yml`` apply
    standardised : whether it puts other scales' differences in standard deviations
    monthly : whether it is a rate per month
    reverses : forms of which more is less of the measure: a higher hazard is a shorter time
    from_arms : effect, variance and steps from two arms, the form and the weeks; NaN for what cannot be had
    from_difference : the same from a printed mean difference, its standard error, n, the form and the weeks
    risk : risk with the intervention, from the printed effect and the risk with the comparator
    """

    key: str
    label: str
    unit: str = field(compare=False)
    head: str = field(compare=False)
    forms: frozenset[str]
    digits: int = 1
    ratio: bool = False
    adjusted: bool = False
    points: bool = False
    standardised: bool = False
    monthly: bool = False
    reverses: frozenset[str] = frozenset()
    from_arms: Callable[[Arm, Arm, str, float], Effect] | None = None
    from_difference: Callable[[float, float, float, str, float], Effect] | None = None
    risk: Callable[[float, float], float] | None = None

    @property
    def null(self) -> float:
        """The printed value of no difference."""
        return 1.0 if self.ratio else 0.0

    @property
    def is_difference(self) -> bool:
        """Whether a printed value is a difference of means, which other measures can be computed from."""
        return self.points and not self.monthly

    def scaled(self, printed: float) -> float:
        """Return a printed value on the scale of analysis, where no difference is 0."""
        if not self.ratio:
            return printed
        return log(printed) if printed > 0 else nan

    def printed(self, scaled: float) -> float:
        """Return a value on the scale of analysis as it is printed."""
        return exp(scaled) if self.ratio else scaled

    def absolute_difference(self, scaled: float, comparator_risk: float) -> float:
        """Compute how many more people of 1,000 have the event, from an effect on the scale of analysis.

        Parameters
        ----------
        comparator_risk : risk with the comparator, 0 to 1

        References
        ----------
        Cochrane Handbook, section 14.1.5.5.
        """
        if self.risk is None or not 0 <= comparator_risk <= 1:
            given = f"{self.label} and a risk of {comparator_risk:g}"
            raise ValueError(f"expected an effect on risks and a risk between 0 and 1, got {given}")
        return 1000 * (self.risk(self.printed(scaled), comparator_risk) - comparator_risk)

    def sign(self, outcome: dict) -> int:
        """Return 1 where a positive effect is a benefit, -1 where a harm, 0 where neither end is better."""
        better = outcome.get("higher_is_better")
        if better is None:
            return 0
        return 1 if better != (outcome["form"] in self.reverses) else -1


def _difference_of_means(a: Arm, b: Arm, form: str, weeks: float) -> Effect:
    """Subtract two means; with a standard error an arm needs no n."""
    if isfinite(a.n + a.sd + b.n + b.sd):
        yi, vi = mean_difference(*a[:3], *b[:3])
        return yi, vi, ["difference of means"]
    spreads = [arm.se if isfinite(arm.se) else arm.sd / sqrt(arm.n) for arm in (a, b)]
    steps = ["difference of means", "variance from the standard errors of the means"]
    return a.mean - b.mean, sum(se**2 for se in spreads), steps


def _points_from_arms(a: Arm, b: Arm, form: str, weeks: float) -> Effect:
    yi, vi, steps = _difference_of_means(a, b, form, weeks)
    return (yi, vi, steps) if form != "decline" else _points_over(yi, vi, weeks)


def _points_over(per_month: float, variance: float, weeks: float) -> Effect:
    """Turn points lost per month into points lost over some weeks."""
    if not isfinite(per_month + variance + weeks) or weeks <= 0:
        return nan, nan, []
    months, step = months_from_weeks(weeks), f"difference in points lost per month × {weeks:g} weeks"
    return per_month * months, (sqrt(variance) * months) ** 2, [step]


def _points_from_difference(md: float, se: float, n: float, form: str, weeks: float) -> Effect:
    return _points_over(md, se**2, weeks) if form == "decline" else _as_printed(md, se, n, form, weeks)


def _as_printed(estimate: float, se: float, n: float, form: str, weeks: float) -> Effect:
    return estimate, se**2, ["difference as published"]


def _g_from_arms(a: Arm, b: Arm, form: str, weeks: float) -> Effect:
    if not isfinite(a.n + a.sd + b.n + b.sd):
        return nan, nan, []
    return *hedges_g(*a[:3], *b[:3]), ["Hedges' g"]


def _g_from_difference(md: float, se: float, n: float, form: str, weeks: float) -> Effect:
    if not isfinite(se + n):
        return nan, nan, []
    return *smd_from_md(md, se, n / 2, n / 2), ["g from the difference and its SE, assuming equal arms"]


def _from_events(compute: Callable, step: str) -> Callable[[Arm, Arm, str, float], Effect]:
    def from_events(a: Arm, b: Arm, form: str, weeks: float) -> Effect:
        counts = a.events, a.n, b.events, b.n
        # Arms in which nobody, or everybody, had the event say nothing of a difference.
        if not isfinite(sum(counts)) or a.events + b.events in (0, a.n + b.n):
            return nan, nan, []
        # As metafor does; and nothing is added in silence.
        some_empty = 0 in (a.events, b.events, a.n - a.events, b.n - b.events)
        added = ["1/2 added to each cell, because one is 0"] if some_empty else []
        return *compute(*counts), [step, *added]

    return from_events


def completed(arm: Arm) -> tuple[Arm, str]:
    """Fill in an arm's standard deviation from its standard error, with the step that took."""
    if isfinite(arm.sd) or not isfinite(arm.se + arm.n):
        return arm, ""
    return arm._replace(sd=sd_from_se(arm.se, arm.n)), "SD = SE × √n"


_EVENTS = {"forms": frozenset({"events"})}
_MEASURES = (
    Measure(
        "MD", "mean difference", "points", "points", MEANS, points=True,
        from_arms=_points_from_arms, from_difference=_points_from_difference,
    ),
    Measure("adjusted_MD", "adjusted mean difference", "points", "points", MEANS, points=True, adjusted=True),
    Measure(
        "MD_per_month", "mean difference per month", "points a month", "points a month",
        frozenset({"decline"}), digits=2, points=True, monthly=True,
        from_arms=_difference_of_means, from_difference=_as_printed,
    ),
    Measure(
        "SMD", "Hedges' g", "standard deviations", "Hedges' g", MEANS, standardised=True,
        from_arms=_g_from_arms, from_difference=_g_from_difference,
    ),
    Measure(
        "RR", "risk ratio", "risk ratio", "risk ratio", **_EVENTS, digits=2, ratio=True,
        from_arms=_from_events(log_risk_ratio, "log of the risk ratio"),
        risk=lambda ratio, risk: ratio * risk,
    ),
    Measure(
        "OR", "odds ratio", "odds ratio", "odds ratio", **_EVENTS, digits=2, ratio=True,
        from_arms=_from_events(log_odds_ratio, "log of the odds ratio"),
        risk=lambda ratio, risk: ratio * risk / (1 - risk + ratio * risk),
    ),
    Measure(
        "RD", "risk difference", "difference of risks", "risk difference", **_EVENTS, digits=2,
        from_arms=_from_events(risk_difference, "difference of risks"),
        risk=lambda change, risk: risk + change,
    ),
    Measure(
        "HR", "hazard ratio", "hazard ratio", "hazard ratio", frozenset({"time_to_event"}), digits=2,
        ratio=True, reverses=frozenset({"time_to_event"}),
    ),
    Measure(
        "rate_ratio", "rate ratio", "rate ratio", "rate ratio", frozenset({"rate"}), digits=2, ratio=True,
    ),
)  # fmt: skip
MEASURES = {measure.key: measure for measure in _MEASURES}


def measure_of(analysis: dict) -> Measure | None:
    """Look up the measure of an analysis, in the unit of its scale; None where it only shows directions."""
    measure, unit = MEASURES.get(analysis.get("measure")), analysis.get("unit")
    if measure is None or not measure.is_difference or not unit or unit.startswith(measure.unit):
        return measure
    return replace(measure, unit=unit, head=unit)


def measures_of(form: str) -> list[str]:
    """List the measures that an outcome of a form can have."""
    return [key for key, measure in MEASURES.items() if form in measure.forms]
