"""Shows sensitivity analyses: every coherent combination of choices, and the result without each study."""

from functools import partial

import numpy as np
import pandas as pd

from livingreview.charts import Figure, curve_alt, forest_alt, forest_forms, reach, specification_curve
from livingreview.effects.measures import measure_of
from livingreview.exhibits.places import to_row
from livingreview.formats import MINUS, count, in_words, interval, number
from livingreview.reviews import Analysis
from livingreview.statistics import Pooled, influence, leave_one_out, multiverse
from livingreview.tables import Table, html_table

TWO = {"estimate": lambda v: number(v, 2), "people": "g", "k": "g"}


def multiverse_figure(analysis: Analysis) -> Figure:
    """Show every distinct result of the protocol's choices as a specification curve."""
    choice, found = analysis.choice, multiverse(analysis.id, analysis.evidence)
    if found.table.empty:
        raise ValueError(f"{analysis.id}: no combination of its choices leaves two estimates to pool")
    drawn = partial(
        specification_curve,
        found.table,
        found.dimensions,
        title=f"{choice['title']}: every coherent combination of choices",
        unit=measure_of(choice).head,
    )
    caption = (
        f"{count(len(found.every), 'specification')}, every coherent combination of the declared choices, "
        f"give {count(len(found.table), 'distinct result')}. {seen_spread(found.table)} Each column is a "
        "result with the choices that give it below; the green column is the primary analysis"
        f"{_arrows(found.table)}. The columns use the same studies, so the number that agree is not a "
        "measure of certainty."
    )
    said, table = curve_alt(found.table, found.moves, choice["unit"]), _results(found, choice)
    return Figure(drawn(), said, caption, table, narrow=drawn(narrow=True))


def _arrows(table: pd.DataFrame) -> str:
    low, high = reach(table)
    leaves = (table.ci_low < low) | (table.ci_high > high)
    return ", and an arrow marks an interval that extends beyond the axis" if leaves.any() else ""


def _results(found, choice: dict) -> Table:
    """List every distinct result with the choices that give it."""
    own = found.table.own
    said = {f"said_{name}": _said(found.table[name], each) for name, each in found.dimensions.items()}
    rows = found.table.assign(
        row=["primary analysis" if is_own else f"result {i + 1}" for i, is_own in enumerate(own)],
        limits=_intervals(found.table),
        **said,
    )
    columns = {
        "row": "Result",
        "k": "Estimates",
        "people": "Participants",
        "estimate": f"Difference ({choice['unit']})",
        "limits": "95% CI",
        "specifications": "Specifications",
    } | {f"said_{name}": dimension["label"] for name, dimension in found.dimensions.items()}
    caption = f"{choice['title']}: the distinct results"
    return html_table(rows, caption=caption, columns=columns, formats=TWO)


def _said(given: pd.Series, dimension: dict) -> list[str]:
    """Name the levels behind each result, in short where all of them, or all but one, give it."""
    labels = {key: level["label"] for key, level in dimension["levels"].items()}
    known = [key for key in labels if any(key in levels for levels in given)]
    return [_in_short([labels[k] for k in levels], [labels[k] for k in known]) for levels in given]


def _in_short(levels: list[str], known: list[str]) -> str:
    absent = [label for label in known if label not in levels]
    if len(known) > 1 and not absent:
        return "any"
    return f"any except {absent[0]}" if len(absent) == 1 and len(known) > 2 else "; ".join(levels)


def _intervals(frame: pd.DataFrame) -> list[str]:
    return [interval(low, high) for low, high in zip(frame.ci_low, frame.ci_high, strict=True)]


def moves_table(analysis: Analysis) -> Table:
    """Show influence of each choice on the result while the others are held."""
    choice, moves = analysis.choice, multiverse(analysis.id, analysis.evidence).moves
    ends = zip(moves.estimate_low, moves.estimate_high, moves.levels, strict=True)
    rows = moves.assign(ends=[interval(a, b) if n > 1 else "no second level" for a, b, n in ends])
    columns = {
        "label": "Choice",
        "levels": "Levels compared",
        "ends": f"Estimates, with everything else as in the primary analysis ({measure_of(choice).head})",
        "range": "Range of estimates",
        "limit_range": "Range of lower limits",
        "most": "Largest range of estimates under any other choices",
        "limit_most": "Largest range of lower limits under any other choices",
    }
    caption = f"{choice['title']}: influence of each choice on the result"
    return html_table(rows, caption=caption, columns=columns, formats={"levels": "g"})


