"""Measures coverage, bias and power of the protocol's own analysis in simulated meta-analyses."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from livingreview.evidence import Evidence
from livingreview.statistics.kernel import INTERVALS, pool_many
from livingreview.statistics.synthesis import analysis, measured_meaning, synthesise

COUNTS = ("coverage", "prediction", "bias", "squared", "width")
SIZES = tuple(range(3, 13))
SHARES = (0, 25, 50, 75, 90)  # percent of the variability that lies between trials
IN_THE_BOOK = {"replicates": 2000, "sizes": (3, 4, 6, 8, 12), "shares": (0, 50, 90)}
PATIENCE = 10  # seconds that a scheduler may take to answer
RETRIES = 3
PER_BLOCK = 2000  # fixed, so that the blocks, and with them the draws, are the same on any machine


@dataclass(frozen=True)
class Block:
    """Say what to draw: meta-analyses of k trials, alike but for chance.

    Attributes
    ----------
    cell, number : which combination of k and tau2 this is part of, and which part
    vi, people : (m,) tuples; the trials that sizes are drawn from
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


@lru_cache(maxsize=100)
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
    rows = []
    for interval in INTERVALS:
        fits = pool_many(yi, vi, method=block.method, interval=interval, level=block.level)
        counted = [
            (fits.ci_low <= 0) & (0 <= fits.ci_high),
            (fits.pi_low <= one_more) & (one_more <= fits.pi_high),
            fits.estimate,
            fits.estimate**2,
            fits.ci_high - fits.ci_low,
            *(fits.ci_low > -difference for difference in block.differences),
        ]
        rows.append([float(values.sum()) for values in counted])
    return np.array(rows)


def _draw(block: Block, rng) -> tuple[np.ndarray, np.ndarray]:
    """Draw estimates about effects of their own, each with a variance that its trial had to estimate."""
    shape = (block.replicates, block.k)
    which = rng.integers(len(block.vi), size=shape)
    true, freedom = np.array(block.vi)[which], np.array(block.people)[which] - 2
    yi = rng.normal(0.0, np.sqrt(block.tau2 + true))
    return yi, true * rng.chisquare(freedom) / freedom


