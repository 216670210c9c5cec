"""Audits what published reviews print: can the figures of a claim stand together?"""

import math
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real

import pandas as pd

from livingreview.claims.readings import (
    ANY,
    MEASURES,
    RATIOS,
    Figures,
    Reading,
    Scale,
    critical,
    nearest,
    p_range,
    scales,
    statistic,
    statistics_allowed,
    two_sided_p,
)
from livingreview.effects.measures import MEASURES as EFFECTS
from livingreview.evidence import Evidence
from livingreview.formats import MINUS, number, p_value
from livingreview.schema import Printed, printed_figure, printed_p

Figure = str | Real | None
VERDICTS = ("consistent", "inconsistent", "impossible", "not recomputable")


@dataclass(frozen=True)
class Audit:
    """What the figures of a claim allow one to say, and the arithmetic behind it, a sentence each."""

    verdict: str
    findings: tuple[str, ...]


def _read_figures(measure: str, estimate: Figure, low: Figure, high: Figure, *, p, z, k, n, i2) -> Figures:
    """Read the figures of a claim, or say which of them is none."""
    if measure not in MEASURES:
        raise ValueError(f"measure: expected one of {', '.join(MEASURES)}, found {measure!r}")
    percent = i2.strip().removesuffix("%").strip() if isinstance(i2, str) else i2
    given = {"estimate": estimate, "ci_low": low, "ci_high": high, "z": z, "i2": percent}
    read = {key: None if value is None else printed_figure(value, key) for key, value in given.items()}
    stated = None if p is None else printed_p(p)
    return Figures(
        measure, read["estimate"], read["ci_low"], read["ci_high"], stated, read["z"], read["i2"],
        _count(k, "k"), _count(n, "n"), unnamed_p=p is not None and stated is None,
    )  # fmt: skip


def _count(value, name: str) -> int | None:
    if value is None:
        return None
    text = str(value).strip() if not isinstance(value, bool) else ""
    whole = text.removesuffix(".0") if isinstance(value, float) else text
    if not (whole.isascii() and whole.isdecimal()) or int(whole) < 1:
        raise ValueError(f"{name}: expected a whole number of at least 1, found {value!r}")
    return int(whole)


def _impossible(figures: Figures) -> list[str]:
    """List the figures that lie outside what they can be, whatever the rounding."""
    found = []
    estimate, low, high = figures.estimate, figures.low, figures.high
    for name, part in (("estimate", estimate), ("lower limit", low), ("upper limit", high)):
        if part is not None and figures.measure in RATIOS and part.high < 0:
            label = EFFECTS[figures.measure].label
            ratio = f"{'an' if label[0] in 'aeiou' else 'a'} {label} ({figures.measure})"
            found.append(_outside(name, part, f"{ratio} cannot be below 0"))
        if part is not None and figures.measure == "r" and (part.high < -1 or part.low > 1):
            found.append(_outside(name, part, "a correlation lies between \u22121 and 1"))
    rounding = "and rounding does not change that"
    if low and high and low.low > high.high:
        found.append(f"The lower limit {low.text} is above the upper limit {high.text}, {rounding}.")
    elif estimate and low and estimate.high < low.low:
        found.append(f"The estimate {estimate.text} is below its lower limit {low.text}, {rounding}.")
    elif estimate and high and estimate.low > high.high:
        found.append(f"The estimate {estimate.text} is above its upper limit {high.text}, {rounding}.")
    if figures.p and (figures.p.high < 0 or figures.p.low > 1):
        found.append(f"p is printed as {figures.p.text}, and a p-value lies between 0 and 1.")
    if figures.i2 and (figures.i2.high < 0 or figures.i2.low > 100):
        found.append(f"I\u00b2 is printed as {figures.i2.text}%, and I\u00b2 lies between 0% and 100%.")
    return found


def _outside(name: str, part: Printed, rule: str) -> str:
    nearest = min((part.low, part.high), key=abs)
    bound = f"at {'most' if nearest < 0 else 'least'} {nearest:.6g}".replace("-", MINUS)
    return f"The {name} is printed as {part.text}, so even allowing for rounding it is {bound}; {rule}."


