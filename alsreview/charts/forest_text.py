"""Write the words of a forest plot: its columns, the threshold's name, the favoured sides."""

import textwrap

import altair as alt
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.forest_rows import ForestRows, Places
from alsreview.charts.text import line, words

HEAD = 16  # px; the first line of the column heads
SECOND = 31  # px; their second line
HEAD_RULE = 42  # px
SMALL = {"fontSize": theme.SMALL, "color": theme.MUTED}


def columns(laid: ForestRows, unit: str) -> list[alt.Chart]:
    """Write labels, notes, people, estimates and weights, with their heads."""
    rows, places = laid.rows, laid.places
    layers = _heads(laid, unit)
    strong = rows["kind"].isin(["pooled", "prediction"])
    for part, weight in ((rows[~strong], "normal"), (rows[strong], "bold")):
        if part.empty:
            continue
        style = {"fontWeight": weight}
        wide = weight == "bold" or part["people_text"].eq("").all()
        limit = (places.left if wide else places.people - 34) - places.label - 8
        layers += [
            words(part, "label", x=places.label, y="y_label", limit=limit, **style),
            words(part, "people_text", x=places.people, align="center", **style),
            *_estimates(part, places.estimate, style),
            words(part, "weight_text", x=places.weight, align="right", **style),
        ]
    noted = rows[rows["note"].ne("")]
    if not noted.empty:
        limit = places.people - 34 - places.label
        layers.append(words(noted, "note", x=places.label, y="y_note", limit=limit, **SMALL))
    return layers


def _estimates(part: pd.DataFrame, x: float, style: dict) -> list[alt.Chart]:
    """Write the estimates, and in smaller type what stands where there is none."""
    none = part["yi"].isna() & part["kind"].ne("prediction")
    # A long note ends before the labels' columns; a number is never cut.
    room = x - Places().left
    layers = [(part[~none], style), (part[none], SMALL | {"limit": room})]
    return [
        words(rows, "estimate_text", x=x, align="right", **look) for rows, look in layers if not rows.empty
    ]


def _heads(laid: ForestRows, unit: str) -> list[alt.Chart]:
    places = laid.places
    bold = {"fontWeight": "bold", "fontSize": theme.SMALL}
    room = places.estimate - places.right - 8
    weighed = laid.rows["weight_text"].ne("").any()
    return [
        line("Trial", x=places.label, y=HEAD, **bold),
        line("People", x=places.people, y=HEAD, align="center", **bold),
        line("int. / comp.", x=places.people, y=SECOND, align="center", **SMALL),
        line("Estimate (95 % CI)", x=places.estimate, y=HEAD, align="right", **bold),
        line(unit, x=places.estimate, y=SECOND, align="right", limit=room, **SMALL),
        *([line("Weight", x=places.weight, y=HEAD, align="right", **bold)] if weighed else []),
    ]


def rules(laid: ForestRows) -> alt.Chart:
    """Draw the thin lines under the heads and above the pooled rows."""
    heights = [HEAD_RULE] if laid.rule is None else [HEAD_RULE, laid.rule]
    mark = alt.Chart(pd.DataFrame({"y": heights})).mark_rule(color=theme.RULE)
    ends = {"x": alt.XValue(laid.places.label), "x2": alt.X2Value(laid.places.weight)}
    return mark.encode(y=alt.Y("y:Q", axis=None), **ends)


def threshold(laid: ForestRows, band: tuple[float, ...], label: str | None) -> list[alt.Chart]:
    """Draw the difference that matters: a dashed line, or two and the band between them."""
    if not band:
        return []
    edges = pd.DataFrame({"x": [float(laid.shown(v)) for v in band]})
    edges = edges.assign(y=HEAD_RULE, y2=laid.height)
    rule = alt.Chart(edges).mark_rule(color=theme.THRESHOLD, strokeDash=[5, 3])
    layers = [rule.encode(x=alt.X("x:Q"), y=alt.Y("y:Q", axis=None), y2=alt.Y2("y2:Q"))]
    if len(band) == 2:
        whole = edges.iloc[[0]].assign(x2=edges["x"].iloc[1])
        area = alt.Chart(whole).mark_rect(color=theme.THRESHOLD, opacity=0.14)
        area = area.encode(x=alt.X("x:Q"), x2=alt.X2("x2:Q"), y=alt.Y("y:Q", axis=None), y2=alt.Y2("y2:Q"))
        layers.insert(0, area)
    if label:
        layers.append(_threshold_label(laid, label, sum(map(laid.x, band)) / len(band)))
    return layers


def _threshold_label(laid: ForestRows, label: str, centre: float) -> alt.Chart:
    """Write the threshold's name above the plot, kept from the columns beside it."""
    lines = textwrap.wrap(label, 34)[:2]
    half = min(max(map(len, lines)) * 3.1, 110)
    x = min(max(centre, laid.places.left + half), laid.places.right - half)
    first = SECOND - 14 * (len(lines) - 1)
    style = {"fontSize": theme.SMALL, "color": theme.THRESHOLD, "limit": 225}
    return line("\n".join(lines), x=x, y=first, align="center", **style)


def favours(laid: ForestRows, sides: tuple[str, str]) -> list[alt.Chart]:
    """Write which side favours what under the axis, arrows pointing away from no difference."""
    null, y = laid.x(0.0), laid.height + 50
    layers = []
    for way, align, side in ((-1, "right", sides[0]), (1, "left", sides[1])):
        tip, room = null + way * 34, null if way < 0 else laid.places.width - null
        lines = textwrap.wrap(f"favours {side}", max(int((room - 44) / 6.0), 12))[:2]
        stem = pd.DataFrame([{"y": y}])
        place = alt.Y("y:Q", axis=None)
        shaft = alt.Chart(stem).mark_rule(color=theme.INK)
        head = alt.Chart(stem).mark_point(
            shape="triangle-left" if way < 0 else "triangle-right",
            filled=True, color=theme.INK, size=45, opacity=1,
        )  # fmt: skip
        style = {"align": align, "limit": room - 44, "fontSize": theme.SMALL}
        layers += [
            shaft.encode(x=alt.XValue(null + way * 8), x2=alt.X2Value(tip), y=place),
            head.encode(x=alt.XValue(tip), y=place),
            line("\n".join(lines), x=tip + way * 9, y=y, **style),
        ]
    return layers
