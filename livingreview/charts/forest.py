"""Draw the forest plot: estimates, intervals and weights of trials, and what they pool to."""

import textwrap

import altair as alt
import pandas as pd

from livingreview.charts import forest_drawing as draw
from livingreview.charts import theme
from livingreview.charts.forest_layout import ForestRows, forest_rows
from livingreview.charts.text import heading, line

AXIS = 50  # px; from the plot to the line under the axis that says what favours what


def forest(
    summary: pd.DataFrame,
    *,
    title: str,
    unit: str,
    favours: tuple[str, str] = ("comparator", "intervention"),
    higher_is_better: bool = True,
    threshold: float | tuple[float, float] | None = None,
    threshold_label: str | None = None,
    heterogeneity: str = "",
    x_label: str | None = None,
    ratio: bool = False,
    digits: int = 2,
    narrow: bool = False,
) -> alt.LayerChart:
    """Draw a forest plot with its text columns.

    Parameters
    ----------
    summary : one row per trial, composite and pooled result, as ``Pooled.summary_frame()``
        Columns ``trial_id``, ``label``, ``kind`` ("trial", "composite" or "pooled"),
        ``yi``, ``ci_low``, ``ci_high`` (logs if ``ratio``; missing ``yi`` is written as not
        estimable), and optionally ``arm_intervention``, ``arm_comparator`` (names),
        ``n_intervention``, ``n_comparator`` (people), ``people`` (of all arms, where only that is
        known), ``weight`` (percent), ``pi_low``, ``pi_high`` (drawn from five estimates on),
        ``note``, ``bias`` (a judgement of RoB 2, a range as in "low to high", or "not assessed"),
        ``source_kind``, ``href`` (where the trial's name leads) and ``group`` (the subgroup whose block
        a row stands in).
    title : the chart's heading.
    unit : the unit of ``yi``, for the head of the column of estimates.
    favours : words for the comparator's side and for the intervention's side.
    higher_is_better : whether a positive ``yi`` favours the intervention.
    threshold : a difference that matters, or its lower and upper value, on the scale of ``yi``.
    threshold_label : words for the threshold.
    heterogeneity : what is said of it under the plot.
    x_label : the axis title; the unit if None.
    ratio : whether ``yi`` are logs of ratios; the axis and the words then show ratios.
    digits : decimals of the column of estimates.
    narrow : whether to put the words of a row over its part of the plot, for a phone.

    Returns
    -------
    a layered Altair chart 680 px wide, or 276 px if narrow
        Squares have an area in proportion to weight; composites are open; an arrow marks an
        interval that leaves the axis.
    """
    band = _band(threshold)
    laid = forest_rows(summary, digits=digits, ratio=ratio, extra=band, narrow=narrow)
    sides = favours if higher_is_better else favours[::-1]
    layers = [
        draw.no_difference(laid, x_label or unit),
        *draw.threshold(laid, band, threshold_label),
        draw.rules(laid),
        *draw.marks(laid),
        *draw.badges(laid),
        *draw.columns(laid, unit),
        *_foot(laid, sides, heterogeneity, threshold_label if band else None),
    ]
    size = {"width": laid.places.width, "height": laid.height}
    return alt.layer(*layers, **size, title=heading(title, laid.places.width))


def forest_forms(summary: pd.DataFrame, **options) -> tuple[alt.LayerChart, alt.LayerChart]:
    """Draw a forest plot for a page and for a phone; ``options`` are those of `forest`."""
    return forest(summary, **options), forest(summary, **options, narrow=True)


def _band(threshold: float | tuple[float, float] | None) -> tuple[float, ...]:
    if threshold is None:
        return ()
    return tuple(sorted(threshold)) if isinstance(threshold, tuple | list) else (threshold,)


def _foot(laid: ForestRows, sides: tuple[str, str], heterogeneity: str, matters: str | None) -> list:
    """Write under the axis what favours what, how far the trials differ, and what the marks mean."""
    y = float(laid.height + AXIS)
    layers = draw.favours(laid, sides, y)
    if not laid.places.narrow:
        # It has room to the left of the axis, where no other words stand.
        beside, _ = draw.below(laid, heterogeneity, laid.height + 12.0)
        return layers + beside + draw.key(laid, y + 34)
    y += 30
    if matters:
        style = {"fontSize": theme.SMALL, "color": theme.THRESHOLD}
        lines = textwrap.wrap(f"Shaded: {matters}", 44)
        layers.append(line("\n".join(lines), x=0, y=y, **style))
        y += 14 * len(lines) + 4
    said, y = draw.below(laid, heterogeneity, y)
    return layers + said + draw.key(laid, y + 8)
