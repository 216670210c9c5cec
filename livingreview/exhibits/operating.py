"""Shows how the protocol's own analysis does where the truth is known."""

from functools import partial

from livingreview.charts import Figure, operating, operating_alt
from livingreview.effects.measures import measure_of
from livingreview.exhibits.words import INTERVAL_WORDS
from livingreview.formats import number, percent
from livingreview.reviews import Analysis
from livingreview.statistics.simulation import operating_characteristics
from livingreview.tables import html_table

COLUMNS = {
    "k": "Studies",
    "i2": "I\u00b2",
    "name": "Interval",
    "coverage": "Coverage",
    "prediction": "Coverage of the prediction interval",
    "power_lower": "Power at the smallest threshold",
    "power_upper": "Power at the largest threshold",
    "bias": "Bias",
    "rmse": "Root mean squared error",
    "width": "Mean width",
}


def operating_figure(analysis: Analysis) -> Figure:
    """Show coverage and power of an analysis for few to many trials like those that it pools."""
    table, choice = operating_characteristics(analysis.id, analysis.evidence), analysis.choice
    difference = f"{number(analysis.meaning.thresholds[1])} {measure_of(choice).unit}"
    title = f"{choice['title']}: coverage and power of the method in simulations"
    level = analysis.synthesis.level
    drawn = partial(operating, table, level=level, difference=difference, title=title)
    caption = (
        f"{_finding(table)} Coverage (top) and power (bottom) are shown for three confidence intervals in "
        "simulated meta-analyses of studies with the sizes and variances of those pooled here. Power is for "
        f"a true difference of {difference}. An interval has its nominal coverage where its line is at "
        f"{percent(100 * level)} or above. The primary analysis gives coverage priority over power."
    )
    numbers = _numbers(table, title)
    return Figure(drawn(), operating_alt(table, difference), caption, numbers, narrow=drawn(narrow=True))


def _finding(table) -> str:
    """Say how often the intervals include the truth with the fewest trials, over all heterogeneity."""
    few = int(table.k.min())
    shares = table[table.k == few].groupby("interval").coverage.agg(["min", "max"]) * 100
    ranges = [
        f"{percent(row['min'])} to {percent(row['max'])}"
        for _, row in shares.loc[["hk_adhoc", "wald"]].iterrows()
    ]
    return (
        f"With {few} studies, the {INTERVAL_WORDS['hk_adhoc']} interval includes the true effect in "
        f"{ranges[0]} of syntheses, and the {INTERVAL_WORDS['wald']} interval in {ranges[1]}."
    )


def _numbers(table, title: str):
    shares = ("coverage", "prediction", "power_lower", "power_upper")
    formats = {name: lambda share: percent(100 * share, 1) for name in shares} | {"k": "g", "i2": percent}
    formats |= {name: lambda value: number(value, 2) for name in ("bias", "rmse", "width")}
    rows = table.assign(name=table.interval.map(INTERVAL_WORDS))
    return html_table(rows, caption=title, columns=COLUMNS, formats=formats)
