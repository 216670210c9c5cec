"""Choose the axis of a forest plot, and cut to it what would leave it."""

import math

import numpy as np
import pandas as pd

SQUEEZE = 8  # times; what reaches further than this many times its peers leaves the axis
RATIO_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
RATIO_TICKS_FINE = (0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4)


def axis_domain(frame: pd.DataFrame, extra: tuple[float, ...] = ()) -> tuple[float, float]:
    """Return axis limits that hold no difference, ``extra`` and all but far outlying limits."""
    trials = frame[frame["kind"].isin(["trial", "composite"])]
    limits = _finite(trials)
    low = high = 0.0
    if limits.size:
        quarter, three_quarters = np.quantile(limits, [0.25, 0.75])
        fence, reach = 2.5 * (three_quarters - quarter), SQUEEZE * _usual_reach(trials)
        near = np.abs(limits) <= reach
        inside = limits[(limits >= quarter - fence) & (limits <= three_quarters + fence) & near]
        low, high = min([*inside, 0.0]), max([*inside, 0.0])
    pooled = _finite(frame[frame["kind"].isin(["pooled", "prediction"])])
    if pooled.size and np.ptp(pooled) <= SQUEEZE * ((high - low) or np.inf):
        low, high = min(low, pooled.min()), max(high, pooled.max())
    low, high = min([low, *extra]), max([high, *extra])
    margin = 0.05 * (high - low) or 1.0
    return float(low - margin), float(high + margin)


def _usual_reach(trials: pd.DataFrame) -> float:
    """Return how far from no difference the middle trial reaches; of an even number, the nearer one.

    Quartiles cannot tell one far trial among two or three from the rest; this can.
    """
    each = trials[["yi", "ci_low", "ci_high"]].abs().max(axis=1).replace(np.inf, np.nan).dropna()
    middle = each[each > 0].sort_values()
    return float(middle.iloc[(len(middle) - 1) // 2]) if len(middle) else math.inf


def _finite(frame: pd.DataFrame) -> np.ndarray:
    limits = frame[["yi", "ci_low", "ci_high"]].to_numpy().ravel()
    return limits[np.isfinite(limits)]


def leaving(frame: pd.DataFrame, domain: tuple[float, float]) -> dict[str, pd.DataFrame]:
    """Return the rows whose interval goes on to the left of the axis, and those to its right."""
    low, high = (frame[column].fillna(frame["yi"]) for column in ("ci_low", "ci_high"))
    return {"left": frame[low < domain[0]], "right": frame[high > domain[1]]}


def ratio_ticks(domain: tuple[float, float]) -> list[float]:
    """Return round ratios inside a domain of logs."""
    for ticks in (RATIO_TICKS, RATIO_TICKS_FINE):
        inside = [t for t in ticks if domain[0] <= math.log(t) <= domain[1]]
        if len(inside) >= 3:
            return inside
    return [round(math.exp(v), 2) for v in (domain[0], 0.0, domain[1])]


def diamond(row: dict, domain: tuple[float, float], half: float = 8.0) -> list[dict]:
    """Return the corners of a pooled row's diamond, cut where the axis ends."""
    estimate, low, high = row["yi"], row["ci_low"], row["ci_high"]
    if not all(map(math.isfinite, (estimate, low, high))):
        return []
    if not domain[0] < estimate < domain[1]:
        return []
    points = [(estimate, half)]
    for limit, edge in ((low, max(low, domain[0])), (high, min(high, domain[1]))):
        points.append((edge, half * (1 - (edge - estimate) / (limit - estimate or 1))))
    return [{"x": x, "top": row["y"] - h, "bottom": row["y"] + h} for x, h in sorted(points)]
