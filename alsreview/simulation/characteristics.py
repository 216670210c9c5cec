"""Turns many simulated meta-analyses into coverage, bias and power, with their own uncertainty."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from alsreview.evidence import load_evidence
from alsreview.kernel import INTERVALS
from alsreview.pooling import Pooled, analysis, measured_meaning, synthesise
from alsreview.simulation.block import COUNTS, Block
from alsreview.simulation.runners import in_turn

SIZES = tuple(range(3, 13))
SHARES = (0, 25, 50, 75, 90)  # percent of the variability that lies between trials
IN_THE_BOOK = {"replicates": 2000, "sizes": (3, 4, 6, 8, 12), "shares": (0, 50, 90)}
PER_BLOCK = 2000  # fixed, so that the blocks, and with them the draws, are the same on any machine


def simulate(
    analysis_id: str | None = None,
    *,
    replicates: int = 10_000,
    seed: int = 1,
    sizes: Sequence[int] = SIZES,
    shares: Sequence[float] = SHARES,
    run: Callable[[Sequence[Block]], Iterable[np.ndarray]] = in_turn,
    root=None,
) -> pd.DataFrame:
    """Measure the operating characteristics of an analysis with trials like those that it pools.

    Parameters
    ----------
    analysis_id : a pooled analysis of the protocol, by default the first; its method and level are what is
        measured
    replicates : simulated meta-analyses for each combination of ``sizes`` and ``shares``
    seed : the same gives the same numbers, whatever runs them
    sizes : numbers of trials, each 2 or more
    shares : percent of the variability that lies between trials, each at least 0 and below 100
    run : takes blocks and gives the tally of each, in their order; `in_turn`, or what `on_cores` or
        `on_dask` make

    Returns
    -------
    one row per size, share and interval
        ``k, i2, tau2, interval, replicates``; ``coverage`` of the true mean and ``prediction`` of one
        more trial's effect (missing for k = 2), as shares; ``bias`` and ``rmse`` of the estimate and
        mean ``width`` of the interval, in the unit of the effect; ``power_lower`` and
        ``power_upper``, how often the interval lies above 0 when the truth is the lower or the upper
        derived threshold of the time measured; ``coverage_se`` and ``bias_se``, what chance may do to
        those two.

    Raises
    ------
    ValueError
        When the analysis pools nothing or its trials' sizes are unknown, or for a value out of range.

    Notes
    -----
    A trial takes variance and size from one of those pooled, at random; its effect is normal about
    the true mean with variance tau2, its estimate normal about that, and its variance is estimated on
    two degrees of freedom fewer than its people. tau2 = I2 / (1 - I2) times the typical variance.

    References
    ----------
    Typical variance: Higgins & Thompson (2002), Statistics in Medicine 21, equation 9. Reporting:
    Morris, White & Crowther (2019), Statistics in Medicine 38.
    """
    _check(replicates, seed, sizes, shares)
    analyses = load_evidence(root).protocol["analyses"]
    pooled = (key for key, choice in analyses.items() if choice["synthesis"] == "pool")
    analysis_id = analysis_id or next(pooled, next(iter(analyses)))
    result = synthesise(analysis_id, root=root)
    if not isinstance(result, Pooled):
        raise ValueError(f"{analysis_id}: expected an analysis that pools trials, found {result.why}")
    choice = analysis(analysis_id, load_evidence(root))
    differences = measured_meaning(result, choice, root=root).thresholds
    blocks = _blocks(result, differences, replicates, seed, sizes, shares)
    sums: dict[int, np.ndarray] = {}
    for block, part in zip(blocks, run(blocks), strict=True):
        sums[block.cell] = sums.get(block.cell, 0) + part
    cells = {block.cell: block for block in blocks}
    combinations = [(k, share) for k in sizes for share in shares]
    frames = [
        _describe(sums[cell], replicates).assign(k=k, i2=share, tau2=cells[cell].tau2)
        for cell, (k, share) in enumerate(combinations)
    ]
    first = ["k", "i2", "tau2", "interval", "replicates"]
    table = pd.concat(frames, ignore_index=True)
    return table[first + [column for column in table if column not in first]]


def operating_characteristics(analysis_id: str, *, root=None) -> pd.DataFrame:
    """Give what `simulate` gives at the settings of the book, computed once."""
    return _in_the_book(load_evidence(root), analysis_id, root)


@lru_cache(maxsize=8)
def _in_the_book(evidence, analysis_id: str, root) -> pd.DataFrame:
    return simulate(analysis_id, **IN_THE_BOOK, root=root)


def _check(replicates, seed, sizes, shares) -> None:
    wrong = [f"sizes: expected 2 trials or more, found {k}" for k in sizes if k < 2]
    wrong += [f"shares: expected 0 to below 100 percent, found {x}" for x in shares if not 0 <= x < 100]
    if not (sizes and shares):
        wrong.append("sizes, shares: expected at least one of each, found none")
    if replicates < 100:
        wrong.append(f"replicates: expected 100 or more, found {replicates}")
    if seed < 0:
        wrong.append(f"seed: expected 0 or more, found {seed}")
    if wrong:
        raise ValueError("\n".join(wrong))


def _blocks(result: Pooled, differences, replicates, seed, sizes, shares) -> list[Block]:
    trials = result.trials
    if trials.people.isna().any():
        raise ValueError("trials: expected the people of each, found one without")
    vi, people = tuple(trials.vi.astype(float)), tuple(trials.people.astype(float))
    typical = typical_variance(np.array(vi))
    kept = {"seed": seed, "vi": vi, "people": people, "differences": tuple(map(float, differences))}
    kept |= {"method": result.method, "level": result.level}
    blocks = []
    for cell, (k, share) in enumerate((k, share) for k in sizes for share in shares):
        tau2 = float(typical * share / (100 - share))
        for number, start in enumerate(range(0, replicates, PER_BLOCK)):
            size = min(PER_BLOCK, replicates - start)
            blocks.append(Block(cell=cell, number=number, k=int(k), tau2=tau2, replicates=size, **kept))
    return blocks


def typical_variance(vi: np.ndarray) -> float:
    """Give the variance that links I2 and tau2: I2 = tau2 / (tau2 + typical)."""
    weights = 1 / vi
    return float((len(vi) - 1) * weights.sum() / (weights.sum() ** 2 - (weights**2).sum()))


def _describe(sums: np.ndarray, replicates: int) -> pd.DataFrame:
    means = sums / replicates
    table = pd.DataFrame(means, columns=[*COUNTS, "power_lower", "power_upper"])
    table = table.rename(columns={"covered": "coverage", "predicted": "prediction", "estimate": "bias"})
    table["rmse"] = np.sqrt(table.pop("squared"))
    table["coverage_se"] = np.sqrt(table.coverage * (1 - table.coverage) / replicates)
    table["bias_se"] = np.sqrt((table.rmse**2 - table.bias**2) / (replicates - 1))
    return table.assign(interval=INTERVALS, replicates=replicates)
