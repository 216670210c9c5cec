"""Shows how the protocol's own analysis does where the truth is known."""

from functools import partial

from alsreview.charts import NARROW, Figure, operating, operating_alt
from alsreview.evidence import load_evidence
from alsreview.formats import number, percent
from alsreview.pooling import analysis, synthesise
from alsreview.simulation import operating_characteristics
from alsreview.tables import html_table
from alsreview.wording import true_difference

COLUMNS = {
    "k": "Trials",
    "i2": "I\u00b2",
    "name": "Interval",
    "coverage": "Truth inside",
    "prediction": "Next trial inside prediction interval",
    "power_lower": "Above zero at the lower threshold",
    "power_upper": "Above zero at the upper threshold",
    "bias": "Bias",
    "rmse": "Root mean squared error",
    "width": "Mean width",
}
WAYS = {"wald": "Wald", "hk": "HK", "hk_guarded": "guarded HK"}


def operating_figure(analysis_id: str, *, root=None) -> Figure:
    """Show coverage and power of an analysis for few to many trials like those that it pools."""
    table = operating_characteristics(analysis_id, root=root)
    choice, difference = analysis(analysis_id, load_evidence(root)), true_difference(analysis_id, root=root)
    title = f"{choice['title']}: our method where the truth is known"
    level = synthesise(analysis_id, root=root).level
    drawn = partial(operating, table, level=level, difference=difference, title=title)
    caption = (
        "Simulated syntheses of trials with the sizes and variances of those pooled here. Above, a line at "
        f"{percent(100 * level)} keeps what it promises. Below, higher finds more; where the two "
        "panels ask for opposite things, the protocol chose the upper one."
    )
    numbers = _numbers(table, title)
    return Figure(drawn(), operating_alt(table, difference), caption, numbers, narrow=drawn(width=NARROW))


def _numbers(table, title: str):
    shares = ("coverage", "prediction", "power_lower", "power_upper")
    formats = {name: lambda share: percent(100 * share, 1) for name in shares} | {"k": "g", "i2": percent}
    formats |= {name: lambda value: number(value, 2) for name in ("bias", "rmse", "width")}
    rows = table.assign(name=table.interval.map(WAYS))
    return html_table(rows, caption=title, columns=COLUMNS, formats=formats)
