"""Write words into a chart at fixed places, so that text columns align."""

import altair as alt
import pandas as pd


def words(
    frame: pd.DataFrame, field: str, *, x: float, y: str = "y", align: str = "left", **mark
) -> alt.Chart:
    """Write one text column; ``x`` in px, ``y`` a column of px, ``mark`` options of mark_text."""
    chart = alt.Chart(frame[[field, y]])
    return chart.mark_text(align=align, baseline="middle", **mark).encode(
        text=alt.Text(f"{field}:N"), x=alt.XValue(x), y=alt.Y(f"{y}:Q", axis=None)
    )


def line(text: str, *, x: float, y: float, align: str = "left", **mark) -> alt.Chart:
    """Write one piece of text at a place in px; a line break in it starts a new line."""
    frame = pd.DataFrame([{"words": text, "y": y}])
    return words(frame, "words", x=x, align=align, lineBreak="\n", **mark)
