"""Draw the parts of a forest plot: its words, lines and marks, and those beside a trial with their key."""

import textwrap

import altair as alt
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.forest_layout import (
    SOURCE_LETTERS,
    STRIP,
    STRONG,
    ForestRows,
    diamond,
    leaving,
    ratio_ticks,
)
from livingreview.charts.lights import LOOKS, NOT_ASSESSED, RANGES
from livingreview.charts.text import line, words
from livingreview.effects.sources import KIND_WORDS, SECOND_HAND

HEAD = 16  # px; the first line of the column heads
SECOND = 31  # px; their second line
HEAD_RULE = 42  # px
SMALL = {"fontSize": theme.SMALL, "color": theme.MUTED}
LETTER = 6.1  # px; a letter of small type, at most


def columns(laid: ForestRows, unit: str) -> list[alt.Chart]:
    """Write labels, notes, people, estimates and weights, with their heads."""
    rows, places = laid.rows, laid.places
    strong = rows["kind"].isin([*STRONG, "group"])
    layers = _heads(laid, unit)
    for part, weight in ((rows[~strong], "normal"), (rows[strong], "bold")):
        if part.empty:
            continue
        style = {"fontWeight": weight}
        layers += [
            *_labels(part, laid, style),
            *_estimates(part, laid, style),
            words(part, "weight_text", x=places.weight, y="y_estimate", align="right", **style),
        ]
    noted = rows[rows["note"].ne("")]
    if not noted.empty:
        limit = places.room if not places.narrow else places.width
        layers.append(words(noted, "note", x=places.label, y="y_note", limit=limit, **SMALL))
    return layers + _people(rows, laid)


def _labels(part: pd.DataFrame, laid: ForestRows, style: dict) -> list[alt.Chart]:
    """Write names, each a link where it has somewhere to lead; a name without people has more room."""
    places = laid.places
    free = places.width if places.narrow else places.left - places.label - 8
    layers = []
    for linked, same in part.groupby(part["href"].ne("")):
        bare = same["n_1"].eq("").all() and not (places.narrow and same["bias"].ne("").any())
        limit = free if bare else places.room
        text = words(same, "label", x=places.label, y="y_label", limit=limit, **style)
        if linked:
            text.data = same[["label", "y_label", "href"]]
            text.mark.color, text.mark.cursor = theme.LINK, "pointer"
            text = text.encode(href=alt.Href("href:N"))
        layers.append(text)
    return layers


def _estimates(part: pd.DataFrame, laid: ForestRows, style: dict) -> list[alt.Chart]:
    """Write the estimates, and in smaller type what stands where there is none."""
    places = laid.places
    none = part["yi"].isna() & part["kind"].ne("prediction")
    # A long note ends before the labels' columns; a number is never cut.
    room = places.width if places.narrow else places.estimate - places.left
    align = "left" if places.narrow else "right"
    instead = SMALL | {"limit": room, "lineBreak": "\n"}
    layers = [(part[~none], style), (part[none & part["estimate_text"].ne("")], instead)]
    return [
        words(rows, "estimate_text", x=places.estimate, y="y_estimate", align=align, **look)
        for rows, look in layers
        if not rows.empty
    ]


def _people(rows: pd.DataFrame, laid: ForestRows) -> list[alt.Chart]:
    """Write the arms and their people: in two columns, or in one line over the plot."""
    places, some = laid.places, rows[rows["n_1"].ne("")]
    if some.empty:
        return []
    if places.narrow:
        return [words(some, "people_text", x=places.arm, y="y_1", limit=places.width, **SMALL)]
    layers = []
    for arm in "12":
        part = some[some[f"n_{arm}"].ne("")]
        if not part.empty:
            name = words(part, f"arm_{arm}", x=places.arm, y=f"y_{arm}", limit=72, **SMALL)
            style = {"align": "right", "fontSize": theme.SMALL}
            layers += [name, words(part, f"n_{arm}", x=places.n, y=f"y_{arm}", **style)]
    return layers


