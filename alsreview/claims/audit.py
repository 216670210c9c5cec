"""Asks whether the figures that a claim prints can stand together."""

from dataclasses import dataclass

from alsreview.claims.arithmetic import derived_words, fit_words, interval_words, limits_words, test_words
from alsreview.claims.figures import Figure, Figures, impossible, read_figures
from alsreview.claims.readings import nearest

VERDICTS = ("consistent", "inconsistent", "impossible", "not recomputable")


@dataclass(frozen=True)
class Audit:
    """What the figures of a claim allow one to say, and the arithmetic behind it, a sentence each."""

    verdict: str
    findings: tuple[str, ...]


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
) -> Audit:
    """Ask whether a printed estimate, interval, test and counts can stand together.

    Parameters
    ----------
    measure : one of `alsreview.claims.scales.MEASURES`
    estimate, ci_low, ci_high : as printed, ratios as ratios; None where none was seen
        A text keeps the meaning of its last digit, ``"0.60"`` being 0.595 to 0.605; a number is taken by
        its shortest form. The level of the interval need not be known.
    p : ``"0.03"``, ``"<0.001"``, ``"P = .03"``, ``"NS"``
        What only says "not significant" names no figure and is not used.
    z : the test statistic, a t as well; its sign is a convention and is not used
    k, n : trials and people
    i2 : in percent

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
    Intervals that are Bayesian, bootstrapped or from a profile likelihood follow other rules and are
    not to be put through this.
    """
    return audit_figures(read_figures(measure, estimate, ci_low, ci_high, p=p, z=z, k=k, n=n, i2=i2))


def audit_figures(figures: Figures, *, interval: str | None = None) -> Audit:
    """Audit figures that have been read; ``interval`` names a kind of interval that follows other rules."""
    faults = impossible(figures)
    if faults:
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
    words = (*interval_words(figures), *derived_words(figures), *unused)
    best = nearest(figures, z=figures.z)
    if best is not None and best.gap(figures.p) == 0:
        return Audit("consistent", (*words, *fit_words(best, figures)))
    words = (*words, *limits_words(figures), *test_words(figures))
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
