"""Shows tables of what is supposed and not seen: people who left, a further trial, how much is needed."""

import numpy as np
import pandas as pd

from livingreview.exhibits.places import trial_address
from livingreview.formats import interval, is_missing, number, weeks
from livingreview.reviews import Analysis, Review
from livingreview.statistics import (
    Pooled,
    change_our_mind,
    completion,
    dropout_cases,
    required_information,
    seen_sd,
    trial_sizes,
)
from livingreview.tables import Table, html_table

GOAL_WORDS = {
    "above_zero": "Whole interval above zero",
    "above_lower": "Whole interval above the lower threshold",
    "above_upper": "Whole interval above the upper threshold",
    "below_lower": "Whole interval below the lower threshold",
}


def completion_table(review: Review) -> Table:
    """Count who completed each trial that says so for both arms, and when they were counted."""
    questions = dict.fromkeys(review.evidence.trials.question)
    rows = pd.concat([completion(each, review.evidence) for each in questions], ignore_index=True)
    for role in ("intervention", "comparator"):
        pairs = zip(rows[f"completed_{role}"], rows[f"randomized_{role}"], strict=True)
        rows[role] = [f"{stayed} of {n}" for stayed, n in pairs]
    times = zip(rows.weeks_intervention, rows.weeks_comparator, strict=True)
    rows["when"] = [_when(*pair) for pair in times]
    columns = {"label": "Study", "intervention": "Intervention", "comparator": "Comparator"}
    columns |= {"when": "Time of count"}
    return html_table(
        rows,
        caption="Participants who completed, of those randomised",
        columns=columns,
        links={"label": lambda row: trial_address(row["trial_id"])},
    )


def _when(*arms: float) -> str | None:
    """Name the time of a count once where both arms were counted at it."""
    said = dict.fromkeys(None if is_missing(at) else weeks(at) for at in arms)
    return " or ".join(at or "not reported" for at in said) if any(said) else None


def dropout_table(analysis: Analysis) -> Table:
    """Show each effect had those who left fared a standard deviation better or worse."""
    found = dropout_cases(analysis.id, analysis.evidence)
    rows = found.assign(
        interval=[interval(low, high) for low, high in zip(found.ci_low, found.ci_high, strict=True)]
    )
    columns = {
        "label": "Study",
        "case": "Scenario",
        "left": "Participants who dropped out",
        "yi": f"Difference ({analysis.choice['unit']})",
        "interval": "95% CI",
    }
    return html_table(
        rows,
        caption="Exploratory best-case and worst-case imputation for participants who dropped out",
        columns=columns,
        formats={"yi": lambda v: number(v, 2)},
        links={"label": lambda row: trial_address(row["trial_id"])},
    )


def needed_results_table(analysis: Analysis) -> Table:
    """Show, for each size of a further trial, which results would move the interval where."""
    found = change_our_mind(analysis.id, analysis.evidence)
    found["range"] = [_range(low, high) for low, high in zip(found.low, found.high, strict=True)]
    rows = found.pivot(index="n_per_arm", columns="goal", values="range").reset_index()
    columns = {"n_per_arm": "Participants per arm"} | GOAL_WORDS
    return html_table(
        rows.reindex(columns=list(columns)),
        caption="Differences in one further trial that would change the conclusion from the pooled interval",
        columns=columns,
    )


def _range(low: float, high: float) -> str:
    if is_missing(low):
        return "no result"
    if np.isinf(low):
        return f"below {number(high, 1)}"
    return f"above {number(low, 1)}" if np.isinf(high) else interval(low, high, 1)


def trial_sizes_table(analysis: Analysis) -> Table:
    """Show how large a further trial must be, for a few results it might have."""
    found = trial_sizes(analysis.id, analysis.evidence)
    rows = found.assign(**{goal: [_size(n) for n in found[goal]] for goal in GOAL_WORDS})
    columns = {"supposed": "Assumed result", "difference": "Difference"} | GOAL_WORDS
    return html_table(
        rows,
        caption="Smallest further trial that would suffice, in participants per arm",
        columns=columns,
        formats={"difference": lambda v: number(v, 1)},
    )


def _size(n) -> str:
    if is_missing(n):
        return "none up to 1,000"
    return "any" if n == 2 else f"{n:.0f}"


def information_table(analysis: Analysis) -> Table:
    """Show the information size that would be required, as a rough guide."""
    result = analysis.synthesis
    people = result.trials.people.sum()
    rows = [
        {"difference": difference, "power": f"{100 * power:.0f}%", "seen": people}
        | {
            name: required_information(result, difference, seen_sd(result), power, diversity)
            for name, diversity in (("estimated", None), ("half", 0.5))
        }
        for difference in (analysis.thresholds if isinstance(result, Pooled) else ())
        for power in (0.8, 0.9)
    ]
    columns = {
        "difference": "To show a difference of",
        "power": "Power",
        "estimated": "Participants needed, diversity as estimated",
        "half": "Participants needed, diversity 50%",
        "seen": "Participants pooled",
    }
    whole = dict.fromkeys(("estimated", "half", "seen"), lambda v: f"{np.ceil(v):,.0f}")
    return html_table(
        pd.DataFrame(rows, columns=list(columns)),
        caption="Required information size (a rough guide)",
        columns=columns,
        formats=whole | {"difference": lambda v: number(v, 2)},
    )
