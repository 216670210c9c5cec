"""Write words into a chart at fixed places, so that text columns align."""

import textwrap

import altair as alt
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.theme import plain_rows
from livingreview.formats import count, is_missing

LETTERS = 38  # what a line of a narrow chart's title holds


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


def heading(text: str, width: float) -> str | list[str]:
    """Break a title that stands over a narrow chart."""
    return text if width >= theme.WIDTH else textwrap.wrap(text, LETTERS)


def people_words(people: float) -> str:
    """Say how many people there are, or that this was not seen."""
    return "number not reported" if is_missing(people) else count(people, "participant")


def line(text: str, *, x: float, y: float, align: str = "left", **mark) -> alt.Chart:
    """Write one piece of text at a place in px; a line break in it starts a new line."""
    data = {"values": [{"words": text, "y": y}]}
    return _written(data, "words", x=x, y="y", align=align, lineBreak="\n", **mark)
