"""Draw which way each trial points: an effect direction plot, with its words beside it."""

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.text import heading, line, people_words, words
from livingreview.formats import is_missing, number, weeks

HEAD = 16  # px from the top to the middle of the heads of the columns


class Column(NamedTuple):
    """What a column of text says and where: px from the left edge, and down from a row's first line."""

    field: str
    x: float
    limit: float
    down: float = 0
    align: str = "left"
    size: float = theme.SMALL


class Form(NamedTuple):
    """Sizes of a form in px: its width, its first row, from row to row, its marks; its heads, its columns."""

    width: float
    first: float
    step: float
    mark: float
    heads: tuple[tuple[str, float, str], ...]
    columns: tuple[Column, ...]


WIDE = Form(
    width=theme.WIDTH,
    first=44,
    step=26,
    mark=432,
    heads=(
        ("Study", 0, "left"),
        ("Outcome", 134, "left"),
        ("Weeks", 316, "center"),
        ("Participants", 376, "center"),
        ("Direction", 424, "left"),
    ),
    columns=(
        Column("label", 0, 126, size=theme.TEXT),
        Column("outcome_label", 134, 162),
        Column("weeks_text", 316, 44, align="center"),
        Column("people_text", 376, 44, align="center"),
        Column("reading", 450, 230),
    ),
)
# A phone has no room for columns: a trial takes three lines beside its mark, and no heads.
NARROW = Form(
    width=theme.NARROW,
    first=12,
    step=60,
    mark=8,
    heads=(),
    columns=(
        Column("label", 22, 160, size=theme.TEXT),
        Column("people_words", theme.NARROW, 90, align="right"),
        Column("outcome_text", 22, 254, down=17),
        Column("reading", 22, 254, down=33),
    ),
)


SHAPES = {
    "favours_intervention": "triangle-up",
    "favours_comparator": "triangle-down",
    "no_direction": "square",
    "mixed": "diamond",
    "unknown": "circle",
}
COLOURS = {
    "favours_intervention": theme.INTERVENTION,
    "favours_comparator": theme.COMPARATOR,
    "no_direction": theme.INK,
    "mixed": theme.INK,
    "unknown": theme.MUTED,
}
READINGS = {
    "favours_intervention": "in favour",
    "favours_comparator": "against",
    "no_direction": "exactly zero",
    "mixed": "conflicting",
    "unknown": "direction unknown",
}


STATED = {
    "no_difference": "\u201cno difference\u201d",
    "favours_intervention": "\u201cin favour\u201d",
    "favours_comparator": "\u201cagainst\u201d",
    "unclear": "\u201cunclear\u201d",
}


def directions(frame: pd.DataFrame, *, title: str, width: int = theme.WIDTH) -> alt.LayerChart:
    """Draw an effect direction plot.

    Parameters
    ----------
    frame : one row per trial
        ``label``, ``outcome_label``, ``timepoint_weeks``, ``n`` (people), ``direction``
        ("favours_intervention", "favours_comparator", "no_direction", "mixed" or "unknown"), ``stated``
        (what the authors say, or None), ``basis`` ("estimate", "authors' statement" or "nothing seen"),
        ``p`` (text or None) and ``counted``.
    title : the chart's heading
    width : px; in a narrow chart a trial's words stand one under the other

    Returns
    -------
    a layered Altair chart
        Triangles point up in favour of the intervention and down against it, circles are unknown; marks
        that are not counted are open; their size grows with the root of the participants.

    Notes
    -----
    After the effect direction plot of synthesis without meta-analysis (SWiM).
    """
    form = WIDE if width >= theme.WIDTH else NARROW
    rows = _rows(frame, form)
    height = form.first + form.step * max(len(rows), 1)
    layers = [_rules(rows, form, height), *_heads(form), *_columns(rows, form), *_marks(rows, form)]
    return alt.layer(*layers).properties(width=form.width, height=height, title=heading(title, width))


