"""Draw trials as points: effects by precision (funnel plot), and by a characteristic of the trials."""

import math

import altair as alt
import numpy as np
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.forest_layout import ratio_ticks

HEIGHT = 300  # px


def funnel(trials: pd.DataFrame, *, estimate: float, level: float, label: str, ratio: bool, z: float):
    """Draw a funnel plot: standard errors downwards, and the region expected without heterogeneity.

    Parameters
    ----------
    trials : ``label``, ``yi`` and ``vi``
    estimate : pooled effect on the scale of analysis, at the middle of the funnel
    level, z : of the region, and the normal quantile that goes with it
    label : name of the effect
    ratio : whether effects are logarithms of ratios, which the axis prints as ratios
    """
    points = trials[["label", "yi"]].assign(se=np.sqrt(trials.vi.astype(float)))
    deepest = 1.05 * float(points.se.max())
    sides = pd.DataFrame(
        {"x": [estimate - z * deepest, estimate, estimate + z * deepest], "se": [deepest, 0, deepest]}
    )
    limits = [min(sides.x.min(), points.yi.min()), max(sides.x.max(), points.yi.max())]
    margin = 0.04 * (limits[1] - limits[0])
    x = _effect_axis("x", (limits[0] - margin, limits[1] + margin), label, ratio)
    y = alt.Y("se:Q", title="Standard error", scale=alt.Scale(domain=[deepest, 0], nice=False))
    region = alt.Chart(sides).mark_line(color=theme.MUTED, strokeDash=[4, 3]).encode(x=x, y=y, order="x:Q")
    middle = alt.Chart(pd.DataFrame({"x": [estimate]})).mark_rule(color=theme.POOLED).encode(x=x)
    marks = (
        alt.Chart(points.rename(columns={"yi": "x"}))
        .mark_point(filled=True, size=55, color=theme.INK, opacity=1)
        .encode(x=x, y=y, tooltip=[alt.Tooltip("label:N", title="Study")])
    )
    return alt.layer(region, middle, marks).properties(width="container", height=HEIGHT)


def bubble(trials: pd.DataFrame, line: pd.DataFrame, *, moderator: str, label: str, ratio: bool):
    """Draw effects against a characteristic of the trials, with the regression line and its interval.

    Parameters
    ----------
    trials : ``label``, ``value``, ``yi`` and ``weight`` (percent)
    line : ``value``, ``estimate``, ``ci_low`` and ``ci_high`` of the regression
    moderator, label : names of the two axes
    ratio : whether effects are logarithms of ratios, which the axis prints as ratios
    """
    ends = [*trials.yi, *line.ci_low, *line.ci_high, 0.0]
    margin = 0.05 * (max(ends) - min(ends))
    domain = (min(ends) - margin, max(ends) + margin)
    x = alt.X("value:Q", title=moderator, scale=alt.Scale(zero=False, nice=True))
    y = _effect_axis("yi", domain, label, ratio, alt.Y)
    base = alt.Chart(line.rename(columns={"estimate": "yi"}))
    band = base.mark_area(color=theme.POOLED, opacity=0.15).encode(
        x=x, y=_effect_axis("ci_low", domain, label, ratio, alt.Y), y2="ci_high:Q"
    )
    fitted = base.mark_line(color=theme.POOLED).encode(x=x, y=y)
    nothing = alt.Chart(pd.DataFrame({"yi": [0.0]})).mark_rule(color=theme.MUTED, strokeDash=[4, 3])
    size = alt.Size("weight:Q", legend=None, scale=alt.Scale(range=[30, 400], zero=True))
    marks = (
        alt.Chart(trials[["label", "value", "yi", "weight"]])
        .mark_point(filled=True, color=theme.INK, opacity=0.75)
        .encode(x=x, y=y, size=size, tooltip=[alt.Tooltip("label:N", title="Study")])
    )
    return alt.layer(band, nothing.encode(y=y), fitted, marks).properties(width="container", height=HEIGHT)


def _effect_axis(field: str, domain: tuple[float, float], label: str, ratio: bool, channel=alt.X):
    """Give an axis of effects; that of logarithms is labelled with ratios."""
    scale = alt.Scale(domain=list(domain), nice=False, zero=False)
    if not ratio:
        return channel(f"{field}:Q", title=label, scale=scale)
    values = [math.log(tick) for tick in ratio_ticks(domain)]
    axis = alt.Axis(values=values, labelExpr="format(exp(datum.value), '~r')")
    return channel(f"{field}:Q", title=label, scale=scale, axis=axis)
