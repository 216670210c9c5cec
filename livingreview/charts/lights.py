"""Draw who judged which risk of bias how: a mark for each trial and domain."""

import textwrap
from typing import NamedTuple

import altair as alt
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.text import heading, line, words

# Colour and sign of a judgement; the sign alone is enough to read it.
LOOKS = {
    "low": (theme.LOW, "+"),
    "some concerns": (theme.UNCLEAR, "!"),
    "high": (theme.HIGH, "\u2212"),
}
# The signs of both ends of a range, in an open mark without colour.
RANGES = {
    "low to some concerns": "+!",
    "low to high": "+\u2212",
    "some concerns to high": "!\u2212",
}
NOT_ASSESSED = "not assessed"
KEY, LETTER = 20, 5.8  # px from one line of the key to the next, and of a letter


class Form(NamedTuple):
    """Sizes of a form in px: its width, the trials' names, the domains' names, from trial to trial.

    ``drop`` is how far a trial's marks lie under its name, ``size`` the area of a mark and ``open`` that of
    one that holds two signs, ``sign`` the letter in it, ``upright`` whether the names of the domains are.
    """

    width: int
    labels: int
    head: int
    step: int
    drop: int
    size: int
    open: int
    sign: int
    upright: bool


WIDE = Form(theme.WIDTH, 132, 66, 26, drop=0, size=330, open=360, sign=14, upright=False)
NARROW = Form(theme.NARROW, 0, 150, 40, drop=18, size=160, open=280, sign=12, upright=True)
NAMES = {name: name for name in (*LOOKS, *RANGES)} | {"low": "low risk", "high": "high risk"}


def lights(
    judged: pd.DataFrame,
    trials: list[str],
    domains: list[str],
    *,
    title: str,
    width: int = theme.WIDTH,
    nobody: str,
) -> alt.LayerChart:
    """Draw a summary of risk of bias.

    Parameters
    ----------
    judged : one row per judgement
        ``label`` (the trial), ``domain``, ``judgement`` (one of `risk.LOOKS` or `risk.RANGES`) and ``tool``.
    trials, domains : labels of all rows and columns, in order; what nobody judged is a dot
    title : the chart's heading
    width : px; in a narrow chart a trial's name stands over its marks, and those of the domains upright
    nobody : what a dot means

    Returns
    -------
    a layered Altair chart
        A circle with a sign for each judgement, an open one with two signs for a range.
    """
    form = WIDE if width >= theme.WIDTH else NARROW
    room = (form.width - form.labels) / max(len(domains), 1)
    at = {domain: form.labels + room * (place + 0.5) for place, domain in enumerate(domains)}
    down = {trial: form.head + form.step * place + 13 + form.drop for place, trial in enumerate(trials)}
    bottom = form.head + form.step * len(trials) + 22.0
    key, last = _key(set(judged.judgement), nobody, bottom, form)
    height = last + 8
    names = pd.DataFrame({"label": list(down), "y": [y - form.drop for y in down.values()]})
    limit = (form.labels or form.width) - 8
    layers = [_rules(len(trials), form, height), words(names.astype({"y": float}), "label", x=0, limit=limit)]
    layers += [_head(domain, x, room, form) for domain, x in at.items()]
    marks = _marks(_placed(judged, at, down), form)
    layers += [*_dots(judged, at, down, nobody), *marks, *key]
    return alt.layer(*layers).properties(width=form.width, height=height, title=heading(title, width))


def _head(domain: str, x: float, room: float, form: Form) -> alt.Chart:
    if form.upright:
        lines = textwrap.wrap(domain.capitalize(), int(form.head / 6), max_lines=int(room / 13) or 1)
        beside = x - 6.5 * (len(lines) - 1)
        return line("\n".join(lines), x=beside, y=form.head - 6.0, angle=270, fontSize=theme.SMALL)
    lines = textwrap.wrap(domain.capitalize(), max(int(room / 6), 6), break_long_words=False)
    y = form.head - 10 - 13.0 * (len(lines) - 1)
    return line("\n".join(lines), x=x, y=y, align="center", fontSize=theme.SMALL)


