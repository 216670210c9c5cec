"""Draw a timeline of trials: when each was published, how many people it had, and what it asked."""

import altair as alt
import numpy as np
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.text import heading, line, people_words, words
from alsreview.formats import count, listed, number

STEP, HEAD, GAP = 20, 22, 10  # px from trial to trial, for a group's name, and between groups
LEFT, WORDS = 16, 216  # px; where the years begin, and what the words beside them take
NARROW_WORDS = 150  # px; the same where people stand in brackets
AREA = 3.5  # px2 of a mark for each person
SMALLEST, LARGEST = 20, 900  # px2; a mark that can be seen, and one that leaves the rows legible


def timeline(trials: pd.DataFrame, *, title: str, width: int = theme.WIDTH) -> alt.LayerChart:
    """Draw a timeline of trials.

    Parameters
    ----------
    trials : one row per trial
        ``label``, ``year``, ``people`` (may be missing), ``group`` (what it asked) and ``used`` (whether a
        synthesis takes a number from it).
    title : the chart's heading
    width : px; a narrow chart has fewer years on its axis, and people in brackets

    Returns
    -------
    a layered Altair chart
        A circle has an area in proportion to the people; it is filled where the trial is used.
    """
    if trials.empty:
        return alt.layer(line("No trial yet", x=0, y=14)).properties(width=width, height=28, title=title)
    rows, heads, height = _laid(trials)
    narrow = width < theme.WIDTH
    beside = width - (NARROW_WORDS if narrow else WORDS)
    rows["shown"] = rows["short"] if narrow else rows["told"]
    spans = [(head.y + HEAD / 2, head.end) for head in heads.itertuples()]
    layers = [_scale(rows, spans, height, beside - 24, 15 if narrow else 5), *_marks(rows)]
    layers += [words(heads, "group", x=0, fontWeight="bold")]
    layers += [words(rows, "shown", x=beside, fontSize=theme.SMALL, limit=width - beside)]
    return alt.layer(*layers, width=width, height=height, title=heading(title, width))


def timeline_alt(trials: pd.DataFrame) -> str:
    """Say what a timeline shows: for each group how many trials, when, and how large."""
    said = []
    for group, part in trials.groupby("group", sort=False):
        people = part.people.dropna()
        sizes = f", with {_between(people)} people each" if len(people) else ""
        used = listed(list(part.label[part.used]))
        said.append(
            f"{group}: {count(len(part), 'trial')}, {_between(part.year)}{sizes}; "
            + (f"a number is used from {used}." if used else "no number is used from any.")
        )
    return " ".join(said) or "No trial yet."


def _between(values: pd.Series) -> str:
    low, high = number(values.min(), 0), number(values.max(), 0)
    return low if low == high else f"{low} to {high}"


def _laid(trials: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Give each trial a line of its own, the groups one under the other, oldest first."""
    places, heads, y = {}, [], 0.0
    for group, part in trials.groupby("group", sort=False):
        heads.append({"group": group, "y": y + HEAD / 2})
        y += HEAD
        for index in part.sort_values(["year", "label"]).index:
            places[index] = y + STEP / 2
            y += STEP
        heads[-1]["end"] = y
        y += GAP
    rows = trials.assign(
        y=pd.Series(places),
        area=(AREA * trials.people.astype(float)).fillna(0).clip(SMALLEST, LARGEST),
        told=[f"{row.label}, {people_words(row.people)}" for row in trials.itertuples()],
        short=[f"{row.label} ({number(row.people, 0)})" for row in trials.itertuples()],
    )
    return rows, pd.DataFrame(heads), y


def _scale(
    rows: pd.DataFrame, spans: list[tuple[float, float]], height: float, right: float, step: int
) -> alt.Chart:
    """Draw a thin line through each group every so many years; it carries the scales of all layers."""
    first, last = int(rows.year.min()), int(rows.year.max())
    years = np.unique([first, *range(-(-first // 5) * 5, last + 1, step), last])
    # Two years too close for their words: the round one gives way to the first and the last.
    years = [int(y) for y in years if y in (first, last) or min(y - first, last - y) > 1]
    ends = [first - 1, last + 1]
    x = alt.X(
        "year:Q",
        title=None,
        scale=alt.Scale(domain=ends, range=[LEFT, right], nice=False, zero=False),
        axis=alt.Axis(values=years, format="d", domain=False),
    )
    down = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    frame = pd.DataFrame([{"year": year, "y": y, "y2": y2} for year in years for y, y2 in spans])
    y = alt.Y("y:Q", axis=None, scale=down)
    return alt.Chart(frame).mark_rule(color=theme.RULE).encode(x=x, y=y, y2=alt.Y2("y2:Q"))


def _marks(rows: pd.DataFrame) -> list[alt.Chart]:
    layers = []
    told = [alt.Tooltip("told:N", title="Trial"), alt.Tooltip("year:Q", title="Year", format="d")]
    for used, part in rows.groupby("used", sort=True):
        mark = alt.Chart(part[["year", "y", "area", "told"]]).mark_point(
            shape="circle",
            fill=theme.INK if used else theme.PAPER,
            stroke=theme.INK,
            strokeWidth=1.5,
            opacity=1,
        )
        size = alt.Size("area:Q", scale=None, legend=None)
        layers.append(mark.encode(x=alt.X("year:Q"), y=alt.Y("y:Q", axis=None), size=size, tooltip=told))
    return layers
