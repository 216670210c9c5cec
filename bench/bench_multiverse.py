"""Times what the page on sensitivity analyses computes and draws, part by part, in its order.

Run it as ``python bench/bench_multiverse.py``. Best of three processes, since within one the later
parts find what the earlier ones computed, as they do on the page; the goal for the whole is 3 seconds.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = {
    "specification curve, points": "multiverse_figure('exercise_function')._repr_html_()",
    "which choice moves it": "moves_table('exercise_function')",
    "performance of the method": "operating_figure('exercise_function')._repr_html_()",
    "without each unit": "left_out_figure('exercise_function')._repr_html_()",
    "influence": "influence_table('exercise_function')",
    "who left": "completion_table(), dropout_table('tsms_function')",
    "results of a further trial": "needed_results_table('exercise_function')",
    "sizes of a further trial": "trial_sizes_table('exercise_function')",
    "required information size": "information_table('exercise_function')",
}
CALL = """
import json, sys
from time import process_time
from alsreview.evidence import load_evidence
from alsreview.exhibits import *
load_evidence()
times = []
for shown in json.loads(sys.argv[1]):
    began = process_time()
    eval(shown)
    times.append(process_time() - began)
print(json.dumps(times))
"""


def main():
    command = [sys.executable, "-c", CALL, json.dumps(list(PARTS.values()))]
    runs = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True) for _ in range(3)]
    times = min((json.loads(run.stdout) for run in runs), key=sum)
    print("\n## The page on sensitivity analyses, seconds of processor time, the evidence already read\n")
    print("| part | seconds |\n|---|---:|")
    for name, spent in zip([*PARTS, "the whole"], [*times, sum(times)], strict=True):
        print(f"| {name} | {spent:.2f} |")


if __name__ == "__main__":
    main()
