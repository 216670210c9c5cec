"""Draw the flow of studies: boxes down the page, and beside each what left it."""

import textwrap
from typing import NamedTuple

import altair as alt
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.text import heading
from livingreview.formats import NO_BREAK

TOP, PAD, STEP, GAP = 2, 12, 17, 30  # px
INDENT = 10  # px; parts of a count stand in from it


class Form(NamedTuple):
    """Where a form has its boxes, in px, and how many letters a line of them holds.

    ``spine`` is where the arrows down the page stand; ``away`` where those to the side begin.
    """

    width: int
    main: tuple[int, int]
    side: tuple[int, int]
    spine: int
    away: int
    letters: int


WIDE = Form(theme.WIDTH, main=(0, 316), side=(364, 680), spine=158, away=316, letters=54)
# On a phone what left stands under the box that it left, beside the arrow that goes on.
NARROW = Form(theme.NARROW, main=(0, theme.NARROW), side=(28, theme.NARROW), spine=10, away=10, letters=40)


def flow(boxes: pd.DataFrame, *, title: str, width: int = theme.WIDTH) -> alt.LayerChart:
    """Draw a flow diagram of studies.

    Parameters
    ----------
    boxes : one row per box
        ``row`` (0 at the top), ``column`` ("main" or "side"), ``heading`` and ``lines``, a tuple of
        texts; one that begins with a blank stands in from the others.
    title : the chart's heading
    width : px; in a narrow chart what left stands under the box that it left

    Returns
    -------
    a layered Altair chart
        Arrows lead from each main box to the next and to the box beside it.

    References
    ----------
    Page et al. (2021), doi:10.1136/bmj.n71.
    """
    form = WIDE if width >= theme.WIDTH else NARROW
    laid = _laid(boxes, form)
    height = int(laid["bottom"].max()) + TOP
    layers = [_frames(laid, form, height), *_arrows(laid, form), *_texts(laid)]
    return alt.layer(*layers).properties(width=form.width, height=height, title=heading(title, width))


def _laid(boxes: pd.DataFrame, form: Form) -> pd.DataFrame:
    """Give each box its edges in px; boxes side by side are as high as the higher one."""
    edges = {"main": form.main, "side": form.side}
    laid = boxes.assign(
        heads=[textwrap.wrap(text, form.letters - 4) for text in boxes["heading"]],
        texts=[[part for text in lines for part in _wrapped(text, form.letters)] for lines in boxes["lines"]],
        left=[edges[column][0] for column in boxes["column"]],
        right=[edges[column][1] for column in boxes["column"]],
    )
    lines = [len(heads) + len(texts) for heads, texts in zip(laid["heads"], laid["texts"], strict=True)]
    laid["height"] = [2 * PAD + STEP * n for n in lines]
    abreast = form.main[1] < form.side[0]
    line = laid["row"] if abreast else laid["row"] + laid["column"].eq("side") / 2
    heights = laid.groupby(line)["height"].max()
    tops = TOP + (heights + GAP).cumsum().shift(fill_value=0)
    laid["top"] = line.map(tops)
    laid["bottom"] = laid["top"] + line.map(heights)
    return laid


def _wrapped(text: str, letters: int) -> list[str]:
    """Break a text into lines, none of which is a count alone."""
    inset = " " if text.startswith(" ") else ""
    kept = NO_BREAK.join(text.strip().rsplit(" ", 1))
    return [inset + part.replace(NO_BREAK, " ") for part in textwrap.wrap(kept, letters - 2 * len(inset))]


def _frames(laid: pd.DataFrame, form: Form, height: int) -> alt.Chart:
    """Draw the boxes; this layer also carries the scales on which all layers count px."""
    down = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    across = alt.Scale(domain=[0, form.width], range=[0, form.width], nice=False, zero=False)
    said = [" ".join([box.heading, *box.lines]) for box in laid.itertuples()]
    mark = alt.Chart(laid[["left", "right", "top", "bottom"]].assign(said=said))
    return mark.mark_rect(fill=theme.PAPER, stroke=theme.INK, strokeWidth=1, cornerRadius=3).encode(
        x=alt.X("left:Q", axis=None, scale=across),
        x2="right:Q",
        y=alt.Y("top:Q", axis=None, scale=down),
        y2="bottom:Q",
        tooltip=alt.Tooltip("said:N", title="Box"),
    )


def _arrows(laid: pd.DataFrame, form: Form) -> list[alt.Chart]:
    main = laid[laid["column"] == "main"].sort_values("row")
    side = laid[laid["column"] == "side"]
    down = [
        {"x": form.spine, "y": above, "x2": form.spine, "y2": below, "way": "down"}
        for above, below in zip(main["bottom"], main["top"].iloc[1:], strict=False)
    ]
    across = [
        {"x": form.away, "y": middle, "x2": form.side[0], "y2": middle, "way": "right"}
        for middle in (side["top"] + side["bottom"]) / 2
    ]
    arrows = pd.DataFrame([*down, *across], columns=["x", "y", "x2", "y2", "way"])
    return [_shafts(arrows), *(_heads(part, way) for way, part in arrows.groupby("way"))]


def _shafts(arrows: pd.DataFrame) -> alt.Chart:
    mark = alt.Chart(arrows).mark_rule(color=theme.MUTED)
    return mark.encode(x=alt.X("x:Q", axis=None), x2="x2:Q", y=alt.Y("y:Q", axis=None), y2="y2:Q")


def _heads(arrows: pd.DataFrame, way: str) -> alt.Chart:
    """Draw the points of the arrows; half a point lies before its place, so it is drawn back by that."""
    back = {"down": {"yOffset": -4}, "right": {"xOffset": -4}}[way]
    mark = alt.Chart(arrows).mark_point(
        shape=f"triangle-{way}", filled=True, color=theme.MUTED, opacity=1, size=55, **back
    )
    return mark.encode(x=alt.X("x2:Q", axis=None), y=alt.Y("y2:Q", axis=None))


def _texts(laid: pd.DataFrame) -> list[alt.Chart]:
    """Write the lines of all boxes, headings in bold."""
    lines = pd.DataFrame(
        [
            {
                "words": text.strip(),
                "x": box.left + PAD + (INDENT if text.startswith(" ") else 0),
                "y": box.top + PAD + STEP * (number + 0.5),
                "strong": number < len(box.heads),
            }
            for box in laid.itertuples()
            for number, text in enumerate([*box.heads, *box.texts])
        ]
    )
    looks = {True: {"fontWeight": "bold"}, False: {"fontSize": theme.SMALL}}
    return [
        alt.Chart(part[["words", "x", "y"]])
        .mark_text(align="left", baseline="middle", **looks[strong])
        .encode(text="words:N", x=alt.X("x:Q", axis=None), y=alt.Y("y:Q", axis=None))
        for strong, part in lines.groupby("strong")
    ]
