"""Shows what people lose over time, with and without the effect."""

from functools import partial

from alsreview.charts import NARROW, Figure, course_alt, course_chart
from alsreview.evidence import load_evidence
from alsreview.formats import count, number
from alsreview.pooling import Course, analysis, course
from alsreview.tables import Table, html_table


def course_figure(analysis_id: str, *, root=None) -> Figure:
    """Show the expected loss of function with and without the effect, over the time that was measured."""
    choice = analysis(analysis_id, load_evidence(root))
    found = course(analysis_id, root=root)
    effect = "pooled effect" if found.pooled else "one estimate"
    title = f"{choice['title']}: loss over time"
    drawn = partial(course_chart, found.table, title=title, with_words=f"with the {effect}")
    return Figure(
        drawn(),
        course_alt(found.table, found.cohort.who),
        _caption(found, effect),
        _table(found, title),
        narrow=drawn(width=NARROW),
    )


def _caption(found: Course, effect: str) -> str:
    last = found.table.iloc[-1]
    dotted = found.table.people_low.notna().all()
    wide = abs(last.people_high - last.people_low) > abs(found.gain)
    said = [
        f"The dashed line is what {found.cohort.who} lose ({count(found.cohort.n, 'person')}), the green one "
        f"the same with the {effect}, and the band its 95 % interval."
    ]
    if last.gained_low <= last.without <= last.gained_high:
        said.append("See that the band holds the dashed line, which is no effect at all.")
    if dotted:
        wider = "; see how much further apart these are than the two courses" if wide else ""
        said.append(f"Without it 95 % of the people end between the dotted lines{wider}.")
    said.append("That the difference grows evenly is a supposition: it was measured at the end.")
    return " ".join(said)


def _table(found: Course, title: str) -> Table:
    columns = {
        "month": "Month",
        "without": "Without it (points)",
        "gained": "With the effect (points)",
        "gained_low": "With its lower limit",
        "gained_high": "With its upper limit",
    }
    if found.table.people_low.notna().all():
        columns |= {"people_low": "95 % of people, from", "people_high": "95 % of people, to"}
    formats = {name: lambda points: number(points, 1) for name in columns}
    formats["month"] = lambda month: number(month, 0 if month == round(month) else 1)
    return html_table(found.table, caption=title, columns=columns, formats=formats)
