"""Draws the flow of studies: boxes down the page, and beside each what left it."""

import textwrap

import altair as alt
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.sheet import BOLD, SMALL, Sheet
from livingreview.formats import NO_BREAK

TOP, PAD, STEP, GAP = 2, 12, 17, 30  # px
INDENT = 10  # px; parts of a count stand in from it


def flow(boxes: pd.DataFrame, *, title: str, narrow: bool = False) -> alt.LayerChart:
    """Draw a flow diagram of studies.

    Parameters
    ----------
    boxes : one row per box
        ``row`` (0 at the top), ``column`` ("main" or "side"), ``heading`` and ``lines``, a tuple of
        texts; one that begins with a blank stands in from the others.
    title : the chart's heading
    narrow : whether what left stands under the box that it left, for a phone

    Returns
    -------
    a layered Altair chart
        Arrows lead from each main box to the next and to the box beside it.

    References
    ----------
    Page et al. (2021), doi:10.1136/bmj.n71.
    """
    sheet = Sheet(theme.NARROW if narrow else theme.WIDTH, {"said": "Box"})
    # Edges of the boxes, the arrows down the page, where those to the side begin, letters of a line.
    edges = (
        {"main": (0, sheet.width), "side": (28, sheet.width)}
        if narrow
        else {"main": (0, 316), "side": (364, 680)}
    )
    spine, away, letters = (10, 10, 40) if narrow else (158, 316, 54)
    words = [_words(box, letters) for box in boxes.itertuples()]
    # In the narrow form a box at the side has a line of its own, under the main box of its row.
    line = boxes["row"] + (boxes["column"].eq("side") / 2 if narrow else 0)
    heights = pd.Series([2 * PAD + STEP * len(lines) for lines in words], boxes.index).groupby(line).max()
    bottoms = (TOP + (heights + GAP).cumsum() - GAP).to_dict()
    above = None
    for box, lines, place in sorted(
        zip(boxes.itertuples(), words, line, strict=True), key=lambda each: each[2]
    ):
        (left, right), top, bottom = edges[box.column], bottoms[place] - int(heights[place]), bottoms[place]
        said = {"said": " ".join([box.heading, *box.lines])}
        sheet.rect(
            left, top, right, bottom, said, fill=theme.PAPER, stroke=theme.INK, strokeWidth=1, cornerRadius=3
        )
        for number, (text, look) in enumerate(lines):
            inset = INDENT if text.startswith(" ") else 0
            sheet.text(text.strip(), left + PAD + inset, top + PAD + STEP * (number + 0.5), **look)
        # Half of an arrow's point lies before its place, so it is drawn back by that.
        if box.column == "side":
            middle = (top + bottom) / 2
            sheet.rule(away, middle, left, middle, theme.MUTED)
            sheet.mark("triangle-right", left - 4, middle, 55, theme.MUTED)
        else:
            if above is not None:
                sheet.rule(spine, above, spine, top, theme.MUTED)
                sheet.mark("triangle-down", spine, top - 4, 55, theme.MUTED)
            above = bottom
    return sheet.chart(max(bottoms.values()) + TOP, title)


def _words(box, letters: int) -> list[tuple[str, dict]]:
    """Break the words of a box into lines, none of which is a count alone, each with its look."""
    lines = [(text, BOLD) for text in textwrap.wrap(box.heading, letters - 4)]
    for text in box.lines:
        inset = " " if text.startswith(" ") else ""
        kept = NO_BREAK.join(text.strip().rsplit(" ", 1))
        parts = textwrap.wrap(kept, letters - 2 * len(inset))
        lines += [(inset + part.replace(NO_BREAK, " "), SMALL) for part in parts]
    return lines
