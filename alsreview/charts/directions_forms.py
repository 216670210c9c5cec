"""Holds where an effect direction plot writes what, on a page and on a phone."""

from typing import NamedTuple

from alsreview.charts import theme

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
        ("Weeks", 340, "center"),
        ("Participants", 388, "center"),
        ("Direction", 424, "left"),
    ),
    columns=(
        Column("label", 0, 126, size=theme.TEXT),
        Column("outcome_label", 134, 188),
        Column("weeks_text", 340, 44, align="center"),
        Column("people_text", 388, 44, align="center"),
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