def simulate(
    analysis_id: str,
    evidence: Evidence,
    *,
    replicates: int = 10_000,
    seed: int = 1,
    sizes: Sequence[int] = SIZES,
    shares: Sequence[float] = SHARES,
    run: Callable[[Sequence[Block]], Iterable[np.ndarray]] | None = None,
) -> pd.DataFrame:
    """Measure the operating characteristics of an analysis with trials like those that it pools.

    Parameters
    ----------
    analysis_id : a pooled analysis of the protocol, whose method and level are measured
    replicates : simulated meta-analyses for each combination of ``sizes`` and ``shares``
    seed : the same gives the same numbers, whatever runs them
    sizes : numbers of trials, each 2 or more
    shares : percent of the variability that lies between trials, each at least 0 and below 100
    run : takes blocks and returns the tally of each, in their order, as what `in_parallel` makes does

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
    _refuse(replicates, seed, sizes, shares)
    result = synthesise(analysis_id, evidence)
    if not result.pooled:
        raise ValueError(f"{analysis_id}: expected an analysis that pools trials, found {result.why}")
    if result.trials.people.isna().any():
        raise ValueError("trials: expected the people of each, found one without")
    differences = measured_meaning(result, analysis(analysis_id, evidence), evidence).thresholds
    vi, people = (tuple(result.trials[name].astype(float)) for name in ("vi", "people"))
    typical = typical_variance(np.array(vi))
    combinations = [
        {"k": int(k), "i2": share, "tau2": float(typical * share / (100 - share))}
        for k in sizes
        for share in shares
    ]
    blocks = [
        Block(
            cell=cell, number=number, k=each["k"], tau2=each["tau2"],
            replicates=min(PER_BLOCK, replicates - start), seed=seed, vi=vi, people=people,
            differences=tuple(map(float, differences)), method=result.method, level=result.level,
        )
        for cell, each in enumerate(combinations)
        for number, start in enumerate(range(0, replicates, PER_BLOCK))
    ]  # fmt: skip
    sums = [0] * len(combinations)
    for block, part in zip(blocks, run(blocks) if run else map(tally, blocks), strict=True):
        sums[block.cell] = sums[block.cell] + part
    frames = [
        _describe(total, replicates).assign(**each) for total, each in zip(sums, combinations, strict=True)
    ]
    table = pd.concat(frames, ignore_index=True)
    table["prediction"] = table.prediction.where(table.k > 2)  # two trials have no prediction interval
    first = ["k", "i2", "tau2", "interval", "replicates"]
    return table[first + [column for column in table if column not in first]]


@lru_cache(maxsize=8)
def operating_characteristics(analysis_id: str, evidence: Evidence) -> pd.DataFrame:
    """Return what `simulate` finds at the settings of the book, computed once."""
    return simulate(analysis_id, evidence, **IN_THE_BOOK)


def _refuse(replicates, seed, sizes, shares) -> None:
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


def typical_variance(vi: np.ndarray) -> float:
    """Return the variance that links I2 and tau2: I2 = tau2 / (tau2 + typical)."""
    weights = 1 / vi
    return float((len(vi) - 1) * weights.sum() / (weights.sum() ** 2 - (weights**2).sum()))


def _describe(sums: np.ndarray, replicates: int, intervals=INTERVALS) -> pd.DataFrame:
    table = pd.DataFrame(sums / replicates, columns=[*COUNTS, "power_lower", "power_upper"])
    table["rmse"] = np.sqrt(table.pop("squared"))
    table["coverage_se"] = np.sqrt(table.coverage * (1 - table.coverage) / replicates)
    table["bias_se"] = np.sqrt((table.rmse**2 - table.bias**2) / (replicates - 1))
    return table.assign(interval=intervals, replicates=replicates)


def in_parallel(workers: int | None = None, dask: str | None = None, done: Callable[[], None] = lambda: None):
    """Make a runner for several processes, by default one per core, or for a Dask cluster that exists.

    Parameters
    ----------
    workers : local processes
    dask : address of a scheduler, such as ``tcp://10.0.0.1:8786``; a block that is lost with its worker is
        run again on another
    done : called after each block

    Raises
    ------
    ValueError
        When a local process dies, as one does that runs out of memory; when no scheduler answers, it has no
        workers, or a worker has another version of this module.
    """

    def run(blocks: Sequence[Block]) -> list[np.ndarray]:
        from joblib import Parallel, delayed, parallel_config

        with ExitStack() as stack:
            if dask:
                client = stack.enter_context(_connect(dask))
                _check_workers(client, dask)
                stack.enter_context(parallel_config("dask", client=client, retries=RETRIES))
            tallies = []
            tasks = (delayed(tally)(block) for block in blocks)
            try:
                for found in Parallel(n_jobs=workers or -1, return_as="generator")(tasks):
                    tallies.append(found)
                    done()
            except BrokenProcessPool as error:
                raise ValueError(
                    "a process of the simulation died: run it again with fewer workers"
                ) from error
            return tallies

    return run


def fingerprint() -> str:
    """Digest the code that decides a tally, so that every worker can be held to the same."""
    here = Path(__file__).resolve().parent
    files = [here / f"{name}.py" for name in ("simulation", "kernel")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _connect(address: str):
    try:
        from distributed import Client
        from distributed.comm import get_address_host_port
    except ImportError as error:
        raise ValueError("distributed is not installed: see the extra `cluster`") from error
    try:
        get_address_host_port(address)  # a client of a malformed address could not be closed
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"--dask {address}: no scheduler answers there ({error})") from error


def _check_workers(client, address: str) -> None:
    """Refuse a cluster without workers, or with one that does not run this version."""
    try:
        seen = client.run(fingerprint)
    except ImportError as error:
        raise ValueError(f"--dask {address}: a worker cannot import this review ({error})") from error
    if not seen:
        raise ValueError(f"--dask {address}: expected a scheduler with workers, found none")
    if others := [worker for worker, digest in seen.items() if digest != fingerprint()]:
        raise ValueError(f"--dask {address}: another version of this review runs on {', '.join(others)}")
