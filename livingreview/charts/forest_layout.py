"""Lay out a forest plot: its axis, the words of its rows, and where each stands, on a page and on a phone."""

import math
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from livingreview.charts import theme
from livingreview.effects.sources import KIND_WORDS
from livingreview.formats import interval, is_missing, number, percent

# The letter that stands for a kind of source; its words are in the key under the plot.
SOURCE_LETTERS = {
    "primary_fulltext": "F",
    "primary_table": "T",
    "primary_abstract": "A",
    "registry": "R",
    "secondary_meta_analysis": "M",
    "secondary_review": "V",
    "news": "N",
}


def worded(row: dict, digits: int, ratio: bool) -> dict:
    """Add the words of a row; a note that fills the place of an estimate is not said twice."""
    empty = is_missing(row["yi"]) and row["kind"] in ("trial", "composite")
    said = row | {"estimate_text": _estimate(row, digits, ratio)} | _people(row) | _marks(row)
    said["weight_text"] = "" if is_missing(row["weight"]) else percent(row["weight"])
    return said | ({"note": ""} if empty else {})


def _estimate(row: dict, digits: int, ratio: bool) -> str:
    shown = [row[column] for column in ("yi", "ci_low", "ci_high")]
    estimate, low, high = [_exp(value) if ratio else value for value in shown]
    # Three figures before the point leave no room, or use, for decimals.
    sizes = [abs(v) for v in (estimate, low, high) if not is_missing(v) and math.isfinite(v)]
    digits = digits if max(sizes, default=0) < 100 else max(digits - 2, 0)
    limits = interval(low, high, digits)
    if row["kind"] == "prediction":
        return limits
    if row["kind"] in ("none", "group"):
        return ""
    if is_missing(estimate):
        # The row has room where its estimate would stand: what the trial does report goes there.
        return row["note"] or "not estimable"
    return f"{number(estimate, digits)} ({'no interval' if is_missing(low) else limits})"


def _exp(value: float) -> float:
    if is_missing(value):
        return value
    return math.exp(value) if value < 700 else math.inf


def _people(row: dict) -> dict:
    """Name the arms with their people, one under the other; what is known of both together stands alone."""
    n = [row["n_intervention"], row["n_comparator"]]
    names = [row["arm_intervention"] or "intervention", row["arm_comparator"] or "comparator"]
    both = {"arm_1": "", "n_1": "", "arm_2": "", "n_2": "", "people_text": ""}
    if not all(map(is_missing, n)):
        counts = [number(count, 0) for count in n]
        both |= dict(zip(("arm_1", "arm_2"), names, strict=True))
        both |= dict(zip(("n_1", "n_2"), counts, strict=True))
        both["people_text"] = ", ".join(f"{a} {c}" for a, c in zip(names, counts, strict=True))
    elif not is_missing(row["people"]):
        whole = number(row["people"], 0)
        both |= {"arm_1": "all arms", "n_1": whole, "people_text": f"all arms {whole}"}
    return both


def _marks(row: dict) -> dict:
    """Say the judgement of bias and the kind of source, which stand beside trials alone."""
    return {
        "bias_text": row["bias"],
        "source_text": KIND_WORDS.get(row["source_kind"], row["source_kind"]),
        "source_letter": SOURCE_LETTERS.get(row["source_kind"], "?" if row["source_kind"] else ""),
    }


SQUEEZE = 8  # times; what reaches further than this many times its peers leaves the axis
RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
RATIO_TICKS_FINE = (0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4)


def axis_domain(frame: pd.DataFrame, extra: tuple[float, ...] = ()) -> tuple[float, float]:
    """Return axis limits that hold no difference, ``extra`` and all but far outlying limits."""
    trials = frame[frame["kind"].isin(["trial", "composite"])]
    limits = _finite(trials)
    low = high = 0.0
    if limits.size:
        quarter, three_quarters = np.quantile(limits, [0.25, 0.75])
        fence, reach = 2.5 * (three_quarters - quarter), SQUEEZE * _usual_reach(trials)
        near = np.abs(limits) <= reach
        inside = limits[(limits >= quarter - fence) & (limits <= three_quarters + fence) & near]
        low, high = min([*inside, 0.0]), max([*inside, 0.0])
    pooled = _finite(frame[frame["kind"].isin(["pooled", "prediction"])])
    if pooled.size and np.ptp(pooled) <= SQUEEZE * ((high - low) or np.inf):
        low, high = min(low, pooled.min()), max(high, pooled.max())
    low, high = min([low, *extra]), max([high, *extra])
    margin = 0.05 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def _usual_reach(trials: pd.DataFrame) -> float:
    """Return how far from no difference the middle trial reaches; of an even number, the nearer one.

    Quartiles cannot tell one far trial among two or three from the rest; this can.
    """
    each = trials[["yi", "ci_low", "ci_high"]].abs().max(axis=1).replace(np.inf, np.nan).dropna()
    middle = each[each > 0].sort_values()
    return float(middle.iloc[(len(middle) - 1) // 2]) if len(middle) else math.inf


def _finite(frame: pd.DataFrame) -> np.ndarray:
    limits = frame[["yi", "ci_low", "ci_high"]].to_numpy().ravel()
    return limits[np.isfinite(limits)]


def leaving(frame: pd.DataFrame, domain: tuple[float, float]) -> dict[str, pd.DataFrame]:
    """Return the rows whose interval goes on to the left of the axis, and those to its right."""
    low, high = (frame[column].fillna(frame["yi"]) for column in ("ci_low", "ci_high"))
    return {"left": frame[low < domain[0]], "right": frame[high > domain[1]]}


def ratio_ticks(domain: tuple[float, float]) -> list[float]:
    """Return round ratios inside a domain of logs."""
    for ticks in (RATIO_TICKS, RATIO_TICKS_FINE):
        inside = [t for t in ticks if domain[0] <= math.log(t) <= domain[1]]
        if len(inside) >= 3:
            return inside
    return [round(math.exp(v), 2) for v in (domain[0], 0.0, domain[1])]


def diamond(row: dict, domain: tuple[float, float], half: float = 8.0) -> list[dict]:
    """Return the corners of a pooled row's diamond, cut where the axis ends."""
    estimate, low, high = row["yi"], row["ci_low"], row["ci_high"]
    if not all(map(math.isfinite, (estimate, low, high))):
        return []
    if not domain[0] < estimate < domain[1]:
        return []
    points = [(estimate, half)]
    for limit, edge in ((low, max(low, domain[0])), (high, min(high, domain[1]))):
        points.append((edge, half * (1 - (edge - estimate) / (limit - estimate or 1))))
    return [{"x": x, "top": row["y"] - h, "bottom": row["y"] + h} for x, h in sorted(points)]


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
