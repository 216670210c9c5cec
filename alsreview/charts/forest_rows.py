"""Turn a summary frame into the places and words of a forest plot."""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alsreview.formats import interval, is_missing, number, percent

HEADER = 46  # px above the first row
STEP, STEP_WITH_NOTE, STEP_DENSE = 25, 36, 20  # px from row to row
GAP = 12  # px around the rule above the pooled rows
LARGEST_SQUARE = 190  # px2
SQUEEZE = 8  # times; a pooled interval wider than this many trials' ranges leaves the axis
MIN_FOR_PREDICTION = 5  # trials; the protocol draws a prediction interval from here on
OPTIONAL = ("weight", "pi_low", "pi_high", "n_intervention", "n_comparator", "people", "note", "source_kind")
RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
RATIO_TICKS_FINE = (0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4)


@dataclass(frozen=True)
class Places:
    """Where the columns stand, in px from the left edge of the chart."""

    width: int = 680
    label: int = 0
    people: int = 213
    left: int = 254
    right: int = 472
    estimate: int = 626
    weight: int = 680


@dataclass(frozen=True)
class ForestRows:
    """The rows of a forest plot with their words and places, and the axis they share."""

    rows: pd.DataFrame
    domain: tuple[float, float]
    height: int
    rule: float | None
    ratio: bool = False
    places: Places = field(default_factory=Places)

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
) -> ForestRows:
    """Lay out the rows of a summary frame; ``extra`` are values the axis has to hold.

    The columns of ``summary`` are those that ``forest`` describes.
    """
    places = Places()
    rows = [_worded(row, digits, ratio) for row in _records(summary)]
    has_note = any(row["note"] for row in rows)
    step = STEP_WITH_NOTE if has_note else STEP if len(rows) <= 40 else STEP_DENSE
    y, rule = float(HEADER), None
    for row in rows:
        if rule is None and row["kind"] in ("pooled", "prediction"):
            rule, y = y + GAP / 2, y + GAP
        height = step if row["note"] or row["kind"] not in ("pooled", "prediction") else STEP
        row["y"], y = y + height / 2, y + height
        row["y_label"] = row["y"] - 7 if row["note"] else row["y"]
        row["y_note"] = row["y"] + 8
    numbers = ["yi", "ci_low", "ci_high", "weight"]
    frame = pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))
    frame["area"] = _areas(frame)
    return ForestRows(frame, axis_domain(frame, extra), math.ceil(y + 4), rule, ratio, places)


def _records(summary: pd.DataFrame) -> list[dict]:
    """Put pooled rows last, each followed by its prediction interval; fill what may be absent."""
    filled = summary.assign(**{c: None for c in OPTIONAL if c not in summary.columns})
    if filled.empty:
        return [_blank() | {"label": "No trial in this analysis", "kind": "none"}]
    records = [
        {**row, **{c: "" if is_missing(row[c]) else str(row[c]) for c in ("note", "source_kind")}}
        for row in filled.to_dict("records")
    ]
    trials = [row for row in records if row["kind"] != "pooled"]
    k = sum(not is_missing(row["yi"]) for row in trials)
    rows = list(trials)
    for row in records:
        if row["kind"] == "pooled":
            rows.append(row)
            if k >= MIN_FOR_PREDICTION and not is_missing(row["pi_low"]):
                rows.append(_prediction(row))
    return rows


def _blank() -> dict:
    numbers = ("yi", "ci_low", "ci_high", "weight", "n_intervention", "n_comparator", "people")
    return dict.fromkeys(numbers, math.nan) | {"note": "", "source_kind": "", "trial_id": ""}


def _prediction(row: dict) -> dict:
    limits = {"ci_low": row["pi_low"], "ci_high": row["pi_high"]}
    words = {"label": "95 % prediction interval", "kind": "prediction"}
    return _blank() | limits | words


def _worded(row: dict, digits: int, ratio: bool) -> dict:
    """Add the words of a row; a note that fills the place of an estimate is not said twice."""
    said = row | _words(row, digits, ratio)
    empty = is_missing(row["yi"]) and row["kind"] != "prediction"
    return said | ({"note": ""} if empty else {})


def _words(row: dict, digits: int, ratio: bool) -> dict:
    shown = [row[c] for c in ("yi", "ci_low", "ci_high")]
    shown = [_exp(value) if ratio else value for value in shown]
    estimate, low, high = shown
    # Three figures before the point leave no room, or use, for decimals.
    largest = max((abs(v) for v in shown if not is_missing(v)), default=0)
    digits = digits if largest < 100 else max(digits - 2, 0)
    limits = interval(low, high, digits)
    if row["kind"] == "prediction":
        text = limits
    elif row["kind"] == "none":
        text = ""
    elif is_missing(estimate):
        # The row has room where its estimate would stand: what the trial does report goes there.
        text = row["note"] or "not estimable"
    else:
        text = f"{number(estimate, digits)} ({'no interval' if is_missing(low) else limits})"
    n = [row["n_intervention"], row["n_comparator"]]
    if all(map(is_missing, n)):
        people = "" if is_missing(row.get("people")) else number(row["people"], 0)
    else:
        people = " / ".join(number(count, 0) for count in n)
    weight = "" if is_missing(row["weight"]) else percent(row["weight"])
    return {"estimate_text": text, "people_text": people, "weight_text": weight}


def _exp(value: float) -> float:
    if is_missing(value):
        return value
    return math.exp(value) if value < 700 else math.inf


def _areas(frame: pd.DataFrame) -> pd.Series:
    """Give squares an area in proportion to weight; below 12 px2 nobody would see one."""
    weight = frame["weight"].where(~frame["kind"].isin(["pooled", "prediction"]))
    if weight.notna().any() and weight.max() > 0:
        return (weight / weight.max() * LARGEST_SQUARE).clip(lower=12).fillna(60)
    return pd.Series(60.0, index=frame.index)


def axis_domain(frame: pd.DataFrame, extra: tuple[float, ...] = ()) -> tuple[float, float]:
    """Return axis limits that hold no difference, ``extra`` and all but far outlying limits."""
    limits = _finite(frame[frame["kind"].ne("pooled")])
    low = high = 0.0
    if limits.size:
        quarter, three_quarters = np.quantile(limits, [0.25, 0.75])
        fence = 2.5 * (three_quarters - quarter)
        inside = limits[(limits >= quarter - fence) & (limits <= three_quarters + fence)]
        low, high = min(inside.min(), 0.0), max(inside.max(), 0.0)
    pooled = _finite(frame[frame["kind"].eq("pooled")])
    if pooled.size and np.ptp(pooled) <= SQUEEZE * ((high - low) or np.inf):
        low, high = min(low, pooled.min()), max(high, pooled.max())
    low, high = min([low, *extra]), max([high, *extra])
    margin = 0.05 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def _finite(frame: pd.DataFrame) -> np.ndarray:
    limits = frame[["yi", "ci_low", "ci_high"]].to_numpy().ravel()
    return limits[np.isfinite(limits)]


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
