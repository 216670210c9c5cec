"""Draw the marks beside a trial, for its risk of bias and its kind of source, and the key that reads them."""

import textwrap

import altair as alt
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.forest_axis import leaving
from alsreview.charts.forest_rows import ForestRows
from alsreview.charts.forest_words import SOURCE_LETTERS
from alsreview.charts.risk import LOOKS, NOT_ASSESSED, RANGES
from alsreview.charts.text import line
from alsreview.effects.sources import KIND_WORDS, SECOND_HAND

# Shape, sign and colour say the same thing: any one of them is enough.
SHAPES = {"low": "circle", "some concerns": "diamond", "high": "square"}
BIAS = {name: (shape, *LOOKS[name]) for name, shape in SHAPES.items()}
OPEN = 300  # px2 of a mark that holds two signs
SIZES = {"circle": 190, "diamond": 210, "square": 170}  # px2, so that they look alike
KEY_LINE, LETTER = 19, 5.8  # px from line to line of the key, and of a letter
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
        lines = textwrap.wrap(text, int((laid.places.width - 24) / LETTER))
        if x and (kind in ("head", "arrow") or x + 24 + LETTER * len(text) > laid.places.width):
            x, y = 0.0, y + KEY_LINE
        indent = 0 if kind == "head" else 22
        spot = pd.DataFrame({"at": [x + 8.0], "y": [y]})
        layers += _entry_mark(spot, kind, name)
        style = {"fontSize": theme.SMALL, "color": theme.MUTED}
        layers.append(line("\n".join(lines), x=x + indent, y=y, **style))
        x += indent + LETTER * max(map(len, lines)) + 12
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
