"""Draw how often an interval holds the truth, and how often it finds a difference, by number of trials."""

import altair as alt
import pandas as pd

from livingreview.charts import theme
from livingreview.charts.text import heading
from livingreview.formats import listed, percent

PANEL, HEIGHT, MARGIN = 168, 130, 46  # px of a panel, and beside one that stands alone
NAMES = {"hk_adhoc": "Modified Hartung-Knapp", "hk": "Hartung-Knapp", "wald": "Wald"}
COLOURS = [theme.POOLED, theme.INTERVENTION, theme.COMPARATOR]
DASHES, SHAPES = [[1, 0], [6, 3], [2, 2]], ["circle", "square", "triangle-up"]


def operating(
    table: pd.DataFrame, *, level: float, difference: str, title: str, width: int = theme.WIDTH
) -> alt.VConcatChart:
    """Draw coverage above and power below, a panel for each amount of heterogeneity.

    Parameters
    ----------
    table : one row per size, share and interval, as `livingreview.statistics.simulation.simulate` gives it
    level : of the intervals
    difference : the true difference behind ``power_upper``, in words
    title : the chart's heading
    width : px; in a narrow chart the panels stand one under the other
    """
    rows = table.assign(
        name=table.interval.map(NAMES), coverage=100 * table.coverage, power=100 * table.power_upper
    )
    lowest = min(80, 10 * int(rows.coverage.min() // 10))
    covered = _panels(rows, "coverage", "Coverage, %", [lowest, 100], 100 * level, width)
    found = _panels(rows, "power", "Power, %", [0, 100], None, width)
    upper = covered.properties(
        title=_head("Coverage: how often the interval includes the true effect", width)
    )
    asked = f"Power: how often the interval lies above zero if the true difference is {difference}"
    lower = found.properties(title=_head(asked, width))
    return alt.vconcat(upper, lower, spacing=18).properties(title=heading(title, width))


def _head(text: str, width: int) -> alt.TitleParams:
    return alt.TitleParams(heading(text, width), fontSize=theme.TEXT)


def _panels(rows: pd.DataFrame, field: str, label: str, domain: list[float], goal, width: int):
    """Draw a panel for each amount of heterogeneity: side by side, with one name for the axes, or stacked."""
    parts = list(rows.groupby("i2"))
    if width < theme.WIDTH:
        return alt.vconcat(*[_panel(p, field, label, domain, goal, s, width - MARGIN) for s, p in parts])
    panels = [
        _panel(part, field, None if place else label, domain, goal, share, PANEL)
        for place, (share, part) in enumerate(parts)
    ]
    return alt.hconcat(*panels, spacing=14)


def _panel(part: pd.DataFrame, field: str, label, domain, goal, share: float, width: int):
    order = list(NAMES.values())
    x = alt.X("k:O", title="Number of studies", axis=alt.Axis(labelAngle=0))
    y = alt.Y(f"{field}:Q", title=label, scale=alt.Scale(domain=domain, nice=False, zero=False))
    # Beside one another the names are wider than a panel that stands alone on a phone.
    columns = len(NAMES) if width == PANEL else 1
    legend = alt.Legend(
        title="Interval", orient="bottom", symbolType="circle", symbolStrokeWidth=0, columns=columns
    )
    base = alt.Chart(part[["k", "name", field]]).encode(
        x=x,
        y=y,
        color=alt.Color("name:N", scale=alt.Scale(domain=order, range=COLOURS), legend=legend),
        strokeDash=alt.StrokeDash("name:N", scale=alt.Scale(domain=order, range=DASHES), legend=legend),
    )
    shape = alt.Shape("name:N", scale=alt.Scale(domain=order, range=SHAPES), legend=legend)
    layers = [base.mark_line(), base.mark_point(filled=True, size=40, opacity=1).encode(shape=shape)]
    if goal is not None:
        rule = alt.Chart(pd.DataFrame({"goal": [goal]})).mark_rule(color=theme.MUTED, strokeDash=[4, 3])
        layers.insert(0, rule.encode(y=alt.Y("goal:Q")))
    # A no-break space keeps the sign with its number.
    over = alt.TitleParams(f"I\u00b2 {percent(share)}", fontSize=theme.SMALL, fontWeight="normal")
    return alt.layer(*layers).properties(width=width, height=HEIGHT, title=over)


def operating_alt(table: pd.DataFrame, difference: str) -> str:
    """Say what the chart shows, for the fewest and the most trials of each panel."""
    said = []
    for share, panel in table.groupby("i2"):
        for k in sorted({panel.k.min(), panel.k.max()}):
            rows = panel[panel.k == k].set_index("interval")
            covered = listed([f"{name} {percent(100 * rows.coverage[i], 1)}" for i, name in NAMES.items()])
            found = listed([f"{name} {percent(100 * rows.power_upper[i], 1)}" for i, name in NAMES.items()])
            said.append(
                f"I\u00b2 {percent(share)}, {k} studies: coverage is {covered}; "
                f"power when the true difference is {difference} is {found}."
            )
    return " ".join(said)