def _heads(laid: ForestRows, unit: str) -> list[alt.Chart]:
    places = laid.places
    bold = {"fontWeight": "bold", "fontSize": theme.SMALL}
    weighed = laid.rows["weight_text"].ne("").any()
    if places.narrow:
        said = f"{unit} (95% CI)"
        right = [line("weight", x=places.weight, y=10, align="right", **SMALL)] if weighed else []
        return [line(said, x=0, y=10, limit=places.width - 60, **SMALL), *right]
    room = places.estimate - places.right - 8
    heads = [
        line("Study", x=places.label, y=HEAD, **bold),
        line("Estimate (95% CI)", x=places.estimate, y=HEAD, align="right", **bold),
        line(unit, x=places.estimate, y=SECOND, align="right", limit=room, **SMALL),
    ]
    heads += [line("Participants", x=places.arm, y=HEAD, **bold)] if places.has_arms else []
    heads += [line("Weight", x=places.weight, y=HEAD, align="right", **bold)] if weighed else []
    if places.has_marks:
        heads.append(line("Bias", x=places.bias, y=HEAD, align="center", **bold))
        heads.append(line("From", x=places.source, y=HEAD, align="center", **bold))
    return heads


def rules(laid: ForestRows) -> alt.Chart:
    """Draw the thin lines under the heads and above the pooled rows."""
    heights = [20.0 if laid.places.narrow else float(HEAD_RULE)] + ([laid.rule] if laid.rule else [])
    mark = alt.Chart(pd.DataFrame({"y": heights})).mark_rule(color=theme.RULE)
    ends = {"x": alt.XValue(0), "x2": alt.X2Value(laid.places.width)}
    return mark.encode(y=alt.Y("y:Q", axis=None), **ends)


def favours(laid: ForestRows, sides: tuple[str, str], y: float) -> list[alt.Chart]:
    """Write which side favours what under the axis, arrows pointing away from no difference."""
    if laid.places.narrow:
        return _favours_narrow(laid, sides, y)
    null, layers = laid.x(0.0), []
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


def _favours_narrow(laid: ForestRows, sides: tuple[str, str], y: float) -> list[alt.Chart]:
    half = laid.places.width / 2 - 4
    style = {"fontSize": theme.SMALL, "limit": half}
    texts = (f"\u2190 favours {sides[0]}", f"favours {sides[1]} \u2192")
    left, right = ("\n".join(textwrap.wrap(text, int(half / LETTER))[:2]) for text in texts)
    width = laid.places.width
    return [line(left, x=0, y=y, **style), line(right, x=width, y=y, align="right", **style)]


def below(laid: ForestRows, text: str, y: float) -> tuple[list[alt.Chart], float]:
    """Write a line under the plot, beside the axis or below it; return it and where it ends."""
    room = laid.places.width if laid.places.narrow else laid.places.left - 12
    lines = textwrap.wrap(text, int(room / 5.8))
    layers = [line(words_, x=0, y=y + 14 * i, **SMALL) for i, words_ in enumerate(lines)]
    return layers, y + 14 * len(lines)


def _stretches(laid: ForestRows) -> pd.DataFrame:
    """Say from where to where a line runs: through the plot, or through each row's strip of it."""
    if not laid.places.narrow:
        return pd.DataFrame({"y": [float(HEAD_RULE)], "y2": [float(laid.height)]})
    drawn = laid.rows[laid.rows["ci_low"].notna() | laid.rows["yi"].notna()]
    strips = pd.DataFrame({"y": drawn["y"] - STRIP / 2, "y2": drawn["y"] + STRIP / 2})
    foot = pd.DataFrame({"y": [laid.height - 5.0], "y2": [float(laid.height)]})
    return pd.concat([strips, foot], ignore_index=True)


