"""Estimates the variance between trials that moderators leave, from contrasts free of their effects."""

from typing import NamedTuple

import numpy as np

CELLS_PER_FACTOR = 2  # nodes searched for likelihood peaks while (smallest variance + tau2) grows by e
ROUNDS = 12


class Residual(NamedTuple):
    """Hold what one meta-regression leaves: tau2 in the squared unit of yi, I2 in percent, H2, Q."""

    tau2: float
    i2: float
    h2: float
    q: float


def residual_heterogeneity(yi, vi, design, method) -> Residual:
    """Estimate tau2, I2, H2 and Q of effects (k,) given a design (k, p) of full rank, p below k.

    Notes
    -----
    The k - p contrasts that the design cannot move are turned until independent: contrast j then has
    variance ``own[j] + tau2``, and REML, ML, PM and Q are sums over them. Of several likelihood
    peaks the highest is taken, zero included. Time grows as k^3, memory as k^2.

    References
    ----------
    Harville (1977), Journal of the American Statistical Association 72.
    """
    z, own = _contrasts(yi, vi, design)
    df, q, trace = len(z), float((z**2 / own).sum()), float((1 / own).sum())
    if method == "EE":
        tau2, h2 = 0.0, q / df
    else:
        tau2 = _tau2(z, own, vi, method, q, trace)
        h2 = 1 + tau2 * trace / df
    return Residual(tau2, max(0.0, 100 * (1 - 1 / h2)) if h2 > 0 else 0.0, h2, q)


def _contrasts(yi, vi, design):
    free = np.linalg.qr(design, mode="complete")[0][:, design.shape[1] :]
    # Singular values keep the small variances that eigenvalues of free' V free would drown.
    _, roots, turn = np.linalg.svd(np.sqrt(vi)[:, None] * free, full_matrices=False)
    return turn @ (free.T @ yi), roots**2


def _tau2(z, own, vi, method, q, trace):
    df = len(z)
    if method == "DL":
        return max(0.0, (q - df) / trace)
    if method == "PM":
        zeros = _falls(lambda tau2: _total(z**2 / (own + tau2)) - df, _nodes(z, own))
        return zeros[0] if zeros else 0.0
    return _most_likely(z, own, own if method == "REML" else vi)


def _most_likely(z, own, spread):
    """Maximise -(sum log(spread + tau2) + sum z^2 / (own + tau2)) / 2 over tau2 of 0 and more."""

    def slope(tau2):
        return _total((z / (own + tau2)) ** 2) - _total(1 / (spread + tau2))

    def height(tau2):
        return -(np.log(spread + tau2).sum() + (z**2 / (own + tau2)).sum())

    nodes = _nodes(z, spread)
    peaks = _falls(slope, nodes) + [0.0] * bool(slope(nodes[:1])[0] <= 0)
    return max(peaks, key=height)


def _total(terms):
    return terms.sum(axis=-1)


def _nodes(z, spread):
    """Give a column of tau2 from 0 to beyond every peak, geometric in (smallest variance + tau2).

    Beyond the last node z'z / tau2^2 is below len(spread) / (largest variance + tau2), so that the
    likelihood falls, and z'z / tau2 is below len(z).
    """
    half = z @ z / len(spread) / 2
    most = max(half + np.sqrt(half * (half + 2 * spread.max())), z @ z / len(z))
    reach = np.log1p(2 * most / spread.min())  # a factor to spare, for rounding
    cells = max(1, int(np.ceil(CELLS_PER_FACTOR * reach)))
    return spread.min() * np.expm1(np.linspace(0, reach, cells + 1))[:, None]


def _falls(f, nodes):
    """Find where f falls through 0: each bracket is narrowed 32-fold a round, to the last digit."""
    values = f(nodes)
    found = []
    for i in np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0)):
        low, high = nodes[i, 0], nodes[i + 1, 0]
        for _ in range(ROUNDS):
            inner = np.linspace(low, high, 33)
            above = np.flatnonzero(f(inner[:, None])[:-1] > 0)
            at = above[-1] if len(above) else 0
            low, high = inner[at], inner[at + 1]
        found.append(float((low + high) / 2))
    return found
