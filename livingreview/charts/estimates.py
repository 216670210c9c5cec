"""Draws results against what they depend on: choices of the analysis, time, number and kind of trials."""

import math
import textwrap

import altair as alt
import numpy as np
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.forest import ratio_ticks
from livingreview.charts.sheet import BOLD, MUTED, SMALL, Sheet, X, heading
from livingreview.formats import DASH, count, interval, is_missing, listed, number, percent

DASHED = {"color": theme.MUTED, "strokeDash": [4, 3]}
ZERO = alt.Chart().mark_rule(**DASHED).encode(y=alt.datum(0))


# ---- specification curve


def specification_curve(
    table: pd.DataFrame, dimensions: dict, *, title: str, unit: str, narrow: bool = False
) -> alt.VConcatChart:
    """Draw a specification curve: above, estimates and intervals; below, the levels that give each of them.

    The axis reaches twice as far as the protocol's own interval; an arrow marks an interval that leaves it.
    How many results agree is not drawn as a share: they are not a sample of anything.

    Parameters
    ----------
    table : one row per distinct result, in the order to draw
        ``estimate, ci_low, ci_high`` (unit of the analysis), ``k`` (estimates), ``people``,
        ``specifications``, ``own``, and for each dimension a tuple of the levels that gave it.
    dimensions : dimension to its ``label`` and ``levels``, each with a ``label``
    """
    width = 236 if narrow else 440
    places = [width * (place + 0.6) / (len(table) + 0.2) for place in range(len(table))]
    placed = table.assign(x=places)
    results = _results(placed, unit).properties(width=width, height=190)
    both = alt.vconcat(results, _choices(placed, dimensions, width, narrow), spacing=4)
    # The words to the left belong to the figure, so its title starts over them.
    said = heading(title, theme.NARROW if narrow else theme.WIDTH)
    return both.properties(title=alt.TitleParams(said, frame="bounds", anchor="start"))


def reach(table: pd.DataFrame) -> tuple[float, float]:
    """Return an axis of twice the protocol's own interval that holds zero and every estimate."""
    own = table[table.own].iloc[0] if table.own.any() else table.iloc[0]
    half = own.ci_high - own.ci_low
    middle = (own.ci_low + own.ci_high) / 2
    low, high = min(table.estimate.min(), 0, middle - half), max(table.estimate.max(), 0, middle + half)
    return float(low), float(high)


def _results(table: pd.DataFrame, unit: str) -> alt.LayerChart:
    low, high = reach(table)
    told = {"result": "Estimate (95% CI)", "units": "From", "specifications": "Specifications"}
    shown = table.assign(
        low=table.ci_low.clip(low, high),
        high=table.ci_high.clip(low, high),
        result=[
            f"{number(row.estimate)} ({interval(row.ci_low, row.ci_high)})" for row in table.itertuples()
        ],
        units=[f"{row.k:.0f} estimates, {row.people:.0f} participants" for row in table.itertuples()],
    )
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    y = alt.Y("estimate:Q", scale=scale, axis=alt.Axis(title=unit, titleLimit=190, tickCount=6))
    near = alt.selection_point(on="pointerover", clear="pointerout", fields=["x"], empty=False)
    colour = alt.condition("datum.own", alt.value(theme.POOLED), alt.value(theme.INK))
    wide = alt.when(near).then(alt.value(4)).when("datum.own").then(alt.value(3)).otherwise(alt.value(1.5))
    base = alt.Chart(shown[["x", "low", "high", "estimate", "own", *told]]).encode(
        X, color=colour, tooltip=[alt.Tooltip(f"{name}:N", title=head) for name, head in told.items()]
    )
    layers = [
        base.mark_rule().encode(y="low:Q", y2="high:Q", strokeWidth=wide).add_params(near),
        base.mark_point(filled=True, size=48, opacity=1).encode(y),
    ]
    for shape, leaves, edge in (("down", shown.ci_low < low, low), ("up", shown.ci_high > high, high)):
        ends = alt.Chart(shown.loc[leaves, ["x"]].assign(edge=edge))
        mark = ends.mark_point(shape=f"triangle-{shape}", filled=True, size=42, color=theme.INK, opacity=1)
        layers += [mark.encode(X, y="edge:Q")] if leaves.any() else []
    return alt.layer(ZERO, *layers)


