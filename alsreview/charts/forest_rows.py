"""Turn a summary frame into the rows of a forest plot, block by block, with their words and places."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alsreview.charts.forest_axis import axis_domain
from alsreview.charts.forest_places import Places, narrow_places, place_narrow, place_wide, wide_places
from alsreview.charts.forest_words import worded
from alsreview.formats import is_missing

LARGEST_SQUARE = 190  # px2
MIN_FOR_PREDICTION = 5  # trials; the protocol draws a prediction interval from here on
NUMBERS = (
    "yi",
    "ci_low",
    "ci_high",
    "weight",
    "pi_low",
    "pi_high",
    "n_intervention",
    "n_comparator",
    "people",
)
TEXTS = ("note", "source_kind", "bias", "arm_intervention", "arm_comparator", "href", "group")


@dataclass(frozen=True)
class ForestRows:
    """The rows of a forest plot with their words and places, and the axis they share."""

    rows: pd.DataFrame
    domain: tuple[float, float]
    height: int
    rule: float | None
    places: Places
    ratio: bool = False

    def x(self, value: float) -> float:
        """Return the px of a value given on the scale of ``yi``."""
        low, high = self.domain
        inside = min(max(value, low), high)
        return self.places.left + (inside - low) / (high - low) * (self.places.right - self.places.left)

    def shown(self, values):
        """Return values as the axis prints them: ratios for logs."""
        return np.exp(values) if self.ratio else values


def forest_rows(
    summary: pd.DataFrame,
    *,
    digits: int = 2,
    ratio: bool = False,
    extra: tuple[float, ...] = (),
    narrow: bool = False,
) -> ForestRows:
    """Lay out the rows of a summary frame; ``extra`` are values the axis has to hold.

    The columns of ``summary`` are those that ``forest`` describes.
    """
    rows = [worded(row, digits, ratio) for row in _blocks(_filled(summary))]
    places = (narrow_places if narrow else wide_places)(rows)
    height, rule = (place_narrow if narrow else place_wide)(rows)
    numbers = ["yi", "ci_low", "ci_high", "weight"]
    frame = pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))
    frame["area"] = _areas(frame)
    return ForestRows(frame, axis_domain(frame, extra), math.ceil(height), rule, places, ratio)


def _filled(summary: pd.DataFrame) -> pd.DataFrame:
    """Fill what may be absent: no number, no text."""
    absent = {column: math.nan for column in NUMBERS} | {column: "" for column in TEXTS}
    filled = summary.assign(**{c: value for c, value in absent.items() if c not in summary.columns})
    for column in TEXTS:
        filled[column] = ["" if is_missing(text) else str(text) for text in filled[column]]
    return filled


def _blocks(filled: pd.DataFrame) -> Iterator[dict]:
    """Yield the rows in order: each subgroup under its name, then what stands in none."""
    if filled.empty:
        yield _blank("none", "No trial in this analysis")
        return
    for group in [group for group in filled["group"].unique() if group] + [""]:
        block = filled[filled["group"].eq(group)]
        if group:
            yield _blank("group", group) | {"group": group}
        inside = block if group else filled
        k = (inside["yi"].notna() & inside["kind"].ne("pooled")).sum()
        pooled = block["kind"].eq("pooled")
        yield from block[~pooled].to_dict("records")
        for row in block[pooled].to_dict("records"):
            yield row
            if k >= MIN_FOR_PREDICTION and not is_missing(row["pi_low"]):
                limits = {"ci_low": row["pi_low"], "ci_high": row["pi_high"], "group": group}
                yield _blank("prediction", "95% prediction interval") | limits


def _blank(kind: str, label: str) -> dict:
    return dict.fromkeys(NUMBERS, math.nan) | dict.fromkeys(TEXTS, "") | {"kind": kind, "label": label}


def _areas(frame: pd.DataFrame) -> pd.Series:
    """Give squares an area in proportion to weight; below 12 px2 nobody would see one."""
    weight = frame["weight"].where(frame["kind"].isin(["trial", "composite"]))
    if weight.notna().any() and weight.max() > 0:
        return (weight / weight.max() * LARGEST_SQUARE).clip(lower=12).fillna(60)
    return pd.Series(60.0, index=frame.index)