def audit_claim(
    measure: str,
    estimate: Figure,
    ci_low: Figure = None,
    ci_high: Figure = None,
    *,
    p: Figure = None,
    z: Figure = None,
    k: Figure = None,
    n: Figure = None,
    i2: Figure = None,
    interval: str | None = None,
) -> Audit:
    """Ask whether a printed estimate, interval, test and counts can stand together.

    Parameters
    ----------
    measure : one of `livingreview.claims.readings.MEASURES`
    estimate, ci_low, ci_high : as printed, ratios as ratios; None where none was seen
        A text keeps the meaning of its last digit, ``"0.60"`` being 0.595 to 0.605; a number is taken by
        its shortest form. The level of the interval need not be known.
    p : ``"0.03"``, ``"<0.001"``, ``"P = .03"``, ``"NS"``
        What only says "not significant" names no figure and is not used.
    z : the test statistic, a t as well; its sign is a convention and is not used
    k, n : trials and people
    i2 : in percent
    interval : the kind of the interval where it need not be symmetric, such as "Bayesian"

    Returns
    -------
    an Audit
        ``impossible``: a figure lies outside what it can be, or the limits are reversed or leave out the
        estimate. ``inconsistent``: no reading fits. ``not recomputable``: too little is printed to compare.
        ``consistent``: some reading fits, which does not make the figures right.

    Raises
    ------
    ValueError
        When the measure is unknown or a figure cannot be read.

    Notes
    -----
    A reading is a scale (plain; log for ratios; Fisher z for r), a distribution (normal, or t with any
    df of 1 or more), one or two sides, a level (90, 95 or 99 %), and any value that is printed so.
    Intervals that are Bayesian, bootstrapped or from a profile likelihood follow other rules.
    """
    figures = _read_figures(measure, estimate, ci_low, ci_high, p=p, z=z, k=k, n=n, i2=i2)
    if faults := _impossible(figures):
        return Audit("impossible", tuple(faults))
    if figures.k and figures.n and figures.n < figures.k:
        people = f"{figures.n} participants"
        crowd = f"{people} cannot be divided among {figures.k} trials: each trial has at least one."
        return Audit("inconsistent", (crowd,))
    if interval:
        other = f"The interval is {interval}, and such an interval need not be symmetric about its estimate."
        return Audit("not recomputable", (other,))
    unused = ("p is reported only as not significant, without a figure or level, and is not used.",)
    unused *= figures.unnamed_p
    if not _comparable(figures):
        return Audit("not recomputable", (_lacking(figures), *unused))
    words = (*_interval_words(figures), *unused)
    best = nearest(figures, z=figures.z)
    if best is not None and best.gap(figures.p) == 0:
        return Audit("consistent", (*words, *_fit_words(best, figures)))
    words = (*words, *_limits_words(figures), *_test_words(figures))
    return Audit("inconsistent", (*words, "No interpretation fits all reported figures."))


def _comparable(figures: Figures) -> bool:
    """Tell whether one figure follows from others: an interval from two, a test from another test."""
    seen = sum(part is not None for part in (figures.estimate, figures.low, figures.high))
    return seen == 3 or bool(figures.p and figures.z) or (seen == 2 and bool(figures.p or figures.z))


def _lacking(figures: Figures) -> str:
    seen = {
        "an estimate": figures.estimate, "a lower limit": figures.low, "an upper limit": figures.high,
        "p": figures.p, "z": figures.z,
    }  # fmt: skip
    named = [name for name, part in seen.items() if part is not None]
    what = ", ".join(named) if named else "no effect estimate"
    return f"Available: {what}; no reported figure can be recomputed from the others."


FIGURES = ("estimate", "ci_low", "ci_high", "p", "z", "k", "n", "i2")


def claims(evidence: Evidence) -> pd.DataFrame:
    """Audit every claim that the published reviews print.

    Returns
    -------
    one row per claim
        ``review_id, label, claim_id, outcome, timepoint, comparison, measure, worded, ours``, the figures as
        printed, ``certainty, note``, the copy they were read in (``copy, url``), ``paper_checked``,
        ``verdict`` and ``findings`` (sentences).
    """
    keys = ("outcome", "timepoint", "comparison", "measure", "worded", "ours", *FIGURES, "certainty", "note")
    rows = [
        {"review_id": review_id, "label": card["label"], "claim_id": claim_id}
        | {key: claim.get(key) for key in keys}
        | {"copy": card["copies"][claim["copy"]]["what"], "url": card["copies"][claim["copy"]]["url"]}
        | {"paper_checked": card["paper_checked"]}
        | vars(_audit(claim.get("measure"), claim.get("interval"), *map(claim.get, FIGURES)))
        for review_id, card in evidence.reviews.items()
        for claim_id, claim in card.get("claims", {}).items()
    ]
    columns = ["review_id", "label", "claim_id", *keys, "copy", "url", "paper_checked", "verdict", "findings"]
    return pd.DataFrame(rows, columns=columns)


@lru_cache(maxsize=512)
def _audit(measure, interval, estimate, ci_low, ci_high, p, z, k, n, i2) -> Audit:
    if measure is None:
        seen = f"a figure that is not an effect ({estimate})" if estimate is not None else "no effect size"
        rest = f" and p {p}" if p is not None else ""
        lacking = f"Available: {seen}{rest}; no reported figure can be recomputed from the others."
        return Audit("not recomputable", (lacking,))
    return audit_claim(measure, estimate, ci_low, ci_high, p=p, z=z, k=k, n=n, i2=i2, interval=interval)