def no_difference(laid: ForestRows, title: str) -> alt.Chart:
    """Draw the line of no difference; it also carries the scales that all layers share."""
    ends = _stretches(laid).assign(x=float(laid.shown(0.0)))
    scale = alt.Scale(domain=[0, laid.height], range=[0, laid.height], nice=False, zero=False)
    rule = alt.Chart(ends).mark_rule(color=theme.MUTED)
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
    room = 2 * min(middle, places.width - middle)
    lines = textwrap.wrap(title, int(room / 6.4))[:2] or [""]
    axis = alt.Axis(title=lines, titleX=middle, titleLimit=room, **ticks)
    return alt.X("x:Q", scale=scale, axis=axis)


def threshold(laid: ForestRows, band: tuple[float, ...], label: str | None) -> list[alt.Chart]:
    """Draw the difference that matters: a dashed line, or two and the band between them."""
    if not band:
        return []
    stretches = _stretches(laid)
    at = [float(laid.shown(value)) for value in band]
    edges = pd.concat([stretches.assign(x=x) for x in at], ignore_index=True)
    rule = alt.Chart(edges).mark_rule(color=theme.THRESHOLD, strokeDash=[5, 3])
    layers = [rule.encode(x=alt.X("x:Q"), y=alt.Y("y:Q", axis=None), y2=alt.Y2("y2:Q"))]
    if len(band) == 2:
        area = alt.Chart(stretches.assign(x=at[0], x2=at[1])).mark_rect(color=theme.THRESHOLD, opacity=0.14)
        area = area.encode(x=alt.X("x:Q"), x2=alt.X2("x2:Q"), y=alt.Y("y:Q", axis=None), y2=alt.Y2("y2:Q"))
        layers.insert(0, area)
    if label and not laid.places.narrow:
        layers.append(_threshold_label(laid, label, sum(map(laid.x, band)) / len(band)))
    return layers


def _threshold_label(laid: ForestRows, label: str, centre: float) -> alt.Chart:
    """Write the threshold's name above the plot, kept from the columns beside it."""
    lines = textwrap.wrap(label, 30)[:2]
    half = min(max(map(len, lines)) * 3.1, 110)
    x = min(max(centre, laid.places.left + half), laid.places.right - half)
    first = SECOND - 14 * (len(lines) - 1)
    style = {"fontSize": theme.SMALL, "color": theme.THRESHOLD, "limit": 225}
    return line("\n".join(lines), x=x, y=first, align="center", **style)


