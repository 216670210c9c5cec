"""Draws the forest plot: estimates, intervals and weights of trials, and what they pool to."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import altair as alt
import numpy as np
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.sheet import BOLD, LETTER, MUTED, SMALL, Sheet
from livingreview.charts.signs import LOOKS, NOT_ASSESSED, RANGES, draw_judgement
from livingreview.effects.sources import KIND_WORDS, SECOND_HAND
from livingreview.formats import count, interval, is_missing, listed, number, percent
from livingreview.statistics import FEWEST_FOR_PREDICTION

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
TOLD = {
    "label": "Study",
    "estimate": "Estimate (95% CI)",
    "weight_text": "Weight",
    "participants": "Participants",
    "note": "Note",
    "bias": "Risk of bias",
    "source": "Read in",
}
ARROW_WORDS = "extends beyond the axis; its limits are given in the text"
NUMBERS = "yi ci_low ci_high weight pi_low pi_high n_intervention n_comparator people".split()
TEXTS = "note source_kind bias arm_intervention arm_comparator href".split()


@dataclass(frozen=True)
class Plot:
    """The sheet of a forest plot with its rows, and the axis in it: its values, and its edges in px."""

    sheet: Sheet
    rows: list[dict]
    domain: tuple[float, float]
    edges: tuple[float, float]
    height: float
    ratio: bool
    narrow: bool

    def x(self, value: float) -> float:
        """Return the px of a value on the scale of ``yi``; what lies beyond the axis stands at its end."""
        return float(np.interp(value, self.domain, self.edges))

    def stretches(self) -> list[tuple[float, float]]:
        """Return from where to where a line runs: through the plot, or through each row's strip of it."""
        if not self.narrow:
            return [(HEAD_RULE, self.height)]
        strips = [(row["y"] - STRIP / 2, row["y"] + STRIP / 2) for row in self.rows if row["drawn"]]
        return [*strips, (self.height - 5, self.height)]


def forest(
    summary: pd.DataFrame,
    *,
    title: str,
    unit: str,
    favours: tuple[str, str] = ("comparator", "intervention"),
    higher_is_better: bool = True,
    threshold: Sequence[float] = (),
    threshold_label: str = "",
    heterogeneity: str = "",
    x_label: str | None = None,
    ratio: bool = False,
    narrow: bool = False,
) -> alt.LayerChart:
    """Draw a forest plot with its text columns: squares by weight, open ones for composites, and diamonds.

    Parameters
    ----------
    summary : one row per trial, composite and pooled result, as ``Pooled.summary_frame()``
        Columns ``trial_id``, ``label``, ``kind`` ("trial", "composite" or "pooled"),
        ``yi``, ``ci_low``, ``ci_high`` (logs if ``ratio``; missing ``yi`` is written as not
        estimable), and optionally ``arm_intervention``, ``arm_comparator`` (names),
        ``n_intervention``, ``n_comparator`` (participants), ``people`` (of all arms, where only that is
        known), ``weight`` (percent), ``pi_low``, ``pi_high`` (drawn from five estimates on),
        ``note``, ``bias`` (a judgement of RoB 2, a range as in "low to high", or "not assessed"),
        ``source_kind`` and ``href`` (where the trial's name leads).
    unit : the unit of ``yi``, for the head of the column of estimates and, without ``x_label``, the axis
    favours : words for the comparator's side and for the intervention's side
    threshold : differences that matter, on the scale of ``yi``; the band between two is shaded
    ratio : whether ``yi`` are logs of ratios; the axis and the words then show ratios
    """
    rows = [_worded(row, ratio) for row in _rows(summary)]
    sheet = Sheet(theme.NARROW if narrow else theme.WIDTH, TOLD)
    edges, height = (_write_narrow if narrow else _write_wide)(sheet, rows, unit)
    band = sorted(threshold)
    plot = Plot(sheet, rows, axis_domain(rows, band), edges, height, ratio, narrow)
    _draw_thresholds(plot, band)
    largest = max([row["weight"] for row in rows if row["kind"] != "pooled" and row["weight"] > 0], default=0)
    for row in rows:
        _draw_row(plot, row, largest)
    sides = favours if higher_is_better else favours[::-1]
    shaded = f"Shaded: {threshold_label}" if band and threshold_label else ""
    _write_foot(plot, sides, [line for line in (heterogeneity, shaded) if line])
    return sheet.chart(height, title, _axis(plot, x_label or unit))


