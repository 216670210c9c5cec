"""Estimates the variance between trials, for many analyses at once."""

import numpy as np

from alsreview.kernel.weights import abreast, dot, weigh

STRIDE = 2.0  # between the nodes of (smallest variance + tau2) searched for likelihood peaks, at most
FEWEST_CELLS = 10  # two peaks of four trials can lie within one stride
MOST_STEPS = 200


def estimate_tau2(y, v, k, fixed, method):
    if method == "EE":
        return np.zeros(len(k))
    if method in ("REML", "ML"):
        return _most_likely(y, v, method, fixed)
    df = np.maximum(k - 1, 1)  # k = 1 has Q = 0, hence tau2 = 0
    moment = np.maximum((fixed.q - df) / np.where(k > 1, fixed.trace, 1.0), 0.0)
    return moment if method == "DL" else solve_q(y, v, df, moment)


def solve_q(y, v, target, start):
    """Solve Q(tau2) = target, or give 0 where Q never reaches it.

    1/Q is concave and rises, being a harmonic sum of lines, so that Newton's steps on it reach the
    root from any start: none but the first can overshoot.
    """
    tau2 = start
    for _ in range(MOST_STEPS):
        at = weigh(y, v, tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = tau2 + (at.q / target - 1) * at.q / at.ypp
        new = np.where(at.ypp > 0, np.maximum(new, 0.0), 0.0)
        settled = _settled(tau2, new, v)
        tau2 = new
        if settled.all():
            break
    return tau2


def _settled(old, new, v):
    # Steps shrink quadratically: after one of 1e-9 the next would be below rounding.
    return np.abs(new - old) <= 1e-9 * new + 1e-16 * v[0]


def _most_likely(y, v, method, fixed):
    nodes, slope = _scan(y, v, method, fixed)
    cell, row = np.nonzero((slope[:-1] < 0) & (slope[1:] >= 0))
    low, high = nodes[cell, row], nodes[cell + 1, row]
    left, right = slope[cell, row], slope[cell + 1, row]
    start = low + (high - low) * left / (left - right)
    peak = _climb(y[:, row], v[:, row], low, high, start, method)
    edge = np.flatnonzero(slope[0] >= 0)
    row, peak = np.concatenate([edge, row]), np.concatenate([np.zeros(len(edge)), peak])
    height = np.zeros(len(row))
    rivals = np.bincount(row, minlength=y.shape[1])[row] > 1
    if rivals.any():
        height[rivals] = _log_likelihood(y[:, row[rivals]], v[:, row[rivals]], peak[rivals], method)
    tau2, order = np.zeros(y.shape[1]), np.argsort(height, kind="stable")
    tau2[row[order]] = peak[order]  # the last written, hence the highest, stays
    return tau2


def _scan(y, v, method, fixed):
    """Give nodes of tau2 from 0 to beyond every peak, and 1 - d/dtau2 towards a peak at each.

    Above (largest - 2 * smallest variance) y'PPy falls faster than either trace, as -2 / (largest +
    tau2) against -1 / (smallest + tau2), so that one peak at most lies there: one cell. Below, the
    nodes are geometric in (smallest variance + tau2), the scale on which the likelihood bends.
    """
    ceiling, bends = _reach(y, v)
    least, reach = v[0], np.log1p(bends / v[0])
    cells = max(FEWEST_CELLS, int(np.ceil(reach.max() / np.log(STRIDE))))
    nodes = least * np.expm1(np.linspace(0, 1, cells + 1)[:, None] * reach)
    nodes = np.concatenate([nodes, ceiling[None]])
    slope, width = np.empty_like(nodes), abreast(v.size)
    y, v = y[:, None], v[:, None]
    slope[0] = _slope(fixed, method)  # the first node is 0, whose weights are known
    for start in range(1, len(nodes), width):
        part = slice(start, start + width)
        slope[part] = _slope(weigh(y, v, nodes[part], with_q=False), method)
    return nodes, slope


def _slope(at, method):
    with np.errstate(divide="ignore", invalid="ignore"):
        return (at.trace if method == "REML" else at.total) / at.ypp - 1


def _reach(y, v):
    """Bound tau2 of every stationary point, with a factor to spare, and of all but the last.

    With S = y'y over df + 1 trials of variances a to b and x = a + tau2, y'PPy is at most S / x^2,
    and tr P at least both 1 / x and df / (x + b - a); the likelihood falls where it is the larger.
    """
    present = np.isfinite(v)
    least, most = v[0], np.where(present, v, 0.0).max(axis=0)
    squares, df = dot(y, y), np.maximum(present.sum(axis=0) - 1, 1)
    half = squares / df / 2
    bound = np.minimum(squares, half + np.sqrt(half * (half + 2 * (most - least))))
    return 2 * bound, np.clip(most - 2 * least, 0.0, 2 * bound)


def _climb(y, v, low, high, tau2, method):
    """Solve tr P = y'PPy (REML) or tr W = y'PPy (ML) between low and high by guarded Newton.

    The steps are taken on the ratio of the two sides, a line in tau2 when variances are equal.
    """
    for _ in range(MOST_STEPS):
        at = weigh(y, v, tau2, with_q=False)
        side, fall = (at.trace, _trace_pp(at)) if method == "REML" else _trace_w(at)
        rises = at.ypp > side
        low, high = np.where(rises, tau2, low), np.where(rises, high, tau2)
        bend = 2 * side * _yppp(at) - fall * at.ypp
        with np.errstate(divide="ignore", invalid="ignore"):
            new = tau2 + (at.ypp - side) * at.ypp / bend
        new = np.where((new >= low) & (new <= high), new, (low + high) / 2)
        settled = _settled(tau2, new, v)
        tau2 = new
        if settled.all():
            break
    return tau2


def _trace_w(at):
    return at.total, at.weights[0] ** 2 + at.squares


def _trace_pp(at):
    first, rest = at.weights[0], at.weights[1:]
    cubes = np.einsum("i...,i...,i...->...", rest, rest, rest)
    cross = first**2 * (at.others**2 + 2 * at.squares) + at.squares**2
    return at.squares - 2 * cubes / at.total + cross / at.total**2


def _yppp(at):
    mean = dot(at.weights, at.scaled) / at.total
    spread = np.subtract(at.scaled, mean, out=at.scaled)  # nobody reads it after this
    return dot(at.weights, np.square(spread, out=spread))


def _log_likelihood(y, v, tau2, method):
    at = weigh(y, v, tau2)
    present = np.isfinite(v)
    logs = np.log(np.where(present, v + tau2, 1.0)).sum(axis=0)
    return -(logs + at.q + (np.log(at.total) if method == "REML" else 0.0)) / 2
