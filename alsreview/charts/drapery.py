"""Draw a drapery plot: the p-value of every supposed effect, for each trial and for the pooled effect."""

import altair as alt
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.text import heading
from alsreview.formats import count, listed, number, p_value

HEIGHT, MARGIN = 260, 90  # px of the plot, and beside it
LABELS, STEP = 3, 15  # lines of names above the plot, and px from one to the next
MOST_NAMES = 8  # with more curves the names would cover each other, and the table holds them
LOOKS = {
    "trial": {"color": theme.INK, "strokeWidth": 1.2},
    "composite": {"color": theme.INK, "strokeWidth": 1.2, "strokeDash": [6, 2]},
    "prediction": {"color": theme.PREDICTION, "strokeWidth": 2, "strokeDash": [2, 2]},
    "pooled": {"color": theme.POOLED, "strokeWidth": 3},
}


def drapery(
    curves: pd.DataFrame, units: pd.DataFrame, *, title: str, x_label: str, width: int = theme.WIDTH
) -> alt.LayerChart:
    """Draw a drapery plot.

    Parameters
    ----------
    curves : one row per unit and supposed effect
        ``label``, ``kind`` ("trial", "composite", "prediction" or "pooled"), ``effect`` and ``p``.
    units : one row per unit, with ``label``, ``kind`` and ``estimate``
    title : the chart's heading
    x_label : the axis title
    width : px of the whole chart

    Returns
    -------
    a layered Altair chart
        Where a curve stands above the dashed line lies the unit's 95 % interval; it peaks at the estimate.

    References
    ----------
    Rücker & Schwarzer (2021), doi:10.1002/jrsm.1410.
    """
    ends = [float(curves.effect.min()), float(curves.effect.max())]
    x = alt.X("effect:Q", title=x_label, scale=alt.Scale(domain=ends, nice=False, zero=False))
    plot = width - MARGIN
    layers = [_zero(x), *_level(plot), *_curves(curves, x)]
    if len(units) <= MOST_NAMES:
        # In a narrow plot peaks stand closer than their names are long.
        layers += _names(units, LABELS if width == theme.WIDTH else MOST_NAMES)
    return alt.layer(*layers, width=plot, height=HEIGHT, title=heading(title, width))


def drapery_alt(units: pd.DataFrame, unit: str) -> str:
    """Say what a drapery plot shows: which 95 % intervals hold no effect, and the pooled p.

    Parameters
    ----------
    units : as `drapery` takes it, with ``low_95``, ``high_95`` and ``p_zero``
    unit : the unit of the estimates
    """
    trials = units[units.kind.isin(["trial", "composite"])]
    holds = (trials.low_95 <= 0) & (trials.high_95 >= 0)
    ends = number(trials.estimate.min()), number(trials.estimate.max())
    said = [f"{_names_or_count(trials)} peak from {ends[0]} to {ends[1]} {unit}."]
    for chosen, side in ((holds, "above"), (~holds, "below")):
        if chosen.any():
            said.append(f"At no effect, p is {side} 0.05 for {_names_or_count(trials[chosen])}.")
    for row in units[units.kind == "pooled"].itertuples():
        said.append(
            f"The pooled curve peaks at {number(row.estimate)}; its p at no effect is {p_value(row.p_zero)}."
        )
    return " ".join(said)


def _names_or_count(trials: pd.DataFrame) -> str:
    return listed(list(trials.label)) if len(trials) <= MOST_NAMES else count(len(trials), "unit")


def _zero(x: alt.X) -> alt.Chart:
    rule = alt.Chart(pd.DataFrame({"effect": [0.0]})).mark_rule(color=theme.MUTED)
    return rule.encode(x=x)


def _level(plot: int) -> list[alt.Chart]:
    frame = pd.DataFrame({"p": [0.05], "words": ["p 0.05"]})
    text = {"align": "left", "baseline": "middle", "dx": 4, "fontSize": theme.SMALL, "color": theme.MUTED}
    base = alt.Chart(frame).encode(y=alt.Y("p:Q"))
    return [
        base.mark_rule(color=theme.MUTED, strokeDash=[4, 3]),
        base.mark_text(**text).encode(x=alt.XValue(plot), text=alt.Text("words:N")),
    ]


def _curves(curves: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    """Draw the curves of each kind as one layer, the pooled one on top."""
    y = alt.Y("p:Q", title="p of that effect", scale=alt.Scale(domain=[0, 1], nice=False))
    kept = curves.assign(effect=curves["effect"].round(4), p=curves["p"].round(5))
    told = [
        alt.Tooltip("label:N", title="Unit"),
        alt.Tooltip("effect:Q", title="Supposed effect", format=".2f"),
    ]
    told.append(alt.Tooltip("p:Q", title="p", format=".3f"))
    return [
        alt.Chart(kept.loc[kept.kind == kind, ["label", "effect", "p"]])
        .mark_line(**look)
        .encode(x=x, y=y, detail=alt.Detail("label:N"), tooltip=told)
        for kind, look in LOOKS.items()
        if (kept.kind == kind).any()
    ]


def _names(units: pd.DataFrame, lines: int) -> list[alt.Chart]:
    """Write each unit's name above its peak, on lines that take turns."""
    shown = units.sort_values("estimate")
    shown["up"] = [-8.0 - STEP * (place % lines) for place in range(len(shown))]
    layers = []
    for kind, part in shown.groupby("kind", sort=True):
        bold = {"fontWeight": "bold"} if kind == "pooled" else {}
        colour = {"color": LOOKS[kind]["color"]}
        for row in part.itertuples():
            frame = pd.DataFrame([{"effect": row.estimate, "words": row.label}])
            mark = alt.Chart(frame).mark_text(baseline="middle", fontSize=theme.SMALL, **bold, **colour)
            layers.append(mark.encode(x=alt.X("effect:Q"), y=alt.YValue(row.up), text=alt.Text("words:N")))
    return layers
