"""Times the statistics against R's metafor, PyMetaAnalysis and C.

Run it as ``python bench/bench_statistics.py``. All times are processor time, which a busy machine stretches
least, of one run on the same numbers, so that the ratios hold on any machine. The rivals run where they are
found.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time
from timeit import repeat

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # so that it runs uninstalled

from meta_analyze import meta_analysis  # noqa: E402

from livingreview.statistics import pool, pool_many  # noqa: E402

SUBSETS = 10_000
SOME = 200  # of the subsets, for the slow; their times are scaled up
GOLDEN = HERE.parent / "tests" / "reference" / "metafor_golden.json"
IMPORTED = """import sys, numpy, pandas, scipy.special, yaml
from time import process_time
before = process_time()
import livingreview
print(process_time() - before)"""


def best(call, number=1, times=9) -> float:
    """Time a call in milliseconds."""
    call()
    return 1000 * min(repeat(call, timer=process_time, number=number, repeat=times)) / number


def bcg():
    """Return the 13 trials of dat.bcg, as metafor's documentation has them: log risk ratios."""
    known = json.loads(GOLDEN.read_text())["univariate"]["bcg_RR"]
    return np.array(known["yi"]), np.array(known["vi"])


def invented(k):
    """Invent k trials that differ: tau2 0.1, variances 0.01 to 0.5."""
    random = np.random.default_rng(1)
    vi = random.uniform(0.01, 0.5, k)
    return random.normal(0, np.sqrt(vi + 0.1)), vi


def subset_masks():
    masks = np.random.default_rng(2).random((SUBSETS, 13)) < 0.75
    masks[:, 0] |= ~masks.any(axis=1)
    return masks


def another_package(yi, vi):
    return meta_analysis(effect=yi, variance=vi, tau2_method="REML", ci_method="hksj")


def in_r(masks) -> tuple[float, float]:
    """Time metafor on one analysis and on all subsets."""
    if not shutil.which("Rscript"):
        return np.nan, np.nan
    with tempfile.TemporaryDirectory() as folder:
        for name, table in {"trials": np.column_stack(bcg()), "masks": masks[:SOME]}.items():
            np.savetxt(Path(folder) / f"{name}.csv", table, delimiter=",", fmt="%.17g")
        ran = subprocess.run(["Rscript", HERE / "rivals.R", folder], capture_output=True, text=True)
    if ran.returncode:
        return np.nan, np.nan
    one, some = map(float, ran.stdout.split())
    return one, some * SUBSETS / SOME


def in_c(masks, fits) -> float:
    """Time the same subsets in C, which must give our estimates and SEs, or the comparison means nothing."""
    if not shutil.which("cc"):
        return np.nan
    data = (
        np.array(masks.shape, dtype=np.int32).tobytes()
        + b"".join(x.tobytes() for x in bcg())
        + masks.tobytes()
    )
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "limit"
        subprocess.run(["cc", "-O3", "-march=native", HERE / "limit.c", "-o", program, "-lm"], check=True)
        runs = [subprocess.run(program, input=data, capture_output=True).stdout.split() for _ in range(5)]
    if not np.isclose(float(runs[0][1]), (fits.estimate + fits.se).sum(), rtol=1e-9, atol=0):
        raise SystemExit(f"limit.c: estimates and SEs add up to {runs[0][1]}, ours to something else")
    return min(float(run[0]) for run in runs)


def rows():
    """Yield task and milliseconds of ours, metafor, PyMetaAnalysis and C."""
    masks, (yi, vi), long = subset_masks(), bcg(), invented(100_000)
    one, many = in_r(masks)
    some = [(yi[mask], vi[mask]) for mask in masks[:SOME] if mask.sum() > 1]
    package = best(lambda: [another_package(*each) for each in some], times=2) * SUBSETS / len(some)
    c = in_c(masks, pool_many(yi, vi, masks))
    yield (
        "One analysis of 13 trials",
        best(lambda: pool(yi, vi), 100),
        one,
        best(lambda: another_package(yi, vi), 20),
        np.nan,
    )
    yield f"{SUBSETS:,} subsets of 13 trials", best(lambda: pool_many(yi, vi, masks)), many, package, c
    # metafor needs a matrix of k x k numbers, here 80 GB.
    yield (
        "One analysis of 100,000 trials",
        best(lambda: pool(*long)),
        np.nan,
        best(lambda: another_package(*long)),
        np.nan,
    )


def import_seconds() -> float:
    ran = subprocess.run([sys.executable, "-c", IMPORTED], cwd=HERE.parent, capture_output=True, check=True)
    return float(ran.stdout)


def main():
    print("\n## Pooling by REML with the modified Hartung-Knapp interval, milliseconds of processor time\n")
    print("C on one thread finds the same highest peak of the likelihood, to the same last digits.\n")
    print(
        "| task | ours | metafor | PyMetaAnalysis | C | metafor / ours | PyMetaAnalysis / ours | ours / C |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for task, ours, r, package, c in rows():
        cells = [ours, r, package, c, r / ours, package / ours, ours / c]
        shown = ["–" if np.isnan(x) else f"{x:,.0f}" if x >= 100 else f"{x:.2g}" for x in cells]
        print(f"| {task} | {' | '.join(shown)} |")
    spent = min(import_seconds() for _ in range(3))
    print(
        f"\n`import livingreview` beyond NumPy, pandas, SciPy and PyYAML: {spent:.2f} s of processor time.\n"
    )


if __name__ == "__main__":
    main()
