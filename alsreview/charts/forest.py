"""Draw the forest plot: estimates, intervals and weights of trials, and what they pool to."""

import altair as alt
import pandas as pd

from alsreview.charts import forest_text, theme
from alsreview.charts.forest_marks import marks
from alsreview.charts.forest_rows import ForestRows, forest_rows, ratio_ticks


def forest(
    summary: pd.DataFrame,
    *,
    title: str,
    unit: str,
    favours: tuple[str, str] = ("comparator", "intervention"),
    higher_is_better: bool = True,
    threshold: float | tuple[float, float] | None = None,
    threshold_label: str | None = None,
    x_label: str | None = None,
    ratio: bool = False,
    digits: int = 2,
) -> alt.LayerChart:
    """Draw a forest plot with its text columns.

    Parameters
    ----------
    summary : one row per trial, composite and pooled result, as ``Pooled.summary_frame()``
        Columns ``trial_id``, ``label``, ``kind`` ("trial", "composite" or "pooled"),
        ``yi``, ``ci_low``, ``ci_high`` (logs if ``ratio``; missing ``yi`` is written as not
        estimable), and optionally ``n_intervention``, ``n_comparator`` (people), ``weight``
        (percent), ``pi_low``, ``pi_high`` (drawn from five estimates on), ``note`` and
        ``source_kind``.
    title : the chart's heading.
    unit : the unit of ``yi``, for the head of the column of estimates.
    favours : words for the comparator's side and for the intervention's side.
    higher_is_better : whether a positive ``yi`` favours the intervention.
    threshold : a difference that matters, or its lower and upper value, on the scale of ``yi``.
    threshold_label : words for the threshold.
    x_label : the axis title; the unit if None.
    ratio : whether ``yi`` are logs of ratios; the axis and the words then show ratios.
    digits : decimals of the column of estimates.

    Returns
    -------
    a layered Altair chart 680 px wide
        Squares have an area in proportion to weight; composites are open; an arrow marks an
        interval that leaves the axis.
    """
    band = _band(threshold)
    laid = forest_rows(summary, digits=digits, ratio=ratio, extra=band)
    sides = favours if higher_is_better else favours[::-1]
    layers = [
        _no_difference(laid, x_label or unit),
        *forest_text.threshold(laid, band, threshold_label),
        forest_text.rules(laid),
        *marks(laid),
        *forest_text.columns(laid, unit),
        *forest_text.favours(laid, sides),
    ]
    return alt.layer(*layers).properties(width=laid.places.width, height=laid.height, title=title)


def _band(threshold: float | tuple[float, float] | None) -> tuple[float, ...]:
    if threshold is None:
        return ()
    return tuple(sorted(threshold)) if isinstance(threshold, tuple | list) else (threshold,)


def _no_difference(laid: ForestRows, title: str) -> alt.Chart:
    """Draw the line of no difference; it also carries the scales that all layers share."""
    ends = pd.DataFrame([{"x": float(laid.shown(0.0)), "y": forest_text.HEAD_RULE}])
    scale = alt.Scale(domain=[0, laid.height], range=[0, laid.height], nice=False, zero=False)
    rule = alt.Chart(ends.assign(y2=laid.height)).mark_rule(color=theme.MUTED)
    return rule.encode(x=_x(laid, title), y=alt.Y("y:Q", axis=None, scale=scale), y2=alt.Y2("y2:Q"))


def _x(laid: ForestRows, title: str) -> alt.X:
    places = laid.places
    scale = alt.Scale(
        type="log" if laid.ratio else "linear",
        domain=[float(laid.shown(limit)) for limit in laid.domain],
        range=[places.left, places.right],
        nice=False,
        zero=alt.Undefined if laid.ratio else False,
    )
    # The format's default would write a ratio of 10 as "1e+1" and of 0.33 as "0.3".
    ticks = {"values": ratio_ticks(laid.domain), "format": ".2~f"} if laid.ratio else {"tickCount": 5}
    # The title belongs under the plot, which is not the middle of the chart.
    middle = (places.left + places.right) / 2
    room = 2 * (places.width - middle)
    axis = alt.Axis(title=title, titleX=middle, titleLimit=room, **ticks)
    return alt.X("x:Q", scale=scale, axis=axis)
