"""Draw a harvest plot: for each outcome, the trials that point against, nowhere or in favour."""

import textwrap
from typing import NamedTuple

import altair as alt
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.text import heading, line, words
from alsreview.formats import count, is_missing, listed, number

HEAD, GAP = 14, 14  # px to the middle of the heads, and between outcomes
THICK, LINE = 11, 13  # px of a bar, and of a further line of a name


class Form(NamedTuple):
    """Sizes of a form in px: its width, its columns, its first outcome, from bar to bar, the longest bar.

    ``under`` is how far an outcome's bars lie under its name, ``below`` how far a trial's name lies under
    its bar, or nothing where it stands beside it; ``limit`` is the room of a trial's name; ``least`` the
    rows that an outcome takes; ``letters`` what a line of a trial's name holds.
    """

    width: int
    columns: dict[str, int]
    heads: dict[str, str]
    first: int
    step: int
    bar: int
    under: int
    below: int
    limit: int
    least: int
    letters: int


HEADS = {"against": "Against", "unclear": "No single direction", "favour": "In favour"}
WIDE = Form(
    theme.WIDTH, {"against": 130, "unclear": 312, "favour": 494}, HEADS,
    first=40, step=17, bar=32, under=0, below=0, limit=140, least=2, letters=200,
)  # fmt: skip
# On a phone an outcome's name stands over its bars, and a trial's under its bar.
NARROW = Form(
    theme.NARROW, {"against": 0, "unclear": 94, "favour": 188}, HEADS | {"unclear": "Neither"},
    first=40, step=32, bar=56, under=22, below=14, limit=88, least=1, letters=15,
)  # fmt: skip
PLACES = {
    "favours_intervention": "favour",
    "favours_comparator": "against",
    "no_direction": "unclear",
    "mixed": "unclear",
    "unknown": "unclear",
}
COLOURS = {"favour": theme.INTERVENTION, "against": theme.COMPARATOR, "unclear": theme.MUTED}


def harvest(frame: pd.DataFrame, *, title: str, width: int = theme.WIDTH) -> alt.LayerChart:
    """Draw a harvest plot.

    Parameters
    ----------
    frame : one row per outcome and trial
        ``domain`` (the outcome), ``label``, ``people``, ``direction`` (as
        :func:`alsreview.charts.directions` takes it) and ``basis`` ("estimate", "authors' statement" or
        "nothing seen").
    title : the chart's heading
    width : px; in a narrow chart the names of outcomes and trials stand over and under the bars

    Returns
    -------
    a layered Altair chart
        A bar is a trial, as long as its people are many; filled where an estimate gave the direction, hollow
        where authors state a difference without one, which gives no direction.
        Trials in which nothing was seen are counted under the outcome.

    References
    ----------
    Ogilvie et al. (2008), doi:10.1186/1471-2288-8-8.
    """
    form = WIDE if width >= theme.WIDTH else NARROW
    bars, domains, height = _layout(frame, form)
    layers = [_rules(domains, form, height), *_heads(form), *_names(domains, form), *_bars(bars, form)]
    return alt.layer(*layers).properties(width=form.width, height=height, title=heading(title, width))


def harvest_alt(frame: pd.DataFrame) -> str:
    """Say what a harvest plot shows, outcome by outcome."""
    said = []
    for domain, part in frame.groupby("domain", sort=False):
        told = part[part.basis != "nothing seen"]
        place = told.direction.map(PLACES)
        names = {"favour": "in favour", "against": "against", "unclear": "no single direction"}
        groups = [
            f"{name} {listed(list(told.label[place == key]))}"
            for key, name in names.items()
            if (place == key).any()
        ]
        said.append(f"{domain}: {'; '.join(groups) or 'nothing seen'}.")
    return " ".join(said) or "No trial in this analysis."


