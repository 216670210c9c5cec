"""Estimates many meta-analyses at once, on plain arrays of effects and variances; knows no names."""

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

METHODS = ("EE", "DL", "PM", "REML", "ML")
INTERVALS = ("wald", "hk", "hk_adhoc")
BLOCK = 2**20  # elements of an array worked on at once, so that memory stays flat
STRIDE = 2.0  # between the nodes of (smallest variance + tau2) searched for likelihood peaks, at most
FEWEST_CELLS = 10  # two peaks of four trials can lie within one stride
MOST_STEPS = 200


class Fits(NamedTuple):
    """Hold B meta-analyses: every field is an array of shape (B,), in the unit of ``yi``.

    ``se``, the limits and ``p`` are those of the chosen interval, ``i2`` is in percent, and the
    limits of prediction are NaN below k = 3 and for the equal-effects model.
    """

    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    p: np.ndarray
    tau2: np.ndarray
    i2: np.ndarray
    h2: np.ndarray
    q: np.ndarray
    q_p: np.ndarray
    k: np.ndarray
    pi_low: np.ndarray
    pi_high: np.ndarray


def pool_many(yi, vi, mask=None, *, method="REML", interval="hk_adhoc", level=0.95) -> Fits:
    """Estimate one meta-analysis per row.

    Parameters
    ----------
    yi, vi : (k,) or (B, k)
        Effects and their sampling variances; vi in the squared unit of yi.
    mask : (B, k), optional
        True where a trial belongs to the analysis; all by default. What lies outside is not read.
    method : "EE", "DL", "PM", "REML" or "ML"
        Equal effects, or how tau2 is estimated.
    interval : "wald", "hk" or "hk_adhoc"
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
    check_options(method, interval, level)
    yi, vi, mask = checked(yi, vi, mask)
    many = max(1, BLOCK // mask.shape[1])
    blocks = [
        _pool_block(*(values[i : i + many] for values in (yi, vi, mask)), method, interval, level)
        for i in range(0, len(mask), many)
    ]
    return blocks[0] if len(blocks) == 1 else Fits(*map(np.concatenate, zip(*blocks, strict=True)))


# ---- checks


def check_options(method, interval, level) -> None:
    """Refuse a method, an interval or a level that does not exist."""
    if method not in METHODS:
        raise ValueError(f"method: must be one of {', '.join(METHODS)}, got {method!r}")
    if interval not in INTERVALS:
        raise ValueError(f"interval: must be one of {', '.join(INTERVALS)}, got {interval!r}")
    if not 0 < level < 1:
        raise ValueError(f"level: must lie between 0 and 1, got {level!r}")


def one_analysis(yi, vi, least, purpose):
    """Return the effects and variances of one analysis as new arrays (k,), k at least ``least``."""
    yi, vi = np.array(yi, dtype=float), np.array(vi, dtype=float)
    if yi.ndim != 1 or yi.shape != vi.shape:
        raise ValueError(f"yi, vi: must both have shape (k,), got {yi.shape} and {vi.shape}")
    if len(yi) < least:
        wanted = f"{least} trial{'s' * (least > 1)} or more"
        raise ValueError(f"yi: must hold {wanted} to {purpose}, got {len(yi)}")
    checked(yi, vi, None)
    return yi, vi


def checked(yi, vi, mask):
    """Return all three in the shape (B, k), or refuse the first element that is not usable."""
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


# ---- sums over trials


class Sums(NamedTuple):
    """Hold what the estimators need of trials weighed by 1 / (v + tau2); P = W - W11'W / 1'W1."""

    total: np.ndarray
    mean: np.ndarray
    scaled: np.ndarray  # Py: weight times residual
    y: np.ndarray
    ypp: np.ndarray  # y'PPy
    trace: np.ndarray  # tr P

    @property
    def q(self):
        """Return y'Py, which the search for peaks does without."""
        return _dot(self.scaled, self.y)

    def side(self, method):
        """Return what y'PPy equals at a peak of the likelihood: tr P for REML, tr W for ML."""
        return self.trace if method == "REML" else self.total


