"""Fills in the trials that a symmetric funnel would hold, and pools again."""

from dataclasses import dataclass, field

import numpy as np

from alsreview.kernel import pool_many
from alsreview.kernel.checks import one_analysis
from alsreview.pooling import Pooled, pool
from alsreview.smallstudy.asymmetry import egger

MOST_ROUNDS = 100


@dataclass(frozen=True, eq=False)
class Filled:
    """Hold one trim-and-fill.

    ``k0`` trials are missing on the ``side`` "left" or "right"; ``pooled`` is the synthesis with
    them, ``yi`` and ``vi`` are theirs, in the order of the trials that they mirror.
    """

    k0: int
    side: str
    pooled: Pooled = field(repr=False)
    yi: np.ndarray = field(repr=False)
    vi: np.ndarray = field(repr=False)


def trim_and_fill(
    yi, vi, estimator="L0", *, side=None, method="REML", interval="hk_guarded", level=0.95
) -> Filled:
    """Estimate how many trials are missing from one side of the funnel, and pool as if they were there.

    Parameters
    ----------
    yi, vi : (k,)
        Effects and their sampling variances, k at least 3.
    estimator : "L0", "R0" or "Q0"
        Of the number missing.
    side : "left" or "right", optional
        Where trials are missing; by default where Egger's regression (form "rma") points.
    method, interval, level
        As in `pool`.

    Raises
    ------
    ValueError
        If the variances are all equal and no side is given, the estimator does not exist for these
        trials, or the rounds of trimming do not settle.

    References
    ----------
    Duval & Tweedie (2000), Biometrics 56, and Journal of the American Statistical Association 95.
    """
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator: must be one of {', '.join(ESTIMATORS)}, got {estimator!r}")
    yi, vi = one_analysis(yi, vi, 3, "trim and fill")
    side = _side(yi, vi, method) if side is None else side
    if side not in ("left", "right"):
        raise ValueError(f"side: must be left or right, got {side!r}")
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * yi, kind="stable")
    y, v = sign * yi[order], vi[order]
    k0, centre = _trim(y, v, estimator, method)
    first = len(y) - k0
    filled, variances = sign * (2 * centre - y[first:]), v[first:]
    pooled = pool(
        np.append(yi, filled), np.append(vi, variances), method=method, interval=interval, level=level
    )
    return Filled(k0, side, pooled, filled, variances)


def _side(yi, vi, method):
    if np.ptp(vi) == 0:
        raise ValueError(f"side: must be given when no trial is more precise, all vi are {vi[0]}")
    # metafor's rule: small trials with lower effects mean that the right is bare
    return "right" if egger(yi, vi, "rma", method=method).slope < 0 else "left"


def _trim(y, v, estimator, method):
    """Take trials off the right of the funnel until their number no longer changes."""
    k, k0 = len(y), 0
    for _ in range(MOST_ROUNDS):
        centre = pool_many(y[: k - k0], v[: k - k0], method=method).estimate[0]
        gap = y - centre
        ranks = np.empty(k)
        ranks[np.argsort(np.abs(gap), kind="stable")] = np.arange(1, k + 1)
        before, k0 = k0, max(0, round(ESTIMATORS[estimator](np.sign(gap) * ranks, k)))
        if k0 == before:
            return k0, centre
    raise ValueError(f"estimator: {estimator} does not settle in {MOST_ROUNDS} rounds for these trials")


def _l0(signed, k):
    return (4 * _positive(signed) - k * (k + 1)) / (2 * k - 1)


def _r0(signed, k):
    if not (signed < 0).any():
        raise ValueError("estimator: R0 does not exist where no trial lies left of the centre")
    return k + signed.min() - 1


def _q0(signed, k):
    inside = 2 * k**2 - 4 * _positive(signed) + 0.25
    if inside < 0:
        raise ValueError("estimator: Q0 does not exist for these trials (root of a negative number)")
    return k - 0.5 - np.sqrt(inside)


def _positive(signed):
    return signed[signed > 0].sum()


ESTIMATORS = {"L0": _l0, "R0": _r0, "Q0": _q0}
