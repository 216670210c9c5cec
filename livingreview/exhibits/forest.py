"""Shows the forest plot of an analysis: chart in two forms, alternative text, caption and table."""

from math import isfinite
from textwrap import shorten

import pandas as pd

from livingreview.charts import NOT_ASSESSED, Figure, forest_alt, forest_forms, interval_plot
from livingreview.effects.measures import measure_of
from livingreview.effects.sources import KIND_WORDS, SECOND_HAND, is_assumed
from livingreview.exhibits.places import to_row, trial_address
from livingreview.exhibits.words import ESTIMATE_WORDS, INTERVAL_WORDS, interval_words, limits, reported_words
from livingreview.formats import NO_BREAK, count, interval, number, p_value, percent, weeks
from livingreview.reviews import Analysis
from livingreview.rob2 import trial_bias
from livingreview.statistics import Pooled, has_thresholds
from livingreview.tables import Column, Table, table

DAGGER, ASSUMED = "\u2020", "\u2021"
ARM_LETTERS = 14  # what the column of arms holds


def forest_figure(analysis: Analysis) -> Figure:
    """Show the estimates of an analysis, the trials it lacks, and its pooled value."""
    choice, result = analysis.choice, analysis.synthesis
    summary = _forest_rows(analysis)
    at = analysis.meaning if has_thresholds(choice) else None
    measure = measure_of(choice)
    what, sign = choice["intervention"], 1 if choice["higher_is_better"] else -1
    wide, narrow = forest_forms(
        summary,
        title=choice["title"],
        unit=measure.head,
        favours=(choice["comparator"], what),
        higher_is_better=choice["higher_is_better"],
        threshold=tuple(sign * points for points in at.thresholds) if at else (),
        threshold_label="important, derived from surveys",
        heterogeneity=heterogeneity(result) if isinstance(result, Pooled) else "",
        ratio=measure.ratio,
        x_label=choice["unit"],
    )
    return Figure(
        wide,
        forest_alt(summary, choice["unit"], ratio=measure.ratio),
        _forest_caption(summary, analysis) + (_band_words(at.months, choice) if at else ""),
        _forest_table(summary, choice),
        narrow,
    )


def interval_figure(found: Analysis) -> str:
    """Draw the estimate of an analysis as a small plot of benefit; nothing without an estimate."""
    gain = (found.result.gain, found.result.gain_low, found.result.gain_high)
    if not all(map(isfinite, gain)):
        return ""
    choice, certainty = found.choice, found.certainty.rating or "not rated"
    digits = measure_of(choice).digits
    zones = interval_words(*gain[1:], found.thresholds) if found.thresholds else ""
    if measure_of(choice).monthly and not choice["higher_is_better"]:
        # A benefit of points lost would read as a loss.
        less, low, high = (_fewer(each, digits) for each in gain)
        size = f"{less} {choice['unit']} (95% CI {low} to {high})"
    else:
        size = (
            f"a benefit of {number(gain[0], digits)} {choice['unit']}, 95% CI {interval(*gain[1:], digits)}"
        )
    said = f"{choice['title']}: {size}; certainty {certainty}. {zones}"
    # Signed as the axis is, towards better: the words beside it may say less lost.
    ends = tuple(number(each, digits) for each in gain[1:])
    return interval_plot(*gain, found.thresholds, ends=ends, certainty=certainty, alt=said.strip())


def _fewer(gain: float, digits: int) -> str:
    return f"{number(abs(gain), digits)} {'fewer' if gain >= 0 else 'more'}"


def heterogeneity(result: Pooled) -> str:
    """Say how far the estimates of a synthesis differ."""
    measures = {
        "\u03c4\u00b2": number(result.tau2),
        "I\u00b2": percent(result.i2),
        "Q": f"{number(result.q)} on {result.k - 1} df",
        "p": p_value(result.q_p),
    }
    # A measure and its value stay on one line.
    said = [
        f"{name} {value if value[0] in '<>' else f'= {value}'}".replace(" ", NO_BREAK)
        for name, value in measures.items()
    ]
    return f"Heterogeneity: {', '.join(said)}"