def left_out_figure(analysis: Analysis) -> Figure:
    """Show the pooled estimate without each study in turn."""
    result, choice = _pooled(analysis), analysis.choice
    rows = leave_one_out(result.trials.yi, result.trials.vi, **_options(result))
    rows["label"] = [f"{MINUS} {label}" for label in result.trials.label]
    rows["people"] = (result.trials.people.sum() - result.trials.people).to_numpy()
    return _left_out(rows, result, choice)


def _pooled(analysis: Analysis) -> Pooled:
    result = analysis.synthesis
    if not isinstance(result, Pooled):
        raise ValueError(f"{analysis.id}: {result.why}")
    return result


def _options(result: Pooled) -> dict:
    return {"method": result.method, "interval": result.interval, "level": result.level}


def _left_out(rows, result: Pooled, choice: dict) -> Figure:
    """Draw the pooled estimates as a forest plot under each other, and that of all studies as a diamond."""
    whole = result.summary_frame().query("kind == 'pooled'").assign(label="All studies", pi_low=np.nan)
    each = rows.rename(columns={"estimate": "yi"}).assign(kind="trial", trial_id=rows["label"])
    columns = ["trial_id", "label", "kind", "yi", "ci_low", "ci_high", "people"]
    whole["people"], whole["weight"] = result.trials.people.sum(), np.nan
    summary = pd.concat([each[columns], whole[columns]], ignore_index=True)
    title = f"{choice['title']}: leave-one-out analysis"
    wide, narrow = forest_forms(
        summary,
        title=title,
        unit=measure_of(choice).head,
        favours=(choice["comparator"], choice["intervention"]),
        higher_is_better=choice["higher_is_better"],
        x_label=choice["unit"],
    )
    seen, measure = seen_intervals(rows), measure_of(choice)
    effect, unit = (measure.label, "") if measure.ratio else ("difference", f" {measure.unit}")
    caption = (
        f"{choice['title']}: with each of the {result.k} estimates left out in turn, the pooled {effect} "
        f"ranges from {interval(rows.estimate.min(), rows.estimate.max())}{unit}, and "
        f"{seen[:1].lower()}{seen[1:]} Each row names the estimate that was left out; the diamond includes "
        f"all {in_words(result.k)}."
    )
    return Figure(
        wide, forest_alt(summary, choice["unit"]), caption, _left_out_table(rows, choice, title), narrow
    )


def _left_out_table(rows: pd.DataFrame, choice: dict, title: str) -> Table:
    columns = {
        "label": "Left out",
        "k": "Estimates",
        "people": "Participants",
        "estimate": f"Difference ({choice['unit']})",
        "interval": "95% CI",
        "tau2": "tau\u00b2",
    }
    shown = rows.assign(interval=_intervals(rows))
    return html_table(shown, caption=title, columns=columns, formats=TWO)


def influence_table(analysis: Analysis) -> Table:
    """Show how much each study changes the pooled estimate."""
    result, choice = _pooled(analysis), analysis.choice
    rows = influence(result.trials.yi, result.trials.vi, **_options(result))
    for name in ("label", "trial_id", "rows"):
        rows[name] = result.trials[name].to_numpy()
    columns = {
        "label": "Study",
        "weight": "Weight (%)",
        "rstudent": "Deleted residual",
        "dffits": "DFFITS",
        "cook_d": "Cook's distance",
        "cov_r": "Covariance ratio",
        "tau2_del": "tau\u00b2 without it",
        "qe_del": "Q without it",
    }
    formats = {"weight": lambda v: number(v, 1)}
    caption = f"{choice['title']}: influence of each study"
    return html_table(rows, caption=caption, columns=columns, formats=formats, links={"label": to_row})


def seen_intervals(frame: pd.DataFrame) -> str:
    """Say how many confidence intervals include no effect.

    Parameters
    ----------
    frame : one row per interval, with ``ci_low`` and ``ci_high``
    """
    included = int(((frame.ci_low <= 0) & (frame.ci_high >= 0)).sum())
    if included in (0, len(frame)):
        return f"{'Every' if included else 'No'} confidence interval includes no effect."
    return f"{included} of the {len(frame)} confidence intervals include no effect."


def seen_spread(frame: pd.DataFrame) -> str:
    """Say how far estimates reach, and how much further their intervals do."""
    estimates = interval(frame.estimate.min(), frame.estimate.max())
    limits = interval(frame.ci_low.min(), frame.ci_high.max())
    return f"The estimates range from {estimates}, and their confidence intervals from {limits}."
