"""Shows the what-if forest: the reader chooses, and the protocol's own result stays beside the choice."""

from html import escape

from livingreview.charts import Figure
from livingreview.effects.measures import measure_of
from livingreview.evidence import load_evidence
from livingreview.exhibits.html import paragraph
from livingreview.exhibits.robustness import left_out_figure
from livingreview.exhibits.whatif_data import MOST_RESULTS, choices_of, offered_methods, offered_units
from livingreview.exhibits.words import INTERVAL_WORDS, METHOD_WORDS
from livingreview.formats import count, inert_json, interval, listed, number, percent
from livingreview.statistics import Pooled, analysis, synthesise
from livingreview.tables import Table

FEWEST = 3
WARNING = (
    "An analysis in which studies are chosen after their results have been seen is exploratory. The result "
    "of this review is that of the primary analysis."
)


def what_if_forest(analysis_id: str, *others: str, root=None) -> Table:
    """Let the reader switch the studies of an analysis in and out, and choose interval, measure and model.

    Parameters
    ----------
    analysis_id : an analysis of the protocol
    others : the same question in other measures

    Returns
    -------
    HTML
        The protocol's own result, the leave-one-out figure and table that stand there without scripts, and
        the results of every combination as JSON; or a sentence that says why nothing can be switched.
    """
    result, units = synthesise(analysis_id, root=root), offered_units(analysis_id, root=root)
    if not isinstance(result, Pooled) or len(units) < FEWEST:
        return Table(paragraph(_too_few(result, len(units))))
    choice = analysis(analysis_id, load_evidence(root))
    said = [_own_words(result, choice), WARNING]
    data = ""
    if offered_methods(len(units), choice["method"]):
        measures = [analysis_id, *(other for other in others if _offered(other, root))]
        data = _script([choices_of(measure, root=root) for measure in measures])
        said += _fewer_methods(len(units), choice["method"])
    else:
        said.append(_too_many(len(units)))
    words = "".join(paragraph(text) for text in said)
    static = _static(left_out_figure(analysis_id, root=root))
    name = escape(f"What if other studies were pooled? {choice['title']}")
    return Table(
        f'<div class="lr-whatif" id="whatif-{escape(analysis_id)}" role="group" aria-label="{name}">'
        f"{words}{static}{data}</div>"
    )


def _offered(analysis_id: str, root) -> bool:
    """Say whether another measure pools at least two units, and few enough for the page."""
    choice = analysis(analysis_id, load_evidence(root))
    units = len(offered_units(analysis_id, root=root))
    pooled = isinstance(synthesise(analysis_id, root=root), Pooled)
    return pooled and bool(offered_methods(units, choice["method"]))


def _static(figure: Figure) -> str:
    """Write the figure that `with_pictures` draws, without the holder of a live chart, and its table."""
    return (
        f'<div class="lr-whatif-static">{figure.scripts}'
        f"{paragraph(figure.caption)}{figure.table._repr_html_()}</div>"
    )


def _script(measures: list[dict]) -> str:
    return f'<script type="application/json" class="lr-whatif-data">{inert_json(measures)}</script>'


def _own_words(result: Pooled, choice: dict) -> str:
    size = f"{number(result.estimate)} {measure_of(choice).unit}"
    limits = f"{percent(100 * result.level)} CI {interval(result.ci_low, result.ci_high)}"
    how = f"{METHOD_WORDS[result.method]}, {INTERVAL_WORDS[result.interval]} interval"
    return f"Primary analysis, {count(result.k, 'estimate')}, {how}: {size} ({limits})."


def _too_few(result, units: int) -> str:
    why = "" if isinstance(result, Pooled) else f"{result.why} "
    return (
        f"{why}On the web, studies can be switched in and out once there are {FEWEST}; at present there "
        f"{'is' if units == 1 else 'are'} {units or 'none'}."
    )


def _too_many(units: int) -> str:
    return (
        f"{units} studies can be combined in {2**units - 1:,} ways, and this page holds at most "
        f"{MOST_RESULTS:,} results, so studies cannot be switched here; below, each is left out in turn."
    )


def _fewer_methods(units: int, own: str) -> list[str]:
    known, offered = offered_methods(1, own), offered_methods(units, own)
    dropped = [METHOD_WORDS[method] for method in known if method not in offered]
    return [f"With {units} studies the page cannot hold {listed(dropped)}."] if dropped else []