# ---- rows and their words


def _rows(summary: pd.DataFrame) -> Iterator[dict]:
    """Give the rows, what is absent filled, and after a pooled one its prediction interval."""
    absent = dict.fromkeys(NUMBERS, math.nan) | dict.fromkeys(TEXTS, "")
    if summary.empty:
        yield absent | {"kind": "none", "label": "No trial in this analysis"}
    k = (summary["yi"].notna() & summary["kind"].ne("pooled")).sum()
    for given in summary.to_dict("records"):
        row = absent | {name: value for name, value in given.items() if not is_missing(value)}
        yield row
        if row["kind"] == "pooled" and k >= FEWEST_FOR_PREDICTION and not is_missing(row["pi_low"]):
            limits = {"ci_low": row["pi_low"], "ci_high": row["pi_high"]}
            yield absent | limits | {"kind": "prediction", "label": "95% prediction interval"}


def _worded(row: dict, ratio: bool) -> dict:
    """Add what is written of a row; where it has no estimate its note stands instead, and not twice."""
    told = row["kind"] in ("trial", "composite") and is_missing(row["yi"])
    arms = _arms(row)
    letter = SOURCE_LETTERS.get(row["source_kind"], "?" if row["source_kind"] else "")
    return row | {
        "told": told,
        "drawn": not (is_missing(row["yi"]) and is_missing(row["ci_low"])),
        "strong": {} if row["kind"] in ("trial", "composite", "none") else BOLD,
        "estimate": (row["note"] or "not estimable") if told else _estimate(row, ratio),
        "note": "" if told else row["note"],
        "weight_text": "" if is_missing(row["weight"]) else percent(row["weight"]),
        "arms": arms,
        "participants": ", ".join(" ".join(arm) for arm in arms),
        "letter": letter,
        "source": KIND_WORDS.get(row["source_kind"], row["source_kind"]),
        "badges": bool(row["bias"] or letter),
    }


def _estimate(row: dict, ratio: bool) -> str:
    if row["kind"] != "prediction" and is_missing(row["yi"]):
        return ""
    shown = [row[column] for column in ("yi", "ci_low", "ci_high")]
    if ratio:
        with np.errstate(over="ignore"):
            shown = [float(value) for value in np.exp(shown)]
    # Three figures before the point leave no room, or use, for decimals.
    digits = 0 if max((abs(value) for value in shown if math.isfinite(value)), default=0) >= 100 else 2
    estimate, low, high = shown
    limits = interval(low, high, digits)
    if row["kind"] == "prediction":
        return limits
    return f"{number(estimate, digits)} ({'no interval' if is_missing(low) else limits})"


def _arms(row: dict) -> list[tuple[str, str]]:
    """Name the arms with their participants; what is known of both together stands alone."""
    n = [row["n_intervention"], row["n_comparator"]]
    if not all(map(is_missing, n)):
        names = [row["arm_intervention"] or "intervention", row["arm_comparator"] or "comparator"]
        return [(name, number(people, 0)) for name, people in zip(names, n, strict=True)]
    return [] if is_missing(row["people"]) else [("all arms", number(row["people"], 0))]


# ---- the wide form: words in columns, each row a line

HEAD_RULE = 42  # px to the rule under the heads
STEP, STEP_TWO, GAP = 25, 36, 12  # px of a row of one line and of two, and around the pooled rows' rule
ARM, PEOPLE, WEIGHT, BIAS, SOURCE = 158, 252, 606, 626, 660  # px of columns


