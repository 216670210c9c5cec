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
    """Draw a flow diagram of studies (Page et al. 2021, doi:10.1136/bmj.n71).

    Parameters
    ----------
    boxes : one row per box
        ``row`` (0 at the top), ``column`` ("main" or "side"), ``heading`` and ``lines``, texts; one that
        begins with a blank stands in from the others.
    """
    sheet = Sheet(theme.NARROW if narrow else theme.WIDTH, {"said": "Box"})
    # Where the main boxes end and those to the side begin, the arrows down the page, letters of a line.
    end, start, spine, letters = (sheet.width, 28, 10, 40) if narrow else (316, 364, 158, 54)
    top, above = TOP, None
    for _, row in boxes.sort_values(["row", "column"]).groupby("row"):
        beside = list(row.itertuples())
        for line in [[box] for box in beside] if narrow else [beside]:
            written = [_lines(box, letters) for box in line]
            bottom = top + 2 * PAD + STEP * max(map(len, written))
            for box, lines in zip(line, written, strict=True):
                # Half of an arrow's point lies before its place, so it is drawn back by that.
                if box.column == "side":
                    left, right, middle = start, sheet.width, (top + bottom) / 2
                    sheet.rule(spine if narrow else end, middle, left, middle, theme.MUTED)
                    sheet.mark("triangle-right", left - 4, middle, 55, theme.MUTED)
                else:
                    left, right = 0, end
                    if above is not None:
                        sheet.rule(spine, above, spine, top, theme.MUTED)
                        sheet.mark("triangle-down", spine, top - 4, 55, theme.MUTED)
                    above = bottom
                look = {"fill": theme.PAPER, "stroke": theme.INK, "strokeWidth": 1, "cornerRadius": 3}
                sheet.rect(left, top, right, bottom, {"said": " ".join([box.heading, *box.lines])}, **look)
                for number, (text, look) in enumerate(lines):
                    inset = INDENT if text.startswith(" ") else 0
                    sheet.text(text.strip(), left + PAD + inset, top + PAD + STEP * (number + 0.5), **look)
            top = bottom + GAP
    return sheet.chart(top - GAP + TOP, title)


def _lines(box, letters: int) -> list[tuple[str, dict]]:
    """Break the words of a box into lines, none of which is a count alone, each with its look."""
    lines = [(text, BOLD) for text in textwrap.wrap(box.heading, letters - 4)]
    for text in box.lines:
        inset = " " if text.startswith(" ") else ""
        kept = NO_BREAK.join(text.strip().rsplit(" ", 1))
        parts = textwrap.wrap(kept, letters - 2 * len(inset))
        lines += [(inset + part.replace(NO_BREAK, " "), SMALL) for part in parts]
    return lines
