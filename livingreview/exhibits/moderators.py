"""Shows what may explain differences between trials: subgroups, regressions and small-study effects."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from livingreview.charts import Figure, bubble, funnel
from livingreview.effects.measures import measure_of
from livingreview.formats import interval, number, p_value, percent
from livingreview.statistics.regression import Regression, Subgroups
from livingreview.tables import Table, html_table


def subgroups_table(analysis, name: str) -> Table:
    """Show the pooled result of each subgroup of a moderator."""
    moderator, measure = analysis.moderators[name], measure_of(analysis.choice)
    table = moderator.found.table if isinstance(moderator.found, Subgroups) else pd.DataFrame()
    rows = [
        {
            "group": str(group).capitalize(),
            "k": row.k,
            "estimate": number(measure.printed(row.estimate), measure.digits),
            "ci": interval(measure.printed(row.ci_low), measure.printed(row.ci_high), measure.digits),
            "i2": percent(row.i2),
        }
        for group, row in table.iterrows()
    ]
    columns = {
        "group": moderator.label,
        "k": "Studies",
        "estimate": measure.head.capitalize(),
        "ci": "95% CI",
        "i2": "I²",
    }
    caption = f"{analysis.choice['title']} by {moderator.label.lower()}"
    caption += f" (test of differences: p {_equals(moderator.found.p)})" if len(table) else ""
    return html_table(pd.DataFrame(rows, columns=list(columns)), caption=caption, columns=columns)


def moderator_figure(analysis, name: str) -> Figure:
    """Show the effects against a moderator that is a number, with the regression."""
    moderator, measure = analysis.moderators[name], measure_of(analysis.choice)
    if not isinstance(moderator.found, Regression):
        raise ValueError(f"moderator {name!r} of {analysis.id}: no regression ({moderator.why or 'words'})")
    trials = analysis.result.trials.assign(value=moderator.values.astype(float))
    at = np.linspace(trials.value.min(), trials.value.max(), 41)
    line = moderator.found.predict(at).assign(value=at)
    unit = f" ({moderator.unit})" if moderator.unit else ""
    slope = moderator.found.terms.iloc[1]
    chart = bubble(
        trials, line, moderator=moderator.label + unit, label=measure.head.capitalize(), ratio=measure.ratio
    )
    scale = f"log {measure.label}" if measure.ratio else measure.label
    found = (
        f"slope {number(slope.estimate, 3)} ({scale} per unit, 95% CI "
        f"{interval(slope.ci_low, slope.ci_high, 3)}), p {_equals(slope.p)}"
    )
    alt = f"{len(trials)} studies against {moderator.label.lower()}: {found}."
    caption = (
        f"{analysis.choice['title']} and {moderator.label.lower()}: {found}. "
        "Each circle is a study, larger with more weight; the line is the meta-regression with its 95% CI."
    )
    rows = trials.assign(effect=[number(measure.printed(yi), measure.digits) for yi in trials.yi])
    columns = {"label": "Study", "value": moderator.label + unit, "effect": measure.head.capitalize()}
    columns |= {"weight": "Weight (%)"}
    formats = {"value": lambda v: f"{v:g}", "weight": lambda v: number(v, 1)}
    return Figure(chart, alt, caption, html_table(rows, caption=caption, columns=columns, formats=formats))


def funnel_figure(analysis) -> Figure:
    """Show the effects of a pooled analysis by their standard errors."""
    result, measure = analysis.result, measure_of(analysis.choice)
    trials, level = result.trials, analysis.choice["level"]
    chart = funnel(
        trials,
        estimate=result.estimate,
        label=measure.head.capitalize(),
        ratio=measure.ratio,
        z=float(ndtri((1 + level) / 2)),
    )
    alt = (
        f"{len(trials)} studies by effect and standard error, around the pooled "
        f"{measure.label} of {number(measure.printed(result.estimate), measure.digits)}."
    )
    caption = (
        f"Funnel plot of {analysis.choice['title']}: {len(trials)} studies. Precise studies stand at the "
        f"top; without heterogeneity or small-study effects {percent(100 * level)} of them would lie between "
        "the dashed lines."
    )
    rows = trials.assign(
        effect=[number(measure.printed(yi), measure.digits) for yi in trials.yi],
        se=np.sqrt(trials.vi.astype(float)),
    )
    columns = {"label": "Study", "effect": measure.head.capitalize(), "se": "Standard error"}
    return Figure(
        chart,
        alt,
        caption,
        html_table(rows, caption=caption, columns=columns, formats={"se": lambda v: number(v, 3)}),
    )


def _equals(p: float) -> str:
    """Write a p value after its name: "= 0.02" or "< 0.001"."""
    shown = p_value(p)
    return shown if shown[0] in "<>" else f"= {shown}"
