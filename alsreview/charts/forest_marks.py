"""Draw the marks of a forest plot: whiskers, squares, diamonds and arrows."""

import altair as alt
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.forest_axis import diamond, leaving
from alsreview.charts.forest_rows import ForestRows

TOOLTIP = {
    "label": "Trial",
    "estimate_text": "Estimate (95% CI)",
    "weight_text": "Weight",
    "people_text": "Participants",
    "note": "Note",
    "bias_text": "Risk of bias, as published",
    "source_text": "Read in",
}
COLOURS = {"pooled": theme.POOLED, "prediction": theme.PREDICTION}


def marks(laid: ForestRows) -> list[alt.Chart]:
    """Return the layers that stand for the rows' numbers, back to front."""
    rows, (low, high) = laid.rows, laid.domain
    within = (rows["ci_high"] >= low) & (rows["ci_low"] <= high)
    spans = rows[within & (rows["kind"] != "pooled")]
    spans = spans.assign(
        x=laid.shown(spans["ci_low"].clip(low, high)),
        x2=laid.shown(spans["ci_high"].clip(low, high)),
    )
    seen = rows[rows["yi"].between(low, high)]
    seen = seen.assign(x=laid.shown(seen["yi"]))
    layers = [
        _whiskers(spans[spans["kind"] == "prediction"], theme.PREDICTION, 5),
        _whiskers(spans[spans["kind"] != "prediction"], theme.INK, 1.5),
        _squares(seen[seen["kind"] == "trial"], theme.INK),
        _squares(seen[seen["kind"] == "composite"], theme.PAPER),
        _diamonds(laid),
    ]
    return [layer for layer in layers if layer is not None] + _arrows(laid)


def _mark(frame: pd.DataFrame, places: list[str]) -> alt.Chart:
    """Keep only what is drawn or told, so that the page stays small."""
    told = [name for name in TOOLTIP if name == "label" or frame[name].ne("").any()]
    tooltip = [alt.Tooltip(f"{name}:N", title=TOOLTIP[name]) for name in told]
    return alt.Chart(frame[[*places, *told]]).encode(tooltip=tooltip)


def _y(name: str = "y") -> alt.Y:
    return alt.Y(f"{name}:Q", axis=None)


def _whiskers(spans: pd.DataFrame, colour: str, width: float) -> alt.Chart | None:
    if spans.empty:
        return None
    mark = _mark(spans, ["x", "x2", "y"]).mark_rule(color=colour, strokeWidth=width)
    return mark.encode(x=alt.X("x:Q"), x2=alt.X2("x2:Q"), y=_y())


def _squares(seen: pd.DataFrame, fill: str) -> alt.Chart | None:
    if seen.empty:
        return None
    size = alt.Size("area:Q", scale=None, legend=None)
    mark = _mark(seen, ["x", "y", "area"]).mark_point(
        shape="square", fill=fill, stroke=theme.INK, strokeWidth=1.5, opacity=1
    )
    return mark.encode(x=alt.X("x:Q"), y=_y(), size=size)


def _diamonds(laid: ForestRows) -> alt.Chart | None:
    pooled = laid.rows[laid.rows["kind"] == "pooled"]
    corners = [
        {**{name: row[name] for name in TOOLTIP}, **corner, "row": row["y"]}
        for row in pooled.to_dict("records")
        for corner in diamond(row, laid.domain)
    ]
    if not corners:
        return None
    frame = pd.DataFrame(corners)
    frame["x"] = laid.shown(frame["x"])
    mark = _mark(frame, ["x", "top", "bottom", "row"]).mark_area(color=theme.POOLED, opacity=1)
    return mark.encode(x=alt.X("x:Q"), y=_y("top"), y2=alt.Y2("bottom:Q"), detail=alt.Detail("row:N"))


def _arrows(laid: ForestRows) -> list[alt.Chart]:
    """Mark every interval that leaves the axis, at the end where it does."""
    layers = []
    edges = dict(zip(("left", "right"), laid.domain, strict=True))
    for side, out in leaving(laid.rows, laid.domain).items():
        for kind, part in out.groupby("kind", sort=True):
            frame = part.assign(x=float(laid.shown(edges[side])))
            mark = _mark(frame, ["x", "y"]).mark_point(
                shape=f"triangle-{side}", color=COLOURS.get(kind, theme.INK), filled=True,
                size=240 if kind == "pooled" else 70, opacity=1,
            )  # fmt: skip
            layers.append(mark.encode(x=alt.X("x:Q"), y=_y()))
    return layers
