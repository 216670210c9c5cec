"""Shows the what-if forest: the reader chooses, and the protocol's own result stays beside the choice."""

from html import escape

from livingreview.charts import Figure
from livingreview.effects.measures import measure_of
from livingreview.exhibits.robustness import left_out_figure
from livingreview.exhibits.whatif_data import MOST_RESULTS, choices_of, offered_methods, offered_units
from livingreview.exhibits.words import INTERVAL_WORDS, METHOD_WORDS
from livingreview.formats import count, inert_json, interval, listed, number, percent
from livingreview.reviews import Analysis
from livingreview.statistics import Pooled
from livingreview.tables import Table, paragraph

FEWEST = 3
WARNING = (
    "An analysis in which studies are chosen after their results have been seen is exploratory. The result "
    "of this review is that of the primary analysis."
)


def what_if_forest(analysis: Analysis, *others: Analysis) -> Table:
    """Let the reader switch the studies of an analysis in and out, and choose interval, measure and model.

    Parameters
    ----------
    others : the same question in other measures

    Returns
    -------
    HTML
        The protocol's own result, the leave-one-out figure and table that stand there without scripts, and
        the results of every combination as JSON; or a sentence that says why nothing can be switched.
    """
    choice, result, units = analysis.choice, analysis.synthesis, offered_units(analysis)
    if not isinstance(result, Pooled) or len(units) < FEWEST:
        return Table(paragraph(_too_few(result, len(units))))
    said = [_own_words(result, choice), WARNING]
    data = ""
    if offered_methods(len(units), choice["method"]):
        measures = [analysis, *filter(_offered, others)]
        data = _script([choices_of(measure) for measure in measures])
        said += _fewer_methods(len(units), choice["method"])
    else:
        said.append(_too_many(len(units)))
    words = "".join(paragraph(text) for text in said)
    static = _static(left_out_figure(analysis))
    name = escape(f"What if other studies were pooled? {choice['title']}")
    return Table(
        f'<div class="lr-whatif" id="whatif-{escape(analysis.id)}" role="group" aria-label="{name}">'
        f"{words}{static}{data}</div>"
    )


def _offered(analysis: Analysis) -> bool:
    """Say whether another measure pools at least two units, and few enough for the page."""
    units, pooled = len(offered_units(analysis)), isinstance(analysis.synthesis, Pooled)
    return pooled and bool(offered_methods(units, analysis.choice["method"]))


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
