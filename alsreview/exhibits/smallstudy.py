"""Shows funnel and Baujat plots where enough units are pooled to read one, and says why not elsewhere."""

from dataclasses import dataclass
from functools import partial

from alsreview.charts import NARROW, Figure, baujat_alt, baujat_plot, funnel, funnel_alt
from alsreview.evidence import load_evidence
from alsreview.exhibits.html import paragraph
from alsreview.exhibits.places import to_row
from alsreview.formats import count, number
from alsreview.pooling import Pooled, analysis, synthesise
from alsreview.sensitivity import baujat
from alsreview.tables import Table, html_table

FROM = 10  # units, from which Cochrane's Handbook finds a funnel plot worth reading


@dataclass(frozen=True)
class Withheld:
    """Stands where a figure would mislead, and says why it is not there."""

    why: str

    def _repr_html_(self) -> str:
        return paragraph(self.why)


def funnel_figure(analysis_id: str, *, root=None) -> Figure | Withheld:
    """Show effects against their precision, from ten units on."""
    result = synthesise(analysis_id, root=root)
    if not isinstance(result, Pooled) or result.k < FROM:
        return _withheld("funnel plot", result.k)
    choice, units = analysis(analysis_id, load_evidence(root)), result.trials
    title = f"{choice['title']}: funnel plot"
    caption = (
        "Each dot is a unit, the most precise on top, and the green line the pooled effect. See whether the "
        "less precise units, below, fall to one side: results of that kind may be missing on the other."
    )
    drawn = partial(funnel, units, result.estimate, title=title, x_label=choice["unit"])
    columns = {"label": "Unit", "yi": f"Difference ({choice['unit']})", "se": "Standard error"}
    said, table = funnel_alt(units, result.estimate), _table(units, title, columns)
    return Figure(drawn(), said, caption, table, narrow=drawn(width=NARROW))


def baujat_figure(analysis_id: str, *, root=None) -> Figure | Withheld:
    """Show which units disagree with the others and move the pooled effect, from ten units on."""
    result = synthesise(analysis_id, root=root)
    if not isinstance(result, Pooled) or result.k < FROM:
        return _withheld("Baujat plot", result.k)
    choice = analysis(analysis_id, load_evidence(root))
    pull = baujat(result.trials.yi, result.trials.vi, method=result.method, interval=result.interval)
    units = result.trials.assign(**{name: pull[name].to_numpy() for name in pull})
    title = f"{choice['title']}: Baujat plot"
    caption = (
        "Each dot is a unit. See the upper right corner: a unit there disagrees with the others and also "
        "moves the pooled effect."
    )
    columns = {
        "label": "Unit",
        "heterogeneity": "Share of the heterogeneity",
        "influence": "Pull on the pooled effect",
    }
    drawn, table = partial(baujat_plot, units, title=title), _table(units, title, columns)
    return Figure(drawn(), baujat_alt(units), caption, table, narrow=drawn(width=NARROW))


def _withheld(what: str, k: int) -> Withheld:
    return Withheld(
        f"No {what} is shown: with {count(k, 'unit')} it could not be told from chance. It appears here by "
        f"itself from {FROM} units on."
    )


def _table(units, title: str, columns: dict) -> Table:
    formats = {name: lambda value: number(value, 2) for name in columns if name != "label"}
    return html_table(units, caption=title, columns=columns, formats=formats, links={"label": to_row})
