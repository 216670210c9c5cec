"""Write the words of a forest plot: its columns, the threshold's name, the favoured sides."""

import textwrap

import altair as alt
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.forest_places import STRONG
from alsreview.charts.forest_rows import ForestRows
from alsreview.charts.text import line, words

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
