"""Say where each column and each row of a forest plot stands, on a wide page and on a narrow one."""

import textwrap
from dataclasses import dataclass

from alsreview.charts import theme
from alsreview.formats import is_missing

HEADER = 46  # px above the first row of the wide form
STEP, STEP_TWO = 25, 36  # px from row to row, of one line and of two
GAP = 12  # px around the rule above the pooled rows
LINE, STRIP = 16, 26  # px of a line of words and of a row's strip of the plot, in the narrow form
INSTEAD = 30  # letters of a line that stands where an estimate would
STRONG = ("pooled", "prediction")


@dataclass(frozen=True)
class Places:
    """Where the columns stand, in px from the left edge of the chart.

    Attributes
    ----------
    width : of the chart
    left, right : edges of the plot
    label, arm : left edges of the names of trials and of arms
    n, estimate, weight : right edges of the numbers
    bias, source : centres of the marks
    room : px that a trial's name may take
    has_arms, has_marks : whether any row names people, or bears a mark
    narrow : whether the columns stand under each other
    """

    width: int = theme.WIDTH
    left: int = 262
    right: int = 418
    label: int = 0
    arm: int = 158
    n: int = 252
    estimate: int = 560
    weight: int = 606
    bias: int = 626
    source: int = 660
    room: int = 150
    has_arms: bool = True
    has_marks: bool = True
    narrow: bool = False


def _has(rows: list[dict], *columns: str) -> bool:
    return any(row[column] for row in rows for column in columns)


def wide_places(rows: list[dict]) -> Places:
    """Share the width of the page: what no row holds leaves its room to the plot."""
    arms, marks = _has(rows, "n_1"), _has(rows, "bias", "source_letter")
    edge = 606 if marks else theme.WIDTH
    estimate = edge - (46 if _has(rows, "weight_text") else 0)
    return Places(
        left=262 if arms else 214, right=estimate - 142, estimate=estimate, weight=edge,
        room=150 if arms else 206, has_arms=arms, has_marks=marks,
    )  # fmt: skip


def narrow_places(rows: list[dict]) -> Places:
    """Put the columns under each other, the plot as wide as the page."""
    width, marks = theme.NARROW, _has(rows, "bias", "source_letter")
    return Places(
        width=width, left=4, right=width - 4, arm=0, n=width, estimate=0, weight=width,
        bias=width - 34, source=width - 8, room=width - (50 if marks else 0),
        has_arms=_has(rows, "n_1"), has_marks=marks, narrow=True,
    )  # fmt: skip


def place_wide(rows: list[dict]) -> tuple[float, float | None]:
    """Give every row its heights; return that of the plot, and the rule's above the pooled rows."""
    y, rule = float(HEADER), None
    for row in rows:
        if rule is None and row["kind"] in STRONG and not row["group"]:
            rule, y = y + GAP / 2, y + GAP
        elif row["kind"] == "group" and y > HEADER:
            y += GAP
        row["estimate_text"] = _parted(row)
        two = "\n" in row["estimate_text"]
        height = STEP_TWO if row["note"] or row["arm_2"] or two else STEP
        row["y"], y = y + height / 2, y + height
        row["y_label"] = row["y"] - 7 if row["note"] else row["y"]
        row["y_note"] = row["y_2"] = row["y"] + 8
        row["y_1"] = row["y"] - 7 if row["arm_2"] else row["y"]
        row["y_estimate"], row["y_marks"] = row["y"] - 7 * two, row["y"]
    return y + 4, rule


def _parted(row: dict) -> str:
    """Break the words that stand for an estimate, which would run over the lines of the plot."""
    told = is_missing(row["yi"]) and row["kind"] in ("trial", "composite")
    return "\n".join(textwrap.wrap(row["estimate_text"], INSTEAD)) if told else row["estimate_text"]


def place_narrow(rows: list[dict]) -> tuple[float, float | None]:
    """Put the words of every row over its strip of the plot."""
    y, rule = 26.0, None
    for row in rows:
        if rule is None and row["kind"] in STRONG and not row["group"]:
            rule, y = y, y + GAP
        row["y_label"] = row["y_marks"] = y + LINE / 2
        for column, words in (("y_note", row["note"]), ("y_1", row["people_text"])):
            y += LINE if words else 0
            row[column] = y + LINE / 2
        y += LINE if row["estimate_text"] else 0
        row["y_estimate"] = row["y_2"] = y + LINE / 2
        drawn = not (is_missing(row["ci_low"]) and is_missing(row["yi"]))
        y += LINE
        row["y"], y = y + STRIP / 2 - 1, y + (STRIP if drawn else 0) + 6
    return y + 4, rule