def _write_wide(sheet: Sheet, rows: list[dict], unit: str) -> tuple[tuple[float, float], float]:
    """Write the words and give each row its height; return the plot's edges and height in px.

    What no row holds leaves its room to the plot.
    """
    arms, badges, weights = (any(row[name] for row in rows) for name in ("arms", "badges", "weight_text"))
    weight = WEIGHT if badges else theme.WIDTH
    estimate = weight - (46 if weights else 0)
    left, right = 262 if arms else 214, estimate - 142
    heads = [("Study", 0, "left", True), ("Estimate (95% CI)", estimate, "right", True)]
    heads += [("Participants", ARM, "left", arms), ("Weight", weight, "right", weights)]
    heads += [("Bias", BIAS, "center", badges), ("From", SOURCE, "center", badges)]
    for text, x, align, shown in heads:
        if shown:
            sheet.text(text, x, 16, align=align, **BOLD, **SMALL)
    sheet.text(unit, estimate, 31, align="right", limit=estimate - right - 8, **MUTED)
    sheet.rule(0, HEAD_RULE, sheet.width, HEAD_RULE, theme.RULE)
    room, y, pooled = (150 if arms else 206), HEAD_RULE + 4, False
    for row in rows:
        if row["kind"] == "pooled" and not pooled:
            sheet.rule(0, y + GAP / 2, sheet.width, y + GAP / 2, theme.RULE)
            y, pooled = y + GAP, True
        # Words instead of an estimate would run over the lines of the plot.
        said = textwrap.wrap(row["estimate"], 30) if row["told"] else [row["estimate"]]
        look = MUTED | {"limit": estimate - left} if row["told"] else row["strong"]
        noted, paired, broken = bool(row["note"]), len(row["arms"]) > 1, len(said) > 1
        height = STEP_TWO if noted or paired or broken else STEP
        row["y"] = middle = y + height / 2
        limit = room if row["arms"] else left - 8
        sheet.text(row["label"], 0, middle - 7 * noted, limit=limit, href=row["href"], **row["strong"])
        sheet.text(row["note"], 0, middle + 8, limit=room, **MUTED)
        for line, (arm, people) in enumerate(row["arms"]):
            sheet.text(arm, ARM, middle - 7 * paired + 15 * line, limit=72, **MUTED)
            sheet.text(people, PEOPLE, middle - 7 * paired + 15 * line, align="right", **SMALL)
        sheet.text("\n".join(said), estimate, middle - 7 * broken, align="right", **look)
        sheet.text(row["weight_text"], weight, middle - 7 * broken, align="right", **row["strong"])
        _badges(sheet, row, BIAS, SOURCE, middle)
        y += height
    return (left, right), math.ceil(y + 4)


# ---- the narrow form: the words of a row over its strip of the plot

LINE, STRIP = 16, 26  # px of a line of words, and of a row's strip of the plot


def _write_narrow(sheet: Sheet, rows: list[dict], unit: str) -> tuple[tuple[float, float], float]:
    """Do as `_write_wide` does, with the columns under each other and the plot as wide as the page."""
    width = sheet.width
    sheet.text(f"{unit} (95% CI)", 0, 10, limit=width - 60, **MUTED)
    if any(row["weight_text"] for row in rows):
        sheet.text("weight", width, 10, align="right", **MUTED)
    sheet.rule(0, 20, width, 20, theme.RULE)
    y, pooled = 26, False
    for row in rows:
        if row["kind"] == "pooled" and not pooled:
            sheet.rule(0, y, width, y, theme.RULE)
            y, pooled = y + GAP, True
        _badges(sheet, row, width - 34, width - 8, y + LINE / 2)
        room = width - 50 if row["badges"] else width
        lines = [(row["label"], {"limit": room, "href": row["href"]} | row["strong"])]
        lines += [(row["note"], MUTED), (row["participants"], MUTED)]
        lines += [(row["estimate"], MUTED if row["told"] else row["strong"])]
        for words, look in lines:
            if words:
                sheet.text(words, 0, y + LINE / 2, **({"limit": width} | look))
                y += LINE
        sheet.text(row["weight_text"], width, y - LINE / 2, align="right", **row["strong"])
        row["y"] = y + STRIP / 2 - 1
        y += (STRIP if row["drawn"] else 0) + 6
    return (4, width - 4), math.ceil(y + 4)


# ---- the axis

SQUEEZE = 8  # times; what reaches further than this many times the middle trial leaves the axis
RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
RATIO_TICKS_FINE = (0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4)


