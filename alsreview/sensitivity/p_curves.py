"""Gives the p-value of every effect that one could suppose, for each trial and for the pooled effect."""

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from alsreview.pooling import FEWEST_FOR_PREDICTION, Pooled

LEVELS = (0.5, 0.8, 0.95, 0.99)
TRIALS = ("trial", "composite")
POINTS = 81  # of a curve, around its peak
MOST_CURVES = 40  # more of them could not be told apart, and would make the page heavy


def p_curves(result: Pooled) -> pd.DataFrame:
    """Compute the p-value functions of a synthesis.

    Parameters
    ----------
    result : a meta-analysis

    Returns
    -------
    one row per unit and supposed effect
        ``label``, ``kind`` ("trial", "composite", "pooled" or, from five units, "prediction"), ``effect``
        (the supposed effect, unit of ``yi``) and ``p`` (two-sided, of that effect). With more than
        `MOST_CURVES` units, those that were pooled have none.

    References
    ----------
    Rücker & Schwarzer (2021), Research Synthesis Methods 12, doi:10.1002/jrsm.1410.
    """
    units = curve_units(result)
    drawn = units if len(units) <= MOST_CURVES else units[~units.kind.isin(TRIALS)]
    ends = [(units.estimate - 3 * units.se).min(), (units.estimate + 3 * units.se).max()]
    parts = []
    for unit in drawn.itertuples():
        # Dense around the peak, and out to where the widest curve ends.
        near = unit.estimate + unit.se * np.linspace(-4, 4, POINTS)
        near = near[(near >= ends[0]) & (near <= ends[1])]
        at = np.union1d(near, [*ends, *np.linspace(*ends, 21), unit.estimate, 0.0])
        p = two_sided((at - unit.estimate) / unit.se, unit.df)
        parts.append(pd.DataFrame({"label": unit.label, "kind": unit.kind, "effect": at, "p": p}))
    return pd.concat(parts, ignore_index=True)


def curve_units(result: Pooled) -> pd.DataFrame:
    """List what the curves belong to, the pooled effect last.

    Returns
    -------
    one row per curve
        ``trial_id, label, kind, estimate, se`` (unit of ``yi``), ``df`` (infinite: normal), ``p_zero``
        (p of no effect) and, for each of `LEVELS`, ``low_50`` and ``high_50`` to ``low_99`` and ``high_99``.
    """
    frame = result.summary_frame().iloc[:-1]
    rows = frame[["trial_id", "label", "kind"]].assign(
        estimate=frame.yi, se=result.trials.se.to_numpy(), df=np.inf
    )
    df = np.inf if result.interval == "wald" else result.k - 1
    own = {"trial_id": "", "estimate": result.estimate, "df": df}
    last = [own | {"label": "Pooled", "kind": "pooled", "se": result.se}]
    if result.k >= FEWEST_FOR_PREDICTION:
        spread = float(np.hypot(result.se, np.sqrt(result.tau2)))
        last.insert(0, own | {"label": "A further trial", "kind": "prediction", "se": spread})
    units = pd.concat([rows, pd.DataFrame(last)], ignore_index=True)
    units["p_zero"] = two_sided(units.estimate / units.se, units.df)
    for level in LEVELS:
        half = units.se * [_quantile(level, df) for df in units.df]
        units[f"low_{level * 100:.0f}"], units[f"high_{level * 100:.0f}"] = (
            units.estimate - half,
            units.estimate + half,
        )
    return units


def two_sided(statistic, df):
    """Compute two-sided p-values of t, or of the normal distribution where ``df`` is infinite."""
    below = -np.abs(np.asarray(statistic, dtype=float))
    finite = np.where(np.isinf(df), 1.0, df)
    return 2 * np.where(np.isinf(df), ndtr(below), stdtr(finite, below))


def _quantile(level: float, df: float) -> float:
    upper = (1 + level) / 2
    return float(ndtri(upper) if np.isinf(df) else stdtrit(df, upper))
