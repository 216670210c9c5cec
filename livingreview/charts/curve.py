"""Draw a specification curve: every distinct result with its interval, and under it the choices behind it."""

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.text import heading, line, words
from livingreview.formats import interval, number

TOP = 190  # px; the height of the intervals
HEAD, DOT = 16, 30  # px for a dimension's name, and px2 of a mark


class Form(NamedTuple):
    """Sizes of a form in px: the words, the results; from level to level, and from its name to its marks."""

    left: int
    plot: int
    step: int
    drop: int
    limit: int


WIDE, NARROW = Form(226, 440, 13, 0, limit=214), Form(40, 236, 27, 13, limit=264)


def specification_curve(
    table: pd.DataFrame, dimensions: dict, *, title: str, unit: str, width: int = theme.WIDTH
) -> alt.VConcatChart:
    """Draw a specification curve.

    Parameters
    ----------
    table : one row per distinct result, in the order to draw
        ``estimate, ci_low, ci_high`` (unit of the analysis), ``k`` (units), ``people``,
        ``specifications``, ``own``, and for each dimension a tuple of the levels that gave it.
    dimensions : dimension to its ``label`` and ``levels``, each with a ``label``
    title : the chart's heading.
    unit : the unit of ``estimate``.
    width : px; in a narrow chart the name of a level stands over its marks.

    Returns
    -------
    two Altair charts, one above the other
        Above, estimates and intervals; the axis reaches twice as far as the protocol's own interval,
        and an arrow marks an interval that leaves it. Below, a mark where a level gives the result.

    Notes
    -----
    The number of results that agree is not drawn as a share: they are not a sample of anything.
    """
    rows = _told(table, dimensions)
    form = WIDE if width >= theme.WIDTH else NARROW
    cells, names, height = _matrix(rows, dimensions, form)
    near = alt.selection_point(on="pointerover", clear="pointerout", fields=["at"], empty=False)
    above = alt.layer(*_results(rows, dimensions, unit, near)).properties(width=form.plot, height=TOP)
    below = alt.layer(*_choices(cells, names, len(rows), height, form)).properties(
        width=form.plot, height=height
    )
    # The words to the left belong to the figure, so its title starts over them.
    over = alt.TitleParams(heading(title, width), frame="bounds", anchor="start")
    return alt.vconcat(above, below, spacing=4).properties(title=over)


def _told(table: pd.DataFrame, dimensions: dict) -> pd.DataFrame:
    """Number the results from the left and put each into words."""
    limits = zip(table.ci_low, table.ci_high, strict=True)
    told = {
        name: [", ".join(_label(dimension, level) for level in levels) for levels in table[name]]
        for name, dimension in dimensions.items()
    }
    return table.assign(
        at=np.arange(1, len(table) + 1),
        result=[f"{number(e)} ({interval(*ci)})" for e, ci in zip(table.estimate, limits, strict=True)],
        units=[
            f"{k:.0f} estimates, {n:.0f} participants" for k, n in zip(table.k, table.people, strict=True)
        ],
        **{f"said_{name}": said for name, said in told.items()},
    )


def _label(dimension: dict, level: str) -> str:
    return dimension["levels"][level]["label"]


def reach(table: pd.DataFrame) -> tuple[float, float]:
    """Give an axis of twice the protocol's own interval that holds zero and every estimate."""
    own = table[table.own].iloc[0] if table.own.any() else table.iloc[0]
    half = own.ci_high - own.ci_low
    middle = (own.ci_low + own.ci_high) / 2
    low, high = min(table.estimate.min(), 0, middle - half), max(table.estimate.max(), 0, middle + half)
    return float(low), float(high)


def _x(count: int) -> alt.X:
    return alt.X("at:Q", axis=None, scale=alt.Scale(domain=[0.4, count + 0.6], nice=False, zero=False))


