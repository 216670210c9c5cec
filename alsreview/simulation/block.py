"""Draws meta-analyses from a known truth, analyses them, and counts how often the answer is right."""

from dataclasses import dataclass

import numpy as np

from alsreview.kernel import INTERVALS, pool_many

COUNTS = ("covered", "predicted", "estimate", "squared", "width")


@dataclass(frozen=True)
class Block:
    """Say what to draw: meta-analyses of k trials, alike but for chance.

    Attributes
    ----------
    cell, number : which combination of k and tau2 this is part of, and which part
    vi, people : (m,) tuples; the trials that sizes are drawn from, vi in the squared unit of the effect
    tau2 : between-trial variance, in the same unit squared
    differences : true effects to show power for, in the unit of the effect
    """

    cell: int
    number: int
    k: int
    tau2: float
    replicates: int
    seed: int
    vi: tuple[float, ...]
    people: tuple[float, ...]
    differences: tuple[float, ...]
    method: str
    level: float


def tally(block: Block) -> np.ndarray:
    """Draw and analyse a block.

    Returns
    -------
    (intervals, 5 + differences)
        Sums over the replicates, a row per interval of the kernel: how often it held the true mean; how
        often the prediction interval held the effect of one more trial; the error, its square, and the
        interval's width; and, for each difference, how often the interval would have lain above 0
        were that the true mean.

    Notes
    -----
    The true mean is 0. Estimates move with the truth and their intervals with them, so that an
    interval lies above 0 under a true mean of d exactly when this one lies above -d. The stream of
    random numbers is the block's own: whoever draws it, in whatever order, draws the same.
    """
    rng = np.random.default_rng(np.random.SeedSequence(block.seed, spawn_key=(block.cell, block.number)))
    yi, vi = _draw(block, rng)
    one_more = rng.normal(0.0, np.sqrt(block.tau2), block.replicates)
    rows = [
        _count(pool_many(yi, vi, method=block.method, interval=interval, level=block.level), one_more, block)
        for interval in INTERVALS
    ]
    return np.array(rows)


def _draw(block: Block, rng) -> tuple[np.ndarray, np.ndarray]:
    """Draw estimates about effects of their own, each with a variance that its trial had to estimate."""
    shape = (block.replicates, block.k)
    which = rng.integers(len(block.vi), size=shape)
    true, freedom = np.array(block.vi)[which], np.array(block.people)[which] - 2
    yi = rng.normal(0.0, np.sqrt(block.tau2 + true))
    return yi, true * rng.chisquare(freedom) / freedom


def _count(fits, one_more, block: Block) -> list[float]:
    covered = (fits.ci_low <= 0) & (0 <= fits.ci_high)
    predicted = (fits.pi_low <= one_more) & (one_more <= fits.pi_high)
    width = fits.ci_high - fits.ci_low
    shown = [(fits.ci_low > -difference).sum() for difference in block.differences]
    sums = [covered.sum(), predicted.sum(), fits.estimate.sum(), (fits.estimate**2).sum(), width.sum()]
    return [float(value) for value in sums + shown]