class Trials(NamedTuple):
    """The trials of B analyses as columns (k, B), the most precise first and effects measured from it.

    Next to a trial a billion times more precise than the rest, residuals and traces would drown in
    rounding; measured from that trial, both are sums without cancellation. Columns, because numpy
    broadcasts and adds along many short rows several times more slowly.
    """

    y: np.ndarray
    v: np.ndarray

    def weigh(self, tau2) -> Sums:
        """Weigh each trial by 1 / (v + tau2)."""
        # In place: for long rows fresh memory costs more than the arithmetic.
        weights, scaled = np.empty((2, len(self.v), *tau2.shape))
        np.reciprocal(np.add(self.v, tau2, out=weights), out=weights)
        first, rest = weights[0], weights[1:]
        others, squares = rest.sum(axis=0), _dot(rest, rest)
        total = first + others
        mean = _dot(rest, self.y[1:]) / total
        np.multiply(np.subtract(self.y, mean, out=scaled), weights, out=scaled)
        trace = (2 * first * others + others**2 - squares) / total
        return Sums(total, mean, scaled, self.y, _dot(scaled, scaled), trace)

    def ceiling(self):
        """Bound tau2 of every peak of the likelihood, with a factor to spare.

        With S = y'y over df + 1 trials of variances a to b and x = a + tau2, y'PPy is at most S / x^2, and
        tr P at least both 1 / x and df / (x + b - a); the likelihood falls where it is the larger.
        """
        present = np.isfinite(self.v)
        most = np.where(present, self.v, 0.0).max(axis=0)
        squares, df = _dot(self.y, self.y), np.maximum(present.sum(axis=0) - 1, 1)
        half = squares / df / 2
        return 2 * np.minimum(squares, half + np.sqrt(half * (half + 2 * (most - self.v[0]))))

    def log_likelihood(self, tau2, method):
        at = self.weigh(tau2)
        logs = np.log(np.where(np.isfinite(self.v), self.v + tau2, 1.0)).sum(axis=0)
        return -(logs + at.q + (np.log(at.total) if method == "REML" else 0.0)) / 2


def _dot(a, b):
    """Multiply and add up over trials, in the same order every time; BLAS would start threads."""
    return np.einsum("i...,i...->...", a, b)


def _start(yi, vi, mask):
    """Turn rows into `Trials`, and weigh them without tau2: where every estimator starts."""
    v = np.where(mask, vi, np.inf).T.copy()  # an absent trial has weight 0
    best, column = v.argmin(axis=0), np.arange(v.shape[1])
    centre = yi[column, best]
    y = np.where(mask, yi - centre[:, None], 0.0).T.copy()
    for values in (y, v):
        values[best, column], values[0] = values[0], values[best, column]
    trials = Trials(y, v)
    return centre, trials, trials.weigh(np.zeros(len(centre)))


# ---- tau2


def _estimate_tau2(trials, df, fixed, method):
    """Estimate tau2 of each of B analyses; ``fixed`` are the trials weighed with tau2 = 0."""
    if method == "EE":
        return np.zeros(len(df))
    if method in ("REML", "ML"):
        return _most_likely(trials, method, fixed)
    # A single trial has no df and Q = 0, hence tau2 = 0.
    some = np.maximum(df, 1)
    moment = np.maximum((fixed.q - some) / np.where(df > 0, fixed.trace, 1.0), 0.0)
    return moment if method == "DL" else _solve_q(trials, some, moment)


