"""Shows the forest plot of an analysis: chart in two forms, alternative text, caption and table."""

from functools import partial
from math import isfinite
from textwrap import shorten

import pandas as pd

from livingreview.charts import NOT_ASSESSED, Figure, forest, forest_alt, interval_plot
from livingreview.effects.measures import measure_of
from livingreview.effects.sources import KIND_WORDS, SECOND_HAND, is_assumed
from livingreview.exhibits.places import to_row, trial_address
from livingreview.exhibits.words import (
    ESTIMATE_WORDS,
    INTERVAL_WORDS,
    effect_columns,
    interval_words,
    p_equals,
    reported_words,
)
from livingreview.formats import NO_BREAK, count, interval, is_missing, number, percent, weeks
from livingreview.reviews import Analysis, Result
from livingreview.rob2 import trial_bias
from livingreview.statistics import Pooled, has_thresholds
from livingreview.tables import Column, Table, table

DAGGER, ASSUMED = "\u2020", "\u2021"
ARM_LETTERS = 14  # what the column of arms holds


def forest_figure(analysis: Analysis) -> Figure:
    """Show the estimates of an analysis, the trials it lacks, and its pooled value."""
    choice, result = analysis.choice, analysis.result
    summary = _forest_rows(analysis)
    at = analysis.meaning if has_thresholds(choice) else None
    measure = measure_of(choice)
    what, sign = choice["intervention"], 1 if choice["higher_is_better"] else -1
    drawn = partial(
        forest,
        summary,
        title=choice["title"],
        unit=measure.head,
        favours=(choice["comparator"], what),
        higher_is_better=choice["higher_is_better"],
        threshold=tuple(sign * points for points in at.thresholds) if at else (),
        threshold_label="between the smallest and the largest threshold",
        heterogeneity=heterogeneity(result) if isfinite(result.p) else "",
        ratio=measure.ratio,
        x_label=choice["unit"] if measure.ratio else f"difference in {choice['unit']}",
    )
    return Figure(
        drawn(),
        forest_alt(summary, choice["unit"], ratio=measure.ratio),
        _forest_caption(summary, analysis) + (_band_words(at.months, choice) if at else ""),
        _forest_table(summary, choice),
        drawn(narrow=True),
    )


def interval_figure(found: Analysis) -> str:
    """Draw the estimate of an analysis as a small plot of benefit; nothing without an estimate."""
    gain = (found.result.gain, found.result.gain_low, found.result.gain_high)
    if not all(map(isfinite, gain)):
        return ""
    choice, certainty = found.choice, found.certainty.rating or "not rated"
    digits = measure_of(choice).digits
    size = f"a benefit of {number(gain[0], digits)}, 95% CI {interval(*gain[1:], digits)} ({choice['unit']})"
    zones = interval_words(*gain[1:], found.thresholds) if found.thresholds else ""
    said = f"{choice['title']}: {size}; certainty {certainty}. {zones}"
    # Signed as the axis is, towards better: the words beside it may say less lost.
    ends = tuple(number(each, digits) for each in gain[1:])
    return interval_plot(*gain, found.thresholds, ends=ends, certainty=certainty, alt=said.strip())


def heterogeneity(result: Result) -> str:
    """Say how far the estimates of a synthesis differ; a measure and its value stay on one line."""
    said = [
        f"\u03c4\u00b2 = {number(result.tau2)}",
        f"I\u00b2 = {percent(result.i2)}",
        f"Q = {number(result.q)} on {result.k - 1} df",
        f"p {p_equals(result.q_p)}",
    ]
    return f"Heterogeneity: {', '.join(each.replace(' ', NO_BREAK) for each in said)}"


def _forest_rows(analysis: Analysis) -> pd.DataFrame:
    """Stack the estimates, the trials without one, and the pooled row."""
    evidence, result, absent = analysis.evidence, analysis.synthesis, analysis.unavailable
    used, frame = result.trials.set_index("trial_id"), result.summary_frame()
    arms = [_arms(evidence.cards[trial_id], name) for trial_id, name in used.contrast.items()]
    told = used[["source_kind", "people", "steps", "locator", "timepoint_weeks", "outcome", "rows"]].assign(
        note=[_estimate_note(row) for row in used.itertuples()],
        arm_intervention=[first for first, _ in arms],
        arm_comparator=[second for _, second in arms],
    )
    frame = frame.drop(columns=told.columns, errors="ignore").join(told, on="trial_id")
    absent = absent[["trial_id", "label", "people", "source_kind", "timepoint_weeks", "outcome"]].assign(
        kind="trial", note=[reported_words(row) for row in absent.to_dict("records")]
    )
    pooled = frame.kind.eq("pooled")
    units = pd.concat([frame[~pooled], absent.reindex(columns=frame.columns)], ignore_index=True)
    judged = [
        trial_bias(evidence, row.trial_id, row.outcome, row.timepoint_weeks) for row in units.itertuples()
    ]
    units = units.assign(
        bias=[NOT_ASSESSED if found is None else str(found) for found in judged],
        href=units.trial_id.map(trial_address),
    )
    last = frame[pooled]
    if isinstance(result, Pooled):
        last = last.assign(label=f"Pooled, {INTERVAL_WORDS[result.interval]}")
    if len({*map(tuple, arms)}) == 1:
        last = last.assign(arm_intervention=arms[0][0], arm_comparator=arms[0][1])
    return pd.concat([units, last], ignore_index=True).fillna({"note": "", "bias": "", "href": ""})


