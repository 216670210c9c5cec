"""Shows the results of an analysis: directions, alternatives, meaning, subgroups and regressions."""

from functools import partial

import numpy as np
import pandas as pd
from scipy.special import ndtri

from livingreview.charts import DIRECTIONS, Figure, bubble, directions_alt, funnel, reading
from livingreview.charts import directions as draw_directions
from livingreview.effects.estimates import kinds_of
from livingreview.effects.measures import measure_of
from livingreview.effects.sources import KIND_WORDS
from livingreview.exhibits.places import to_row
from livingreview.exhibits.words import (
    ESTIMATE_WORDS,
    capital,
    effect_columns,
    p_equals,
    reported_words,
    sized,
)
from livingreview.formats import count, interval, is_missing, listed, number, percent, weeks
from livingreview.reviews import Analysis
from livingreview.statistics import (
    alternatives,
    directions,
    meaning,
    months_asked,
    natural_decline,
    what_if_unread,
    why_missing,
)
from livingreview.statistics.regression import Regression, Subgroups
from livingreview.tables import Column, Row, Table, table

WHY_MISSING = {"unread": "full article not available to us", "unreported": "not in the full article"}


def direction_table(analysis: Analysis) -> Table:
    """List the direction of every result of a domain, trial by trial."""
    found = directions(analysis.id, analysis.evidence, every_outcome=True)
    seen = found[found.basis != "nothing seen"]
    silent = sorted(set(found.label) - set(seen.label))
    caption = f"{analysis.choice['title']}: results reported."
    if silent:
        caption += f" No result in the available reports of {listed(silent)}."
    return _directions_table(seen, caption)


def _directions_table(found: pd.DataFrame, caption: str) -> Table:
    """Print directions with the estimates and statements behind them."""
    shown = {
        "Study": lambda row: row.label,
        "Outcome": _outcome_words,
        "Randomised (analysed)": _people_words,
        "Difference (95% CI)": _size_words,
        "Direction of effect": reading,
        # The kind of source comes first, since it says how far to trust the row.
        "Note": lambda row: "; ".join(x for x in (KIND_WORDS.get(row.source_kind), row.note) if x),
    }
    rows: dict[tuple, dict] = {}
    for row in found.itertuples():
        cells = {head: words(row) for head, words in shown.items()}
        # A trial with two contrasts may say one thing of both.
        rows.setdefault(tuple(cells.values()), cells | {"to": to_row(row._asdict())})
    columns = {head: head for head in shown} | {"Study": Column("Study", link=lambda row: row["to"])}
    return table(caption, rows.values(), columns)


def _people_words(row) -> str | None:
    if is_missing(row.people):
        return None if is_missing(row.n) else f"({number(row.n, 0)})"
    return number(row.people, 0) + ("" if is_missing(row.n) else f" ({number(row.n, 0)})")


def _size_words(row) -> str | None:
    return None if is_missing(row.difference) else sized(row.difference, row.ci_low, row.ci_high)


def _outcome_words(row) -> str:
    """Name the outcome, its unit where it is not plain points, and the time."""
    unit = "" if row.unit in ("points", "not stated", None) or is_missing(row.unit) else f" ({row.unit})"
    when = "" if is_missing(row.timepoint_weeks) else f", {weeks(row.timepoint_weeks)}"
    return f"{row.outcome_label}{unit}{when}"


def direction_figure(analysis: Analysis) -> Figure:
    """Show the direction of effect of every trial of a question."""
    choice, found = analysis.choice, analysis.directions
    # A trial without an eligible comparison has no result of this one; the table of results lists it.
    mine = found.contrast_kind.isin(choice["contrast_kinds"]) | found.eligible
    found = found[mine].reset_index(drop=True)
    what = choice["intervention"]
    caption = (
        f"{choice['title']}: {seen_directions(found)} A "
        f"triangle pointing up is an estimate in favour of {what}, one pointing down an estimate against it, "
        "and a circle a result without an estimate. Open symbols do not count; the table gives the reason."
    )
    randomized = found.assign(n=found.people)
    title = f"{choice['title']}: directions"
    drawn = partial(draw_directions, randomized, title=title)
    numbers = _directions_table(found, title)
    return Figure(drawn(), directions_alt(randomized), caption, numbers, drawn(narrow=True))