def _choices(table: pd.DataFrame, dimensions: dict, width: int, narrow: bool) -> alt.LayerChart:
    """Draw a line per level under its dimension's name; levels that give no result have none."""
    left, step, above, limit = (40, 27, 13, 264) if narrow else (226, 13, 0, 214)
    sheet, y = Sheet(width), 0.0
    sheet.text("chosen in the result above", width, 6, align="right", **MUTED)
    for name, dimension in dimensions.items():
        y += 16
        sheet.text(dimension["label"], -left, y, limit=limit, **BOLD, **SMALL)
        for level, each in dimension["levels"].items():
            chosen = [level in given for given in table[name]]
            if any(chosen):
                y += step
                sheet.text(each["label"], 8 - left, y - above, limit=limit, **SMALL)
                for x, own, here in zip(table.x, table.own, chosen, strict=True):
                    colour = (theme.POOLED if own else theme.INK) if here else theme.RULE
                    sheet.mark("square", x, y, 30 if here else 5, colour)
    return sheet.chart(y + step / 2)


def curve_alt(table: pd.DataFrame, moves: pd.DataFrame, unit: str) -> str:
    """Say what a specification curve shows: the range of results, the protocol's own, what moves them.

    ``moves`` has one row per choice, with ``label`` and ``most``, how far it moves the estimate at most.
    """
    if table.empty:
        return "No combination of the choices leaves two studies to pool."
    ends = [interval(table[name].min(), table[name].max()) for name in ("estimate", "ci_low", "ci_high")]
    said = [
        f"{count(len(table), 'distinct result')} of {count(table.specifications.sum(), 'specification')}: "
        f"estimates from {ends[0]} {unit}, lower limits from {ends[1]}, upper limits from {ends[2]}."
    ]
    said += [
        f"Primary analysis: {number(row.estimate)}, 95% CI {interval(row.ci_low, row.ci_high)}."
        for row in table[table.own].itertuples()
    ]
    said += [
        f"The most influential choice is {row.label}, by up to {number(row.most)}."
        for row in moves.dropna(subset=["most"]).nlargest(1, "most").itertuples()
    ]
    return " ".join(said)


# ---- history of the answers

MOST = 8  # moments that leave room for the words in them
MARKS = {
    "replay": {"shape": "circle", "filled": False, "color": theme.MUTED},
    "version": {"shape": "square", "filled": True, "color": theme.POOLED},
    "present": {"shape": "diamond", "filled": True, "color": theme.INK},
}


def history(told: pd.DataFrame, *, narrow: bool = False) -> alt.VConcatChart:
    """Draw how estimates and their certainty stood at each of the latest moments.

    Each analysis that ever had an estimate has a panel; the ratings of all that ever had one stand below.

    Parameters
    ----------
    told : one row per moment and analysis, oldest first
        ``moment``, ``kind`` ("replay", "version", "present"), ``title`` and ``unit`` of the analysis,
        ``estimate, ci_low, ci_high`` in that unit, ``null`` (the value of no effect) and ``certainty``; what
        there is not is missing.
    """
    left, width = (32, 240) if narrow else (236, 440)
    drawn = latest(told, 4 if narrow else MOST)
    moments = list(dict.fromkeys(drawn.moment))
    at = {moment: width * (place + 0.5) / len(moments) for place, moment in enumerate(moments)}
    heads = Sheet(width)
    for moment, x in at.items():
        # A name of several words breaks before its last.
        heads.text("\n".join(moment.rsplit(" ", 1)), x, 11, align="center", **SMALL)
    placed = drawn.assign(x=drawn.moment.map(at))
    panels = [
        _panel(placed[placed.title == title], left, width, narrow)
        for title in dict.fromkeys(drawn.title[drawn.estimate.notna()])
    ]
    rated = drawn[drawn.title.isin(drawn.title[drawn.certainty.notna()])]
    grids = [] if rated.empty else [_certainties(rated, at, left, width, narrow)]
    return alt.vconcat(heads.chart(34), *panels, *grids, spacing=8)