def _arms(card: dict, contrast: str) -> list[str]:
    """Name the two arms of a contrast, in few words; their keys are nobody's names."""
    arms = [card["arms"][card["contrasts"][contrast][role]] for role in ("intervention", "comparator")]
    return [shorten(arm.get("short", arm["label"]), ARM_LETTERS, placeholder="…") for arm in arms]


def _estimate_note(row) -> str:
    when = "" if is_missing(row.timepoint_weeks) else f", {weeks(row.timepoint_weeks)}"
    words = f"{ESTIMATE_WORDS[row.estimate_kind]}{when}"
    marks = {ASSUMED: is_assumed(row.n_basis), DAGGER: row.source_kind in SECOND_HAND}
    return " ".join([words, *(mark for mark, holds in marks.items() if holds)])


def _forest_caption(summary: pd.DataFrame, found: Analysis) -> str:
    """Say what was found and then how to read the plot, and only what it holds."""
    kinds, notes = set(summary.kind), summary.note.astype(str)
    estimates = summary.yi.notna().sum()
    read = {
        "The square is the estimate with its 95% CI.": estimates == 1,
        "Each square is an estimate with its 95% CI.": estimates > 1,
        "An open square is an estimate available only for several studies together.": "composite" in kinds,
        f"{DAGGER} marks a figure taken from another review (second-hand).": notes.str.endswith(DAGGER).any(),
        f"{ASSUMED} marks an assumed number of participants.": notes.str.contains(ASSUMED).any(),
        "Studies without a usable estimate are listed with what they report.": (
            summary.kind.ne("pooled") & summary.yi.isna()
        ).any(),
        "The area of each square is proportional to its weight; the diamond is the pooled estimate.": (
            "pooled" in kinds
        ),
    }
    return " ".join([_finding(found), *(words for words, holds in read.items() if holds)])


def _finding(found: Analysis) -> str:
    """Say the result of an analysis, from how much, and whether its interval includes no effect."""
    result, choice, measure = found.result, found.choice, measure_of(found.choice)
    if not result.k:
        return f"{choice['title']}: no usable estimate."
    many = f"{count(result.k, 'estimate')} from {count(result.studies, 'study')}"
    people = count(result.participants, "participant")
    single = len(result.trials) and not isfinite(result.p)
    if single and result.k > 1:
        return f"{choice['title']}: {many} ({people}), which are not pooled."
    estimate, *ends = (measure.printed(value) for value in (result.estimate, result.ci_low, result.ci_high))
    size, ci = number(estimate, measure.digits), f"95% CI {interval(*ends, measure.digits)}"
    side = "in favour of" if result.gain > 0 else "against"
    way = f" {side} {choice['intervention']}" if result.gain else ""
    unit, what = f" {choice['unit']}", "difference"
    if measure.ratio:
        unit, what = "", measure.label
    if single:
        studies = "one study" if result.studies == 1 else count(result.studies, "study")
        effect = f"the {what} is {size}{unit}{way} ({ci}; {studies}, {people})"
    else:
        effect = f"the pooled {what} is {size}{unit}{way} ({ci}; {many}, {people})"
    includes = "includes" if result.gain_low <= 0 <= result.gain_high else "excludes"
    return f"{choice['title']}: {effect}; the interval {includes} no effect."


def _band_words(months: float, choice: dict) -> str:
    """Say of which time the shaded thresholds are."""
    time = f"{number(months, 1)} months (the average time of measurement)"
    time = "one month" if measure_of(choice).monthly else time
    harm = "the thresholds for worsening are of the same size"
    return f" The shaded band lies between the thresholds for {time}; {harm}."


def _forest_table(summary: pd.DataFrame, choice: dict) -> Table:
    columns = {
        "Study": Column("label", link=lambda row: None if row["kind"] == "pooled" else to_row(row)),
        "Participants": "people",
        **effect_columns(choice, "yi"),
        "Weight (%)": Column("weight", lambda v: number(v, 1)),
        "Derivation": lambda row: "; ".join(row["steps"]) if isinstance(row["steps"], tuple) else row["note"],
        "Source": lambda row: KIND_WORDS.get(row["source_kind"]),
        "Location in source": "locator",
    }
    return table(f"{choice['title']}: the estimates", summary, columns)