def _forest_rows(analysis: Analysis) -> pd.DataFrame:
    """Stack the estimates, the trials without one, and the pooled rows."""
    evidence, result = analysis.evidence, analysis.synthesis
    frame = result.summary_frame()
    used = result.trials.set_index("trial_id")
    frame["note"] = [_estimate_note(used.loc[i]) if i in used.index else "" for i in frame.trial_id]
    for column in ("source_kind", "people", "steps", "locator", "timepoint_weeks", "outcome", "rows"):
        frame[column] = frame.trial_id.map(used[column])
    absent = analysis.unavailable
    blank = pd.DataFrame(
        {
            "trial_id": absent.trial_id,
            "label": absent.label,
            "kind": "trial",
            "people": absent.people,
            "source_kind": absent.source_kind,
            "note": [reported_words(row) for row in absent.to_dict("records")],
            "bias": [_bias(evidence, row) for row in absent.itertuples()],
        }
    )
    pooled = frame.kind.eq("pooled")
    frame["bias"] = ["" if row.kind == "pooled" else _bias(evidence, row) for row in frame.itertuples()]
    rows = pd.concat(
        [
            frame[~pooled],
            blank.reindex(columns=frame.columns),
            frame[pooled].assign(label=_pooled_label(result)),
        ]
    )
    return _described(rows.reset_index(drop=True), result, evidence.cards)


def _described(rows: pd.DataFrame, result, cards: dict) -> pd.DataFrame:
    """Add to each trial its arms and where its name leads."""
    contrasts = result.trials.set_index("trial_id").contrast
    arms = {trial_id: _arms(cards[trial_id], name) for trial_id, name in contrasts.items()}
    trials = rows.trial_id.where(rows.kind.ne("pooled"), "")
    return rows.assign(
        bias=rows.bias.fillna(""),
        arm_intervention=[arms.get(trial_id, ("", ""))[0] for trial_id in trials],
        arm_comparator=[arms.get(trial_id, ("", ""))[1] for trial_id in trials],
        href=[trial_address(trial_id) if trial_id else "" for trial_id in trials],
    )


def _arms(card: dict, contrast: str) -> tuple[str, str]:
    """Name the two arms of a contrast, in few words; their keys are nobody's names."""
    arms = [card["arms"][card["contrasts"][contrast][role]] for role in ("intervention", "comparator")]
    first, second = [shorten(arm.get("short", arm["label"]), ARM_LETTERS, placeholder="…") for arm in arms]
    return first, second


def _bias(evidence, row) -> str:
    """Say the risk of bias of the result that a row shows, as a judgement or a range."""
    found = trial_bias(evidence, row.trial_id, row.outcome, row.timepoint_weeks)
    return NOT_ASSESSED if found is None else str(found)


def _pooled_label(result) -> str:
    return f"Pooled, {INTERVAL_WORDS[result.interval]}" if isinstance(result, Pooled) else ""


def _estimate_note(row) -> str:
    words = f"{ESTIMATE_WORDS[row.estimate_kind]}, {weeks(row.timepoint_weeks)}"
    marks = {ASSUMED: is_assumed(row.n_basis), DAGGER: row.source_kind in SECOND_HAND}
    return " ".join([words, *(mark for mark, holds in marks.items() if holds)])


