"""Shows how far a result depends on choices, on single studies, on dropouts and on trials to come."""

from functools import partial

import numpy as np
import pandas as pd

from livingreview.charts import (
    Figure,
    curve_alt,
    forest,
    forest_alt,
    operating,
    operating_alt,
    reach,
    specification_curve,
)
from livingreview.effects.measures import measure_of
from livingreview.exhibits.places import to_row, to_trial
from livingreview.exhibits.words import INTERVAL_WORDS, effect_columns, inside
from livingreview.formats import MINUS, count, in_words, interval, is_missing, number, percent, weeks
from livingreview.reviews import Analysis, Review
from livingreview.statistics import (
    Pooled,
    change_our_mind,
    completion,
    dropout_cases,
    influence,
    leave_one_out,
    multiverse,
    required_information,
    seen_sd,
    trial_sizes,
)
from livingreview.statistics.simulation import operating_characteristics
from livingreview.tables import Column, Table, table

TENTH = partial(number, digits=1)
GOALS = {
    "Whole interval above zero": "above_zero",
    "Whole interval above the lower threshold": "above_lower",
    "Whole interval above the upper threshold": "above_upper",
    "Whole interval below the lower threshold": "below_lower",
}


# Combinations of choices


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
    low, high = reach(found.table)
    leaves = (found.table.ci_low < low) | (found.table.ci_high > high)
    caption = (
        f"{count(len(found.every), 'specification')}, every coherent combination of the declared choices, "
        f"give {count(len(found.table), 'distinct result')}. {seen_spread(found.table)} Each column is a "
        "result with the choices that give it below; the green column is the primary analysis"
        f"{', and an arrow marks an interval that extends beyond the axis' if leaves.any() else ''}. "
        "The columns use the same studies, so the number that agree is not a measure of certainty."
    )
    alt = curve_alt(found.table, found.moves, choice["unit"])
    return Figure(drawn(), alt, caption, _distinct_results(found, choice), drawn(narrow=True))


def _distinct_results(found, choice: dict) -> Table:
    """List every distinct result with the choices that give it."""
    names = ["primary analysis" if own else f"result {i + 1}" for i, own in enumerate(found.table.own)]
    columns = {
        "Result": "row",
        "Estimates": "k",
        "Participants": "people",
        **effect_columns(choice),
        "Specifications": "specifications",
    }
    for name, dimension in found.dimensions.items():
        labels = {key: level["label"] for key, level in dimension["levels"].items()}
        known = [key for key in labels if any(key in levels for levels in found.table[name])]
        columns[dimension["label"]] = partial(_levels_in_short, name, labels, known)
    return table(f"{choice['title']}: the distinct results", found.table.assign(row=names), columns)


def _levels_in_short(name: str, labels: dict, known: list, row: dict) -> str:
    """Name the levels behind a result, in short where all of them, or all but one, give it."""
    levels = row[name]
    absent = [labels[key] for key in known if key not in levels]
    if len(known) > 1 and not absent:
        return "any"
    if len(absent) == 1 and len(known) > 2:
        return f"any except {absent[0]}"
    return "; ".join(labels[key] for key in levels)


def moves_table(analysis: Analysis) -> Table:
    """Show influence of each choice on the result while the others are held."""

    def estimates(row: dict) -> str:
        ends = row["estimate_low"], row["estimate_high"]
        return interval(*ends) if row["levels"] > 1 else "no second level"

    choice = analysis.choice
    columns = {
        "Choice": "label",
        "Levels compared": "levels",
        f"Estimates, with everything else as in the primary analysis ({measure_of(choice).head})": estimates,
        "Range of estimates": "range",
        "Range of lower limits": "limit_range",
        "Largest range of estimates under any other choices": "most",
        "Largest range of lower limits under any other choices": "limit_most",
    }
    moves = multiverse(analysis.id, analysis.evidence).moves
    return table(f"{choice['title']}: influence of each choice on the result", moves, columns)


def seen_spread(frame: pd.DataFrame) -> str:
    """Say how far estimates reach, and how much further their intervals do."""
    estimates = interval(frame.estimate.min(), frame.estimate.max())
    ends = interval(frame.ci_low.min(), frame.ci_high.max())
    return f"The estimates range from {estimates}, and their confidence intervals from {ends}."


# Single studies