def axis_domain(rows: list[dict], extra: Sequence[float] = ()) -> tuple[float, float]:
    """Return axis limits that hold no difference, ``extra`` and all but far outlying limits."""
    frame = pd.DataFrame(rows).set_index("kind")[["yi", "ci_low", "ci_high"]].astype(float)
    frame = frame.replace([-np.inf, np.inf], np.nan)
    own = frame.index.isin(["trial", "composite"])
    # Of an even number of trials the middle one is the nearer.
    reaches = frame[own].abs().max(axis=1)
    usual = reaches[reaches > 0].quantile(interpolation="lower")
    near = frame[own].where(frame[own].abs() <= SQUEEZE * usual)
    low, high = np.nanmin([0, near.min(axis=None)]), np.nanmax([0, near.max(axis=None)])
    pooled = frame[~own].min(axis=None), frame[~own].max(axis=None)
    if pooled[1] - pooled[0] <= SQUEEZE * ((high - low) or np.inf):
        low, high = min(low, pooled[0]), max(high, pooled[1])
    low, high = min([low, *extra]), max([high, *extra])
    margin = 0.05 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def ratio_ticks(domain: tuple[float, float]) -> list[float]:
    """Return round ratios inside a domain of logs."""
    for ticks in (RATIO_TICKS, RATIO_TICKS_FINE):
        inside = [t for t in ticks if domain[0] <= math.log(t) <= domain[1]]
        if len(inside) >= 3:
            return inside
    return [round(math.exp(v), 2) for v in (domain[0], 0.0, domain[1])]


def _axis(plot: Plot, title: str) -> alt.Chart:
    """Draw the axis, with the line of no difference, which is the only mark on its scale."""
    left, right = plot.edges
    scale = {"domain": list(plot.domain), "zero": False}
    ticks: dict = {"tickCount": 5}
    if plot.ratio:
        scale = {"domain": [math.exp(limit) for limit in plot.domain], "type": "log"}
        # The format's default would write a ratio of 10 as "1e+1" and of 0.33 as "0.3".
        ticks = {"values": ratio_ticks(plot.domain), "format": ".2~f"}
    # The title belongs under the plot, which is not the middle of the chart.
    middle = (left + right) / 2
    room = 2 * min(middle, plot.sheet.width - middle)
    lines = textwrap.wrap(title, int(room / 6.4))[:2] or [""]
    axis = alt.Axis(title=lines, titleX=middle, titleLimit=room, **ticks)
    x = alt.X("x:Q", scale=alt.Scale(range=[left, right], nice=False, **scale), axis=axis)
    rows = [{"x": float(plot.ratio), "y": top, "y2": bottom} for top, bottom in plot.stretches()]
    rule = alt.Chart({"values": rows}).mark_rule(color=theme.MUTED)
    return rule.encode(x=x, y=alt.Y("y:Q", scale=None, axis=None), y2="y2:Q")


# ---- marks


def _draw_thresholds(plot: Plot, band: list[float]) -> None:
    """Draw differences that matter as dashed lines, and the band between two."""
    at = [plot.x(value) for value in band]
    for top, bottom in plot.stretches() if band else []:
        if len(band) > 1:
            plot.sheet.rect(at[0], top, at[-1], bottom, fill=theme.THRESHOLD, opacity=0.14)
        for x in at:
            plot.sheet.rule(x, top, x, bottom, theme.THRESHOLD, strokeDash=[5, 3])


def _draw_row(plot: Plot, row: dict, largest: float) -> None:
    """Draw the interval of a row, its square or diamond, and an arrow where it leaves the axis."""
    sheet, y, kind, yi, (start, end) = plot.sheet, row["y"], row["kind"], row["yi"], plot.domain
    low, high = (yi if is_missing(row[name]) else row[name] for name in ("ci_low", "ci_high"))
    color = {"pooled": theme.POOLED, "prediction": theme.PREDICTION}.get(kind, theme.INK)
    if kind == "pooled":
        sheet.area(
            [(plot.x(x), y - half, y + half) for x, half in diamond(yi, low, high, plot.domain)], color, row
        )
    elif low <= end and high >= start and not is_missing(row["ci_low"]):
        width = 5 if kind == "prediction" else 1.5
        sheet.rule(plot.x(low), y, plot.x(high), y, color, row, strokeWidth=width)
    if kind in ("trial", "composite") and start <= yi <= end:
        # In proportion to weight; below 12 px2 nobody would see a square.
        size = max(row["weight"] / largest * 190, 12) if row["weight"] >= 0 and largest else 60
        fill = theme.INK if kind == "trial" else theme.PAPER
        sheet.mark("square", plot.x(yi), y, size, fill, theme.INK, row, strokeWidth=1.5)
    for side, leaves, edge in (("left", low < start, start), ("right", high > end, end)):
        if leaves:
            row["leaves"] = True
            size = 240 if kind == "pooled" else 70
            sheet.mark(f"triangle-{side}", plot.x(edge), y, size, color, about=row)


HALF = 8.0  # px; half the height of a diamond


