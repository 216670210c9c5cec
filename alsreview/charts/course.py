"""Draw what people lose over time, without the intervention and with the effect."""

import altair as alt
import numpy as np
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.text import heading
from alsreview.formats import interval, number

HEIGHT, MARGIN = 300, 200  # px of the plot, and beside it for the words and the axis
AXIS = 50  # px for the axis alone
BETWEEN = 15  # px; closer words would touch
BELOW = HEIGHT + 50  # px; where words under the plot begin


def course_chart(
    table: pd.DataFrame, *, title: str, with_words: str, width: int = theme.WIDTH
) -> alt.LayerChart:
    """Draw expected courses.

    Parameters
    ----------
    table : one row per time, from the start on
        ``month``, ``without``, ``gained``, ``gained_low``, ``gained_high``, ``people_low`` and
        ``people_high``: changes from the start, in points, as `alsreview.pooling.course` gives them.
    title : the chart's heading
    with_words : names the course with the effect, such as "with the pooled effect"
    width : px of the whole chart; in a narrow one the words stand under the plot

    Returns
    -------
    a layered Altair chart
        Two lines, a band for the interval of the effect, and dotted lines between which 95 % of the people
        without the intervention lie, where that is known.
    """
    reach = _reach(table)
    layers = [_interval(table, reach), *_people(table), _line(table, "without"), _line(table, "gained")]
    below = width < theme.WIDTH
    plot = width - (AXIS if below else MARGIN)
    layers += _names(table, with_words, reach, plot, below)
    return alt.layer(*layers, width=plot, height=HEIGHT, title=heading(title, width))


LOOKS = {
    "without": {"color": theme.INK, "strokeWidth": 2, "strokeDash": [7, 3]},
    "gained": {"color": theme.POOLED, "strokeWidth": 3},
}


STROKES = {"without": "dashed", "gained": "solid", "people_low": "dotted", "people_high": "dotted"}


def course_alt(table: pd.DataFrame, who: str) -> str:
    """Say what the chart shows: the two losses at the end, and how far the interval reaches.

    Parameters
    ----------
    table : as `course_chart` takes it
    who : the cohort behind the expected loss
    """
    last = table.iloc[-1]
    said = [
        f"After {number(last.month, 1)} months the average change of {who} is "
        f"{number(last.without, 1)} points, with the effect {number(last.gained, 1)}, with its limits "
        f"{interval(last.gained_low, last.gained_high, 1)}."
    ]
    if last.gained_low <= last.without <= last.gained_high:
        said.append("The interval holds the course without any effect.")
    if table.people_low.notna().all():
        ends = number(last.people_low, 1), number(last.people_high, 1)
        said.append(f"Without it 95 % of the people lie between {ends[0]} and {ends[1]}.")
    return " ".join(said)


def _x() -> alt.X:
    return alt.X("month:Q", title="months", scale=alt.Scale(nice=False), axis=alt.Axis(tickMinStep=1))


def _reach(table: pd.DataFrame) -> tuple[float, float]:
    """Hold everything that is drawn, and no change at all."""
    values = table.drop(columns="month").to_numpy(dtype=float)
    return float(np.nanmin(values)), float(max(np.nanmax(values), 0))


def _interval(table: pd.DataFrame, reach: tuple[float, float]) -> alt.Chart:
    """Draw the band; this layer also carries the scale that all layers share."""
    scale = alt.Scale(domain=list(reach), nice=False)
    y = alt.Y("gained_low:Q", title="change in points on the ALSFRS-R", scale=scale)
    kept = table[["month", "gained_low", "gained_high"]].round(3)
    band = alt.Chart(kept).mark_area(color=theme.POOLED, opacity=0.18)
    return band.encode(x=_x(), y=y, y2=alt.Y2("gained_high:Q"))


def _people(table: pd.DataFrame) -> list[alt.Chart]:
    """Draw the edges and not the area: most of it would lie under the interval of the effect."""
    if table.people_low.isna().any():
        return []
    look = {"color": theme.MUTED, "strokeWidth": 1.5, "strokeDash": [1, 3]}
    return [
        alt.Chart(table[["month", name]].round(3)).mark_line(**look).encode(x=_x(), y=alt.Y(f"{name}:Q"))
        for name in ("people_low", "people_high")
    ]


def _line(table: pd.DataFrame, name: str) -> alt.Chart:
    told = [alt.Tooltip("month:Q", title="Month", format=".1f")]
    told.append(alt.Tooltip(f"{name}:Q", title="Change", format=".1f"))
    mark = alt.Chart(table[["month", name]].round(3)).mark_line(**LOOKS[name])
    return mark.encode(x=_x(), y=alt.Y(f"{name}:Q"), tooltip=told)


def _names(
    table: pd.DataFrame, with_words: str, reach: tuple[float, float], plot: int, below: bool
) -> list[alt.Chart]:
    """Write at the end of each line what it is, moved apart where lines end close; or all under the plot."""
    said = {"gained": with_words, "without": "without it"}
    if table.people_low.notna().all():
        said |= dict.fromkeys(("people_high", "people_low"), "95 % of people")
    last = table.iloc[-1]
    names = pd.DataFrame(
        [{"kind": kind, "end": last[kind], "words": f"{words}: {number(last[kind], 1)}"}
         for kind, words in said.items()]
    ).sort_values("end", ascending=False)  # fmt: skip
    places = HEIGHT * (reach[1] - names.end) / (reach[1] - reach[0])
    apart = []
    for place in places:
        apart.append(max([place, *(each + BETWEEN for each in apart[-1:])]))
    if below:
        rows = names.assign(words=names.kind.map(STROKES) + ": " + names.words)
        return [_name(0, BELOW + BETWEEN * place, row, {}) for place, row in enumerate(rows.itertuples())]
    side = {"dx": 6, "limit": MARGIN - AXIS}
    return [_name(plot, y, row, side) for y, row in zip(apart, names.itertuples(), strict=True)]


def _name(x: int, y: float, row, side: dict) -> alt.Chart:
    look = {"color": LOOKS[row.kind]["color"] if row.kind in LOOKS else theme.MUTED, "fontSize": theme.SMALL}
    mark = alt.Chart(pd.DataFrame([{"words": row.words}])).mark_text(align="left", **side, **look)
    return mark.encode(x=alt.XValue(x), y=alt.YValue(float(y)), text=alt.Text("words:N"))