def left_out_figure(analysis: Analysis) -> Figure:
    """Show the pooled estimate without each study in turn."""
    (result, options), choice = _pooled(analysis), analysis.choice
    trials, measure = result.trials, measure_of(choice)
    rows = leave_one_out(trials.yi, trials.vi, **options).assign(
        label=[f"{MINUS} {label}" for label in trials.label],
        people=(trials.people.sum() - trials.people).to_numpy(),
    )
    # The pooled estimates stand under each other as in a forest plot, and that of all studies is a diamond.
    each = rows.rename(columns={"estimate": "yi"}).assign(kind="trial", trial_id=rows.label)
    whole = result.summary_frame().query("kind == 'pooled'")
    whole = whole.assign(label="All studies", pi_low=np.nan, people=trials.people.sum(), weight=np.nan)
    drawn = ["trial_id", "label", "kind", "yi", "ci_low", "ci_high", "people"]
    summary = pd.concat([each[drawn], whole[[*drawn, "weight"]]], ignore_index=True)
    title = f"{choice['title']}: leave-one-out analysis"
    drawn = partial(
        forest,
        summary,
        title=title,
        unit=measure.head,
        favours=(choice["comparator"], choice["intervention"]),
        higher_is_better=choice["higher_is_better"],
        ratio=measure.ratio,
        x_label=choice["unit"],
    )
    effect, unit = (measure.label, "") if measure.ratio else ("difference", f" {measure.unit}")
    ends = map(measure.printed, (rows.estimate.min(), rows.estimate.max()))
    caption = (
        f"{choice['title']}: with each of the {result.k} estimates left out in turn, the pooled {effect} "
        f"ranges from {interval(*ends)}{unit}, and "
        f"{inside(seen_intervals(rows))} Each row names the estimate that was left out; the diamond includes "
        f"all {in_words(result.k)}."
    )
    columns = {
        "Left out": "label",
        "Estimates": "k",
        "Participants": "people",
        **effect_columns(choice),
        "tau\u00b2": "tau2",
    }
    alt = forest_alt(summary, choice["unit"], ratio=measure.ratio)
    return Figure(drawn(), alt, caption, table(title, rows, columns), drawn(narrow=True))


def influence_table(analysis: Analysis) -> Table:
    """Show how much each study changes the pooled estimate."""
    result, options = _pooled(analysis)
    rows = influence(result.trials.yi, result.trials.vi, **options)
    for name in ("label", "trial_id", "rows"):
        rows[name] = result.trials[name].to_numpy()
    columns = {
        "Study": Column("label", link=to_row),
        "Weight (%)": Column("weight", TENTH),
        "Deleted residual": "rstudent",
        "DFFITS": "dffits",
        "Cook's distance": "cook_d",
        "Covariance ratio": "cov_r",
        "tau\u00b2 without it": "tau2_del",
        "Q without it": "qe_del",
    }
    return table(f"{analysis.choice['title']}: influence of each study", rows, columns)


def _pooled(analysis: Analysis) -> tuple[Pooled, dict]:
    """Return a synthesis with the options that pooled it."""
    result = analysis.synthesis
    if not isinstance(result, Pooled):
        raise ValueError(f"{analysis.id}: {result.why}")
    return result, {"method": result.method, "interval": result.interval, "level": result.level}


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


# Dropouts and further trials


def completion_table(review: Review) -> Table:
    """Count who completed each trial that says so for both arms, and when they were counted."""
    questions = dict.fromkeys(review.evidence.trials.question)
    rows = pd.concat([completion(each, review.evidence) for each in questions], ignore_index=True)

    def stayed(role: str):
        return lambda row: f"{row[f'completed_{role}']} of {row[f'randomized_{role}']}"

    columns = {
        "Study": Column("label", link=to_trial),
        "Intervention": stayed("intervention"),
        "Comparator": stayed("comparator"),
        "Time of count": lambda row: _when(row["weeks_intervention"], row["weeks_comparator"]),
    }
    return table("Participants who completed, of those randomised", rows, columns)


def _when(*arms: float) -> str | None:
    """Name the time of a count once where both arms were counted at it."""
    said = dict.fromkeys(None if is_missing(at) else weeks(at) for at in arms)
    return " or ".join(at or "not reported" for at in said) if any(said) else None


def dropout_table(analysis: Analysis) -> Table:
    """Show each effect had those who left fared a standard deviation better or worse."""
    columns = {
        "Study": Column("label", link=to_trial),
        "Scenario": "case",
        "Participants who dropped out": "left",
        **effect_columns(analysis.choice, "yi"),
    }
    caption = "Exploratory best-case and worst-case imputation for participants who dropped out"
    return table(caption, dropout_cases(analysis.id, analysis.evidence), columns)


