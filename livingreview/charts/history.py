"""Draw how estimates and their certainty stood at each moment: replays, versions and the present text."""

import textwrap
from typing import NamedTuple

import altair as alt
import pandas as pd

from livingreview.charts import theme
from livingreview.formats import DASH, interval, is_missing, number

HEAD, PANEL, STEP = 34, 96, 19  # px: the heads of the columns, a panel, a row of the grid
MOST = 8  # columns that leave room for the words in them
NONE = "none"
MARKS = {
    "replay": {"shape": "circle", "filled": False, "color": theme.MUTED},
    "version": {"shape": "square", "filled": True, "color": theme.POOLED},
    "present": {"shape": "diamond", "filled": True, "color": theme.INK},
}


class Room(NamedTuple):
    """Sizes of a form in px: its names and scales, its columns; how many columns, letters in a heading."""

    left: int
    plot: int
    most: int
    letters: int


WIDE, NARROW = Room(236, 440, MOST, 90), Room(32, 240, 4, 38)


def history(told: pd.DataFrame, *, narrow: bool = False) -> alt.VConcatChart:
    """Draw the history of the answers.

    Parameters
    ----------
    told : one row per moment and analysis, oldest first
        ``moment``, ``kind`` ("replay", "version", "present"), ``title`` and ``unit`` of the analysis,
        ``estimate, ci_low, ci_high`` in that unit and ``certainty``; what there is not is missing.
    narrow : whether to draw fewer moments and put names over their rows, for a phone

    Returns
    -------
    Altair charts one above the other, together 680 px wide, or 276 px if narrow
        A panel for each analysis that ever had an estimate, and under them the certainty of all that
        ever had a rating. Only the latest moments are drawn, as many as there is room for.
    """
    room = NARROW if narrow else WIDE
    drawn = latest(told, room.most)
    moments = list(dict.fromkeys(drawn.moment))
    x = alt.X("moment:N", sort=moments, scale=alt.Scale(domain=moments), axis=None)
    some = drawn.title[drawn.estimate.notna()]
    panels = [_panel(drawn[drawn.title == title], x, room) for title in dict.fromkeys(some)]
    rated = drawn[drawn.title.isin(drawn.title[drawn.certainty.notna()])]
    grids = [] if rated.empty else [(_stacked if narrow else _grid)(rated, x, room)]
    return alt.vconcat(_heads(moments, x, room), *panels, *grids, spacing=8)


