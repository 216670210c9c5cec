"""Shows the what-if forest: every result that a reader could choose, beside the protocol's own."""

from html import escape
from math import isfinite

import numpy as np
import pandas as pd

from livingreview.effects.measures import measure_of
from livingreview.exhibits.sensitivity import left_out_figure
from livingreview.exhibits.words import ESTIMATE_WORDS, INTERVAL_WORDS, METHOD_WORDS, interval_words
from livingreview.formats import count, inert_json, interval, is_missing, listed, number, percent, weeks
from livingreview.reviews import Analysis
from livingreview.statistics import (
    FEWEST_FOR_PREDICTION,
    Pooled,
    has_thresholds,
    meaning,
    months_asked,
    subsets,
    weighted_months,
)
from livingreview.tables import Table, paragraph

FEWEST = 3
MOST_RESULTS = 512  # combinations times models: about 60 kB of the page, compressed
METHODS = ("REML", "DL", "PM", "ML")
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
    choice, result, units = analysis.choice, analysis.synthesis, len(offered_units(analysis))
    if not isinstance(result, Pooled) or units < FEWEST:
        return Table(paragraph(_too_few(result, units)))
    said, script = [_own_words(result, choice), WARNING], ""
    if measure_of(choice).ratio:
        said.append("Studies can be switched only for differences; below, each is left out in turn.")
    elif offered := _offered_methods(units, choice["method"]):
        measures = [analysis, *filter(_offered, others)]
        data = inert_json([choices_of(measure) for measure in measures])
        script = f'<script type="application/json" class="lr-whatif-data">{data}</script>'
        dropped = [METHOD_WORDS[m] for m in (choice["method"], *METHODS) if m not in offered]
        said += [f"With {units} studies the page cannot hold {listed(dropped)}."] if dropped else []
    else:
        said.append(
            f"{units} studies can be combined in {2**units - 1:,} ways, and this page holds at most "
            f"{MOST_RESULTS:,} results, so studies cannot be switched here; below, each is left out in turn."
        )
    words, figure = "".join(map(paragraph, said)), left_out_figure(analysis)
    # The figure that `with_pictures` draws, without the holder of a live chart, and its table.
    static = f"{figure.scripts}{paragraph(figure.caption)}{figure.table.html}"
    name = escape(f"What if other studies were pooled? {choice['title']}")
    return Table(
        f'<div class="lr-whatif" id="whatif-{escape(analysis.id)}" role="group" aria-label="{name}">'
        f'{words}<div class="lr-whatif-static">{static}</div>{script}</div>'
    )


def _offered(analysis: Analysis) -> bool:
    """Tell whether another measure pools at least two units, and few enough for the page."""
    few = bool(_offered_methods(len(offered_units(analysis)), analysis.choice["method"]))
    return few and isinstance(analysis.synthesis, Pooled)


def _own_words(result: Pooled, choice: dict) -> str:
    measure = measure_of(choice)
    estimate, *ends = map(measure.printed, (result.estimate, result.ci_low, result.ci_high))
    size = f"{measure.label} {number(estimate)}" if measure.ratio else f"{number(estimate)} {measure.unit}"
    limits = f"{percent(100 * result.level)} CI {interval(*ends)}"
    how = f"{METHOD_WORDS[result.method]}, {INTERVAL_WORDS[result.interval]} interval"
    return f"Primary analysis, {count(result.k, 'estimate')}, {how}: {size} ({limits})."


def _too_few(result, units: int) -> str:
    why = "" if isinstance(result, Pooled) else f"{result.why} "
    return (
        f"{why}On the web, studies can be switched in and out once there are {FEWEST}; at present there "
        f"{'is' if units == 1 else 'are'} {units or 'none'}."
    )


def offered_units(analysis: Analysis) -> pd.DataFrame:
    """List the units that a reader may choose from.

    Returns
    -------
    one row per unit: the analysis's own first, then those that only its alternatives bring in
        The columns of ``synthesise(...).trials``, and ``own`` and ``why`` (the alternative's reason).
        A unit that shares trials with one above it is left out, so that no person can count twice.
    """
    covers = analysis.evidence.trials.set_index("trial_id").covers
    frames, taken = [analysis.result.trials.assign(own=True, why="")], set()
    for unit in frames[0].get("trial_id", []):
        taken |= {unit, *covers[unit]}
    for key, other in analysis.choice.get("alternatives", {}).items():
        found = analysis.under(key).trials
        new = [unit for unit in found.get("trial_id", []) if not taken & {unit, *covers[unit]}]
        for unit in new:
            taken |= {unit, *covers[unit]}
        if new:
            frames.append(found[found.trial_id.isin(new)].assign(own=False, why=other["why"]))
    return pd.concat(frames, ignore_index=True)


