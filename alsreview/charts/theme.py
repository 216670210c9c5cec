"""Give every chart the same font, sizes and colours: one Altair theme, registered once."""

from functools import cache
from pathlib import Path

import altair as alt
import vl_convert

FONT = "Noto Sans"
FONT_STACK = "Noto Sans, Helvetica, Arial, sans-serif"
WIDTH = 680  # px; the width of the book's text column
TEXT = 12  # px
SMALL = 11  # px; nothing is smaller

# One colour per meaning.  Hues follow Okabe and Ito (2008), darkened until text and thin lines
# reach 4.5:1 on white.  Shape or place always says the same as the colour, for grey print.
INK = "#1f2328"  # trials, and words
MUTED = "#57606a"  # secondary words, axes
RULE = "#c4cad2"  # separating lines
POOLED = "#00735c"  # pooled results
PREDICTION = "#6fae9f"  # where a further trial might fall
THRESHOLD = "#8f5500"  # a difference that matters
INTERVENTION = "#0067a5"  # favours the intervention
COMPARATOR = "#c24a00"  # favours the comparator
PAPER = "#ffffff"


@alt.theme.register("als", enable=True)
def als_theme() -> alt.theme.ThemeConfig:
    """Return the theme of the book's charts."""
    axis = {
        "grid": False,
        "domainColor": MUTED,
        "tickColor": MUTED,
        "tickSize": 4,
        "labelColor": INK,
        "labelFontSize": SMALL,
        "titleColor": INK,
        "titleFontSize": TEXT,
        "titleFontWeight": "normal",
    }
    legend = {"labelColor": INK, "labelFontSize": SMALL, "titleFontSize": SMALL, "labelLimit": 300}
    return {
        "config": {
            "background": PAPER,
            "font": FONT_STACK,
            "padding": 4,
            "view": {"stroke": None},
            "axis": axis,
            "legend": legend,
            "text": {"font": FONT_STACK, "fontSize": TEXT, "color": INK},
            "title": {
                "anchor": "start",
                "frame": "group",
                "color": INK,
                "fontSize": 14,
                "fontWeight": "bold",
                "limit": WIDTH,
                "offset": 10,
            },
        }
    }


@cache
def register_fonts() -> None:
    """Let vl-convert measure and draw with the fonts the book ships."""
    shipped = Path(__file__).resolve().parents[2] / "_static" / "fonts"
    if shipped.is_dir():
        vl_convert.register_font_directory(str(shipped))