def latest(told: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """Keep the moments that a chart has room for."""
    return told[told.moment.isin(list(dict.fromkeys(told.moment))[-most:])]


def history_alt(told: pd.DataFrame) -> str:
    """Say what the history shows: each analysis that ever had an estimate, moment by moment.

    Parameters
    ----------
    told : the frame that :func:`history` draws
    """
    drawn = latest(told)
    said = []
    for title, rows in drawn.groupby("title", sort=False):
        if rows.estimate.notna().any():
            said.append(f"{title}: {'; '.join(f'{row.moment} {_words(row)}' for row in rows.itertuples())}.")
    ratings = drawn.certainty.dropna().unique()
    known = f"Every certainty that is rated is {ratings[0]}." if len(ratings) == 1 else ""
    return " ".join([*said, known]).strip() or "No analysis has ever had an estimate."


def _words(row) -> str:
    if is_missing(row.estimate):
        return "no estimate"
    rated = "" if is_missing(row.certainty) else f", certainty {row.certainty}"
    return f"{number(row.estimate)} ({interval(row.ci_low, row.ci_high)}{rated})"


def _heads(moments: list[str], x: alt.X, room: Room) -> alt.Chart:
    """Name the columns; a name of several words breaks before its last."""
    heads = pd.DataFrame({"moment": moments, "head": ["\n".join(name.rsplit(" ", 1)) for name in moments]})
    mark = alt.Chart(heads).mark_text(lineBreak="\n", fontSize=theme.SMALL, baseline="middle", dy=-6)
    return mark.encode(x=x, text="head:N").properties(width=room.plot, height=HEAD)


def _panel(rows: pd.DataFrame, x: alt.X, room: Room) -> alt.LayerChart:
    first = rows.iloc[0]
    shown = rows.assign(said=[_words(row) for row in rows.itertuples()])
    shown = shown[["moment", "kind", "estimate", "ci_low", "ci_high", "said"]]
    axis = alt.Axis(title=None, tickCount=5, minExtent=room.left, maxExtent=room.left)
    y = alt.Y("estimate:Q", axis=axis, scale=alt.Scale(zero=True))
    tooltip = [alt.Tooltip("moment:N", title="Version or date"), alt.Tooltip("said:N", title="Estimate")]
    have, lack = shown[shown.estimate.notna()], shown[shown.estimate.isna()].assign(none=NONE, at=0.0)
    base = alt.Chart(have).encode(x=x, tooltip=tooltip)
    zero = alt.Chart(pd.DataFrame({"estimate": [0.0]})).mark_rule(color=theme.RULE, strokeDash=[4, 3])
    layers = [zero.encode(y=y), base.mark_rule(color=theme.INK).encode(y=alt.Y("ci_low:Q"), y2="ci_high:Q")]
    for kind in dict.fromkeys(have.kind):
        own = alt.Chart(have[have.kind == kind]).mark_point(size=70, opacity=1, **MARKS[kind])
        layers.append(own.encode(x=x, y=y, tooltip=tooltip))
    none = alt.Chart(lack[["moment", "none", "at"]]).mark_text(color=theme.MUTED, fontSize=theme.SMALL, dy=-8)
    layers.append(none.encode(x=x, y=alt.Y("at:Q"), text="none:N"))
    heading = _heading(textwrap.wrap(f"{first.title}: {first.unit}", room.letters))
    return alt.layer(*layers).properties(width=room.plot, height=PANEL, title=heading)


def _heading(text: str | list[str]) -> alt.TitleParams:
    return alt.TitleParams(text, fontSize=theme.TEXT, offset=4, frame="bounds", anchor="start")


def _grid(drawn: pd.DataFrame, x: alt.X, room: Room) -> alt.Chart:
    """Write the certainty of every analysis at every moment; a dash where it is not rated."""
    titles = list(dict.fromkeys(drawn.title))
    cells = drawn[["moment", "title"]].assign(rated=drawn.certainty.fillna(DASH))
    limits = {"labelLimit": room.left - 8, "minExtent": room.left, "maxExtent": room.left}
    y = alt.Y("title:N", sort=titles, axis=alt.Axis(title=None, domain=False, ticks=False, **limits))
    mark = alt.Chart(cells).mark_text(fontSize=theme.SMALL).encode(x=x, y=y, text="rated:N")
    return mark.properties(width=room.plot, height=STEP * len(titles), title=_heading("Certainty"))


def _stacked(drawn: pd.DataFrame, x: alt.X, room: Room) -> alt.LayerChart:
    """Write the same with each name over its row."""
    titles = list(dict.fromkeys(drawn.title))
    rows = {title: 2 * i for i, title in enumerate(titles)}
    cells = drawn[["moment"]].assign(rated=drawn.certainty.fillna(DASH), row=drawn.title.map(rows) + 1)
    names = pd.DataFrame({"title": titles, "row": list(rows.values())})
    y = alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(range(2 * len(titles)))))
    name = alt.Chart(names).mark_text(align="left", fontSize=theme.SMALL, fontWeight="bold")
    cell = alt.Chart(cells).mark_text(fontSize=theme.SMALL).encode(x=x, y=y, text="rated:N")
    layers = alt.layer(name.encode(x=alt.XValue(-room.left), y=y, text="title:N"), cell)
    return layers.properties(width=room.plot, height=2 * STEP * len(titles), title=_heading("Certainty"))
