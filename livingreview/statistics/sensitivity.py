"""Sensitivity analyses: the protocol's alternatives, unavailable results, and participants who left."""

import numpy as np
import pandas as pd

from livingreview.effects import months_from_weeks, sd_from_se
from livingreview.effects.measures import measure_of
from livingreview.evidence import Evidence
from livingreview.statistics.pooling import pool
from livingreview.statistics.synthesis import absent_trials, analysis, synthesise, tally

RESULT = ("estimate", "ci_low", "ci_high", "i2", "tau2", "pooled")
OPPOSITE = "the pooled effect with the sign reversed"
ROLES = ("intervention", "comparator")


def alternatives(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """Run an analysis under each of its alternatives.

    Returns
    -------
    one row for the protocol's own choice, then one per alternative
        ``choice, why, units, people, estimate, ci_low, ci_high, i2, tau2, pooled``. A single estimate is
        shown as it is, and ``pooled`` is then False; without any, the numbers are missing.
    """
    choice = analysis(analysis_id, evidence)
    named = {None: {"label": "Primary analysis", "why": ""}} | choice.get("alternatives", {})
    rows = []
    for key, other in named.items():
        result = synthesise(analysis_id, evidence, key)
        found = tally(result.trials, evidence) | {name: getattr(result, name) for name in RESULT}
        rows.append({"choice": other["label"], "why": other["why"]} | found)
    return pd.DataFrame(rows, columns=["choice", "why", "units", "people", *RESULT])


def what_if_unread(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """Pool once more as if the unread trials had shown no effect, the mean effect, or its opposite.

    The variance of an unread trial is that of a pooled unit scaled by people: the mean of ``vi`` times
    people over the pooled units, divided by the people of the trial. A what-if, not a result.

    Returns
    -------
    one row per supposition
        ``choice, units, people, estimate, ci_low, ci_high``; empty when the analysis is not pooled.
    """
    result = synthesise(analysis_id, evidence)
    absent = absent_trials(analysis_id, evidence).dropna(subset=["people"])
    if not result.pooled or absent.empty:
        return pd.DataFrame(columns=["choice", "units", "people", "estimate", "ci_low", "ci_high"])
    scale = float((result.trials.vi * result.trials.people).mean())
    suppositions = {
        "exactly no effect": 0.0,
        "the pooled effect": result.estimate,
        OPPOSITE: -result.estimate,
    }
    rows = []
    for label, effect in suppositions.items():
        again = pool(
            np.append(result.trials.yi, np.full(len(absent), effect)),
            np.append(result.trials.vi, scale / absent.people),
            method=result.method,
            interval=result.interval,
            level=result.level,
        )
        people = int(result.trials.people.sum() + absent.people.sum())
        limits = {key: getattr(again, key) for key in ("estimate", "ci_low", "ci_high")}
        rows.append({"choice": label, "units": again.k, "people": people} | limits)
    return pd.DataFrame(rows)


def completion(question: str, evidence: Evidence) -> pd.DataFrame:
    """Count who completed, in the randomized trials of a question that say so for both arms.

    Returns
    -------
    one row per trial
        ``trial_id, label``, and of each role the people ``randomized_*`` and ``completed_*`` and the
        ``weeks_*`` after which the latter were counted (NaN where the card does not say). Trials without
        both counts for every arm are not listed; those with other than two arms neither.
    """
    rows = []
    for trial in evidence.trials[
        evidence.trials.question.eq(question) & evidence.trials.status.eq("included")
    ].itertuples():
        arms = evidence.arms[evidence.arms.trial_id == trial.trial_id].set_index("role")
        if sorted(arms.index) == sorted(ROLES) and arms[["randomized", "completed"]].notna().all(axis=None):
            counts = {
                f"{what}_{role}": int(arms.loc[role, what])
                for what in ("randomized", "completed")
                for role in ROLES
            }
            counts |= {f"weeks_{role}": arms.loc[role, "completed_weeks"] for role in ROLES}
            rows.append({"trial_id": trial.trial_id, "label": trial.label} | counts)
    columns = [f"{what}_{role}" for what in ("randomized", "completed", "weeks") for role in ROLES]
    return pd.DataFrame(rows, columns=["trial_id", "label", *columns])


def dropout_cases(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """Move each effect of an analysis by what the people who left could at most have done to it.

    Whoever left is supposed to have fared one standard deviation better or worse than those of the
    same arm who stayed: in the best case worse with the comparator and better with the intervention,
    in the worst case the other way round.

    Returns
    -------
    three rows per trial whose effect comes from arms, and whose card counts who was randomized and
    who completed in both
        ``trial_id, label, case`` ("as reported", "best", "worst"), ``yi, ci_low, ci_high`` (unit of the
        analysis; the interval keeps the variance of those seen, since suppositions add no
        precision) and ``left`` (people).
    """
    choice, result = analysis(analysis_id, evidence), synthesise(analysis_id, evidence)
    counts = completion(choice["question"], evidence).set_index("trial_id")
    rows = []
    for trial in result.trials.itertuples():
        if trial.trial_id in counts.index and all("arms.csv" in place for place in trial.rows):
            rows += _cases(trial, counts.loc[trial.trial_id], evidence, choice)
    return pd.DataFrame(rows, columns=["trial_id", "label", "case", "left", "yi", "ci_low", "ci_high"])


def _cases(trial, counts, evidence, choice: dict) -> list[dict]:
    arms = evidence.rows["results"][trial.trial_id]
    used = [row for place in trial.rows for row in arms if f"{row['file']}:{row['line']}" == place]
    gone = [counts[f"randomized_{role}"] - counts[f"completed_{role}"] for role in ROLES]
    missing = [left / counts[f"randomized_{role}"] for left, role in zip(gone, ROLES, strict=True)]
    spread = [_sd(row, counts[f"completed_{role}"]) for row, role in zip(used, ROLES, strict=True)]
    shift = float(np.dot(missing, spread)) * (1 if choice["higher_is_better"] else -1)
    measure = measure_of(choice)
    if trial.estimate_kind == "slope" and measure.points and not measure.monthly:
        shift *= months_from_weeks(trial.timepoint_weeks)
    named = {"trial_id": trial.trial_id, "label": trial.label, "left": int(sum(gone))}
    return [
        named | {"case": case} | {key: getattr(trial, key) + move for key in ("yi", "ci_low", "ci_high")}
        for case, move in (("as reported", 0.0), ("best", shift), ("worst", -shift))
    ]


def _sd(row: dict, n: int) -> float:
    return row["sd"] if np.isfinite(row["sd"]) else sd_from_se(row["se"], n)
