"""Shows what a difference in points means, and which counts of trials stand beside ours."""

import pandas as pd

from alsreview.direction import directions, sign_test, significance_counts
from alsreview.evidence import load_evidence
from alsreview.formats import DASH, count, interval, number, percent
from alsreview.pooling import (
    analysis,
    benefit,
    meaning,
    measured_meaning,
    months_asked,
    natural_decline,
    synthesise,
)
from alsreview.tables import Table, html_table
from alsreview.wording import decline_words


def meaning_table(analysis_id: str, *, root=None) -> Table:
    """Set an effect beside what each cohort loses in the time measured, and beside the derived thresholds."""
    choice = analysis(analysis_id, load_evidence(root))
    result = synthesise(analysis_id, root=root)
    gains, measured = benefit(result, choice), measured_meaning(result, choice, root=root).months
    months = {"asked": months_asked(choice), "measured": measured}
    rows = [
        {
            "who": f"Loss of {row.who} ({count(row.n, 'person')})",
            "monthly": number(row.points_per_month),
            "spread": decline_words(row),
        }
        | {name: number(row.points_per_month * over) for name, over in months.items()}
        | {"share": _shares(gains, row.points_per_month * measured)}
        for row in natural_decline(root=root).itertuples()
    ]
    rows += _threshold_rows(months, gains, root)
    columns = {
        "who": "Compared with",
        "monthly": "Points a month",
        "spread": "Spread between people",
    }
    if months["asked"] != 1:
        columns |= {"asked": f"Points in {_months(months['asked'])}"}
    if months["asked"] != measured:
        columns |= {"measured": f"Points in the {_months(measured)} measured on average"}
    columns |= {"share": "Effect in percent of it (95% CI)"}
    caption = f"{choice['title']}: what the difference means"
    return html_table(pd.DataFrame(rows), caption=caption, columns=columns)


def counts_table(analysis_id: str, *, root=None) -> Table:
    """Set our count of signs beside the counts of significant results that other reviews print."""
    evidence = load_evidence(root)
    choice = analysis(analysis_id, evidence)
    rows = _our_counts(directions(analysis_id, root=root))
    rows += [
        {
            "who": f"{row.label}, in {row.copy}",
            "url": row.url,
            "what": "results said to favour it, a count of significant results",
            "of": _of(row.favour, row.of),
        }
        for row in significance_counts(evidence, choice["question"]).itertuples()
    ]
    columns = {
        "who": "Who counts",
        "what": "What is counted",
        "of": f"In favour of {choice['intervention']}",
        "share": "Exact 95 % interval",
    }
    return html_table(
        pd.DataFrame(rows, columns=[*columns, "url"]),
        caption=f"{choice['title']}: counts of trials, which are not alike",
        columns=columns,
        links={"who": lambda row: row["url"] if row["url"] == row["url"] else None},
    )


def _our_counts(found: pd.DataFrame) -> list[dict]:
    tested = sign_test(found)
    share = DASH if tested.why_not else f"{percent(100 * tested.low)} to {percent(100 * tested.high)}"
    what = "signs of estimates, whatever their p"
    return [{"who": "This review", "what": what, "of": _of(tested.favour, tested.n), "share": share}]


def _of(favour: int, n: float) -> str:
    return f"{favour} of {number(n, 0)}"


def _shares(gains: tuple[float, ...], points: float) -> str | None:
    if not gains:
        return None
    each = [100 * gain / points for gain in gains]
    return f"{percent(each[0])} ({interval(each[1], each[2], 0)})"


def _months(months: float) -> str:
    return count(months, "month") if months == round(months) else f"{number(months, 1)} months"


def _threshold_rows(months: dict, gains: tuple[float, ...], root) -> list[dict]:
    times = {"monthly": 1} | months
    points = {name: meaning(over, root=root).thresholds for name, over in times.items()}
    return [
        {"who": f"{words} threshold derived from surveys"}
        | {name: number(both[end]) for name, both in points.items()}
        | {"share": _shares(gains, points["measured"][end])}
        for end, words in enumerate(("Smallest", "Largest"))
    ]
