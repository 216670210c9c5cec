"""Draw the lines against which a forest plot is read: no difference, and a difference that matters."""

import textwrap

import altair as alt
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.forest_axis import ratio_ticks
from alsreview.charts.forest_places import STRIP
from alsreview.charts.forest_rows import ForestRows
from alsreview.charts.forest_text import HEAD_RULE, SECOND
from alsreview.charts.text import line


def _stretches(laid: ForestRows) -> pd.DataFrame:
    """Say from where to where a line runs: through the plot, or through each row's strip of it."""
    if not laid.places.narrow:
        return pd.DataFrame({"y": [float(HEAD_RULE)], "y2": [float(laid.height)]})
    drawn = laid.rows[laid.rows["ci_low"].notna() | laid.rows["yi"].notna()]
    strips = pd.DataFrame({"y": drawn["y"] - STRIP / 2, "y2": drawn["y"] + STRIP / 2})
    foot = pd.DataFrame({"y": [laid.height - 5.0], "y2": [float(laid.height)]})
    return pd.concat([strips, foot], ignore_index=True)


def no_difference(laid: ForestRows, title: str) -> alt.Chart:
    """Draw the line of no difference; it also carries the scales that all layers share."""
    ends = _stretches(laid).assign(x=float(laid.shown(0.0)))
    scale = alt.Scale(domain=[0, laid.height], range=[0, laid.height], nice=False, zero=False)
    rule = alt.Chart(ends).mark_rule(color=theme.MUTED)
    return rule.encode(x=_x(laid, title), y=alt.Y("y:Q", axis=None, scale=scale), y2=alt.Y2("y2:Q"))


def _x(laid: ForestRows, title: str) -> alt.X:
    places = laid.places
    scale = alt.Scale(
        type="log" if laid.ratio else "linear",
        domain=[float(laid.shown(limit)) for limit in laid.domain],
        range=[places.left, places.right],
        nice=False,
        zero=alt.Undefined if laid.ratio else False,
    )
    # The format's default would write a ratio of 10 as "1e+1" and of 0.33 as "0.3".
    ticks = {"values": ratio_ticks(laid.domain), "format": ".2~f"} if laid.ratio else {"tickCount": 5}
    # The title belongs under the plot, which is not the middle of the chart.
    middle = (places.left + places.right) / 2
    room = 2 * min(middle, places.width - middle)
    lines = textwrap.wrap(title, int(room / 6.4))[:2] or [""]
    axis = alt.Axis(title=lines, titleX=middle, titleLimit=room, **ticks)
    return alt.X("x:Q", scale=scale, axis=axis)


def threshold(laid: ForestRows, band: tuple[float, ...], label: str | None) -> list[alt.Chart]:
    """Draw the difference that matters: a dashed line, or two and the band between them."""
    if not band:
        return []
    stretches = _stretches(laid)
    at = [float(laid.shown(value)) for value in band]
    edges = pd.concat([stretches.assign(x=x) for x in at], ignore_index=True)
    rule = alt.Chart(edges).mark_rule(color=theme.THRESHOLD, strokeDash=[5, 3])
    layers = [rule.encode(x=alt.X("x:Q"), y=alt.Y("y:Q", axis=None), y2=alt.Y2("y2:Q"))]
    if len(band) == 2:
        area = alt.Chart(stretches.assign(x=at[0], x2=at[1])).mark_rect(color=theme.THRESHOLD, opacity=0.14)
        area = area.encode(x=alt.X("x:Q"), x2=alt.X2("x2:Q"), y=alt.Y("y:Q", axis=None), y2=alt.Y2("y2:Q"))
        layers.insert(0, area)
    if label and not laid.places.narrow:
        layers.append(_threshold_label(laid, label, sum(map(laid.x, band)) / len(band)))
    return layers


def _threshold_label(laid: ForestRows, label: str, centre: float) -> alt.Chart:
    """Write the threshold's name above the plot, kept from the columns beside it."""
    lines = textwrap.wrap(label, 30)[:2]
    half = min(max(map(len, lines)) * 3.1, 110)
    x = min(max(centre, laid.places.left + half), laid.places.right - half)
    first = SECOND - 14 * (len(lines) - 1)
    style = {"fontSize": theme.SMALL, "color": theme.THRESHOLD, "limit": 225}
    return line("\n".join(lines), x=x, y=first, align="center", **style)
