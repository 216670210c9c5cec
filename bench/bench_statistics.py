"""Times the statistics against R's metafor and C, in milliseconds of processor time."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time
from timeit import repeat

import numpy as np
import pandas as pd

from livingreview.statistics import pool, pool_many

HERE = Path(__file__).resolve().parent
SUBSETS = 10_000
SOME = 200  # of the subsets, for the slow; their times are scaled up
BCG = json.loads((HERE.parent / "tests/reference/metafor_golden.json").read_text())["univariate"]["bcg_RR"]
IN_R = """suppressMessages(library(metafor))
trials <- escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
masks <- matrix(scan(file("stdin"), quiet = TRUE) == 1, ncol = 13, byrow = TRUE)
fit <- function(kept) suppressWarnings(try(silent = TRUE,
  rma(yi, vi, data = trials[kept, ], test = "adhoc", control = list(maxiter = 1000))))
best <- function(call) min(sapply(1:2, function(i) 1000 * sum(system.time(call())[1:2])))
cat(best(function() for (i in 1:50) fit(1:13)) / 50, best(function() apply(masks, 1, fit)))"""
IMPORT = """import numpy, pandas, scipy.special, time, yaml
before = time.process_time()
import livingreview
print(time.process_time() - before)"""


def best(call, number=1, times=9) -> float:
    call()
    return 1000 * min(repeat(call, timer=process_time, number=number, repeat=times)) / number


def in_r(masks) -> tuple[float, float]:
    """Time metafor on one analysis of 13 trials and on all subsets."""
    told = "\n".join(" ".join(map(str, mask)) for mask in masks[:SOME].astype(int))
    one, some = subprocess.check_output(["Rscript", "-e", IN_R], input=told, text=True).split()
    return float(one), float(some) * SUBSETS / SOME


def in_c(yi, vi, masks) -> float:
    """Time the subsets in C, which must give our estimates and SEs, or the comparison means nothing."""
    data, fits = yi.tobytes() + vi.tobytes() + masks.tobytes(), pool_many(yi, vi, masks)
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/limit"
        subprocess.run(["cc", "-O3", "-march=native", HERE / "limit.c", "-o", program, "-lm"], check=True)
        spent, total = map(float, subprocess.check_output(program, input=data).split())
    if not np.isclose(total, (fits.estimate + fits.se).sum(), rtol=1e-9, atol=0):
        raise SystemExit(f"limit.c: estimates and SEs add up to {total}, ours to something else")
    return spent


if __name__ == "__main__":
    random, bcg = np.random.default_rng(2), (np.array(BCG["yi"]), np.array(BCG["vi"]))
    masks = random.random((SUBSETS, 13)) < 0.75
    masks[:, 0] |= ~masks.any(axis=1)
    many = random.uniform(0.01, 0.5, 100_000)
    long = random.normal(0, np.sqrt(many + 0.1)), many
    table = pd.DataFrame(
        index=["One analysis of 13 trials", "10,000 subsets of them", "One of 100,000 trials"]
    )
    table["ours"] = (
        best(lambda: pool(*bcg), 99),
        best(lambda: pool_many(*bcg, masks)),
        best(lambda: pool(*long)),
    )
    table["metafor"] = *in_r(masks), np.nan  # which needs a matrix of k x k numbers, here 80 GB
    table["C"] = np.nan, in_c(*bcg, masks), np.nan
    table["metafor / ours"], table["ours / C"] = table["metafor"] / table["ours"], table["ours"] / table["C"]
    print("\n## Pooling by REML with the modified Hartung-Knapp interval, milliseconds of processor time\n")
    print("Limits: 1 and 15 for one analysis; of the ratios for subsets at least 1,000 and at most 3.\n")
    print(table.round(2).astype(object).fillna("–").to_markdown())
    spent = min(float(subprocess.check_output([sys.executable, "-c", IMPORT])) for _ in range(3))
    print(f"\n`import livingreview` beyond NumPy, pandas, SciPy and PyYAML: {spent:.2f} s (limit 0.4)\n")