def latest(told: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """Keep the moments that a chart has room for."""
    return told[told.moment.isin(list(dict.fromkeys(told.moment))[-most:])]


def _panel(rows: pd.DataFrame, left: int, width: int, narrow: bool) -> alt.LayerChart:
    """Draw the estimates of one analysis."""
    axis = alt.Axis(title=None, tickCount=5, minExtent=left, maxExtent=left)
    null = float(rows.null.iloc[0])
    y = alt.Y("estimate:Q", axis=axis, scale=alt.Scale(zero=not null, type="log" if null else "linear"))
    tooltip = [alt.Tooltip("moment:N", title="Version or date"), alt.Tooltip("said:N", title="Estimate")]
    shown = rows.assign(said=[_history_words(row) for row in rows.itertuples()])
    shown = shown[["moment", "kind", "estimate", "ci_low", "ci_high", "said", "x"]]
    have, lack = shown[shown.estimate.notna()], shown[shown.estimate.isna()]
    base = alt.Chart(have).encode(X, tooltip=tooltip)
    rule = alt.Chart().mark_rule(**DASHED).encode(y=alt.datum(null))
    layers = [rule, base.mark_rule(color=theme.INK).encode(y="ci_low:Q", y2="ci_high:Q")]
    for kind, own in have.groupby("kind", sort=False):
        mark = alt.Chart(own).mark_point(size=70, opacity=1, **MARKS[kind])
        layers.append(mark.encode(X, y, tooltip=tooltip))
    none = alt.Chart(lack[["x"]].assign(none="none", estimate=null)).mark_text(dy=-8, **MUTED)
    layers.append(none.encode(X, y, text="none:N"))
    title = textwrap.wrap(f"{rows.title.iloc[0]}: {rows.unit.iloc[0]}", 38 if narrow else 90)
    return alt.layer(*layers).properties(width=width, height=96, title=_small_title(title))


def _small_title(text: str | list[str]) -> alt.TitleParams:
    return alt.TitleParams(text, fontSize=theme.TEXT, offset=4, frame="bounds", anchor="start")


def _certainties(rated: pd.DataFrame, at: dict[str, float], left: int, width: int, narrow: bool):
    """Write the certainty of every analysis at every moment; a dash where it is not rated."""
    sheet, step, y = Sheet(width), 19, 9.5
    for title, rows in rated.groupby("title", sort=False):
        if narrow:
            sheet.text(title, -left, y, **BOLD, **SMALL)
            y += step
        else:
            sheet.text(title, -8, y, align="right", limit=left - 8, **SMALL)
        for moment, certainty in zip(rows.moment, rows.certainty.fillna(DASH), strict=True):
            sheet.text(certainty, at[moment], y, align="center", **SMALL)
        y += step
    return sheet.chart(y - 9.5).properties(title=_small_title("Certainty"))


def history_alt(told: pd.DataFrame) -> str:
    """Say for each analysis that ever had an estimate how it stood at the moments that `history` draws."""
    drawn = latest(told)
    said = [
        f"{title}: {'; '.join(f'{row.moment} {_history_words(row)}' for row in rows.itertuples())}."
        for title, rows in drawn.groupby("title", sort=False)
        if rows.estimate.notna().any()
    ]
    ratings = drawn.certainty.dropna().unique()
    if len(ratings) == 1:
        said.append(f"Every certainty that is rated is {ratings[0]}.")
    return " ".join(said) or "No analysis has ever had an estimate."


def _history_words(row) -> str:
    if is_missing(row.estimate):
        return "no estimate"
    rated = "" if is_missing(row.certainty) else f", certainty {row.certainty}"
    return f"{number(row.estimate)} ({interval(row.ci_low, row.ci_high)}{rated})"


# ---- coverage and power

INTERVALS = {"hk_adhoc": "Modified Hartung-Knapp", "hk": "Hartung-Knapp", "wald": "Wald"}


def operating(
    table: pd.DataFrame, *, level: float, difference: str, title: str, narrow: bool = False
) -> alt.VConcatChart:
    """Draw coverage above and power below by number of trials, a panel for each amount of heterogeneity.

    ``table`` has one row per size, share and interval, as `livingreview.statistics.simulation.simulate` gives
    it, and ``difference`` is the true one behind ``power_upper``, in words.
    """
    rows = pd.DataFrame(
        {
            "k": table.k,
            "name": table.interval.map(INTERVALS),
            "share": [f"I\u00b2 {percent(share)}" for share in table.i2],
            "coverage": 100 * table.coverage,
            "power": 100 * table.power_upper,
        }
    )
    lowest = min(80, 10 * int(rows.coverage.min() // 10))
    goal = alt.Chart().mark_rule(**DASHED).encode(y=alt.datum(100 * level))
    heads = {
        "coverage": "Coverage: how often the interval includes the true effect",
        "power": f"Power: how often the interval lies above zero if the true difference is {difference}",
    }
    width = theme.NARROW if narrow else theme.WIDTH
    parts = []
    for field, low, under in (("coverage", lowest, [goal]), ("power", 0, [])):
        scale = alt.Scale(domain=[low, 100], nice=False, zero=False)
        y = alt.Y(f"{field}:Q", title=f"{field.capitalize()}, %", scale=scale)
        panel = alt.layer(*under, *_operating_lines(y, narrow), data=rows[["k", "name", "share", field]])
        panel = panel.properties(width=theme.NARROW - 46 if narrow else 180, height=130)
        header = alt.Header(title=None, labelFontSize=theme.SMALL, labelAnchor="start", labelColor=theme.INK)
        panels = panel.facet(facet=alt.Facet("share:N", sort=None, header=header), columns=1 if narrow else 3)
        panels = panels.resolve_axis(x="independent")
        parts.append(
            panels.properties(title=alt.TitleParams(heading(heads[field], width), fontSize=theme.TEXT))
        )
    return alt.vconcat(*parts, spacing=18).properties(title=heading(title, width))


def _operating_lines(y: alt.Y, narrow: bool) -> list[alt.Chart]:
    # Beside one another the names are wider than a panel that stands alone on a phone.
    columns = 1 if narrow else len(INTERVALS)
    circle = {"symbolType": "circle", "symbolStrokeWidth": 0}
    legend = alt.Legend(title="Interval", orient="bottom", columns=columns, **circle)

    def looks(*values) -> dict:
        return {"scale": alt.Scale(domain=list(INTERVALS.values()), range=list(values)), "legend": legend}

    base = alt.Chart().encode(
        alt.X("k:O", title="Number of studies", axis=alt.Axis(labelAngle=0)),
        y,
        alt.Color("name:N", **looks(theme.POOLED, theme.INTERVENTION, theme.COMPARATOR)),
        alt.StrokeDash("name:N", **looks([1, 0], [6, 3], [2, 2])),
    )
    points = base.mark_point(filled=True, size=40, opacity=1)
    return [base.mark_line(), points.encode(alt.Shape("name:N", **looks("circle", "square", "triangle-up")))]


def operating_alt(table: pd.DataFrame, difference: str) -> str:
    """Say coverage and power for the fewest and the most trials of each panel."""
    said = []
    for share, panel in table.groupby("i2"):
        for k in sorted({panel.k.min(), panel.k.max()}):
            rows = panel[panel.k == k].set_index("interval")
            covered, found = (
                listed([f"{name} {percent(100 * rows[field][i], 1)}" for i, name in INTERVALS.items()])
                for field in ("coverage", "power_upper")
            )
            said.append(
                f"I\u00b2 {percent(share)}, {k} studies: coverage is {covered}; "
                f"power when the true difference is {difference} is {found}."
            )
    return " ".join(said)


# ---- trials as points


def funnel(trials: pd.DataFrame, *, estimate: float, label: str, ratio: bool, z: float) -> alt.LayerChart:
    """Draw a funnel plot: standard errors downwards, and the region expected without heterogeneity.

    Parameters
    ----------
    trials : ``label``, ``yi`` and ``vi``
    estimate : pooled effect on the scale of analysis, at the middle of the funnel
    ratio : whether effects are logarithms of ratios, which the axis prints as ratios
    z : normal quantile of the region's level
    """
    points = trials[["label", "yi"]].assign(se=np.sqrt(trials.vi.astype(float)))
    deepest = 1.05 * float(points.se.max())
    edges = [estimate - z * deepest, estimate, estimate + z * deepest]
    sides = pd.DataFrame({"yi": edges, "se": [deepest, 0, deepest]})
    x = alt.X("yi:Q", **_effect_axis([*edges, *points.yi], 0.04, label, ratio))
    y = alt.Y("se:Q", title="Standard error", scale=alt.Scale(domain=[deepest, 0], nice=False))
    region = alt.Chart(sides).mark_line(**DASHED).encode(x, y, order="yi:Q")
    middle = alt.Chart(sides[1:2][["yi"]]).mark_rule(color=theme.POOLED).encode(x)
    marks = alt.Chart(points).mark_point(filled=True, size=55, color=theme.INK, opacity=1)
    marks = marks.encode(x, y, tooltip=[alt.Tooltip("label:N", title="Study")])
    return alt.layer(region, middle, marks).properties(width="container", height=300)


def bubble(
    trials: pd.DataFrame, line: pd.DataFrame, *, moderator: str, label: str, ratio: bool
) -> alt.LayerChart:
    """Draw effects against a characteristic of the trials, with the regression line and its interval.

    Parameters
    ----------
    trials : ``label``, ``value``, ``yi`` and ``weight`` (percent)
    line : ``value``, ``estimate``, ``ci_low`` and ``ci_high`` of the regression
    moderator, label : names of the two axes
    """
    x = alt.X("value:Q", title=moderator, scale=alt.Scale(zero=False, nice=True))
    axis = _effect_axis([*trials.yi, *line.ci_low, *line.ci_high, 0.0], 0.05, label, ratio)
    y, low = alt.Y("yi:Q", **axis), alt.Y("ci_low:Q", **axis)
    base = alt.Chart(line.rename(columns={"estimate": "yi"}))
    size = alt.Size("weight:Q", legend=None, scale=alt.Scale(range=[30, 400], zero=True))
    marks = alt.Chart(trials[["label", "value", "yi", "weight"]])
    marks = marks.mark_point(filled=True, color=theme.INK, opacity=0.75)
    return alt.layer(
        base.mark_area(color=theme.POOLED, opacity=0.15).encode(x, low, y2="ci_high:Q"),
        ZERO,
        base.mark_line(color=theme.POOLED).encode(x, y),
        marks.encode(x, y, size, tooltip=[alt.Tooltip("label:N", title="Study")]),
    ).properties(width="container", height=300)


def _effect_axis(values: list[float], margin: float, label: str, ratio: bool) -> dict:
    """Return the options of an axis of effects; that of logarithms is labelled with ratios."""
    room = margin * (max(values) - min(values))
    domain = min(values) - room, max(values) + room
    axis = {"title": label, "scale": alt.Scale(domain=list(domain), nice=False, zero=False)}
    if ratio:
        ticks = [math.log(tick) for tick in ratio_ticks(domain)]
        axis["axis"] = alt.Axis(values=ticks, labelExpr="format(exp(datum.value), '~r')")
    return axis
