"""Reads the figures of a claim as printed, and finds those that lie outside what they can be."""

from dataclasses import dataclass
from numbers import Real

from alsreview.claims.scales import MEASURES, RATIOS
from alsreview.formats import MINUS
from alsreview.schema import Printed, printed_figure, printed_p

Figure = str | Real | None


@dataclass(frozen=True)
class Figures:
    """What a claim prints; None where it prints nothing."""

    measure: str
    estimate: Printed | None
    low: Printed | None
    high: Printed | None
    p: Printed | None
    z: Printed | None
    i2: Printed | None
    k: int | None
    n: int | None
    unnamed_p: bool


def read_figures(measure: str, estimate: Figure, low: Figure, high: Figure, *, p, z, k, n, i2) -> Figures:
    """Read the figures of a claim, or say which of them is none."""
    if measure not in MEASURES:
        raise ValueError(f"measure: expected one of {', '.join(MEASURES)}, found {measure!r}")
    percent = i2.strip().removesuffix("%").strip() if isinstance(i2, str) else i2
    read = {
        name: None if value is None else printed_figure(value, name)
        for name, value in (
            ("estimate", estimate),
            ("ci_low", low),
            ("ci_high", high),
            ("z", z),
            ("i2", percent),
        )
    }
    stated = None if p is None else printed_p(p)
    return Figures(
        measure, read["estimate"], read["ci_low"], read["ci_high"], stated, read["z"], read["i2"],
        _count(k, "k"), _count(n, "n"), p is not None and stated is None,
    )  # fmt: skip


def _count(value, name: str) -> int | None:
    if value is None:
        return None
    text = str(value).strip() if not isinstance(value, bool) else ""
    whole = text.removesuffix(".0") if isinstance(value, float) else text
    if not (whole.isascii() and whole.isdecimal()) or int(whole) < 1:
        raise ValueError(f"{name}: expected a whole number of at least 1, found {value!r}")
    return int(whole)


def impossible(figures: Figures) -> list[str]:
    """List the figures that lie outside what they can be, whatever the rounding."""
    return [*_beyond_measure(figures), *_beyond_limits(figures), *_beyond_scale(figures)]


def _beyond_measure(figures: Figures) -> list[str]:
    parts = {"estimate": figures.estimate, "lower limit": figures.low, "upper limit": figures.high}
    found = []
    for name, part in parts.items():
        if part is not None and figures.measure in RATIOS and part.high < 0:
            found.append(_outside(name, part, f"no ratio ({figures.measure}) is below 0"))
        if part is not None and figures.measure == "r" and (part.high < -1 or part.low > 1):
            found.append(_outside(name, part, "a correlation lies between \u22121 and 1"))
    return found


def _outside(name: str, part: Printed, rule: str) -> str:
    nearest = f"{min((part.low, part.high), key=abs):.6g}".replace("-", MINUS)
    return (
        f"The {name} is printed as {part.text}, so even with rounding it is no nearer than {nearest}; {rule}."
    )


def _beyond_limits(figures: Figures) -> list[str]:
    estimate, low, high = figures.estimate, figures.low, figures.high
    rounding = "and rounding does not change that"
    if low and high and low.low > high.high:
        return [f"The lower limit {low.text} is above the upper limit {high.text}, {rounding}."]
    if estimate and low and estimate.high < low.low:
        return [f"The estimate {estimate.text} is below its lower limit {low.text}, {rounding}."]
    if estimate and high and estimate.low > high.high:
        return [f"The estimate {estimate.text} is above its upper limit {high.text}, {rounding}."]
    return []


def _beyond_scale(figures: Figures) -> list[str]:
    found = []
    if figures.p and (figures.p.high < 0 or figures.p.low > 1):
        found.append(f"p is printed as {figures.p.text}, and a p-value lies between 0 and 1.")
    if figures.i2 and (figures.i2.high < 0 or figures.i2.low > 100):
        found.append(f"I\u00b2 is printed as {figures.i2.text}%, and I\u00b2 lies between 0% and 100%.")
    return found