def seen_directions(found: pd.DataFrame) -> str:
    """Say in how many studies the estimates point where, and of how many the direction is unknown."""
    told = found[found.counted & found.direction.ne("unknown")]
    ways = told.groupby("direction").label.nunique()
    said = [f"{ways[key]} {words}" for key, (_, _, words) in DIRECTIONS.items() if key in ways]
    silent = found.label.nunique() - told.label.nunique()
    rest = f"the direction is unknown or not counted for {count(silent, 'study')}" if silent else ""
    counted = (
        f"estimates that count come from {count(told.label.nunique(), 'study')}: {listed(said)}"
        if said
        else ""
    )
    return "; ".join(filter(None, (counted, rest))) + "."


def alternatives_table(analysis: Analysis) -> Table:
    """Show the result under the protocol's choice and under each alternative."""
    choice, found = analysis.choice, alternatives(analysis.id, analysis.evidence)
    # Each alternative may have a measure of its own; a ratio is printed as itself.
    measures = [measure_of(choice | changed) for changed in ({}, *choice.get("alternatives", {}).values())]
    own, measure = len(set(measures)) > 1, measures[0]
    head = measure.head.capitalize() if measure.ratio else f"Difference ({choice['unit']})"
    rows, known = [], {}
    for row, measure in zip(found.itertuples(), measures, strict=True):
        result = (row.units, row.people, row.estimate, row.ci_low, row.ci_high)
        twin = row.choice if is_missing(row.estimate) else known.setdefault(result, row.choice)
        effect, *ends = (measure.printed(value) for value in result[2:])
        rows.append(
            row._asdict()
            | {
                "name": row.choice + ("" if twin == row.choice else f" (same result as: {twin})"),
                "effect": f"{number(effect)} ({measure.label})" if own and measure.ratio else effect,
                "ci": interval(*ends),
                "what": "pooled" if row.pooled else "one estimate" if row.units == 1 else "none",
            }
        )
    columns = {
        "Analysis": "name",
        "Estimates": "units",
        "Participants": "people",
        "Effect" if own else head: Column("effect", None if own else number),
        "95% CI": "ci",
        "I\u00b2": Column("i2", percent),
        "Result": "what",
        "Reason": "why",
    }
    if found.pooled.all():
        del columns["Result"]
    return table(f"{choice['title']}: sensitivity analyses", rows, columns)


def missing_table(analysis: Analysis) -> Table:
    """List the eligible trials that could not be pooled, what they report, and what they lack."""

    def why(row: Row) -> str:
        allowed, kind = kinds_of(analysis.choice, row["trial_id"]), row["estimate_kind"]
        if is_missing(kind) or kind in allowed:
            return WHY_MISSING[why_missing(analysis.evidence, row["trial_id"])]
        wanted = listed([ESTIMATE_WORDS[kind] for kind in allowed], "or")
        note = f" ({row['note']})" if row["note"] else ""
        return f"available as {ESTIMATE_WORDS[kind]}, where the analysis needs {wanted}{note}"

    columns = {
        "Study": Column("label", link=to_row),
        "Randomised": "people",
        "Reported result": reported_words,
        "Outcome": "outcome_label",
        "p": "p",
        "Why unavailable": why,
        "What is needed first": lambda row: analysis.evidence.cards[row["trial_id"]]["missing"][0],
    }
    caption = f"{analysis.choice['title']}: studies without a usable estimate"
    return table(caption, analysis.unavailable, columns)


def what_if_table(analysis: Analysis) -> Table:
    """Show the pooled value had the unread trials shown no effect, the pooled effect, or its opposite."""
    columns = {
        "Assumed result": "choice",
        "Estimates": "units",
        "Participants": "people",
        **effect_columns(analysis.choice),
    }
    caption = "Exploratory imputation of the unavailable results"
    return table(caption, what_if_unread(analysis.id, analysis.evidence), columns)


