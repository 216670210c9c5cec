"""Shows how far an answer moves under the protocol's other defensible choices and under what was not read."""

import numpy as np
import pandas as pd

from alsreview.evidence import load_evidence
from alsreview.pooling import absent_trials, analysis, pool, synthesise, tally

COLUMNS = [
    "choice",
    "why",
    "units",
    "people",
    "estimate",
    "ci_low",
    "ci_high",
    "i2",
    "tau2",
    "pooled",
]


def alternatives(analysis_id: str, *, root=None) -> pd.DataFrame:
    """Run an analysis under each of its alternatives.

    Returns
    -------
    one row for the protocol's own choice, then one per alternative
        ``choice, why, units, people, estimate, ci_low, ci_high, i2, tau2, pooled``; the numbers are
        missing where fewer than two units remain, ``pooled`` is then False.
    """
    choice = analysis(analysis_id, load_evidence(root))
    named = {None: {"label": "Primary analysis", "why": ""}} | choice.get("alternatives", {})
    rows = [
        {"choice": other["label"], "why": other["why"]}
        | _row(synthesise(analysis_id, alternative=key, root=root), root)
        for key, other in named.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(result, root) -> dict:
    counts = tally(result.trials, root)
    only = result.trials.iloc[0] if len(result.trials) == 1 else None
    source = result if hasattr(result, "estimate") else None
    if source is None and only is not None:
        # A single estimate is shown as it is, never called pooled.
        return counts | {
            "estimate": only.yi,
            "ci_low": only.ci_low,
            "ci_high": only.ci_high,
            "pooled": False,
        }
    keys = ("estimate", "ci_low", "ci_high", "i2", "tau2")
    return counts | {key: getattr(source, key, np.nan) for key in keys} | {"pooled": source is not None}


def what_if_unread(analysis_id: str, *, root=None) -> pd.DataFrame:
    """Pool once more as if the unread trials had shown no effect, the mean effect, or its opposite.

    The variance of an unread trial is that of a pooled unit scaled by people: the mean of ``vi`` times
    people over the pooled units, divided by the people of the trial. A what-if, not a result.

    Returns
    -------
    one row per supposition
        ``choice, units, people, estimate, ci_low, ci_high``; empty when the analysis is not pooled.
    """
    result = synthesise(analysis_id, root=root)
    absent = absent_trials(analysis_id, root=root).dropna(subset=["people"])
    if not hasattr(result, "estimate") or absent.empty:
        return pd.DataFrame(columns=["choice", "units", "people", "estimate", "ci_low", "ci_high"])
    scale = float((result.trials.vi * result.trials.people).mean())
    suppositions = {
        "exactly no effect": 0.0,
        "the pooled effect": result.estimate,
        "its opposite": -result.estimate,
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
        rows.append({"choice": label, "units": again.k, "people": people} | _limits(again))
    return pd.DataFrame(rows)


def _limits(pooled) -> dict:
    return {key: getattr(pooled, key) for key in ("estimate", "ci_low", "ci_high")}