TOOLTIP = {
    "label": "Study",
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


# Shape, sign and colour say the same thing: any one of them is enough.
SHAPES = {"low": "circle", "some concerns": "diamond", "high": "square"}
BIAS = {name: (shape, *LOOKS[name]) for name, shape in SHAPES.items()}
OPEN = 300  # px2 of a mark that holds two signs
SIZES = {"circle": 190, "diamond": 210, "square": 170}  # px2, so that they look alike
KEY_LINE, KEY_LETTER = 19, 5.8  # px from line to line of the key, and of a letter
ARROW_WORDS = "extends beyond the axis; its limits are given in the text"


def badges(laid: ForestRows) -> list[alt.Chart]:
    """Return a mark for the judgement of bias and one for the source of every row that has them."""
    rows, places = laid.rows, laid.places
    judged = rows[rows["bias"].ne("")].assign(at=float(places.bias), y=rows["y_marks"])
    read = rows[rows["source_letter"].ne("")].assign(at=float(places.source), y=rows["y_marks"])
    layers = []
    for bias, part in judged.groupby("bias", sort=True):
        layers += _light(part, str(bias))
    for second, part in read.groupby(read["source_kind"].isin(SECOND_HAND)):
        for letter, same in part.groupby("source_letter", sort=True):
            layers += _letter(same, str(letter), bool(second))
    return layers


def _light(part: pd.DataFrame, bias: str) -> list[alt.Chart]:
    if bias in RANGES:
        frame = _shape(part, "circle", OPEN, fill=theme.PAPER, stroke=theme.MUTED)
        return [frame, _sign(part, RANGES[bias], theme.INK)]
    if bias not in BIAS:
        return [_shape(part, "circle", 110, fill=theme.PAPER, stroke=theme.MUTED, strokeDash=[2, 2])]
    shape, colour, sign = BIAS[bias]
    filled = _shape(part, shape, SIZES[shape], fill=colour, stroke=colour)
    return [filled, _sign(part, sign, theme.PAPER)]


def _letter(part: pd.DataFrame, letter: str, second: bool) -> list[alt.Chart]:
    """Put what was read second-hand into a broken frame: it stands on another's reading."""
    dash = {"strokeDash": [2, 2]} if second else {}
    frame = _shape(part, "square", 210, fill=theme.PAPER, stroke=theme.MUTED, **dash)
    return [frame, _sign(part, letter, theme.INK)]


def _shape(part: pd.DataFrame, shape: str, size: float, **look) -> alt.Chart:
    mark = alt.Chart(part[["y"]]).mark_point(shape=shape, size=size, opacity=1, strokeWidth=1, **look)
    return mark.encode(**_at(part))


def _sign(part: pd.DataFrame, sign: str, colour: str) -> alt.Chart:
    mark = alt.Chart(part[["y"]].assign(sign=sign)).mark_text(
        color=colour, fontSize=theme.SMALL, fontWeight="bold", baseline="middle"
    )
    return mark.encode(text=alt.Text("sign:N"), **_at(part))


def _at(part: pd.DataFrame) -> dict:
    # All marks of a part stand in one column, so its place needs no scale.
    return {"x": alt.XValue(float(part["at"].iloc[0])), "y": alt.Y("y:Q", axis=None)}


def key(laid: ForestRows, top: float) -> list[alt.Chart]:
    """Explain under the plot what marks it holds, and nothing else; ``top`` in px."""
    layers, x, y = [], 0.0, top
    for kind, name, text in _entries(laid):
        lines = textwrap.wrap(text, int((laid.places.width - 24) / KEY_LETTER))
        if x and (kind in ("head", "arrow") or x + 24 + KEY_LETTER * len(text) > laid.places.width):
            x, y = 0.0, y + KEY_LINE
        indent = 0 if kind == "head" else 22
        spot = pd.DataFrame({"at": [x + 8.0], "y": [y]})
        layers += _entry_mark(spot, kind, name)
        style = {"fontSize": theme.SMALL, "color": theme.MUTED}
        layers.append(line("\n".join(lines), x=x + indent, y=y, **style))
        x += indent + KEY_LETTER * max(map(len, lines)) + 12
        y += 13 * (len(lines) - 1)
    return layers


def _entries(laid: ForestRows) -> list[tuple[str, str, str]]:
    rows = laid.rows
    entries = []
    if rows["bias"].ne("").any():
        entries.append(("head", "", "Risk of bias (RoB 2, partial):"))
        here = set(rows["bias"])
        entries += [("bias", bias, bias) for bias in (*BIAS, *RANGES, NOT_ASSESSED) if bias in here]
    if rows["source_letter"].ne("").any():
        entries.append(("head", "", "Read in:"))
        here = set(rows["source_kind"])
        entries += [("source", kind, KIND_WORDS[kind]) for kind in SOURCE_LETTERS if kind in here]
    if any(len(out) for out in leaving(rows, laid.domain).values()):
        entries.append(("arrow", "", ARROW_WORDS))
    return entries


def _entry_mark(spot: pd.DataFrame, kind: str, name: str) -> list[alt.Chart]:
    if kind == "bias":
        return _light(spot, name)
    if kind == "source":
        return _letter(spot, SOURCE_LETTERS[name], name in SECOND_HAND)
    if kind == "arrow":
        return [_shape(spot, "triangle-right", 70, fill=theme.INK, stroke=theme.INK)]
    return []
