"""Draw the flow of studies: boxes down the page, and beside each what left it."""

import textwrap

import altair as alt
import pandas as pd

from alsreview.charts import theme

MAIN, SIDE = (0, 316), (364, 680)  # px; left and right edges of the two columns
TOP, PAD, STEP, GAP = 2, 12, 17, 30  # px
INDENT = 10  # px; parts of a count stand in from it
LETTERS = 54  # what a line of a box holds


def flow(boxes: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """Draw a flow diagram of studies.

    Parameters
    ----------
    boxes : one row per box
        ``row`` (0 at the top), ``column`` ("main" or "side"), ``heading`` and ``lines``, a tuple of
        texts; one that begins with a blank stands in from the others.
    title : the chart's heading

    Returns
    -------
    a layered Altair chart 680 px wide
        Arrows lead from each main box to the next and to the box beside it.

    References
    ----------
    Page et al. (2021), doi:10.1136/bmj.n71.
    """
    laid = _laid(boxes)
    height = int(laid["bottom"].max()) + TOP
    layers = [_frames(laid, height), *_arrows(laid), *_texts(laid)]
    return alt.layer(*layers).properties(width=theme.WIDTH, height=height, title=title)


def _laid(boxes: pd.DataFrame) -> pd.DataFrame:
    """Give each box its edges in px; the boxes of a row are as high as the higher one."""
    laid = boxes.assign(
        heads=[textwrap.wrap(text, LETTERS - 4) for text in boxes["heading"]],
        texts=[[part for text in lines for part in _wrapped(text)] for lines in boxes["lines"]],
        left=[{"main": MAIN, "side": SIDE}[column][0] for column in boxes["column"]],
        right=[{"main": MAIN, "side": SIDE}[column][1] for column in boxes["column"]],
    )
    lines = [len(heads) + len(texts) for heads, texts in zip(laid["heads"], laid["texts"], strict=True)]
    laid["height"] = [2 * PAD + STEP * n for n in lines]
    heights = laid.groupby("row")["height"].max()
    tops = TOP + (heights + GAP).cumsum().shift(fill_value=0)
    laid["top"] = laid["row"].map(tops)
    laid["bottom"] = laid["top"] + laid["row"].map(heights)
    return laid


def _wrapped(text: str) -> list[str]:
    inset = " " if text.startswith(" ") else ""
    return [inset + part for part in textwrap.wrap(text.strip(), LETTERS - 2 * len(inset))]


def _frames(laid: pd.DataFrame, height: int) -> alt.Chart:
    """Draw the boxes; this layer also carries the scales on which all layers count px."""
    down = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    across = alt.Scale(domain=[0, theme.WIDTH], range=[0, theme.WIDTH], nice=False, zero=False)
    said = [" ".join([box.heading, *box.lines]) for box in laid.itertuples()]
    mark = alt.Chart(laid[["left", "right", "top", "bottom"]].assign(said=said))
    return mark.mark_rect(fill=theme.PAPER, stroke=theme.INK, strokeWidth=1, cornerRadius=3).encode(
        x=alt.X("left:Q", axis=None, scale=across),
        x2="right:Q",
        y=alt.Y("top:Q", axis=None, scale=down),
        y2="bottom:Q",
        tooltip=alt.Tooltip("said:N", title="Box"),
    )


def _arrows(laid: pd.DataFrame) -> list[alt.Chart]:
    main = laid[laid["column"] == "main"].sort_values("row")
    side = laid[laid["column"] == "side"].set_index("row")
    middle = sum(MAIN) / 2
    down = [
        {"x": middle, "y": above, "x2": middle, "y2": below, "way": "down"}
        for above, below in zip(main["bottom"], main["top"].iloc[1:], strict=False)
    ]
    across = [
        {"x": MAIN[1], "y": (box.top + box.bottom) / 2, "x2": SIDE[0], "y2": (box.top + box.bottom) / 2}
        | {"way": "right"}
        for box in main.itertuples()
        if box.row in side.index
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
