"""Says in words and numbers how the figures of a claim stand to one another."""

import math

from alsreview.claims.readings import (
    ANY,
    Reading,
    distance_of,
    has_interval,
    nearest,
    statistic,
    statistics_allowed,
)
from alsreview.claims.scales import Scale, scales
from alsreview.claims.tails import critical, p_range, two_sided_p
from alsreview.formats import MINUS, number, p_value


def interval_words(figures) -> list[str]:
    """Say where the middle of the limits lies, and whether the estimate may be it."""
    if not (figures.low and figures.high and figures.estimate):
        return []
    fitting = [scale for scale in scales(figures.measure) if distance_of(scale, figures)]
    return [_middle_words(scale, figures, bool(fitting)) for scale in fitting[:1] or scales(figures.measure)]


def _middle_words(scale: Scale, figures, fits: bool) -> str:
    low, high = figures.low, figures.high
    ends = ((low.value, high.value), (low.low, high.low), (low.high, high.high))
    middle, least, most = (figure(scale.middle(*pair), 4) for pair in ends)
    verb = "fits" if fits else "does not fit"
    return (
        f"On the {scale.name} scale the midpoint of {low.text} and {high.text} is {middle} "
        f"({least} to {most} with rounding), which {verb} the estimate {figures.estimate.text}."
    )


def derived_words(figures) -> list[str]:
    """Say what the limits give at 95 % under the normal distribution, on the first scale that fits."""
    if not (figures.low and figures.high):
        return []
    scale = next((s for s in scales(figures.measure) if distance_of(s, figures)), scales(figures.measure)[0])
    if scale.name != "plain" and not (scale.holds(figures.low.value) and scale.holds(figures.high.value)):
        return []
    low, high = scale.at(figures.low.value), scale.at(figures.high.value)
    error = (high - low) / 2 / critical(0.05, 0)
    if error <= 0:
        return []
    z = ((low + high) / 2 - scale.null) / error
    p = p_value(two_sided_p(abs(z), 0))
    on = "" if scale.name == "plain" else f" on the {scale.name} scale"
    return [f"As a normal 95% interval{on}: standard error {figure(error)}, z {figure(z)}, p {p}."]


def limits_words(figures) -> list[str]:
    """Say what limits the estimate and z would have under the normal distribution."""
    if not (figures.z and figures.estimate and (figures.low or figures.high)):
        return []
    scale, z = scales(figures.measure)[0], abs(figures.z.value)
    if not z or not scale.holds(figures.estimate.value):
        return []
    centre = scale.at(figures.estimate.value)
    error = abs(centre - scale.null) / z
    low, high = (figure(scale.back(centre + side * error * critical(0.05, 0))) for side in (-1, 1))
    on = "" if scale.name == "plain" else f" on the {scale.name} scale"
    return [
        f"From the estimate and z alone{on}: standard error {figure(error)}, "
        f"normal 95% limits {low} and {high}."
    ]


def test_words(figures) -> list[str]:
    """Say how z stands to the interval, and p to z and to the interval, each pair by itself."""
    found = []
    allowed = statistics_allowed(figures) if figures.z and has_interval(figures) else None
    if allowed:
        least, most = map(figure, allowed)
        found.append(
            f"With every level and df the interval allows a statistic of {least} to {most} in size; "
            f"reported: {figures.z.text}."
        )
    if figures.p and figures.z:
        found.append(_p_of_statistic(figures))
    best = nearest(figures, z=None) if figures.p and has_interval(figures) else None
    return found + ([_p_of_interval(best, figures)] if best else [])


def _p_of_statistic(figures) -> str:
    size = statistic(figures.z)
    normal, every = (p_range(ANY, size, 0.05, most) for most in (0, 1))
    return (
        f"z {figures.z.text} alone gives a two-sided p of {span(normal)} (normal) or up to "
        f"{p_value(every[1])} (t), or half of that one-sided; reported: p {figures.p.text}."
    )


def _p_of_interval(best: Reading, figures) -> str:
    allowed = " or ".join(span(each) for each in best.p)
    if best.gap(figures.p) == 0:
        return f"The interval alone allows p {figures.p.text} ({best.words}: {allowed})."
    return (
        f"No interpretation of the interval allows p {figures.p.text}; "
        f"the nearest, {best.words}, allows {allowed}."
    )


def fit_words(best: Reading, figures) -> list[str]:
    """Name the plainest reading under which everything that is printed fits."""
    if not (figures.p or figures.z):
        return []
    if not has_interval(figures):
        return [_p_of_statistic(figures)]
    allowed = f": p {' or '.join(span(each) for each in best.p)}" if figures.p else ""
    parts = [f"{name} {part.text}" for name, part in (("p", figures.p), ("z", figures.z)) if part]
    verb = "fit" if len(parts) > 1 else "fits"
    return [f"{' and '.join(parts)} {verb} the interval ({best.words}{allowed})."]


def span(p: tuple[float, float]) -> str:
    """Say a range of p-values, as one value where its ends print alike."""
    least, most = map(p_value, p)
    return least if least == most else f"{least} to {most}"


def figure(x: float, digits: int = 3) -> str:
    """Print a computed value with so many significant digits."""
    if not math.isfinite(x) or abs(x) < 1e-9:
        return number(x, 0)
    text = f"{x:.0f}" if 10**digits <= abs(x) < 1e9 else f"{x:#.{digits}g}".rstrip(".")
    return text.replace("-", MINUS)
