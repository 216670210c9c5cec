"""Shows which way the trials of a question point: chart, alternative text, caption and table."""

from alsreview.charts import NARROW, Figure, directions_alt
from alsreview.charts import directions as draw_directions
from alsreview.direction import directions
from alsreview.evidence import load_evidence
from alsreview.exhibits.results import directions_table
from alsreview.exhibits.seen import seen_directions
from alsreview.formats import count
from alsreview.pooling import analysis


def direction_figure(analysis_id: str, *, root=None) -> Figure:
    """Show the direction of effect of every trial of a question."""
    choice = analysis(analysis_id, load_evidence(root))
    found = directions(analysis_id, root=root)
    # A trial without an eligible comparison has no result of this one; the table of results lists it.
    mine = found.contrast_kind.isin(choice["contrast_kinds"]) | found.eligible
    found = found[mine].reset_index(drop=True)
    what = choice["intervention"]
    caption = (
        f"Direction of effect in {count(found.label.nunique(), 'trial')}. {seen_directions(found)} A "
        f"triangle pointing up is an estimate in favour of {what}, one pointing down an estimate against it, "
        "and a circle a result without an estimate. Open symbols do not count; the table gives the reason."
    )
    randomized = found.assign(n=found.people)
    title = f"{choice['title']}: directions"
    return Figure(
        draw_directions(randomized, title=title),
        directions_alt(randomized),
        caption,
        directions_table(found, title),
        narrow=draw_directions(randomized, title=title, width=NARROW),
    )
