"""Bind a chart, its alternative text, its caption and its table into one HTML figure."""

import base64
import json
import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Protocol

import altair as alt
import vl_convert

from alsreview.charts.theme import register_fonts

_SPECS = re.compile(r'(?:<script type="application/json" class="als-spec(?:-narrow)?">.*?</script>)+', re.S)
_SPEC = re.compile(r'<script type="application/json" class="als-spec(?:-narrow)?">(.*?)</script>', re.S)
# Where a phone's page is too narrow for the wide form; paper takes the wide one.
_PHONE = "screen and (max-width: 600px)"


class HasHtml(Protocol):
    """Anything a notebook shows as HTML, such as ``alsreview.tables.Table``."""

    def _repr_html_(self) -> str: ...


@dataclass(frozen=True)
class Figure:
    """One figure of the book: a chart, the text that replaces it, and its numbers.

    Parameters
    ----------
    chart : an Altair chart of any kind.
    alt : what the chart shows, in plain text; also the description inside the chart.
    caption : what to see in it, in plain text.
    table : the numbers of the chart, as a table that knows its HTML.
    narrow : the same chart for a page too narrow for the first, if it has such a form.

    Notes
    -----
    The HTML holds the specification alone.  `with_pictures` adds the static picture once for the
    whole book: the drawing engine takes a second to start, too long for each chapter's kernel.
    """

    chart: alt.TopLevelMixin
    alt: str
    caption: str
    table: HasHtml
    narrow: alt.TopLevelMixin | None = None

    @cached_property
    def spec(self) -> dict:
        """The Vega-Lite specification, data inlined, described by the alt text."""
        return self._described(self.chart)

    @cached_property
    def narrow_spec(self) -> dict | None:
        """The specification of the narrow form; None if there is none."""
        return None if self.narrow is None else self._described(self.narrow)

    def _described(self, chart: alt.TopLevelMixin) -> dict:
        # The tests hold each chart against the schema; here that would take as long as drawing it.
        return {**chart.to_dict(validate=False), "description": self.alt}

    def svg(self) -> str:
        """Draw the chart as static SVG; equal figures give equal bytes."""
        return draw_svg(self.spec)

    @property
    def scripts(self) -> str:
        """The specifications as HTML that runs nothing; `with_pictures` draws them."""
        return _script("als-spec", self.spec) + _script("als-spec-narrow", self.narrow_spec)

    def _repr_html_(self) -> str:
        return (
            f'<figure class="als-figure"><div class="als-chart">{self.scripts}</div>'
            f"<figcaption>{escape(self.caption)}</figcaption>"
            '<details class="als-data"><summary>The numbers in this figure</summary>'
            f"{self.table._repr_html_()}</details></figure>"
        )


def draw_svg(spec: dict) -> str:
    """Draw a Vega-Lite specification as static SVG with the fonts of the book."""
    register_fonts()
    return vl_convert.vegalite_to_svg(spec)


def with_pictures(html: str) -> str:
    """Put before each chart's specification its static picture, described by the alt text."""
    return _SPECS.sub(lambda found: _picture(_SPEC.findall(found.group(0))) + found.group(0), html)


def _picture(specs: list[str]) -> str:
    """Show the first form as a picture, and the second, if there is one, on a phone."""
    wide, *narrow = [json.loads(spec) for spec in specs]
    image = f'<img class="als-static" src="{_drawn(wide)}" alt="{escape(wide["description"])}">'
    sources = [f'<source media="{_PHONE}" srcset="{_drawn(spec)}">' for spec in narrow]
    return f"<picture>{''.join(sources)}{image}</picture>" if narrow else image


def _drawn(spec: dict) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(draw_svg(spec).encode()).decode()}"


def _script(name: str, spec: dict | None) -> str:
    if spec is None:
        return ""
    return f'<script type="application/json" class="{name}">{inert_json(spec)}</script>'


def inert_json(spec: dict) -> str:
    """Write JSON that cannot leave the script element it stands in, with numbers of ten digits.

    The digits beyond the tenth differ between processors, and pictures are drawn from what stands here.
    """
    text = json.dumps(_rounded(spec), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # "<!--" would put the HTML parser into a state where "</script>" no longer closes.
    return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")


def _rounded(value):
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return float(f"{value:.10g}") if isinstance(value, float) else value
