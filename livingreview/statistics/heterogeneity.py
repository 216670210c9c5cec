"""Estimates the variance between trials, tau2, by REML, ML, DerSimonian-Laird or Paule-Mandel.

The estimators know no trials but ask an object that holds them, `livingreview.statistics.kernel.Columns` or
the contrasts of a meta-regression, for sums weighted by 1 / (v + tau2); so one solver serves both.
"""

import numpy as np

BLOCK = 2**20  # elements of an array worked on at once, so that memory stays flat
FEWEST_ABREAST = 16
STRIDE = 2.0  # between the nodes of (smallest variance + tau2) searched for likelihood peaks, at most
FEWEST_CELLS = 10  # two peaks of four trials can lie within one stride
MOST_STEPS = 200


def abreast(size):
    """Return how many arrays of a size to work on at once: few abreast are slower than one by one."""
    return BLOCK // size if BLOCK // size >= FEWEST_ABREAST else 1


def estimate_tau2(trials, df, fixed, method):
    """Estimate tau2 of each of B analyses.

    Parameters
    ----------
    trials : gives ``weigh``, ``take``, ``nodes`` and ``log_likelihood``
    df : (B,) degrees of freedom of Q
    fixed : the trials weighed with tau2 = 0
    """
    if method == "EE":
        return np.zeros(len(df))
    if method in ("REML", "ML"):
        return _most_likely(trials, method, fixed)
    # A single trial has no df and Q = 0, hence tau2 = 0.
    some = np.maximum(df, 1)
    moment = np.maximum((fixed.q - some) / np.where(df > 0, fixed.trace, 1.0), 0.0)
    return moment if method == "DL" else solve_q(trials, some, moment)


def solve_q(trials, target, start):
    """Solve Q(tau2) = target, or return 0 where Q never reaches it.

    1/Q is concave and rises, being a harmonic sum of lines, so that Newton's steps on it reach the root from
    any start: none but the first can overshoot.
    """
    tau2 = start
    for _ in range(MOST_STEPS):
        at = trials.weigh(tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = tau2 + (at.q / target - 1) * at.q / at.ypp
        new = np.where(at.ypp > 0, np.maximum(new, 0.0), 0.0)
        settled = _settled(tau2, new, trials)
        tau2 = new
        if settled.all():
            break
    return tau2


def _settled(old, new, trials):
    # Steps shrink quadratically: after one of 1e-9 the next would be below rounding.
    return np.abs(new - old) <= 1e-9 * new + 1e-16 * trials.least


def _most_likely(trials, method, fixed):
    """Find every peak of the likelihood, zero included, and take the highest."""
    nodes, slope = _scan(trials, method, fixed)
    cell, row = np.nonzero((slope[:-1] < 0) & (slope[1:] >= 0))
    low, high = nodes[cell, row], nodes[cell + 1, row]
    left, right = slope[cell, row], slope[cell + 1, row]
    peak = _climb(trials.take(row), low, high, low + (high - low) * left / (left - right), method)
    edge = np.flatnonzero(slope[0] >= 0)
    row, peak = np.concatenate([edge, row]), np.concatenate([np.zeros(len(edge)), peak])
    height = np.zeros(len(row))
    rivals = np.bincount(row, minlength=slope.shape[1])[row] > 1
    if rivals.any():
        height[rivals] = trials.take(row[rivals]).log_likelihood(peak[rivals], method)
    tau2, order = np.zeros(slope.shape[1]), np.argsort(height, kind="stable")
    tau2[row[order]] = peak[order]  # the last written, hence the highest, stays
    return tau2


def _scan(trials, method, fixed):
    """Return nodes of tau2 from 0 to beyond every peak, and 1 - d/dtau2 towards a peak at each.

    Up to ``bends`` the nodes are geometric in (smallest variance + tau2), the scale on which the likelihood
    bends; from there to ``ceiling`` lies one peak at most, in one cell.
    """
    ceiling, bends = trials.reach(method)
    least, reach = trials.least, np.log1p(bends / trials.least)
    cells = max(FEWEST_CELLS, int(np.ceil(reach.max() / np.log(STRIDE))))
    nodes = least * np.expm1(np.linspace(0, 1, cells + 1)[:, None] * reach)
    nodes = np.concatenate([nodes, ceiling[None]])
    slope, width = np.empty_like(nodes), abreast(trials.size)
    slope[0] = _slope(fixed, method)  # the first node is 0, whose weights are known
    wide = trials.broadcast()
    for start in range(1, len(nodes), width):
        part = slice(start, start + width)
        slope[part] = _slope(wide.weigh(nodes[part]), method)
    return nodes, slope


def _slope(at, method):
    with np.errstate(divide="ignore", invalid="ignore"):
        return at.side(method) / at.ypp - 1


def _climb(trials, low, high, tau2, method):
    """Solve tr P = y'PPy (REML) or tr W = y'PPy (ML) between low and high by guarded Newton.

    The steps are taken on the ratio of the two sides, a line in tau2 when variances are equal.
    """
    for _ in range(MOST_STEPS):
        at = trials.weigh(tau2)
        side, fall = at.side(method), at.fall(method)
        rises = at.ypp > side
        low, high = np.where(rises, tau2, low), np.where(rises, high, tau2)
        bend = 2 * side * at.yppp() - fall * at.ypp
        with np.errstate(divide="ignore", invalid="ignore"):
            new = tau2 + (at.ypp - side) * at.ypp / bend
        new = np.where((new >= low) & (new <= high), new, (low + high) / 2)
        settled = _settled(tau2, new, trials)
        tau2 = new
        if settled.all():
            break
    return tau2
