"""Times adding a trial, saying what moved, and the check: what a person waits for on the way of a trial.

Run it as ``python bench/bench_living.py``, or with ``make bench``. No registry is asked: the time is our own.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it runs uninstalled

from alsreview.evidence import load_evidence  # noqa: E402
from alsreview.extraction import Wish, add, plain_numbers  # noqa: E402
from alsreview.plausibility import plausibility  # noqa: E402
from alsreview.release.diff import FORMATS, diff  # noqa: E402

LIMIT = 2.0


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Time one call, on the clock and on the processor; nothing has been read before it."""
    clock, processor = perf_counter(), process_time()
    work()
    return perf_counter() - clock, process_time() - processor


def copied(folder: Path) -> None:
    """Lay out the review in a repository of its own."""
    for name in ("data", "chapters"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("references.bib", "CHANGELOG.md", "CITATION.cff", "index.md"):
        shutil.copy(ROOT / name, folder)
    me = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "Begin"]):
        subprocess.run(["git", *me, *words], cwd=folder, check=True)


def filled(folder: Path) -> None:
    """Give the new trial a result, so that an analysis moves."""
    trial = folder / "data/trials/omega2027"
    card = (trial / "trial.yml").read_text(encoding="utf-8").replace("unclear", "randomized")
    told = (
        "arms:\n  a: {label: A, role: intervention}\n  b: {label: B, role: comparator}\n"
        "contrasts:\n  a_vs_b: {intervention: a, comparator: b, kind: control}\n"
    )
    (trial / "trial.yml").write_text(card + told, encoding="utf-8")
    with (trial / "arms.csv").open("a", encoding="utf-8") as file:
        file.write("a,alsfrs_r,26,20,31.2,6.8,,,report,Table 2,\n")
        file.write("b,alsfrs_r,26,20,29.9,7.1,,,report,Table 2,\n")


def main() -> None:
    wish = Wish("omega2027", plain_numbers(doi="10.5555/omega.2027"), "exercise")
    print(f"{'':<6} {'clock':>7} {'processor':>10}  (seconds; the limit is {LIMIT:g})")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        copied(folder)
        steps = {
            "add": lambda: add(folder, wish, None, date(2027, 1, 4)),
            "diff": lambda: (filled(folder), FORMATS["text"](diff(folder))),
            "check": lambda: plausibility(load_evidence(folder, chapters=True)),
        }
        for name, work in steps.items():
            clock, processor = seconds(work)
            print(f"{name:<6} {clock:7.2f} {processor:10.2f}")


if __name__ == "__main__":
    main()