def _layout(frame: pd.DataFrame, form: Form) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Place every bar and every outcome, top down."""
    longest = max(frame.people.fillna(0), default=0) or 1
    bars, domains, y = [], [], float(form.first)
    for domain, part in frame.groupby("domain", sort=False):
        told = part[part.basis != "nothing seen"]
        used = dict.fromkeys(form.columns, 0.0)
        for row in told.itertuples():
            place = PLACES[row.direction]
            bars.append(_bar(row, domain, place, y + form.under + used[place], longest, form))
            used[place] += form.step + LINE * bars[-1]["name"].count("\n")
        silent = len(part) - len(told)
        domains.append({"domain": domain, "y": y, "silent": f"nothing seen: {silent}" if silent else ""})
        y += form.under + max(*used.values(), form.step * form.least) + GAP
    return pd.DataFrame(bars), pd.DataFrame(domains, columns=["domain", "y", "silent"]), y


def _bar(row, domain: str, place: str, y: float, longest: float, form: Form) -> dict:
    people = 0.0 if is_missing(row.people) else float(row.people)
    start = form.columns[place]
    return {
        "domain": domain, "label": row.label, "name": "\n".join(textwrap.wrap(row.label, form.letters)[:2]),
        "place": place, "solid": row.basis == "estimate",
        "x": float(start), "x2": start + max(form.bar * people / longest, 3.0),
        "y": y, "top": y - THICK / 2, "bottom": y + THICK / 2,
        "told": row.label if is_missing(row.people) else f"{row.label} ({number(people, 0)})",
        "size": "" if is_missing(row.people) else number(people, 0),
        "tip": f"{count(people, 'person')}, {'estimate' if row.basis == 'estimate' else 'in words'}",
    }  # fmt: skip


def _heads(form: Form) -> list[alt.Chart]:
    bold = {"fontWeight": "bold", "fontSize": theme.SMALL}
    heads = [line(name, x=form.columns[key], y=HEAD, **bold) for key, name in form.heads.items()]
    return heads if form.below else [line("Outcome", x=0, y=HEAD, **bold), *heads]


def _rules(domains: pd.DataFrame, form: Form, height: float) -> alt.Chart:
    """Draw a line above each outcome; it also carries the scale on which all layers count px."""
    scale = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    places = [HEAD + 12.0, *(domains.y.iloc[1:] - 15.5)]
    ends = {"x": alt.XValue(0), "x2": alt.X2Value(form.width)}
    mark = alt.Chart(pd.DataFrame({"y": places})).mark_rule(color=theme.RULE)
    return mark.encode(y=alt.Y("y:Q", axis=None, scale=scale), **ends)


def _names(domains: pd.DataFrame, form: Form) -> list[alt.Chart]:
    """Name the outcomes, and count the silent trials under the name, or at its other end."""
    if domains.empty:
        return [line("No trial in this analysis", x=0, y=float(form.first))]
    muted = {"fontSize": theme.SMALL, "color": theme.MUTED}
    if form.below:
        name = words(domains, "domain", x=0, limit=form.width - 100, fontWeight="bold")
        return [name, words(domains, "silent", x=form.width, align="right", **muted)]
    under = domains.assign(y=domains.y + form.step)
    name = words(domains, "domain", x=0, limit=form.columns["against"] - 4)
    return [name, words(under, "silent", x=0, **muted)]


def _bars(bars: pd.DataFrame, form: Form) -> list[alt.Chart]:
    """Draw one layer per column and per filled or hollow, since colours and fills differ."""
    if bars.empty:
        return []
    layers = []
    scale = alt.Scale(domain=[0, form.width], range=[0, form.width], nice=False, zero=False)
    tooltip = [alt.Tooltip("label:N", title="Trial"), alt.Tooltip("domain:N", title="Outcome")]
    tooltip.append(alt.Tooltip("tip:N", title="Read"))
    for (place, solid), part in bars.groupby(["place", "solid"], sort=True):
        mark = alt.Chart(part[["x", "x2", "top", "bottom", "label", "domain", "tip"]]).mark_rect(
            fill=COLOURS[place] if solid else theme.PAPER, stroke=COLOURS[place], strokeWidth=1.5, opacity=1
        )
        layers.append(
            mark.encode(
                x=alt.X("x:Q", axis=None, scale=scale),
                x2="x2:Q",
                y=alt.Y("top:Q", axis=None),
                y2="bottom:Q",
                tooltip=tooltip,
            )
        )
    return layers + [text for place, part in bars.groupby("place") for text in _texts(part, place, form)]


def _texts(bars: pd.DataFrame, place: str, form: Form) -> list[alt.Chart]:
    """Name the trials of a column beside their bars, or under them with their people beside."""
    beside = form.columns[place] + form.bar + 6
    small = {"fontSize": theme.SMALL, "limit": form.limit}
    if not form.below:
        return [words(bars, "told", x=beside, **small)]
    under = words(bars.assign(y=bars.y + form.below), "name", x=form.columns[place], lineBreak="\n", **small)
    return [under, words(bars, "size", x=beside, **small)]
