"""Draws words, lines and marks at places in px: what a chart needs whose columns are text."""

import json
import textwrap
from collections.abc import Callable, Iterable, Mapping

import altair as alt

from livingreview.charts import theme

LETTER = 5.8  # px of a letter of small type
KEY_STEP = 19  # px from line to line of a key
TITLE_LETTERS = 38  # what a line of a narrow chart's title holds
BOLD = {"fontWeight": "bold"}
SMALL = {"fontSize": theme.SMALL}
MUTED = {"fontSize": theme.SMALL, "color": theme.MUTED}

BACK_TO_FRONT = ("rect", "rule", "area", "point", "text")
# Without a scale a value is a place in px.
X = alt.X("x:Q", scale=None, axis=None)
CHANNELS = {
    "x": X,
    "y": alt.Y("y:Q", scale=None, axis=None),
    "x2": alt.X2("x2:Q"),
    "y2": alt.Y2("y2:Q"),
    "size": alt.Size("size:Q", scale=None, legend=None),
    "words": alt.Text("words:N"),
    "href": alt.Href("href:N"),
    "part": alt.Detail("part:N"),
}


class Sheet:
    """A chart in the making; places are in px from its upper left corner, sizes of marks in px2.

    Parameters
    ----------
    width : of the chart, in px
    told : what a tooltip says: fields of ``about`` to their titles

    Notes
    -----
    What is drawn alike becomes one layer; ``look`` are options of the Altair mark.
    """

    def __init__(self, width: int, told: Mapping[str, str] | None = None):
        self.width = width
        self._told = told or {}
        self._layers: dict[str, list[dict]] = {}

    def text(self, words: str, x: float, y: float, *, align: str = "left", href: str = "", **look) -> None:
        """Write a text, its first line centred at ``y``; a line break in it starts a new line."""
        row = {"words": words, "x": x, "y": y} | ({"href": href} if href else {})
        link = {"color": theme.LINK, "cursor": "pointer"} if href else {}
        if words:
            self._put("text", {"align": align, "baseline": "middle", "lineBreak": "\n"} | look | link, row)

    def rule(
        self, x: float, y: float, x2: float, y2: float, color: str, about: Mapping | None = None, **look
    ) -> None:
        """Draw a line from one place to another."""
        self._put("rule", {"color": color} | look, {"x": x, "y": y, "x2": x2, "y2": y2}, about)

    def rect(self, x: float, y: float, x2: float, y2: float, about: Mapping | None = None, **look) -> None:
        """Draw a box between two corners."""
        self._put("rect", look, {"x": x, "y": y, "x2": x2, "y2": y2}, about)

    def mark(
        self, shape: str, x: float, y: float, size: float, fill: str, stroke: str = "",
        about: Mapping | None = None, **look,
    ) -> None:  # fmt: skip
        """Draw a mark around a place."""
        edge = {"stroke": stroke or fill, "strokeWidth": 1 if stroke else 0, "opacity": 1}
        self._put(
            "point", {"shape": shape, "fill": fill} | edge | look, {"x": x, "y": y, "size": size}, about
        )

    def area(self, corners: Iterable[tuple[float, float, float]], color: str, about: Mapping) -> None:
        """Fill a shape, given by its ``x`` and its upper and lower edge there."""
        part = sum(map(len, self._layers.values()))
        for x, y, y2 in corners:
            row = {"x": x, "y": y, "y2": y2, "part": part}
            self._put("area", {"color": color, "opacity": 1}, row, about)

    def key(self, entries: Iterable[tuple[str, Callable | None]], y: float, x: float = 0.0) -> float:
        """Explain marks in lines across the sheet from ``x``, and return the height below them.

        Parameters
        ----------
        entries : words, and what draws their mark at a place; None for words without one
        """
        start = x
        for words, draw in entries:
            lines = textwrap.wrap(words, int((self.width - 24) / LETTER))
            indent = 22 if draw else 0
            if x > start and x + indent + LETTER * len(words) > self.width:
                x, y = start, y + KEY_STEP
            if draw:
                draw(x + 8, y)
            self.text("\n".join(lines), x + indent, y, **MUTED)
            x += indent + LETTER * max(map(len, lines)) + 12
            y += 13 * (len(lines) - 1)
        return y + KEY_STEP

    def chart(self, height: float, title: str | None = None, *under: alt.Chart) -> alt.LayerChart:
        """Return the chart; ``under`` are layers behind all that was drawn."""
        drawn = [(*json.loads(key), rows) for key, rows in self._layers.items()]
        drawn.sort(key=lambda layer: BACK_TO_FRONT.index(layer[0]))
        named = {} if title is None else {"title": heading(title, self.width)}
        return alt.layer(*under, *(self._layer(*layer) for layer in drawn)).properties(
            width=self.width, height=height, **named
        )

    def _put(self, kind: str, look: dict, row: dict, about: Mapping | None = None) -> None:
        said = {name: about[name] for name in self._told if about.get(name)} if about else {}
        self._layers.setdefault(json.dumps([kind, look, "href" in row]), []).append(row | said)

    def _layer(self, kind: str, look: dict, _: bool, rows: list[dict]) -> alt.Chart:
        told = [name for name in self._told if any(name in row for row in rows)]
        data = {"values": [dict.fromkeys(told, "") | row for row in rows]}
        tooltip = {"tooltip": [alt.Tooltip(f"{name}:N", title=self._told[name]) for name in told]}
        mark = getattr(alt.Chart(data), f"mark_{kind}")(**look)
        channels = [channel for field, channel in CHANNELS.items() if field in rows[0]]
        return mark.encode(*channels, **(tooltip if told else {}))


def heading(text: str, width: float) -> str | list[str]:
    """Break a title that stands over a narrow chart."""
    return text if width >= theme.WIDTH else textwrap.wrap(text, TITLE_LETTERS)