def meaning_table(analysis: Analysis) -> Table:
    """Set an effect beside what each cohort loses in the time measured, and beside the derived thresholds."""
    choice, measured, evidence = analysis.choice, analysis.meaning.months, analysis.evidence
    result = analysis.result
    rows = [
        {
            "who": f"Expected loss, {row.who} ({count(row.n, 'participant')})",
            "monthly": row.points_per_month,
            "spread": _spread(row),
        }
        for row in natural_decline(evidence).itertuples()
    ]
    rows += [
        {"who": f"{words} threshold derived from surveys", "monthly": points}
        for words, points in zip(("Smallest", "Largest"), meaning(1, evidence).thresholds, strict=True)
    ]
    columns = {
        "Compared with": "who",
        "Points a month": Column("monthly", number),
        "Variation between people": "spread",
    }
    for months, why in {months_asked(choice): "", measured: " (average time of measurement)"}.items():
        if months != 1:
            head = f"Points in {_months(months)}{why}"
            columns[head] = lambda row, months=months: number(row["monthly"] * months)

    def shares(row: Row) -> str | None:
        if not result.k:
            return None
        gain, *ends = (
            100 * each / (row["monthly"] * measured)
            for each in (result.gain, result.gain_low, result.gain_high)
        )
        return f"{percent(gain)} ({interval(*ends, 0)})"

    columns["Effect as a percentage of the loss or threshold (95% CI)"] = shares
    return table(
        f"{choice['title']}: effect compared with the expected loss and the thresholds", rows, columns
    )


def _spread(row) -> str | None:
    """Return how far participants differ in their decline: a standard deviation, or the middle 95%."""
    if not is_missing(row.sd):
        return f"SD {number(row.sd)}"
    return None if is_missing(row.low) else f"95% of participants: {interval(row.low, row.high)}"


def _months(months: float) -> str:
    return count(months, "month") if months == round(months) else f"{number(months, 1)} months"


def subgroups_table(analysis: Analysis, name: str) -> Table:
    """Show the pooled result of each subgroup of a moderator."""
    moderator, measure = analysis.moderators[name], measure_of(analysis.choice)
    found = moderator.found.table if isinstance(moderator.found, Subgroups) else pd.DataFrame()
    rows = [
        {
            "group": capital(str(group)),
            "k": row.k,
            "estimate": number(measure.printed(row.estimate), measure.digits),
            "ci": interval(measure.printed(row.ci_low), measure.printed(row.ci_high), measure.digits),
            "i2": percent(row.i2),
        }
        for group, row in found.iterrows()
    ]
    columns = {
        moderator.label: "group",
        "Studies": "k",
        measure.head.capitalize(): "estimate",
        "95% CI": "ci",
        "I\u00b2": "i2",
    }
    caption = f"{analysis.choice['title']} by {moderator.label.lower()}"
    caption += f" (test of differences: p {p_equals(moderator.found.p)})" if rows else ""
    return table(caption, rows, columns)


def moderator_figure(analysis: Analysis, name: str) -> Figure:
    """Show the effects against a moderator that is a number, with the regression."""
    moderator, measure = analysis.moderators[name], measure_of(analysis.choice)
    if not isinstance(moderator.found, Regression):
        raise ValueError(f"moderator {name!r} of {analysis.id}: no regression ({moderator.why or 'words'})")
    trials = analysis.result.trials.assign(value=moderator.values.astype(float))
    at = np.linspace(trials.value.min(), trials.value.max(), 41)
    line = moderator.found.predict(at).assign(value=at)
    head, effect = moderator.label + (f" ({moderator.unit})" if moderator.unit else ""), _effect(measure)
    chart = bubble(trials, line, moderator=head, label=measure.head.capitalize(), ratio=measure.ratio)
    slope = moderator.found.terms.iloc[1]
    scale = f"log {measure.label}" if measure.ratio else measure.label
    found = (
        f"slope {number(slope.estimate, 3)} ({scale} per unit, 95% CI "
        f"{interval(slope.ci_low, slope.ci_high, 3)}), p {p_equals(slope.p)}"
    )
    alt = f"{len(trials)} studies against {moderator.label.lower()}: {found}."
    caption = (
        f"{analysis.choice['title']} and {moderator.label.lower()}: {found}. "
        "Each circle is a study, larger with more weight; the line is the meta-regression with its 95% CI."
    )
    columns = {"Study": "label", head: Column("value", "g"), **effect}
    columns |= {"Weight (%)": Column("weight", partial(number, digits=1))}
    return Figure(chart, alt, caption, table(caption, trials, columns))


def funnel_figure(analysis: Analysis) -> Figure:
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
    error = Column(lambda row: float(np.sqrt(row["vi"])), partial(number, digits=3))
    columns = {"Study": "label", **_effect(measure), "Standard error": error}
    return Figure(chart, alt, caption, table(caption, trials, columns))


def _effect(measure) -> dict:
    """Return the column of each study's effect, as a page prints it."""
    return {measure.head.capitalize(): lambda row: number(measure.printed(row["yi"]), measure.digits)}
