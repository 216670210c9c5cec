"""Shows what a difference in points means: beside the expected decline and the derived thresholds."""

import pandas as pd

from livingreview.evidence import Evidence
from livingreview.formats import count, interval, number, percent
from livingreview.reviews import Analysis
from livingreview.statistics import (
    benefit,
    meaning,
    months_asked,
    natural_decline,
)
from livingreview.tables import Table, html_table


def meaning_table(analysis: Analysis) -> Table:
    """Set an effect beside what each cohort loses in the time measured, and beside the derived thresholds."""
    choice, measured = analysis.choice, analysis.meaning.months
    gains = benefit(analysis.synthesis, choice)
    months = {"asked": months_asked(choice), "measured": measured}
    rows = [
        {
            "who": f"Expected loss, {row.who} ({count(row.n, 'participant')})",
            "monthly": number(row.points_per_month),
            "spread": _spread(row),
        }
        | {name: number(row.points_per_month * over) for name, over in months.items()}
        | {"share": _shares(gains, row.points_per_month * measured)}
        for row in natural_decline(analysis.evidence).itertuples()
    ]
    rows += _threshold_rows(months, gains, analysis.evidence)
    columns = {
        "who": "Compared with",
        "monthly": "Points a month",
        "spread": "Variation between people",
    }
    if months["asked"] != 1:
        columns |= {"asked": f"Points in {_months(months['asked'])}"}
    if months["asked"] != measured:
        columns |= {"measured": f"Points in {_months(measured)} (average time of measurement)"}
    columns |= {"share": "Effect as a percentage of the loss or threshold (95% CI)"}
    caption = f"{choice['title']}: effect compared with the expected loss and the thresholds"
    return html_table(pd.DataFrame(rows), caption=caption, columns=columns)


def _spread(row) -> str | None:
    """Return how far participants differ in their decline: a standard deviation, or the middle 95%."""
    if row.sd == row.sd:
        return f"SD {number(row.sd)}"
    return f"95% of participants: {interval(row.low, row.high)}" if row.low == row.low else None


def _shares(gains: tuple[float, ...], points: float) -> str | None:
    if not gains:
        return None
    each = [100 * gain / points for gain in gains]
    return f"{percent(each[0])} ({interval(each[1], each[2], 0)})"


def _months(months: float) -> str:
    return count(months, "month") if months == round(months) else f"{number(months, 1)} months"


def _threshold_rows(months: dict, gains: tuple[float, ...], evidence: Evidence) -> list[dict]:
    times = {"monthly": 1} | months
    points = {name: meaning(over, evidence).thresholds for name, over in times.items()}
    return [
        {"who": f"{words} threshold derived from surveys"}
        | {name: number(both[end]) for name, both in points.items()}
        | {"share": _shares(gains, points["measured"][end])}
        for end, words in enumerate(("Smallest", "Largest"))
    ]
