"""Sensitivity analyses: trials left out, the protocol's alternatives, unavailable results, attrition."""

import numpy as np
import pandas as pd

from livingreview.effects import months_from_weeks, sd_from_se
from livingreview.effects.measures import measure_of
from livingreview.evidence import Evidence
from livingreview.statistics.kernel import Fits, one_analysis, pool_many
from livingreview.statistics.pooling import pool
from livingreview.statistics.synthesis import absent_trials, analysis, synthesise, tally

RESULT = ("estimate", "ci_low", "ci_high", "i2", "tau2", "pooled")
OPPOSITE = "the pooled effect with the sign reversed"
ROLES = ("intervention", "comparator")
MOST_IN_SUBSETS = 20


def leave_one_out(yi, vi, **pool_options) -> pd.DataFrame:
    """Pool the k trials without each of them in turn.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances, k at least 2.
    pool_options
        ``method, interval, level`` of `livingreview.statistics.kernel.pool_many`.

    Returns
    -------
    one row per trial left out, in the order of ``yi``
        ``estimate, se, ci_low, ci_high, pi_low, pi_high`` (unit of yi; no prediction below k = 3),
        ``p, tau2, i2`` (percent), ``q, q_p, k``.
    """
    yi, vi = one_analysis(yi, vi, 2, "leave one out")
    return _frame(pool_many(yi, vi, ~np.eye(len(yi), dtype=bool), **pool_options))


def subsets(yi, vi, **pool_options) -> pd.DataFrame:
    """Pool every combination of the k trials, k at most 20: 2^k - 1 analyses.

    Returns
    -------
    one row per combination, indexed by ``members``
        Bit i of ``members`` is set where trial i belongs, so that trial i is in the rows whose
        ``members >> i & 1`` is 1; then the columns of `leave_one_out`.

    References
    ----------
    Olkin, Dahabreh & Trikalinos (2012), Research Synthesis Methods 3.
    """
    yi, vi = one_analysis(yi, vi, 1, "combine")
    if len(yi) > MOST_IN_SUBSETS:
        raise ValueError(f"yi: must hold {MOST_IN_SUBSETS} trials or fewer to combine, got {len(yi)}")
    members = pd.RangeIndex(1, 2 ** len(yi), name="members")
    masks = members.to_numpy()[:, None] >> np.arange(len(yi)) & 1
    return _frame(pool_many(yi, vi, masks.astype(bool), **pool_options)).set_index(members)


def _frame(fits: Fits) -> pd.DataFrame:
    columns = "estimate se ci_low ci_high pi_low pi_high p tau2 i2 q q_p k".split()
    return pd.DataFrame({name: getattr(fits, name) for name in columns})


def influence(yi, vi, **pool_options) -> pd.DataFrame:
    """Diagnose each of k trials by what its deletion changes.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances, k at least 2.
    pool_options
        As in `leave_one_out`. An HK interval enters wherever the SE of an estimate does.

    Returns
    -------
    one row per trial, in the order of ``yi``
        ``rstudent`` (deleted residual over its SE), ``dffits`` and ``cook_d`` (shift of the estimate),
        ``cov_r`` (ratio of its variance without and with the trial), ``tau2_del, qe_del`` (tau2 and Q
        without it) and ``weight`` (percent).

    References
    ----------
    Viechtbauer & Cheung (2010), Research Synthesis Methods 1.
    """
    yi, vi = one_analysis(yi, vi, 2, "diagnose")
    whole, without = pool_many(yi, vi, **pool_options), leave_one_out(yi, vi, **pool_options)
    plain = leave_one_out(yi, vi, **(pool_options | {"interval": "wald"}))
    weight = 1 / (vi + whole.tau2)
    hat = weight / weight.sum()
    shift, variance = whole.estimate - without["estimate"], without["se"] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        own = (vi + without["tau2"]) * variance / plain["se"] ** 2  # by the HK factor, as in metafor
        columns = {
            "rstudent": (yi - without["estimate"]) / np.sqrt(own + variance),
            "dffits": shift / np.sqrt(hat * own),
            "cook_d": shift**2 / whole.se**2,
            "cov_r": variance / whole.se**2,
            "tau2_del": without["tau2"],
            "qe_del": without["q"],
            "weight": 100 * hat,
        }
    return pd.DataFrame(columns)


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
    people = int(result.trials.people.sum() + absent.people.sum())
    options = {"method": result.method, "interval": result.interval, "level": result.level}
    suppositions = {
        "exactly no effect": 0.0,
        "the pooled effect": result.estimate,
        OPPOSITE: -result.estimate,
    }
    rows = []
    for label, effect in suppositions.items():
        yi = np.append(result.trials.yi, np.full(len(absent), effect))
        again = pool(yi, np.append(result.trials.vi, scale / absent.people), **options)
        limits = {key: getattr(again, key) for key in ("estimate", "ci_low", "ci_high")}
        rows.append({"choice": label, "units": again.k, "people": people} | limits)
    return pd.DataFrame(rows)


def completion(question: str, evidence: Evidence) -> pd.DataFrame:
    """Count who completed, in the randomized trials of a question that say so for both arms.

    Returns
    -------
    one row per trial of two arms
        ``trial_id, label``, and of each role the people ``randomized_*`` and ``completed_*`` and the
        ``weeks_*`` after which the latter were counted (NaN where the card does not say).
    """
    trials, rows = evidence.trials, []
    for trial in trials[(trials.question == question) & (trials.status == "included")].itertuples():
        arms = evidence.arms[evidence.arms.trial_id == trial.trial_id].set_index("role")
        if sorted(arms.index) == sorted(ROLES) and arms[["randomized", "completed"]].notna().all(axis=None):
            row = {"trial_id": trial.trial_id, "label": trial.label}
            for role in ROLES:
                row |= {f"{what}_{role}": int(arms.loc[role, what]) for what in ("randomized", "completed")}
                row[f"weeks_{role}"] = arms.loc[role, "completed_weeks"]
            rows.append(row)
    columns = [f"{what}_{role}" for what in ("randomized", "completed", "weeks") for role in ROLES]
    return pd.DataFrame(rows, columns=["trial_id", "label", *columns])


def dropout_cases(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """Move each effect of an analysis by what the people who left could at most have done to it.

    Whoever left is supposed to have fared one standard deviation better or worse than those of the
    same arm who stayed: in the best case worse with the comparator and better with the intervention,
    in the worst case the other way round.

    Returns
    -------
    three rows per trial of `completion` whose effect comes from arms
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
