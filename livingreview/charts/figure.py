"""Binds a chart, its alternative text, its caption and its table into one HTML figure."""

import base64
import json
import re
from dataclasses import dataclass
from functools import cached_property
from html import escape

import altair as alt
import vl_convert

from livingreview.charts.theme import register_fonts
from livingreview.formats import inert_json
from livingreview.tables import Table

_SPEC = re.compile(r'<script type="application/json" class="lr-spec">(.*?)</script>', re.S)


@dataclass(frozen=True)
class Figure:
    """One figure of the book: a chart, the text that replaces it, and its numbers.

    Parameters
    ----------
    chart : an Altair chart of any kind.
    alt : what the chart shows, in plain text; also the description inside the chart.
    caption : what to see in it, in plain text.
    table : the numbers of the chart.
    narrow : the same chart for a page too narrow for the first, if it has such a form.

    Notes
    -----
    The HTML holds the specification alone.  `with_pictures` adds the static picture once for the
    whole book: the drawing engine takes a second to start, too long for each chapter's kernel.
    """

    chart: alt.TopLevelMixin
    alt: str
    caption: str
    table: Table
    narrow: alt.TopLevelMixin | None = None

    @cached_property
    def spec(self) -> dict:
        """The Vega-Lite specification, data inlined, described by the alt text."""
        return self._described(self.chart)

    def _described(self, chart: alt.TopLevelMixin) -> dict:
        # The tests hold each chart against the schema; here that would take as long as drawing it.
        return {**chart.to_dict(validate=False), "description": self.alt}

    @property
    def scripts(self) -> str:
        """The specifications as HTML that runs nothing; `with_pictures` draws them."""
        specs = {"lr-spec": self.spec}
        if self.narrow:
            specs["lr-spec-narrow"] = self._described(self.narrow)
        return "".join(
            f'<script type="application/json" class="{name}">{inert_json(spec)}</script>'
            for name, spec in specs.items()
        )

    def _repr_html_(self) -> str:
        return (
            f'<figure class="lr-figure"><div class="lr-chart">{self.scripts}</div>'
            f"<figcaption>{escape(self.caption)}</figcaption>"
            '<details class="lr-data"><summary>The numbers in this figure</summary>'
            f"{self.table._repr_html_()}</details></figure>"
        )


def draw_svg(spec: dict) -> str:
    """Draw a Vega-Lite specification as SVG with the fonts of the book; equal ones give equal bytes."""
    register_fonts()
    return vl_convert.vegalite_to_svg(spec)


def with_pictures(html: str) -> str:
    """Put before each chart's specification its static picture, described by the alt text."""
    return _SPEC.sub(lambda found: _picture(found[1]) + found[0], html)


def _picture(spec: str) -> str:
    """Show the wide form as a picture, for paper and for readers without scripts."""
    described = json.loads(spec)
    drawn = base64.b64encode(draw_svg(described).encode()).decode()
    words = escape(described["description"])
    return f'<img class="lr-static" src="data:image/svg+xml;base64,{drawn}" alt="{words}">'