def diamond(
    estimate: float, low: float, high: float, domain: tuple[float, float]
) -> list[tuple[float, float]]:
    """Return the corners of a diamond, each with half its height in px there, cut where the axis ends."""
    if not all(map(math.isfinite, (estimate, low, high))) or not domain[0] < estimate < domain[1]:
        return []
    corners = [(estimate, HALF)]
    for limit, edge in ((low, max(low, domain[0])), (high, min(high, domain[1]))):
        corners.append((edge, HALF * (1 - (edge - estimate) / (limit - estimate or 1))))
    return sorted(corners)


def _badges(sheet: Sheet, row: dict, bias: float, source: float, y: float) -> None:
    if row["bias"]:
        draw_judgement(sheet, row["bias"], bias, y)
    if row["letter"]:
        _draw_source(sheet, row["source_kind"], source, y)


def _draw_source(sheet: Sheet, kind: str, x: float, y: float) -> None:
    """Put what was read second-hand into a broken frame: it stands on another's reading."""
    dash = {"strokeDash": [2, 2]} if kind in SECOND_HAND else {}
    sheet.mark("square", x, y, 210, theme.PAPER, theme.MUTED, **dash)
    sheet.text(SOURCE_LETTERS.get(kind, "?"), x, y, align="center", **BOLD, **SMALL)


# ---- what stands under the plot


def _write_foot(plot: Plot, sides: tuple[str, str], lines: list[str]) -> None:
    """Write under the axis what favours what, then further lines, and what the marks mean."""
    sheet, y = plot.sheet, plot.height + 56
    # At no difference, or so near to it that both sides have room.
    middle = min(max(plot.x(0), 0.45 * sheet.width), 0.55 * sheet.width)
    for way, align, room, said in (
        (-1, "right", middle - 8, f"\u2190 favours {sides[0]}"),
        (1, "left", sheet.width - middle - 8, f"favours {sides[1]} \u2192"),
    ):
        broken = "\n".join(textwrap.wrap(said, int(room / LETTER))[:2])
        sheet.text(broken, middle + 8 * way, y, align=align, limit=room, **SMALL)
    y += 34
    for line in lines:
        y = sheet.key([(line, None)], y)
    here = {row[name] for row in plot.rows for name in ("bias", "source_kind")}
    judgements = [name for name in (*LOOKS, *RANGES, NOT_ASSESSED) if name in here]
    judged = [(name, partial(draw_judgement, sheet, name)) for name in judgements]
    read = [(words, partial(_draw_source, sheet, kind)) for kind, words in KIND_WORDS.items() if kind in here]
    for head, entries in (("Risk of bias (RoB 2, partial):", judged), ("Read in:", read)):
        if entries:
            y = sheet.key([(head, None), *entries], y)
    if any("leaves" in row for row in plot.rows):
        arrow = partial(sheet.mark, "triangle-right", size=70, fill=theme.INK)
        sheet.key([(ARROW_WORDS, arrow)], y)


# ---- words


def forest_alt(summary: pd.DataFrame, unit: str, *, ratio: bool = False) -> str:
    """Say how many estimates the frame that `forest` draws has, their range, and what they pool to."""
    null = "1" if ratio else "zero"
    if ratio:
        logs = ["yi", "ci_low", "ci_high"]
        summary = summary.assign(**np.exp(summary[logs].astype(float)))
    trials = summary[summary.kind != "pooled"]
    estimates, absent = trials[trials.yi.notna()], trials[trials.yi.isna()]
    if estimates.empty:
        said = ["No trial gives an estimate."]
    elif len(estimates) == 1:
        only = estimates.iloc[0]
        limits = interval(only.ci_low, only.ci_high)
        said = [f"{only.label} gives the only estimate, {number(only.yi)} {unit} (95% CI {limits})."]
    else:
        ends = f"{number(estimates.yi.min())} to {number(estimates.yi.max())}"
        said = [f"{count(len(estimates), 'estimate')} from {ends} {unit}."]
    said += [
        f"{row.label}: {number(row.yi)}, 95% CI {interval(row.ci_low, row.ci_high)}, "
        f"{'which includes' if row.ci_low <= int(ratio) <= row.ci_high else 'which does not include'} {null}."
        for row in summary[summary.kind == "pooled"].itertuples()
    ]
    if len(absent):
        said.append(f"Without an estimate: {listed(list(absent.label))}.")
    return " ".join(said)
