"""Draw a Baujat plot: each unit's share of the heterogeneity against its pull on the pooled effect."""

import altair as alt
import pandas as pd

from alsreview.charts import theme
from alsreview.charts.text import heading
from alsreview.formats import listed, number

HEIGHT, MARGIN = 320, 70  # px of the plot, and beside it
NAMED = 3  # units that stand out are named; the table holds them all


def baujat_plot(units: pd.DataFrame, *, title: str, width: int = theme.WIDTH) -> alt.LayerChart:
    """Draw a Baujat plot.

    Parameters
    ----------
    units : one row per unit, with ``label``, ``heterogeneity`` and ``influence``
    title : the chart's heading
    width : px of the whole chart

    Returns
    -------
    a layered Altair chart
        Units to the right disagree with the others, units at the top move the pooled effect.

    References
    ----------
    Baujat, Mahe, Pignon & Hill (2002), Statistics in Medicine 21.
    """
    x = alt.X("heterogeneity:Q", title=heading("share of the heterogeneity (squared residual)", width))
    y = alt.Y("influence:Q", title="pull on the pooled effect (squared shift)")
    told = [alt.Tooltip("label:N", title="Unit")]
    told += [alt.Tooltip(f"{name}:Q", format=".2f") for name in ("heterogeneity", "influence")]
    dots = alt.Chart(units[["label", "heterogeneity", "influence"]])
    names = alt.Chart(_standing_out(units)[["label", "heterogeneity", "influence"]])
    layers = [
        dots.mark_point(filled=True, size=55, color=theme.INK, opacity=1).encode(x=x, y=y, tooltip=told),
        names.mark_text(dy=-11, fontSize=theme.SMALL).encode(x=x, y=y, text=alt.Text("label:N")),
    ]
    return alt.layer(*layers).properties(width=width - MARGIN, height=HEIGHT, title=heading(title, width))


def baujat_alt(units: pd.DataFrame) -> str:
    """Say what a Baujat plot shows: which units disagree most, and which pull most."""
    most = units.loc[units.influence.idxmax()]
    apart = units.loc[units.heterogeneity.idxmax()]
    return (
        f"{apart.label} adds most to the heterogeneity, {number(apart.heterogeneity)}; {most.label} pulls "
        f"most on the pooled effect, {number(most.influence)}. Standing out in both: "
        f"{listed(list(_standing_out(units).label))}."
    )


def _standing_out(units: pd.DataFrame) -> pd.DataFrame:
    shares = units.heterogeneity / units.heterogeneity.max() + units.influence / units.influence.max()
    return units.loc[shares.nlargest(NAMED).index]
