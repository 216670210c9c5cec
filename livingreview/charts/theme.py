"""Gives every chart the same font, sizes and colours: one Altair theme, registered once."""

from functools import cache
from pathlib import Path

import altair as alt
import vl_convert
from altair.utils import schemapi

FONTS = Path(__file__).resolve().parents[1] / "book" / "static" / "fonts"
FONT_STACK = "Noto Sans, Helvetica, Arial, sans-serif"
WIDTH = 680  # px; the width of the book's text column
NARROW = 276  # px; that of a phone's, with room to grow
TEXT = 12  # px
SMALL = 11  # px; nothing is smaller

# One colour per meaning.  Hues follow Okabe and Ito (2008), darkened until text and thin lines
# reach 4.5:1 on white.  Shape, letter or place always says the same as the colour, for grey print.
INK = "#1f2328"  # trials, and words
MUTED = "#57606a"  # secondary words, axes
RULE = "#c4cad2"  # separating lines, which say nothing
POOLED = "#00735c"  # pooled results
PREDICTION = "#458f7c"  # where a further trial might fall
THRESHOLD = "#8f5500"  # a difference that matters
INTERVENTION = "#0067a5"  # favours the intervention
COMPARATOR = "#c24a00"  # favours the comparator
LOW = "#2e7d32"  # low risk of bias
UNCLEAR = "#8a6d00"  # unclear risk of bias
HIGH = "#b3261e"  # high risk of bias
LINK = "#0b5394"  # words that lead to a trial's page
PAPER = "#ffffff"

# The same meanings on the dark page.
DARK = {
    INK: "#e8eaed", MUTED: "#a8b1bb", RULE: "#4a5560", POOLED: "#4fc3a1", PREDICTION: "#2f917a",
    THRESHOLD: "#e0a458", INTERVENTION: "#6cb6ee", COMPARATOR: "#ff9a5c", LOW: "#7ccf80",
    UNCLEAR: "#e3c95a", HIGH: "#ff8a80", LINK: "#9cc3e8", PAPER: "#121212",
}  # fmt: skip


def chart_style() -> str:
    """Write the style of drawn charts: links underlined, and other colours where the page is dark.

    A drawn chart keeps its colours as attributes, which any rule of a style sheet overrides: the switch
    of the page recolours it at once, and nothing is drawn again.
    """
    link = f'.lr-live svg.marks text[fill="{LINK}" i] {{ text-decoration: underline; }}'
    chart = 'html[data-theme="dark"] .lr-live'
    paper = f"{chart} svg.marks {{ background-color: {DARK[PAPER]} !important; }}"
    rules = [
        f'{chart} svg.marks [{part}="{light}" i] {{ {part}: {dark}; }}'
        for light, dark in DARK.items()
        for part in ("fill", "stroke")
    ]
    return "\n".join([link, paper, *rules, ""])


@alt.theme.register("livingreview", enable=True)
def lr_theme() -> alt.theme.ThemeConfig:
    """Return the theme of the book's charts."""
    words = {"labelColor": INK, "titleColor": INK, "labelFontSize": SMALL}
    lines = {"grid": False, "domainColor": MUTED, "tickColor": MUTED, "tickSize": 4}
    title = {"anchor": "start", "frame": "group", "color": INK, "fontSize": 14, "fontWeight": "bold"}
    return {
        "config": {
            "background": PAPER,
            "font": FONT_STACK,
            "padding": 3,
            "view": {"stroke": None},
            "axis": {**words, **lines, "titleFontSize": TEXT, "titleFontWeight": "normal"},
            "legend": {**words, "titleFontSize": SMALL, "labelLimit": 300},
            "text": {"font": FONT_STACK, "fontSize": TEXT, "color": INK},
            "title": {**title, "limit": WIDTH, "offset": 10},
        }
    }


# The tests hold every chart against the schema; in a chapter that would take a tenth of its drawing.
schemapi.disable_debug_mode()


@cache
def register_fonts() -> None:
    """Let vl-convert measure and draw with the fonts the book ships."""
    vl_convert.register_font_directory(str(FONTS))