def _results(rows: pd.DataFrame, dimensions: dict, unit: str, near) -> list[alt.Chart]:
    low, high = reach(rows)
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    axis = alt.Axis(title=unit, titleLimit=TOP, tickCount=6)
    told = {"result": "Estimate (95% CI)", "units": "From", "specifications": "Specifications"}
    told |= {f"said_{name}": dimension["label"] for name, dimension in dimensions.items()}
    tooltip = [alt.Tooltip(f"{name}:N", title=heading) for name, heading in told.items()]
    shown = rows.assign(low=rows.ci_low.clip(low, high), high=rows.ci_high.clip(low, high))
    shown = shown[["at", "low", "high", "estimate", "own", *told]]
    x = _x(len(rows))
    colour = alt.condition("datum.own", alt.value(theme.POOLED), alt.value(theme.INK))
    wide = alt.when(near).then(alt.value(4)).when("datum.own").then(alt.value(3)).otherwise(alt.value(1.5))
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=theme.MUTED, strokeDash=[4, 3])
    base = alt.Chart(shown).encode(x=x, tooltip=tooltip)
    return [
        zero.encode(y=alt.Y("zero:Q", scale=scale, axis=axis)),
        base.mark_rule().encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"), color=colour, strokeWidth=wide)
        .add_params(near),
        base.mark_point(filled=True, size=48, opacity=1).encode(y=alt.Y("estimate:Q"), color=colour),
        *_arrows(rows, x, low, high),
    ]  # fmt: skip


def _arrows(rows: pd.DataFrame, x: alt.X, low: float, high: float) -> list[alt.Chart]:
    layers = []
    for shape, out, edge in (
        ("triangle-down", rows.ci_low < low, low),
        ("triangle-up", rows.ci_high > high, high),
    ):
        if out.any():
            ends = rows.loc[out, ["at"]].assign(edge=edge)
            mark = alt.Chart(ends).mark_point(shape=shape, filled=True, size=42, color=theme.INK, opacity=1)
            layers.append(mark.encode(x=x, y=alt.Y("edge:Q")))
    return layers


def _matrix(rows: pd.DataFrame, dimensions: dict, form: Form) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Lay out a line per level under its dimension's name; levels that give no result have none."""
    cells, names, y = [], [], 0.0
    for name, dimension in dimensions.items():
        given = {level for levels in rows[name] for level in levels}
        y += HEAD
        names.append({"text": dimension["label"], "y": y, "head": True})
        for level in [level for level in dimension["levels"] if level in given]:
            y += form.step
            names.append({"text": _label(dimension, level), "y": y - form.drop, "head": False})
            cells += [
                {"at": at, "y": y, "own": own, "in": level in levels}
                for at, own, levels in zip(rows["at"], rows.own, rows[name], strict=True)
            ]
    return pd.DataFrame(cells), pd.DataFrame(names), y + form.step / 2


def _choices(
    cells: pd.DataFrame, names: pd.DataFrame, count: int, height: float, form: Form
) -> list[alt.Chart]:
    scale = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    x, y = _x(count), alt.Y("y:Q", axis=None, scale=scale)
    layers = []
    for chosen, colour in ((False, theme.RULE), (True, theme.INK)):
        for own in (False, True):
            part = cells[(cells["in"] == chosen) & (cells.own == own)][["at", "y"]]
            shade = theme.POOLED if own and chosen else colour
            size = DOT if chosen else 5
            mark = alt.Chart(part).mark_point(shape="square", filled=True, size=size, color=shade, opacity=1)
            layers += [mark.encode(x=x, y=y)] if len(part) else []
    heads, levels = names[names["head"]], names[~names["head"]]
    small = {"fontSize": theme.SMALL, "limit": form.limit}
    return [
        *layers,
        words(heads, "text", x=-form.left, fontWeight="bold", **small),
        words(levels, "text", x=8 - form.left, **small),
        line("chosen in the result above", x=float(form.plot), y=6.0, align="right", color=theme.MUTED,
             fontSize=theme.SMALL),
    ]  # fmt: skip
