"""Write words into a chart at fixed places, so that text columns align."""

import altair as alt
import pandas as pd

from alsreview.charts.theme import plain_rows


def words(
    frame: pd.DataFrame, field: str, *, x: float, y: str = "y", align: str = "left", **mark
) -> alt.Chart:
    """Write one text column; ``x`` in px, ``y`` a column of px, ``mark`` options of mark_text."""
    return _written(plain_rows(frame[[field, y]]), field, x=x, y=y, align=align, **mark)


def _written(data: dict, field: str, *, x: float, y: str, align: str, **mark) -> alt.Chart:
    return (
        alt.Chart(data)
        .mark_text(align=align, baseline="middle", **mark)
        .encode(text=alt.Text(f"{field}:N"), x=alt.XValue(x), y=alt.Y(f"{y}:Q", axis=None))
    )


def line(text: str, *, x: float, y: float, align: str = "left", **mark) -> alt.Chart:
    """Write one piece of text at a place in px; a line break in it starts a new line."""
    data = {"values": [{"words": text, "y": y}]}
    return _written(data, "words", x=x, y="y", align=align, lineBreak="\n", **mark)