def _forest_caption(summary: pd.DataFrame, found: Analysis) -> str:
    """Say what was found and then how to read the plot, and only what it holds."""
    kinds = summary.kind.value_counts()
    estimates, notes = summary.yi.notna().sum(), summary.note.astype(str)
    said = [_finding(found)]
    if estimates:
        squares = "The square is the" if estimates == 1 else "Each square is an"
        said.append(f"{squares} estimate with its 95% CI.")
    if kinds.get("composite", 0):
        said.append("An open square is an estimate available only for several studies together.")
    if notes.str.endswith(DAGGER).any():
        said.append(f"{DAGGER} marks a figure taken from another review (second-hand).")
    if notes.str.contains(ASSUMED).any():
        said.append(f"{ASSUMED} marks an assumed number of participants.")
    if (summary.kind.ne("pooled") & summary.yi.isna()).any():
        said.append("Studies without a usable estimate are listed with what they report.")
    if kinds.get("pooled", 0):
        said.append(
            "The area of each square is proportional to its weight; the diamond is the pooled estimate."
        )
    return " ".join(said)


def _finding(found: Analysis) -> str:
    """Say the result of an analysis, from how much, and whether its interval includes no effect."""
    result, choice = found.result, found.choice
    if not result.k:
        return f"{choice['title']}: no usable estimate."
    measure = measure_of(choice)
    shown = [measure.printed(value) for value in (result.estimate, result.ci_low, result.ci_high)]
    size, limits = number(shown[0], measure.digits), f"95% CI {interval(*shown[1:], measure.digits)}"
    many = f"{count(result.k, 'estimate')} from {count(result.studies, 'study')}"
    people = count(result.participants, "participant")
    includes = (
        f"the interval {'includes' if result.gain_low <= 0 <= result.gain_high else 'excludes'} no effect"
    )
    if len(result.trials) and not isfinite(result.p):
        # One estimate, or several that the protocol does not pool.
        if result.k > 1:
            return f"{choice['title']}: {many} ({people}), which are not pooled."
        studies = "one study" if result.studies == 1 else count(result.studies, "study")
        behind = f"{limits}; {studies}, {people}"
        if measure.monthly and not choice["higher_is_better"]:
            way = "smaller" if result.gain >= 0 else "larger"
            scale = choice["unit"].removesuffix(" lost per month")
            lost = f"{number(abs(shown[0]), measure.digits)} {scale} a month {way}"
            return (
                f"{choice['title']}: the loss was {lost} than with {choice['comparator']} "
                f"(difference {size}, {behind}); {includes}."
            )
        return f"{choice['title']}: {_effect(result, choice, size)} ({behind}); {includes}."
    effect = _effect(result, choice, size, "pooled ")
    return f"{choice['title']}: {effect} ({limits}; {many}, {people}); {includes}."


def _effect(result, choice: dict, size: str, pooled: str = "") -> str:
    """Say the size of an effect, and which side it favours."""
    measure = measure_of(choice)
    way = (
        f" {'in favour of' if result.gain > 0 else 'against'} {choice['intervention']}" if result.gain else ""
    )
    if measure.ratio:
        return f"the {pooled}{measure.label} is {size}{way}"
    return f"the {pooled}difference is {size} {choice['unit']}{way}"


def _band_words(months: float, choice: dict) -> str:
    """Say of which time the shaded thresholds are."""
    time = (
        "one month"
        if measure_of(choice).monthly
        else f"{number(months, 1)} months (the average time of measurement)"
    )
    harm = "the thresholds for worsening are of the same size"
    return f" The shaded band lies between the thresholds for {time}; {harm}."


def _forest_table(summary: pd.DataFrame, choice: dict) -> Table:
    columns = {
        "Study": Column("label", link=lambda row: None if row["kind"] == "pooled" else to_row(row)),
        "Participants": "people",
        f"Difference ({choice['unit']})": Column("yi", number),
        "95% CI": limits,
        "Weight (%)": Column("weight", lambda v: number(v, 1)),
        "Derivation": lambda row: "; ".join(row["steps"]) if isinstance(row["steps"], tuple) else row["note"],
        "Source": lambda row: KIND_WORDS.get(row["source_kind"]),
        "Location in source": "locator",
    }
    return table(f"{choice['title']}: the estimates", summary, columns)