def _rules(trials: int, form: Form, height: float) -> alt.Chart:
    """Draw a thin line above each trial; it also carries the scales on which all layers count px."""
    scale = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    across = alt.Scale(domain=[0, form.width], range=[0, form.width], nice=False, zero=False)
    places = [float(form.head + form.step * place) for place in range(trials + 1)]
    frame = pd.DataFrame({"x": 0.0, "x2": float(form.width), "y": places})
    x, y = alt.X("x:Q", axis=None, scale=across), alt.Y("y:Q", axis=None, scale=scale)
    return alt.Chart(frame).mark_rule(color=theme.RULE).encode(x=x, x2="x2:Q", y=y)


def _placed(judged: pd.DataFrame, at: dict[str, float], down: dict[str, float]) -> pd.DataFrame:
    """Give each judgement its place and its words."""
    return judged.assign(x=judged.domain.map(at), y=judged.label.map(down), told=judged.judgement.map(NAMES))


def _dots(judged: pd.DataFrame, at: dict[str, float], down: dict[str, float], nobody: str) -> list[alt.Chart]:
    known = set(zip(judged.label, judged.domain, strict=True))
    blank = [{"x": x, "y": y, "label": trial, "domain": domain, "told": nobody}
             for trial, y in down.items()
             for domain, x in at.items() if (trial, domain) not in known]  # fmt: skip
    if not blank:
        return []
    mark = alt.Chart(pd.DataFrame(blank)).mark_point(filled=True, size=10, color=theme.MUTED, opacity=1)
    told = [alt.Tooltip(f"{name}:N", title=name.capitalize()) for name in ("label", "domain")]
    told.append(alt.Tooltip("told:N", title="Judgement"))
    return [mark.encode(x="x:Q", y=alt.Y("y:Q", axis=None), tooltip=told)]


def _marks(placed: pd.DataFrame, form: Form) -> list[alt.Chart]:
    told = [alt.Tooltip(f"{name}:N", title=name.capitalize()) for name in ("label", "domain")]
    told += [alt.Tooltip("told:N", title="Judgement"), alt.Tooltip("tool:N", title="Rated by")]
    layers = []
    for judgement in NAMES:
        part = placed.loc[placed.judgement == judgement, ["x", "y", "label", "domain", "told", "tool"]]
        if part.empty:
            continue
        colour, sign = LOOKS.get(judgement, (None, RANGES.get(judgement)))
        base = alt.Chart(part.assign(sign=sign)).encode(x="x:Q", y=alt.Y("y:Q", axis=None), tooltip=told)
        if colour:
            mark = base.mark_point(shape="circle", filled=True, size=form.size, color=colour, opacity=1)
        else:
            open_ = {"fill": theme.PAPER, "stroke": theme.MUTED, "strokeWidth": 1}
            mark = base.mark_point(shape="circle", size=form.open, opacity=1, **open_)
        size = form.sign if colour else max(form.sign - 2, theme.SMALL)
        text = {"fontWeight": "bold", "fontSize": size, "baseline": "middle"}
        layers += [
            mark,
            base.mark_text(color=theme.PAPER if colour else theme.INK, **text).encode(text="sign:N"),
        ]
    return layers


def _key(here: set[str], nobody: str, top: float, form: Form) -> tuple[list[alt.Chart], float]:
    """Explain the marks that the chart holds, and the dot; return the height of the last line too."""
    layers, x, y = [], 9.0, top
    for judgement, name in [*((key, NAMES[key]) for key in NAMES if key in here), (None, nobody)]:
        wide = 14 + LETTER * len(name) + 16
        if x > 9 and x + wide - 16 > form.width:
            x, y = 9.0, y + KEY
        spot = pd.DataFrame([{"x": x, "y": y}])
        if judgement:
            told = {"judgement": judgement, "label": "", "domain": "", "told": name, "tool": ""}
            layers += _marks(spot.assign(**told), form)
        else:
            dot = alt.Chart(spot).mark_point(filled=True, size=10, color=theme.MUTED, opacity=1)
            layers.append(dot.encode(x="x:Q", y=alt.Y("y:Q", axis=None)))
        layers.append(line(name, x=x + 14, y=y, fontSize=theme.SMALL, color=theme.MUTED))
        x += wide
    return layers, y
