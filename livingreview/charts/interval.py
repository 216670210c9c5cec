"""Draw one estimate and its confidence interval in a line of text, with the zones of important effects."""

from html import escape

from livingreview.formats import number

WIDTH, HEIGHT = 260, 46  # px
LEFT, RIGHT, LINE = 6, 254, 15  # px: the ends of the axis, and the height of the interval
MARGIN = 1.12  # times the farthest value that the axis has to show


def interval_plot(
    estimate: float,
    low: float,
    high: float,
    thresholds: tuple[float, ...],
    *,
    ends: tuple[str, str],
    certainty: str,
    alt: str,
) -> str:
    """Draw an interval as SVG that takes its colours from the style of the page.

    On both sides of no effect, the lightly shaded zone begins at the smallest threshold and the darker one at
    the largest. An end that no number limits reaches the edge.

    Parameters
    ----------
    estimate, low, high : the effect as a benefit, positive in favour of the intervention
    thresholds : every declared threshold of an important effect; none where none is declared
    ends : the ends of the interval, as they are written above it
    certainty : rating of the evidence, which alone decides the colour
    """
    farthest = max([abs(value) for value in (estimate, low, high)] + [1.6 * max(thresholds, default=0)])
    span = MARGIN * (farthest or 1.0)

    def x(value: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (value + span) / (2 * span), 1)

    zones = "".join(
        f'<rect class="lr-zone" x="{min(x(sign * edge), x(sign * span))}" y="2" '
        f'width="{round(abs(x(sign * span) - x(sign * edge)), 1)}" height="26"/>'
        for edge in dict.fromkeys((min(thresholds), max(thresholds)) if thresholds else ())
        for sign in (-1, 1)
    )
    marks = (
        f'<line class="lr-null" x1="{x(0)}" x2="{x(0)}" y1="2" y2="30"/>'
        f'<line class="lr-ci" x1="{x(low)}" x2="{x(high)}" y1="{LINE}" y2="{LINE}"/>'
        f'<circle class="lr-estimate" cx="{x(estimate)}" cy="{LINE}" r="5"/>'
    )
    written = "".join(
        f'<text class="lr-end" x="{x(value)}" y="11" text-anchor="middle">{escape(said)}</text>'
        for value, said in zip((low, high), ends, strict=True)
    )
    words = "".join(
        f'<text x="{at}" y="42" text-anchor="{anchor}">{said}</text>'
        for at, anchor, said in (
            (LEFT, "start", "\u2190 worse"),
            (x(0), "middle", number(0, 0)),
            (RIGHT, "end", "better \u2192"),
        )
    )
    kind = certainty.replace(" ", "-")
    return (
        f'<svg class="lr-interval lr-{escape(kind)}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="{escape(alt)}">{zones}{marks}{written}{words}</svg>'
    )
