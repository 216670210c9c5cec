"""Times many analyses at once against R's metafor, the least R that does the same, and plain C.

Run it as ``python bench/bench_robustness.py``. The rivals run where Rscript with metafor, or cc, is
found; all are timed in the same run on the same numbers, so that the ratios hold on any machine.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from bench_pooling import SUBSETS, best, trials

from alsreview.statistics import pool_many
from alsreview.statistics import leave_one_out, subsets

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "tests" / "reference" / "metafor_golden.json"
HK = {"method": "REML", "interval": "hk"}
MEMORY = 16_000_000  # kB that metafor may take, lest the machine goes down


def bcg():
    """Give the 13 trials of dat.bcg, as metafor's documentation does: log risk ratios."""
    known = json.loads(GOLDEN.read_text())["univariate"]["bcg_RR"]
    return np.array(known["yi"]), np.array(known["vi"])


def random_masks():
    masks = np.random.default_rng(2).random((SUBSETS, 13)) < 0.75
    masks[:, 0] |= ~masks.any(axis=1)
    return masks


def every_mask():
    return (np.arange(1, 2**13)[:, None] >> np.arange(13) & 1).astype(bool)


def ours():
    """Time our own code, in milliseconds per task."""
    yi, vi = bcg()
    masks, some, long = random_masks(), trials(200), trials(100_000)
    return {
        "random": best(lambda: pool_many(yi, vi, masks, **HK), 1, 15),
        "all": best(lambda: subsets(yi, vi, **HK), 1, 15),
        "leave_one_out": best(lambda: leave_one_out(*some, **HK), 2, 15),
        "long": best(lambda: pool_many(*long, **HK), 2, 15),
    }


def in_r(folder):
    """Time metafor and lean R, in milliseconds per task; empty without them."""
    if not shutil.which("Rscript"):
        return {}
    tables = {"trials13": np.column_stack(bcg()), "random": random_masks(), "all": every_mask()}
    tables |= {f"trials{k}": np.column_stack(trials(k)) for k in (200, 100_000)}
    for name, table in tables.items():
        np.savetxt(folder / f"{name}.csv", table, delimiter=",", fmt="%d" if table.dtype == bool else "%.17g")
    ran = subprocess.run(["Rscript", HERE / "rivals.R", folder], capture_output=True, text=True)
    lines = [line.split("\t") for line in ran.stdout.splitlines()]
    return {line[0]: [float("nan" if x == "NA" else x) for x in line[1:3]] for line in lines}


def metafor_on_many():
    """Let metafor pool 100,000 trials within a bound of memory, and give its last words."""
    call = "suppressMessages(library(metafor)); rma(rnorm(1e5), rep(1, 1e5))"
    ran = subprocess.run(
        f"ulimit -v {MEMORY}; Rscript -e '{call}'", shell=True, capture_output=True, text=True
    )
    words = [line.strip() for line in ran.stderr.splitlines() if "allocate" in line]
    return words[0] if words else f"exit code {ran.returncode}"


def in_c(folder):
    """Time the same subsets in C on one thread, to any peak and to the highest, in milliseconds.

    Empty without a compiler. The highest must be ours, or the comparison means nothing.
    """
    if not shutil.which("cc"):
        return {}
    command = ["cc", "-O3", "-march=native", HERE / "limit.c", "-o", folder / "limit", "-lm"]
    subprocess.run(command, check=True)
    head = b"".join(values.tobytes() for values in bcg())
    times = {}
    for name, masks in (("random", random_masks()), ("all", every_mask())):
        data = np.array(masks.shape, dtype=np.int32).tobytes() + head + masks.tobytes()
        fits = pool_many(*bcg(), masks, **HK)
        times[name] = [
            limit_ms([folder / "limit"], data),
            limit_ms([folder / "limit", "highest"], data, float((fits.estimate + fits.se).sum())),
        ]
    return times


def limit_ms(command, data, known=None):
    runs = [subprocess.run(command, input=data, capture_output=True).stdout.split() for _ in range(5)]
    if known is not None and not np.isclose(float(runs[0][1]), known, rtol=1e-9, atol=0):
        raise SystemExit(f"limit.c: estimates and SEs add up to {runs[0][1]}, ours to {known}")
    return min(float(run[0]) for run in runs)


TASKS = {
    "random": f"{SUBSETS:,} random subsets of 13 trials",
    "all": "all 8,191 subsets of 13 trials",
    "leave_one_out": "leave one out of 200 trials",
    "long": "one synthesis of 100,000 trials",
}


def shown(value):
    return "–" if np.isnan(value) else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def row(task, mine, r, c):
    (metafor, lean), (near, same) = r.get(task, [np.nan] * 2), c.get(task, [np.nan] * 2)
    times = [mine[task], metafor, lean, near, same]
    ratios = [metafor / mine[task], lean / mine[task], mine[task] / near, mine[task] / same]
    return f"| {TASKS[task]} | " + " | ".join(map(shown, times + ratios)) + " |"


def main():
    with tempfile.TemporaryDirectory() as name:
        mine = ours()
        r, c = in_r(Path(name)), in_c(Path(name))
    print("\n## Many analyses: REML with HK intervals, milliseconds of processor time\n")
    print("metafor's subsets are 200 of them, scaled up; lean R stops at 1e-5. Ours goes to the last digit")
    print("and finds the highest peak of the likelihood. C, on one thread, climbs to any peak, or to the")
    print("highest as ours does, where it must give our estimates and SEs to 1e-9.\n")
    print("| task | ours | metafor | lean R | C, any peak | C, highest | "
          "metafor / ours | lean R / ours | ours / C, any | ours / C, highest |")  # fmt: skip
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for task in TASKS:
        print(row(task, mine, r, c))
    if r:
        print(f"\nmetafor on 100,000 trials: {metafor_on_many()}.")
    else:
        print("\nR with metafor was not found (Debian: r-base-core, r-cran-metafor).")


if __name__ == "__main__":
    main()
