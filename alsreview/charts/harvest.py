"""Draw a harvest plot: for each outcome, the trials that point against, nowhere or in favour."""

import altair as alt
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.text import line, words
from alsreview.formats import count, is_missing, listed, number

HEAD, HEAD_RULE, FIRST, STEP, GAP = 14, 26, 40, 17, 14  # px
COLUMNS = {"against": 130, "unclear": 312, "favour": 494}  # px from the left edge
BAR, THICK = 32, 11  # px: the longest bar, and each one's thickness
PLACES = {
    "favours_intervention": "favour",
    "favours_comparator": "against",
    "no_direction": "unclear",
    "mixed": "unclear",
    "unknown": "unclear",
}
COLOURS = {"favour": theme.INTERVENTION, "against": theme.COMPARATOR, "unclear": theme.MUTED}


def harvest(frame: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """Draw a harvest plot.

    Parameters
    ----------
    frame : one row per outcome and trial
        ``domain`` (the outcome), ``label``, ``people``, ``direction`` (as
        :func:`alsreview.charts.directions` takes it) and ``basis`` ("estimate", "authors' statement" or
        "nothing seen").
    title : the chart's heading

    Returns
    -------
    a layered Altair chart 680 px wide
        A bar is a trial, as long as its people are many; filled where an estimate gave the direction, hollow
        where the authors' words did. Trials in which nothing was seen are counted under the outcome.

    References
    ----------
    Ogilvie et al. (2008), doi:10.1186/1471-2288-8-8.
    """
    bars, domains, height = _layout(frame)
    layers = [_rules(domains, height), *_heads(), *_names(domains), *_bars(bars)]
    return alt.layer(*layers).properties(width=theme.WIDTH, height=height, title=title)


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


def _layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Place every bar and every outcome, top down."""
    longest = max(frame.people.fillna(0), default=0) or 1
    bars, domains, y = [], [], float(FIRST)
    for domain, part in frame.groupby("domain", sort=False):
        told = part[part.basis != "nothing seen"]
        used = dict.fromkeys(COLUMNS, 0)
        for row in told.itertuples():
            place = PLACES[row.direction]
            bars.append(_bar(row, domain, place, y + STEP * used[place], longest))
            used[place] += 1
        silent = len(part) - len(told)
        domains.append({"domain": domain, "y": y, "silent": f"nothing seen: {silent}" if silent else ""})
        y += STEP * max(*used.values(), 2) + GAP
    return pd.DataFrame(bars), pd.DataFrame(domains, columns=["domain", "y", "silent"]), y


def _bar(row, domain: str, place: str, y: float, longest: float) -> dict:
    people = 0.0 if is_missing(row.people) else float(row.people)
    start = COLUMNS[place]
    return {
        "domain": domain, "label": row.label, "place": place, "solid": row.basis == "estimate",
        "x": float(start), "x2": start + max(BAR * people / longest, 3.0),
        "y": y, "top": y - THICK / 2, "bottom": y + THICK / 2,
        "text": row.label if is_missing(row.people) else f"{row.label} ({number(people, 0)})",
        "tip": f"{count(people, 'person')}, {'estimate' if row.basis == 'estimate' else 'in words'}",
    }  # fmt: skip


def _heads() -> list[alt.Chart]:
    bold = {"fontWeight": "bold", "fontSize": theme.SMALL}
    names = {"against": "Against", "unclear": "No single direction", "favour": "In favour"}
    heads = [line(name, x=COLUMNS[key], y=HEAD, **bold) for key, name in names.items()]
    return [line("Outcome", x=0, y=HEAD, **bold), *heads]


def _rules(domains: pd.DataFrame, height: float) -> alt.Chart:
    """Draw a line above each outcome; it also carries the scale on which all layers count px."""
    scale = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    places = [float(HEAD_RULE), *(domains.y.iloc[1:] - (STEP + GAP) / 2)]
    ends = {"x": alt.XValue(0), "x2": alt.X2Value(theme.WIDTH)}
    mark = alt.Chart(pd.DataFrame({"y": places})).mark_rule(color=theme.RULE)
    return mark.encode(y=alt.Y("y:Q", axis=None, scale=scale), **ends)


def _names(domains: pd.DataFrame) -> list[alt.Chart]:
    if domains.empty:
        return [line("No trial in this analysis", x=0, y=float(FIRST))]
    below = domains.assign(y=domains.y + STEP)
    return [
        words(domains, "domain", x=0, limit=COLUMNS["against"] - 4),
        words(below, "silent", x=0, fontSize=theme.SMALL, color=theme.MUTED),
    ]


def _bars(bars: pd.DataFrame) -> list[alt.Chart]:
    """Draw one layer per column and per filled or hollow, since colours and fills differ."""
    if bars.empty:
        return []
    layers = []
    scale = alt.Scale(domain=[0, theme.WIDTH], range=[0, theme.WIDTH], nice=False, zero=False)
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
    limit = COLUMNS["unclear"] - COLUMNS["against"] - BAR - 10
    small = {"fontSize": theme.SMALL, "limit": limit}
    texts = [
        words(part, "text", x=COLUMNS[place] + BAR + 6, **small) for place, part in bars.groupby("place")
    ]
    return [*layers, *texts]
