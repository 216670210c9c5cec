"""Times pooling against PyMetaAnalysis and against one weighted mean of the same numbers.

Run it as ``python bench/bench_pooling.py``; all times of a row are the best of several in one run,
so that the ratios hold on any machine.
"""

import sys
from pathlib import Path
from time import process_time
from timeit import repeat

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs uninstalled

from meta_analyze import meta_analysis  # noqa: E402

from alsreview.statistics import pool, pool_many  # noqa: E402

SUBSETS = 10_000


def best(call, number, times=7) -> float:
    """Time a call in milliseconds of processor time, which a busy machine stretches least."""
    call()
    return 1000 * min(repeat(call, timer=process_time, number=number, repeat=times)) / number


def trials(k, seed=1):
    """Invent k trials that differ: tau2 0.1, variances 0.01 to 0.5."""
    random = np.random.default_rng(seed)
    vi = random.uniform(0.01, 0.5, k)
    return random.normal(0, np.sqrt(vi + 0.1)), vi


def weighted_mean(yi, vi):
    """Do the least that any pooling must: weigh, and sum along the last axis."""
    weights = 1 / vi
    return (weights * yi).sum(axis=-1) / weights.sum(axis=-1)


def other(yi, vi):
    return meta_analysis(effect=yi, variance=vi, tau2_method="REML", ci_method="hksj")


def rows():
    """Yield task, then milliseconds of ours, of PyMetaAnalysis, and of the weighted mean."""
    for k, number in ((13, 100), (100_000, 2)):
        yi, vi = trials(k)
        yield (
            f"`pool`, k = {k:,}, with the Q-profile",
            best(lambda: pool(yi, vi), number),  # noqa: B023
            best(lambda: other(yi, vi), number),  # noqa: B023
            best(lambda: weighted_mean(yi, vi), number),  # noqa: B023
        )
    yi, vi = trials(13)
    masks = np.random.default_rng(2).random((SUBSETS, 13)) < 0.75
    masks[:, 0] |= ~masks.any(axis=1)
    some = [(yi[mask], vi[mask]) for mask in masks[:200] if mask.sum() > 1]
    absent = np.where(masks, vi, np.inf)
    yield (
        f"`pool_many`, {SUBSETS:,} subsets of 13",
        best(lambda: pool_many(yi, vi, masks), 1),
        best(lambda: [other(*one) for one in some], 1, 3) * SUBSETS / len(some),
        best(lambda: weighted_mean(yi, absent), 5),
    )


def main():
    print("\n## One analysis, and many, against another Python package\n")
    print("REML with HK intervals, milliseconds. PyMetaAnalysis computes its own Q-profile when")
    print("asked for it, so not here; its subsets are 200, scaled up.\n")
    print("| task | ours | PyMetaAnalysis 0.9.0 | one weighted mean | times faster | times the mean |")
    print("|---|---:|---:|---:|---:|---:|")
    for task, ours, theirs, least in rows():
        print(
            f"| {task} | {ours:.3g} | {theirs:.3g} | {least:.3g} | {theirs / ours:.2g} | {ours / least:.2g} |"
        )


if __name__ == "__main__":
    main()
