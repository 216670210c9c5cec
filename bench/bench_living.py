"""Times what a person waits for when a trial is added: the command itself, the differences, the check.

Run it as ``python bench/bench_living.py``, or with ``make bench``. No registry is asked.
"""

import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it runs uninstalled

from livingreview.evidence import load_evidence  # noqa: E402
from livingreview.living import Wish, add, plain_numbers  # noqa: E402
from livingreview.plausibility import plausibility  # noqa: E402
from livingreview.release.diff import FORMATS, diff  # noqa: E402

LIMIT = 2.0
WISH = Wish("omega2027", plain_numbers(doi="10.5555/omega.2027"), "exercise")
UNCOPIED = shutil.ignore_patterns("_build", "_releases", ".*", "__pycache__", "tests")
CARD = """arms:
  a: {label: A, role: intervention}
  b: {label: B, role: comparator}
contrasts:
  a_vs_b: {intervention: a, comparator: b, kind: control}
"""
RESULTS = """a,alsfrs_r,26,,20,analysed,31.2,6.8,,,report,Table 2,
b,alsfrs_r,26,,20,analysed,29.9,7.1,,,report,Table 2,
"""


def copied(folder: Path) -> None:
    """Put the review into a repository of its own."""
    shutil.copytree(ROOT, folder, ignore=UNCOPIED)
    me = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "Begin"]):
        subprocess.run(["git", *me, *words], cwd=folder, check=True)


def filled(folder: Path) -> None:
    """Give the new trial a result, so that an analysis changes."""
    trial, screening = folder / "data/trials/omega2027", folder / "data/screening.csv"
    card = (trial / "trial.yml").read_text(encoding="utf-8").replace("unclear", "randomized")
    (trial / "trial.yml").write_text(card + CARD, encoding="utf-8")
    with (trial / "arms.csv").open("a", encoding="utf-8") as file:
        file.write(RESULTS)
    *lines, own = screening.read_text(encoding="utf-8").partition("\nomega2027,")
    own = own.replace("awaiting,allocation_unclear", "included,", 1)
    screening.write_text("".join([*lines, own]), encoding="utf-8")


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "review"
        copied(folder)
        steps = {
            "add": lambda: add(folder, WISH, None, date(2027, 1, 4)),
            "diff": lambda: FORMATS["text"](diff(folder)),
            "check": lambda: plausibility(load_evidence(folder, chapters=True)),
        }
        print(f"{'':<8} {'clock':>7} {'processor':>10}  (seconds; the limit is {LIMIT:g})")
        for name, work in steps.items():
            clock, processor = perf_counter(), process_time()
            work()
            print(f"{name:<8} {perf_counter() - clock:7.2f} {process_time() - processor:10.2f}")
            if name == "add":
                filled(folder)


if __name__ == "__main__":
    main()