def _solve_q(trials, df, start):
    """Solve Q(tau2) = df, or return 0 where Q never reaches it.

    1/Q is concave and rises, being a harmonic sum of lines, so that Newton's steps on it reach the root from
    any start: none but the first can overshoot.
    """
    tau2 = start
    for _ in range(MOST_STEPS):
        at = trials.weigh(tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = tau2 + (at.q / df - 1) * at.q / at.ypp
        new = np.where(at.ypp > 0, np.maximum(new, 0.0), 0.0)
        # Steps shrink quadratically: after one of 1e-9 the next would be below rounding.
        settled = np.abs(new - tau2) <= 1e-9 * new + 1e-16 * trials.v[0]
        tau2 = new
        if settled.all():
            break
    return tau2


def _most_likely(trials, method, fixed):
    """Find every peak of the likelihood, zero included, and take the highest."""
    nodes, slope = _scan(trials, method, fixed)
    cell, row = np.nonzero((slope[:-1] < 0) & (slope[1:] >= 0))
    low, high = nodes[cell, row], nodes[cell + 1, row]
    near = Trials(trials.y[:, row], trials.v[:, row])
    peak = _climb(near, low, high, slope[cell, row], slope[cell + 1, row], method)
    edge = np.flatnonzero(slope[0] >= 0)
    row, peak = np.concatenate([edge, row]), np.concatenate([np.zeros(len(edge)), peak])
    height = np.zeros(len(row))
    rivals = np.bincount(row, minlength=slope.shape[1])[row] > 1
    if rivals.any():
        near = Trials(trials.y[:, row[rivals]], trials.v[:, row[rivals]])
        height[rivals] = near.log_likelihood(peak[rivals], method)
    tau2, order = np.zeros(slope.shape[1]), np.argsort(height, kind="stable")
    tau2[row[order]] = peak[order]  # the last written, hence the highest, stays
    return tau2


def _scan(trials, method, fixed):
    """Return nodes of tau2 from 0 to beyond every peak, and 1 - d/dtau2 towards a peak at each.

    They are geometric in (smallest variance + tau2), the scale on which the likelihood bends.
    """
    least = trials.v[0]
    reach = np.log1p(trials.ceiling() / least)
    cells = max(FEWEST_CELLS, int(np.ceil(reach.max() / np.log(STRIDE))))
    nodes = least * np.expm1(np.linspace(0, 1, cells + 1)[:, None] * reach)
    slope, width = np.empty_like(nodes), max(1, BLOCK // trials.v.size)
    slope[0] = _slope(fixed, method)  # the first node is 0, whose weights are known
    wide = Trials(trials.y[:, None], trials.v[:, None])  # to be weighed by several tau2 at once
    for start in range(1, len(nodes), width):
        part = slice(start, start + width)
        slope[part] = _slope(wide.weigh(nodes[part]), method)
    return nodes, slope


def _slope(at, method):
    with np.errstate(divide="ignore", invalid="ignore"):
        return at.side(method) / at.ypp - 1


def _climb(trials, low, high, left, right, method):
    """Find where `_slope` is 0 between low, where it is left, and high, by false position.

    By the Illinois rule the slope at an end that stays twice is halved.
    """
    tau2, before = low, np.zeros(len(low))
    for _ in range(MOST_STEPS):
        new = (low * right - high * left) / (right - left)
        settled = np.abs(new - tau2) <= 1e-13 * new + 1e-16 * trials.v[0]
        tau2 = new
        if settled.all():
            break
        slope = _slope(trials.weigh(tau2), method)
        rises, same = slope < 0, (slope < 0) == (before < 0)
        left = np.where(rises, slope, np.where(same, left / 2, left))
        right = np.where(rises, np.where(same, right / 2, right), slope)
        low, high = np.where(rises, tau2, low), np.where(rises, high, tau2)
        before = slope
    return tau2


# ---- inference


def _pool_block(yi, vi, mask, method, interval, level) -> Fits:
    k = mask.sum(axis=-1)
    centre, trials, fixed = _start(yi, vi, mask)
    tau2 = _estimate_tau2(trials, k - 1, fixed, method)
    fit = trials.weigh(tau2) if tau2.any() else fixed
    estimate = centre + fit.mean
    se, p, margin, pi_margin = _infer(estimate, fit, tau2, k, interval, level)
    if method == "EE":
        pi_margin = np.full_like(se, np.nan)
    i2, h2 = _heterogeneity(fixed, tau2, k, method)
    return Fits(
        estimate, se, estimate - margin, estimate + margin, p, tau2, i2, h2, fixed.q,
        np.where(k > 1, chdtrc(np.maximum(k - 1, 1), fixed.q), 1.0), k,
        estimate - pi_margin, estimate + pi_margin,
    )  # fmt: skip


def _infer(estimate, fit, tau2, k, interval, level):
    """Return SE, p and the half-widths of the confidence and prediction intervals."""
    df = np.maximum(k - 1, 1)
    se = np.sqrt(1 / fit.total)
    if interval != "wald":
        factor = np.sqrt(fit.q / df)
        # HK can be narrower than Wald when trials agree; the protocol guards it.
        factor = np.maximum(factor, 1.0) if interval == "hk_adhoc" else factor
        se = np.where(k > 1, se * factor, se)
    with np.errstate(divide="ignore", invalid="ignore"):
        stat = estimate / se
    normal = (k == 1) | (interval == "wald")
    p = 2 * np.where(normal, ndtr(-np.abs(stat)), stdtr(df, -np.abs(stat)))
    upper = (1 + level) / 2
    quantile = np.where(normal, ndtri(upper), stdtrit(df, upper))
    spread = np.where(k > 2, np.sqrt(se**2 + tau2), np.nan)
    return se, p, quantile * se, quantile * spread


def _heterogeneity(fixed, tau2, k, method):
    """Return I2 in percent and H2, by tau2 or, for "EE", by Q."""
    df = np.maximum(k - 1, 1)
    with np.errstate(divide="ignore"):
        h2 = fixed.q / df if method == "EE" else 1 + tau2 * fixed.trace / df
        i2 = np.maximum(0.0, 100 * (1 - 1 / h2))
    return np.where(k > 1, i2, 0.0), np.where(k > 1, h2, 1.0)