def _rows(frame: pd.DataFrame, form: Form) -> pd.DataFrame:
    """Lay out the rows and put each into words."""
    people = frame["n"].astype(float).fillna(0)
    return frame.assign(
        y=[float(form.first + form.step * i) for i in range(len(frame))],
        outcome_text=[_outcome(row) for row in frame.itertuples()],
        weeks_text=[_weeks(x) for x in frame["timepoint_weeks"]],
        people_text=[number(n, 0) for n in frame["n"]],
        people_words=[people_words(n) for n in frame["n"]],
        reading=[_reading(row) for row in frame.itertuples()],
        # Area grows with the root of the people: a trial of 80 is not drawn ten times one of 8.
        area=(40 + 14 * np.sqrt(people)).clip(upper=220),
    )


def _outcome(row) -> str:
    if is_missing(row.timepoint_weeks):
        return row.outcome_label
    return f"{row.outcome_label}, {weeks(row.timepoint_weeks)}"


def _weeks(x: float) -> str:
    return number(x, 0 if is_missing(x) or round(x, 1) == round(x) else 1)


def _reading(row) -> str:
    if row.basis == "nothing seen":
        return "no result available"
    if row.basis != "estimate":
        return f"{STATED.get(row.stated, 'no statement')}, no estimate" + _p(row)
    said = READINGS[row.direction]
    return f"{said} (estimate{_p(row)})" + ("" if row.counted else ", not counted")


def _p(row) -> str:
    return "" if is_missing(row.p) else f", p {row.p}"


def _heads(form: Form) -> list[alt.Chart]:
    bold = {"fontWeight": "bold", "fontSize": theme.SMALL}
    return [line(text, x=x, y=HEAD, align=align, **bold) for text, x, align in form.heads]


def _rules(rows: pd.DataFrame, form: Form, height: float) -> alt.Chart:
    """Draw lines under the heads or between trials; they carry the scale on which all layers count px."""
    scale = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    places = [HEAD + 10.0] if form.heads else [y - 14.0 for y in rows.y[1:]]
    mark = alt.Chart(pd.DataFrame({"y": places}, dtype=float)).mark_rule(color=theme.RULE)
    ends = {"x": alt.XValue(0), "x2": alt.X2Value(form.width)}
    return mark.encode(y=alt.Y("y:Q", axis=None, scale=scale), **ends)


def _columns(rows: pd.DataFrame, form: Form) -> list[alt.Chart]:
    if rows.empty:
        return [line("No trial in this analysis", x=0, y=float(form.first))]
    return [
        words(rows.assign(y=rows.y + column.down), column.field, x=column.x, align=column.align,
              limit=column.limit, fontSize=column.size)
        for column in form.columns
    ]  # fmt: skip


def _marks(rows: pd.DataFrame, form: Form) -> list[alt.Chart]:
    """Draw one layer per direction and per counted or not, since shapes and fills differ."""
    layers = []
    tooltip = [
        alt.Tooltip("label:N", title="Trial"),
        alt.Tooltip("outcome_text:N", title="Outcome"),
        alt.Tooltip("people_text:N", title="Participants"),
        alt.Tooltip("reading:N", title="Direction"),
    ]
    kept = ["y", "area", "label", "outcome_text", "people_text", "reading"]
    for (direction, counted), part in rows.groupby(["direction", "counted"], sort=True):
        mark = alt.Chart(part[kept]).mark_point(
            shape=SHAPES[direction],
            fill=COLOURS[direction] if counted else theme.PAPER,
            stroke=COLOURS[direction],
            strokeWidth=1.5,
            opacity=1,
        )
        layers.append(
            mark.encode(
                x=alt.XValue(form.mark),
                y=alt.Y("y:Q", axis=None),
                size=alt.Size("area:Q", scale=None, legend=None),
                tooltip=tooltip,
            )
        )
    return layers
