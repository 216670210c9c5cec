"""Shows how well every supposed effect would fit what was seen."""

from functools import partial

import pandas as pd

from alsreview.charts import NARROW, Figure, drapery, drapery_alt
from alsreview.effects.measures import measure_of
from alsreview.evidence import load_evidence
from alsreview.exhibits.places import to_row
from alsreview.formats import interval, number, p_value
from alsreview.pooling import Pooled, analysis, synthesise
from alsreview.sensitivity import curve_units, p_curves
from alsreview.tables import Table, html_table

LEVELS = (50, 80, 95, 99)


def drapery_figure(analysis_id: str, *, root=None) -> Figure:
    """Show the p-value of every supposed effect, for each unit and for the pooled effect.

    Raises
    ------
    ValueError
        When nothing is pooled; the message says why.
    """
    result = synthesise(analysis_id, root=root)
    if not isinstance(result, Pooled):
        raise ValueError(f"{analysis_id}: {result.why}")
    choice, units = analysis(analysis_id, load_evidence(root)), curve_units(result)
    title = f"{choice['title']}: the p of every effect"
    drawn = partial(drapery, p_curves(result), units, title=title, x_label=choice["unit"])
    return Figure(
        drawn(),
        drapery_alt(units, measure_of(choice).head),
        _caption(units),
        _table(units, result, title),
        narrow=drawn(width=NARROW),
    )


def _caption(units: pd.DataFrame) -> str:
    pooled = units[units.kind == "pooled"].iloc[0]
    near, far = interval(pooled.low_50, pooled.high_50), interval(pooled.low_99, pooled.high_99)
    return (
        "Each curve gives the p of every effect that one could suppose, and peaks at its own estimate; where "
        "it stands above the level dashed line lies its 95 % interval. See how wide the green, pooled curve "
        f"is: its 50 % interval runs from {near}, its 99 % interval from {far}."
    )


def _table(units: pd.DataFrame, result: Pooled, title: str) -> Table:
    ends = {
        level: [interval(*each) for each in zip(units[f"low_{level}"], units[f"high_{level}"], strict=True)]
        for level in LEVELS
    }
    rows = units.assign(
        rows=units.trial_id.map(result.trials.set_index("trial_id").get("rows", {})),
        **{f"within_{level}": said for level, said in ends.items()},
    )
    columns = {"label": "Unit", "estimate": "Peak", "p_zero": "p of no effect"}
    columns |= {f"within_{level}": f"{level} % interval" for level in LEVELS}
    formats = {"estimate": lambda value: number(value, 2), "p_zero": p_value}
    return html_table(
        rows,
        caption=title,
        columns=columns,
        formats=formats,
        links={"label": lambda row: to_row(row) if row["trial_id"] else None},
    )
