"""Turns effects and their variances into many meta-analyses at once, on plain arrays."""

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, chdtri

from alsreview.kernel.checks import check_options, checked, row_faults, shaped
from alsreview.kernel.inference import heterogeneity, infer
from alsreview.kernel.tau2 import estimate_tau2, solve_q
from alsreview.kernel.weights import abreast, arrange, weigh


class Fits(NamedTuple):
    """Hold B meta-analyses: every field is an array of shape (B,), in the unit of ``yi``.

    ``se``, the limits, ``stat`` and ``p`` are those of the chosen interval, ``i2`` is in percent,
    and the limits of prediction are NaN below k = 3 and for the equal-effects model. ``status`` is
    empty, or says why a row has no result.
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
    status: np.ndarray


def pool_many(yi, vi, mask=None, *, method="REML", interval="hk_adhoc", level=0.95, faulty="refuse") -> Fits:
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
    faulty : "refuse" or "report"
        What to do about rows that no analysis can be made of: raise, or give NaN and say why in
        ``status``, so that the other rows are not lost.

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
    options = check_options(method, interval, level)
    if faulty not in ("refuse", "report"):
        raise ValueError(f"faulty: must be refuse or report, got {faulty!r}")
    if faulty == "report":
        return _report(*shaped(yi, vi, mask), options)
    return _pool_rows(*checked(yi, vi, mask), options)


def _report(yi, vi, mask, full, options):
    yi, vi = np.broadcast_to(yi, full), np.broadcast_to(vi, full)
    status = row_faults(yi, vi, mask)
    good = status == ""
    fits = Fits(*(np.full(len(mask), np.nan) for _ in Fits._fields))
    fits = fits._replace(k=mask.sum(axis=-1), status=status)
    if good.any():
        for whole, part in zip(fits, _pool_rows(yi[good], vi[good], mask[good], options), strict=True):
            whole[good] = part
    return fits


def _pool_rows(yi, vi, mask, options):
    many = abreast(mask.shape[1])
    blocks = [
        _pool_block(yi[i : i + many], vi[i : i + many], mask[i : i + many], *options)
        for i in range(0, len(mask), many)
    ]
    return blocks[0] if len(blocks) == 1 else Fits(*map(np.concatenate, zip(*blocks, strict=True)))


def _pool_block(yi, vi, mask, method, interval, level):
    k = mask.sum(axis=-1)
    return _fit(*_start(yi, vi, mask), k, method, interval, level)


def _start(yi, vi, mask):
    """Arrange the trials and weigh them without tau2: where every estimator starts."""
    centre, y, v = arrange(yi, vi, mask)
    return centre, y, v, weigh(y, v, np.zeros(y.shape[1]))


def _fit(centre, y, v, fixed, k, method, interval, level):
    tau2 = estimate_tau2(y, v, k, fixed, method)
    fit = weigh(y, v, tau2) if tau2.any() else fixed
    estimate = centre + fit.mean
    se, stat, p, margin, pi_margin = infer(estimate, fit, tau2, k, interval, level)
    if method == "EE":
        pi_margin = np.full_like(se, np.nan)
    i2, h2 = heterogeneity(fixed, tau2, k, method)
    return Fits(
        estimate, se, estimate - margin, estimate + margin, p, stat, tau2, i2, h2, fixed.q,
        np.where(k > 1, chdtrc(np.maximum(k - 1, 1), fixed.q), 1.0), k,
        estimate - pi_margin, estimate + pi_margin, np.full(len(k), "", dtype=object),
    )  # fmt: skip


def tau2_interval(yi, vi, level=0.95) -> tuple[float, float]:
    """Give the Q-profile confidence limits of tau2, in the squared unit of ``yi``.

    ``yi`` and ``vi`` have shape (k,), k at least 2. There is no cap; where the set is empty or
    holds only 0 both limits are 0. Raises ValueError as `pool_many` does.

    References
    ----------
    Viechtbauer (2007), Statistics in Medicine 26.
    """
    check_options("EE", "wald", level)
    _, y, v, fixed = _start(*_one(yi, vi))
    target = chdtri(len(y) - 1, np.array([1 - level, 1 + level]) / 2)
    start = np.maximum((fixed.q - target) / fixed.trace, 0.0)
    if abreast(len(y)) == 1:
        return tuple(float(solve_q(y, v, target[[i]], start[[i]])[0]) for i in (0, 1))
    return tuple(solve_q(y, v, target, start).tolist())


def _one(yi, vi):
    yi, vi, mask = checked(yi, vi, None)
    if mask.shape[0] != 1 or mask.shape[1] < 2:
        raise ValueError(f"yi: must be one analysis of 2 trials or more, got shape {yi.shape}")
    return yi, vi, mask
