"""Draw a funnel plot: effects against their standard errors, and where chance alone would keep them."""

import altair as alt
import numpy as np
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.text import heading
from alsreview.formats import listed, number

HEIGHT, MARGIN = 320, 70  # px of the plot, and beside it
QUANTILE = 1.959964  # of the normal distribution: 95 % lie within


def funnel(
    units: pd.DataFrame, pooled: float, *, title: str, x_label: str, width: int = theme.WIDTH
) -> alt.LayerChart:
    """Draw a funnel plot.

    Parameters
    ----------
    units : one row per unit, with ``label``, ``yi`` and ``se``
    pooled : the pooled effect, around which the funnel stands
    title : the chart's heading
    x_label : the axis title
    width : px of the whole chart

    Returns
    -------
    a layered Altair chart
        The most precise units are on top; without other causes 95 % lie between the slanted lines.

    References
    ----------
    Sterne et al. (2011), doi:10.1136/bmj.d4002.
    """
    deep = float(units.se.max()) * 1.05
    edges = pd.DataFrame({"se": [deep, 0.0, deep], "x": pooled + QUANTILE * np.array([-deep, 0, deep])})
    reach = [min(edges.x.min(), units.yi.min()), max(edges.x.max(), units.yi.max())]
    room = 0.04 * (reach[1] - reach[0])
    x_scale = alt.Scale(domain=[reach[0] - room, reach[1] + room], nice=False, zero=False)
    y = alt.Y("se:Q", title="standard error", scale=alt.Scale(domain=[deep, 0], nice=False))
    sides = alt.Chart(edges.assign(order=range(3))).mark_line(color=theme.MUTED, strokeDash=[4, 3])
    middle = alt.Chart(pd.DataFrame({"x": [pooled]})).mark_rule(color=theme.POOLED, strokeWidth=2)
    dots = alt.Chart(units.assign(x=units.yi)[["label", "x", "se"]])
    told = [alt.Tooltip("label:N", title="Unit"), alt.Tooltip("x:Q", title="Effect", format=".2f")]
    layers = [
        sides.encode(
            x=alt.X("x:Q", title=heading(x_label, width), scale=x_scale), y=y, order=alt.Order("order:Q")
        ),
        middle.encode(x=alt.X("x:Q")),
        dots.mark_point(filled=True, size=55, color=theme.INK, opacity=1).encode(
            x=alt.X("x:Q"), y=y, tooltip=told
        ),
    ]
    return alt.layer(*layers).properties(width=width - MARGIN, height=HEIGHT, title=heading(title, width))


def funnel_alt(units: pd.DataFrame, pooled: float) -> str:
    """Say what a funnel plot shows: how many units lie on each side, and which outside the funnel."""
    off = (units.yi - pooled).abs() > QUANTILE * units.se
    small = units.se > units.se.median()
    right = (units.yi > pooled) & small
    outside = f"Outside the funnel: {listed(list(units.label[off]))}." if off.any() else "None is outside it."
    return (
        f"{len(units)} units around {number(pooled)}. Of the {small.sum()} less precise ones {right.sum()} "
        f"lie above it and {small.sum() - right.sum()} do not. {outside}"
    )