def needed_results_table(analysis: Analysis) -> Table:
    """Show, for each size of a further trial, which results would move the interval where."""
    found = change_our_mind(analysis.id, analysis.evidence)
    found["range"] = [_range(low, high) for low, high in zip(found.low, found.high, strict=True)]
    rows = found.pivot(index="n_per_arm", columns="goal", values="range").reset_index()
    columns = {"Participants per arm": "n_per_arm"} | GOALS
    caption = "Differences in one further trial that would change the conclusion from the pooled interval"
    return table(caption, rows.reindex(columns=list(columns.values())), columns)


def _range(low: float, high: float) -> str:
    if is_missing(low):
        return "no result"
    if np.isinf(low):
        return f"below {TENTH(high)}"
    return f"above {TENTH(low)}" if np.isinf(high) else interval(low, high, 1)


def trial_sizes_table(analysis: Analysis) -> Table:
    """Show how large a further trial must be, for a few results it might have."""
    found = trial_sizes(analysis.id, analysis.evidence)
    rows = found.assign(**{goal: found[goal].map(_size) for goal in GOALS.values()})
    columns = {"Assumed result": "supposed", "Difference": Column("difference", TENTH)} | GOALS
    caption = "Smallest further trial that would suffice, in participants per arm"
    return table(caption, rows, columns)


def _size(n: float) -> str:
    if is_missing(n):
        return "none up to 1,000"
    return "any" if n == 2 else f"{n:.0f}"


def information_table(analysis: Analysis) -> Table:
    """Show the information size that would be required, as a rough guide."""
    result = analysis.synthesis
    rows = [
        {"difference": difference, "power": power, "sd": seen_sd(result)}
        for difference in (analysis.thresholds if isinstance(result, Pooled) else ())
        for power in (0.8, 0.9)
    ]

    def needed(diversity: float | None) -> Column:
        return Column(
            lambda row: required_information(result, row["difference"], row["sd"], row["power"], diversity),
            lambda people: f"{np.ceil(people):,.0f}",
        )

    columns = {
        "To show a difference of": Column("difference", number),
        "Power": lambda row: percent(100 * row["power"]),
        "Participants needed, diversity as estimated": needed(None),
        "Participants needed, diversity 50%": needed(0.5),
        "Participants pooled": Column(lambda row: result.trials.people.sum(), ",.0f"),
    }
    return table("Required information size (a rough guide)", rows, columns)


# The method where the truth is known


def operating_figure(analysis: Analysis) -> Figure:
    """Show coverage and power of an analysis for few to many trials like those that it pools."""
    found, choice = operating_characteristics(analysis.id, analysis.evidence), analysis.choice
    difference = f"{number(analysis.meaning.thresholds[1])} {measure_of(choice).unit}"
    title = f"{choice['title']}: coverage and power of the method in simulations"
    level = analysis.synthesis.level
    drawn = partial(operating, found, level=level, difference=difference, title=title)
    caption = (
        f"{_coverage_words(found)} Coverage (top) and power (bottom) are shown for three confidence "
        "intervals in simulated meta-analyses of studies with the sizes and variances of those pooled here. "
        f"Power is for a true difference of {difference}. An interval has its nominal coverage where its "
        f"line is at {percent(100 * level)} or above. The primary analysis gives coverage priority over "
        "power."
    )
    heads = {
        "Coverage": "coverage",
        "Coverage of the prediction interval": "prediction",
        "Power at the smallest threshold": "power_lower",
        "Power at the largest threshold": "power_upper",
    }
    columns = {
        "Studies": "k",
        "I\u00b2": Column("i2", percent),
        "Interval": lambda row: INTERVAL_WORDS[row["interval"]],
        **{head: Column(name, lambda share: percent(100 * share, 1)) for head, name in heads.items()},
        "Bias": Column("bias", number),
        "Root mean squared error": Column("rmse", number),
        "Mean width": Column("width", number),
    }
    numbers = table(title, found, columns)
    return Figure(drawn(), operating_alt(found, difference), caption, numbers, drawn(narrow=True))


def _coverage_words(found: pd.DataFrame) -> str:
    """Say how often the intervals include the truth with the fewest trials, over all heterogeneity."""
    few = int(found.k.min())
    shares = found[found.k == few].groupby("interval").coverage.agg(["min", "max"]) * 100
    first, second = (
        f"{percent(shares.loc[name, 'min'])} to {percent(shares.loc[name, 'max'])}"
        for name in ("hk_adhoc", "wald")
    )
    return (
        f"With {few} studies, the {INTERVAL_WORDS['hk_adhoc']} interval includes the true effect in "
        f"{first} of syntheses, and the {INTERVAL_WORDS['wald']} interval in {second}."
    )