def _interval_words(figures: Figures) -> list[str]:
    """Describe, on the first scale that fits, the middle of the limits and what they give at 95%."""
    if not (figures.low and figures.high):
        return []
    known = scales(figures.measure)
    fitting = [scale for scale in known if figures.distance(scale)]
    found = []
    if figures.estimate:
        found += [_middle_words(scale, figures, bool(fitting)) for scale in fitting[:1] or known]
    scale = (fitting or known)[0]
    if not (scale.holds(figures.low.value) and scale.holds(figures.high.value)):
        return found
    low, high = scale.at(figures.low.value), scale.at(figures.high.value)
    error = (high - low) / 2 / critical(0.05, 0)
    if error > 0:
        z = ((low + high) / 2 - scale.null) / error
        p = p_value(two_sided_p(abs(z), 0))
        said = f"standard error {_figure(error)}, z {_figure(z)}, p {p}"
        found.append(f"As a normal 95% interval{_on(scale)}: {said}.")
    return found


def _middle_words(scale: Scale, figures: Figures, fits: bool) -> str:
    low, high = figures.low, figures.high
    ends = ((low.value, high.value), (low.low, high.low), (low.high, high.high))
    middle, least, most = (_figure(scale.middle(*pair), 4) for pair in ends)
    verb = "fits" if fits else "does not fit"
    return (
        f"On the {scale.name} scale the midpoint of {low.text} and {high.text} is {middle} "
        f"({least} to {most} with rounding), which {verb} the estimate {figures.estimate.text}."
    )


def _on(scale: Scale) -> str:
    return "" if scale.name == "plain" else f" on the {scale.name} scale"


def _limits_words(figures: Figures) -> list[str]:
    """Say what limits the estimate and z would have under the normal distribution."""
    if not (figures.z and figures.estimate and (figures.low or figures.high)):
        return []
    scale, z = scales(figures.measure)[0], abs(figures.z.value)
    if not z or not scale.holds(figures.estimate.value):
        return []
    centre = scale.at(figures.estimate.value)
    error = abs(centre - scale.null) / z
    low, high = (_figure(scale.back(centre + side * error * critical(0.05, 0))) for side in (-1, 1))
    return [
        f"From the estimate and z alone{_on(scale)}: standard error {_figure(error)}, "
        f"normal 95% limits {low} and {high}."
    ]


def _test_words(figures: Figures) -> list[str]:
    """Say how z stands to the interval, and p to z and to the interval, each pair by itself."""
    found = []
    allowed = statistics_allowed(figures) if figures.z and figures.has_interval else None
    if allowed:
        least, most = map(_figure, allowed)
        found.append(
            f"With every level and df the interval allows a statistic of {least} to {most} in size; "
            f"reported: {figures.z.text}."
        )
    if figures.p and figures.z:
        found.append(_p_of_statistic(figures))
    best = nearest(figures, z=None) if figures.p and figures.has_interval else None
    return found + ([_p_of_interval(best, figures)] if best else [])


def _p_of_statistic(figures: Figures) -> str:
    size = statistic(figures.z)
    normal, every = (p_range(ANY, size, 0.05, most) for most in (0, 1))
    return (
        f"z {figures.z.text} alone gives a two-sided p of {_span(normal)} (normal) or up to "
        f"{p_value(every[1])} (t), or half of that one-sided; reported: p {figures.p.text}."
    )


def _p_of_interval(best: Reading, figures: Figures) -> str:
    allowed = " or ".join(_span(each) for each in best.p)
    if best.gap(figures.p) == 0:
        return f"The interval alone allows p {figures.p.text} ({best.words}: {allowed})."
    return (
        f"No interpretation of the interval allows p {figures.p.text}; "
        f"the nearest, {best.words}, allows {allowed}."
    )


def _fit_words(best: Reading, figures: Figures) -> list[str]:
    """Name the plainest reading under which everything that is printed fits."""
    if not (figures.p or figures.z):
        return []
    if not figures.has_interval:
        return [_p_of_statistic(figures)]
    allowed = f": p {' or '.join(_span(each) for each in best.p)}" if figures.p else ""
    parts = [f"{name} {part.text}" for name, part in (("p", figures.p), ("z", figures.z)) if part]
    verb = "fit" if len(parts) > 1 else "fits"
    return [f"{' and '.join(parts)} {verb} the interval ({best.words}{allowed})."]


def _span(p: tuple[float, float]) -> str:
    """Say a range of p-values, as one value where its ends print alike."""
    least, most = map(p_value, p)
    return least if least == most else f"{least} to {most}"


def _figure(x: float, digits: int = 3) -> str:
    """Print a computed value with so many significant digits."""
    if not math.isfinite(x) or abs(x) < 1e-9:
        return number(x, 0)
    text = f"{x:#.{digits}g}".rstrip(".")
    # Asked of the text, because 999.7 is below 1000 and prints as 1.00e+03.
    text = f"{x:.0f}" if "e+" in text and abs(x) < 1e9 else text
    return text.replace("-", MINUS)