def _offered_methods(units: int, own: str) -> list[str]:
    """List the models that a page can carry for so many units, the protocol's own first; none if too many."""
    return list(dict.fromkeys([own, *METHODS]))[: MOST_RESULTS // 2**units]


def choices_of(analysis: Analysis) -> dict:
    """Compute every result of an analysis that a reader could choose.

    Returns
    -------
    plain values, ready for JSON
        ``units`` (``id, label, note, people, yi, vi, low, high, own``), ``methods`` and ``intervals``
        (key and words), ``own`` (the protocol's ``members, method, interval``), ``verdicts`` and
        ``rows``: per method a list whose item ``members - 1`` holds estimate, tau2 and I2, and per interval
        its two limits, the two of prediction (null below five units) and the number of its verdict.
        Bit i of ``members`` is set where unit i is in.
    """
    choice, units = analysis.choice, offered_units(analysis)
    methods = _offered_methods(len(units), choice["method"])
    said: dict[str, int] = {}
    what, other = choice["intervention"], choice["comparator"]
    return {
        "id": analysis.id,
        "unit": measure_of(choice).unit,
        "level": choice["level"],
        "sides": [other, what] if choice["higher_is_better"] else [what, other],
        "units": [_unit(row) for row in units.itertuples()],
        "own": {
            "members": 2 ** int(units.own.sum()) - 1,
            "method": choice["method"],
            "interval": choice["interval"],
        },
        "methods": [[method, METHOD_WORDS[method]] for method in methods],
        "intervals": [[key, words] for key, words in INTERVAL_WORDS.items()],
        "rows": {method: _rows(units, method, analysis, said) for method in methods},
        "verdicts": list(said),
    }


def _unit(row) -> dict:
    note = f"{ESTIMATE_WORDS[row.estimate_kind]}, {weeks(row.timepoint_weeks)}"
    return {
        "id": row.trial_id,
        "label": row.label,
        "note": note if row.own else f"{note}, not in the primary analysis: {row.why}",
        "people": None if is_missing(row.people) else int(row.people),
        "yi": row.yi,
        "vi": row.vi,
        "low": row.ci_low,
        "high": row.ci_high,
        "own": row.own,
    }


def _rows(units: pd.DataFrame, method: str, analysis: Analysis, said: dict) -> list[list]:
    """Compute the results of every combination under a model, the intervals beside each other.

    ``said`` gives each verdict its number, and grows with every new one.
    """
    choice = analysis.choice
    pooled = [
        subsets(units.yi, units.vi, method=method, interval=interval, level=choice["level"])
        for interval in INTERVAL_WORDS
    ]
    rows = pooled[0][["estimate", "tau2", "i2"]].to_numpy().tolist()
    thresholds = _thresholds(units, pooled[0].tau2.to_numpy(), analysis)
    for each in pooled:
        limits = each[["ci_low", "ci_high", "pi_low", "pi_high"]].to_numpy().tolist()
        for members, (row, four, both) in enumerate(zip(rows, limits, thresholds, strict=True), 1):
            low, high = four[:2] if choice["higher_is_better"] else (-four[1], -four[0])
            # In standard deviations no threshold is declared.
            verdict = interval_words(low, high, tuple(both) if has_thresholds(choice) else ())
            shown = four if members.bit_count() >= FEWEST_FOR_PREDICTION else four[:2] + [None, None]
            row += [x if x is not None and isfinite(x) else None for x in shown]
            row.append(said.setdefault(verdict, len(said)))
    return rows


def _thresholds(units: pd.DataFrame, tau2: np.ndarray, analysis: Analysis) -> np.ndarray:
    """Return the smallest and the largest threshold of each combination, an array of shape (B, 2).

    Both depend on the time over which its own units measured, and on half a year; see
    `livingreview.statistics.declared_thresholds`.
    """
    smallest, largest = meaning(1, analysis.evidence).thresholds
    if measure_of(analysis.choice).monthly:
        return np.tile([smallest, largest], (len(tau2), 1))
    members = np.arange(1, len(tau2) + 1)[:, None] >> np.arange(len(units)) & 1
    weights = members / (units.vi.to_numpy() + tau2[:, None])
    measured = weighted_months(units.timepoint_weeks.to_numpy(), weights)
    asked = months_asked(analysis.choice)
    return np.column_stack([smallest * np.minimum(measured, asked), largest * np.maximum(measured, asked)])
