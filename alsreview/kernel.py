"""Turns effects and their variances into many meta-analyses at once, on plain arrays."""

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, chdtri, ndtr, ndtri, stdtr, stdtrit

METHODS = ("EE", "DL", "PM", "REML", "ML")
INTERVALS = ("wald", "hk", "hk_guarded")
STRIDE = 2.0  # between the nodes of (smallest variance + tau2) searched for likelihood peaks
BLOCK = 2**15  # elements of an array that stay in the processor's cache from step to step
MOST_STEPS = 200


class Fits(NamedTuple):
    """Hold B meta-analyses: every field is an array of shape (B,), in the unit of ``yi``.

    ``se``, the limits, ``stat`` and ``p`` are those of the chosen interval, ``i2`` is in percent,
    and the limits of prediction are NaN below k = 3 and for the equal-effects model.
    """

    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p: np.ndarray
    stat: np.ndarray
    tau2: np.ndarray
    i2: np.ndarray
    h2: np.ndarray
    q: np.ndarray
    q_p: np.ndarray
    k: np.ndarray
    pi_low: np.ndarray
    pi_high: np.ndarray


def pool_many(yi, vi, mask=None, *, method="REML", interval="hk_guarded", level=0.95) -> Fits:
    """Estimate one meta-analysis per row.

    Parameters
    ----------
    yi, vi : (k,) or (B, k)
        Effects and their sampling variances; vi in the squared unit of yi.
    mask : (B, k), optional
        True where a trial belongs to the analysis; all by default. What lies outside is not read.
    method : "EE", "DL", "PM", "REML" or "ML"
        Equal effects, or how tau2 is estimated.
    interval : "wald", "hk" or "hk_guarded"
        Normal; Hartung-Knapp with t on k - 1; the same with SE never below Wald's.
    level : between 0 and 1
        Of the confidence and prediction intervals.

    Returns
    -------
    Fits, of arrays of shape (B,)

    Raises
    ------
    ValueError
        If shapes do not fit, an element is not finite, a variance is not above 0,
        a row of the mask is empty, or an option is unknown. The message names the element.

    Notes
    -----
    Of several likelihood peaks the highest is taken, zero included. With k = 1 tau2 is 0 and every
    interval is Wald's. I2 and H2 follow tau2 (Q for "EE"), as in metafor. Prediction: the
    interval's quantile on sqrt(se^2 + tau2), computed from k = 3.

    References
    ----------
    DL: DerSimonian & Laird (1986), Controlled Clinical Trials 7. PM: Paule & Mandel (1982), Journal
    of Research of the NBS 87. REML, ML: Viechtbauer (2005), Journal of Educational and Behavioral
    Statistics 30. HK: Hartung & Knapp (2001), Statistics in Medicine 20; Sidik & Jonkman (2002),
    Statistics in Medicine 21. I2: Higgins & Thompson (2002), Statistics in Medicine 21.
    """
    options = _check_options(method, interval, level)
    yi, vi, mask = _checked(yi, vi, mask)
    many = max(1, BLOCK // mask.shape[1])
    blocks = [
        _pool_block(yi[i : i + many], vi[i : i + many], mask[i : i + many], *options)
        for i in range(0, len(mask), many)
    ]
    return blocks[0] if len(blocks) == 1 else Fits(*map(np.concatenate, zip(*blocks, strict=True)))


def _pool_block(yi, vi, mask, method, interval, level):
    centre, y, v = _arrange(yi, vi, mask)
    k = mask.sum(axis=-1)
    fixed = _weigh(y, v, np.zeros(len(k)))
    tau2 = _estimate_tau2(y, v, k, fixed, method)
    fit = _weigh(y, v, tau2) if tau2.any() else fixed
    estimate = centre + fit.mean
    se, stat, p, margin, pi_margin = _infer(estimate, fit, tau2, k, interval, level)
    if method == "EE":
        pi_margin = np.full_like(se, np.nan)
    i2, h2 = _heterogeneity(fixed, tau2, k, method)
    return Fits(
        estimate, se, estimate - margin, estimate + margin, p, stat, tau2, i2, h2, fixed.q,
        np.where(k > 1, chdtrc(np.maximum(k - 1, 1), fixed.q), 1.0), k,
        estimate - pi_margin, estimate + pi_margin,
    )  # fmt: skip


def tau2_interval(yi, vi, level=0.95) -> tuple[float, float]:
    """Give the Q-profile confidence limits of tau2, in the squared unit of ``yi``.

    ``yi`` and ``vi`` have shape (k,), k at least 2. There is no cap; where the set is empty or
    holds only 0 both limits are 0. Raises ValueError as `pool_many` does.

    References
    ----------
    Viechtbauer (2007), Statistics in Medicine 26.
    """
    _check_options("EE", "wald", level)
    yi, vi, mask = _checked(yi, vi, None)
    if mask.shape[0] != 1 or mask.shape[1] < 2:
        raise ValueError(f"yi: must be one analysis of 2 trials or more, got shape {yi.shape}")
    _, y, v = _arrange(yi, vi, mask)
    df = mask.shape[1] - 1
    target = chdtri(df, np.array([1 - level, 1 + level]) / 2)
    fixed = _weigh(y, v, np.zeros(1))
    low, high = _solve_q(y, v, target, np.maximum((fixed.q - target) / fixed.trace, 0.0))
    return float(low), float(high)


def _check_options(method, interval, level):
    if method not in METHODS:
        raise ValueError(f"method: must be one of {', '.join(METHODS)}, got {method!r}")
    if interval not in INTERVALS:
        raise ValueError(f"interval: must be one of {', '.join(INTERVALS)}, got {interval!r}")
    if not 0 < level < 1:
        raise ValueError(f"level: must lie between 0 and 1, got {level!r}")
    return method, interval, level


def _checked(yi, vi, mask):
    yi, vi = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    shapes = [yi.shape, vi.shape] + ([] if mask is None else [np.shape(mask)])
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        shape = ()
    if len(shape) not in (1, 2) or 0 in shape or {s[-1:] for s in shapes} != {shape[-1:]}:
        raise ValueError(f"yi, vi, mask: must agree as (k,) or (B, k), got shapes {shapes}")
    full = np.atleast_2d(np.empty(shape, dtype=bool)).shape
    mask = np.broadcast_to(True if mask is None else np.asarray(mask, dtype=bool), full)
    empty = ~mask.any(axis=-1)
    if empty.any():
        raise ValueError(f"mask[{empty.argmax()}]: must keep at least one trial, keeps none")
    _refuse("yi", yi, mask, ~np.isfinite(yi), "a finite number")
    _refuse("vi", vi, mask, ~(np.isfinite(vi) & (vi > 0)), "a finite number above 0")
    return np.broadcast_to(yi, full), np.broadcast_to(vi, full), mask


def _refuse(name, values, mask, wrong, wanted):
    if not wrong.any():
        return
    read = wrong & (mask if values.shape == mask.shape else mask.any(axis=0))
    if read.any():
        at = tuple(int(i) for i in np.argwhere(read)[0])
        raise ValueError(f"{name}{list(at)}: must be {wanted}, got {values[at]}")


def _arrange(yi, vi, mask):
    """Put each row's most precise trial first and measure effects from it.

    Next to a trial a billion times more precise than the rest, residuals and traces would drown in
    rounding; measured from that trial, both are sums without cancellation.
    """
    v = np.where(mask, vi, np.inf)  # an absent trial has weight 0
    rows, best = np.arange(len(v)), v.argmin(axis=-1)
    centre = yi[rows, best]
    y = np.where(mask, yi - centre[:, None], 0.0)
    for values in (y, v):
        values[rows, best], values[:, 0] = values[:, 0], values[rows, best]
    return centre, y, v


class _Weighed(NamedTuple):
    weights: np.ndarray
    others: np.ndarray  # sum of all weights but the first, and of their squares
    squares: np.ndarray
    total: np.ndarray
    mean: np.ndarray
    scaled: np.ndarray  # Py: weight times residual
    q: np.ndarray  # y'Py
    ypp: np.ndarray  # y'PPy
    trace: np.ndarray  # tr P, where P = W - W11'W / 1'W1


def _room(v, rows):
    # Fresh pages of memory for each step would cost more than the arithmetic on long rows.
    return np.empty((2, rows, *v.shape[1:])) if v.size > BLOCK else (None, None)


def _weigh(y, v, tau2, room=(None, None)):
    weights = np.add(v, tau2[..., None], out=room[0])
    np.reciprocal(weights, out=weights)
    first, rest = weights[..., 0], weights[..., 1:]
    others, squares = rest.sum(axis=-1), np.vecdot(rest, rest)
    total = first + others
    mean = np.vecdot(rest, y[..., 1:]) / total
    scaled = np.subtract(y, mean[..., None], out=room[1])
    scaled *= weights
    trace = (2 * first * others + others**2 - squares) / total
    q, ypp = np.vecdot(scaled, y), np.vecdot(scaled, scaled)
    return _Weighed(weights, others, squares, total, mean, scaled, q, ypp, trace)


def _estimate_tau2(y, v, k, fixed, method):
    if method == "EE":
        return np.zeros(len(k))
    if method in ("REML", "ML"):
        return _most_likely(y, v, method)
    df = np.maximum(k - 1, 1)  # k = 1 has Q = 0, hence tau2 = 0
    moment = np.maximum((fixed.q - df) / np.where(k > 1, fixed.trace, 1.0), 0.0)
    return moment if method == "DL" else _solve_q(y, v, df, moment)


def _solve_q(y, v, target, start):
    """Solve Q(tau2) = target, or give 0 where Q never reaches it.

    1/Q is concave and rises, being a harmonic sum of lines, so that Newton's steps on it reach the
    root from any start: none but the first can overshoot.
    """
    tau2, room = start, _room(v, len(start))
    for _ in range(MOST_STEPS):
        at = _weigh(y, v, tau2, room)
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
    return np.abs(new - old) <= 1e-9 * new + 1e-16 * v[..., 0]


def _most_likely(y, v, method):
    nodes, slope = _scan(y, v, method)
    row, cell = np.nonzero((slope[:, :-1] < 0) & (slope[:, 1:] >= 0))
    low, high = nodes[row, cell], nodes[row, cell + 1]
    left, right = slope[row, cell], slope[row, cell + 1]
    start = low + (high - low) * left / (left - right)
    peak = _climb(y[row], v[row], low, high, start, method)
    edge = np.flatnonzero(slope[:, 0] >= 0)
    row, peak = np.concatenate([edge, row]), np.concatenate([np.zeros(len(edge)), peak])
    height = np.zeros(len(row))
    rivals = np.bincount(row, minlength=len(y))[row] > 1
    if rivals.any():
        height[rivals] = _log_likelihood(y[row[rivals]], v[row[rivals]], peak[rivals], method)
    tau2, order = np.zeros(len(y)), np.argsort(height, kind="stable")
    tau2[row[order]] = peak[order]  # the last written, hence the highest, stays
    return tau2


def _scan(y, v, method):
    """Give nodes of tau2 from 0 to beyond every peak, and 1 - d/dtau2 towards a peak at each.

    The nodes are geometric in (smallest variance + tau2), the scale on which the likelihood bends.
    """
    least, reach = v[:, 0], _reach(y, v)
    cells = max(1, int(np.ceil(reach.max() / np.log(STRIDE))))
    nodes = least[:, None] * np.expm1(np.linspace(0, 1, cells + 1) * reach[:, None])
    slope, width = np.empty_like(nodes), max(1, BLOCK // v.size)
    y, v = y[:, None], v[:, None]
    room = _room(v, len(v))
    for start in range(0, cells + 1, width):
        part = slice(start, start + width)
        at = _weigh(y, v, nodes[:, part], room)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope[:, part] = (at.trace if method == "REML" else at.total) / at.ypp - 1
    return nodes, slope


def _reach(y, v):
    """Bound log(1 + tau2 / smallest variance) of every stationary point, with a factor to spare.

    With S = y'y over df + 1 trials of variances a to b and x = a + tau2, y'PPy is at most S / x^2,
    and tr P at least both 1 / x and df / (x + b - a); the likelihood falls where it is the larger.
    """
    least, most = v[:, 0], np.where(np.isfinite(v), v, 0.0).max(axis=-1)
    squares, df = np.vecdot(y, y), np.maximum(np.isfinite(v).sum(axis=-1) - 1, 1)
    half = squares / df / 2
    bound = np.minimum(squares, half + np.sqrt(half * (half + 2 * (most - least))))
    return np.log1p(2 * bound / least)


def _climb(y, v, low, high, tau2, method):
    """Solve tr P = y'PPy (REML) or tr W = y'PPy (ML) between low and high by guarded Newton.

    The steps are taken on the ratio of the two sides, a line in tau2 when variances are equal.
    """
    room = _room(v, len(v))
    for _ in range(MOST_STEPS):
        at = _weigh(y, v, tau2, room)
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
    return at.total, at.weights[..., 0] ** 2 + at.squares


def _trace_pp(at):
    first, rest = at.weights[..., 0], at.weights[..., 1:]
    cubes = np.vecdot(rest * rest, rest)
    cross = first**2 * (at.others**2 + 2 * at.squares) + at.squares**2
    return at.squares - 2 * cubes / at.total + cross / at.total**2


def _yppp(at):
    mean = np.vecdot(at.weights, at.scaled) / at.total
    spread = at.scaled - mean[..., None]
    return np.vecdot(at.weights, np.square(spread, out=spread))


def _log_likelihood(y, v, tau2, method):
    at = _weigh(y, v, tau2)
    present = np.isfinite(v)
    logs = np.log(np.where(present, v + tau2[:, None], 1.0)).sum(axis=-1)
    return -(logs + at.q + (np.log(at.total) if method == "REML" else 0.0)) / 2


def _infer(estimate, fit, tau2, k, interval, level):
    """Give SE, test statistic, p and the half-widths of the confidence and prediction intervals."""
    df = np.maximum(k - 1, 1)
    se = np.sqrt(1 / fit.total)
    if interval != "wald":
        factor = np.sqrt(fit.q / df)
        # HK can be narrower than Wald when trials agree; the protocol guards it.
        factor = np.maximum(factor, 1.0) if interval == "hk_guarded" else factor
        se = np.where(k > 1, se * factor, se)
    with np.errstate(divide="ignore", invalid="ignore"):
        stat = estimate / se
    normal = (k == 1) | (interval == "wald")
    p = 2 * np.where(normal, ndtr(-np.abs(stat)), stdtr(df, -np.abs(stat)))
    upper = (1 + level) / 2
    sizes, which = np.unique(df, return_inverse=True)
    quantile = np.where(normal, ndtri(upper), stdtrit(sizes, upper)[which])
    spread = np.where(k > 2, np.sqrt(se**2 + tau2), np.nan)
    return se, stat, p, quantile * se, quantile * spread


def _heterogeneity(fixed, tau2, k, method):
    df = np.maximum(k - 1, 1)
    with np.errstate(divide="ignore"):
        h2 = fixed.q / df if method == "EE" else 1 + tau2 * fixed.trace / df
        i2 = np.maximum(0.0, 100 * (1 - 1 / h2))
    return np.where(k > 1, i2, 0.0), np.where(k > 1, h2, 1.0)
