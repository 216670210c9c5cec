"""Times what a person waits for on the way of a trial: adding it, what moved, the check, and the book again.

Run it as ``python bench/bench_living.py``, or with ``make bench``. No registry is asked: the time is our own.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it runs uninstalled

from alsreview.book import build  # noqa: E402
from alsreview.evidence import load_evidence  # noqa: E402
from alsreview.living import Wish, add, plain_numbers  # noqa: E402
from alsreview.plausibility import plausibility  # noqa: E402
from alsreview.release.diff import FORMATS, diff  # noqa: E402

LIMIT = 2.0
# Of the time of a cold build of the same review, on the same machine.
SHARE = 1.0
WISH = Wish("omega2027", plain_numbers(doi="10.5555/omega.2027"), "exercise")
DAY = date(2027, 1, 4)
UNCOPIED = shutil.ignore_patterns("_build", "_releases", ".*", "__pycache__", "tests")


def spent() -> float:
    """Give the seconds on the processor, of this process and of those that it waited for."""
    return sum(sum(getrusage(who)[:2]) for who in (RUSAGE_SELF, RUSAGE_CHILDREN))


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Time one call, on the clock and on the processor; nothing has been read before it."""
    clock, processor = perf_counter(), spent()
    work()
    return perf_counter() - clock, spent() - processor


def copied(folder: Path) -> None:
    """Lay out the review in a repository of its own."""
    shutil.copytree(ROOT, folder, ignore=UNCOPIED)
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


def commands(folder: Path) -> None:
    """Print the seconds of each command, a trial being added on the way."""
    print(f"{'':<28} {'clock':>7} {'processor':>10}  (seconds; the limit is {LIMIT:g})")
    steps = {
        "add": lambda: add(folder, WISH, None, DAY),
        "diff": lambda: (filled(folder), FORMATS["text"](diff(folder))),
        "check": lambda: plausibility(load_evidence(folder, chapters=True)),
    }
    for name, work in steps.items():
        clock, processor = seconds(work)
        print(f"{name:<28} {clock:7.2f} {processor:10.2f}")


def with_a_trial(folder: Path) -> None:
    """Add the trial with its result."""
    add(folder, WISH, None, DAY)
    filled(folder)


def with_a_sentence(folder: Path) -> None:
    """Put a sentence more into one chapter."""
    chapter = folder / "chapters/background.md"
    chapter.write_text(chapter.read_text(encoding="utf-8") + "\nOne sentence more.\n", encoding="utf-8")


def built(folder: Path) -> tuple[float, float, int]:
    """Build, and give the seconds on the clock and the processor, and how many chapters ran."""
    lines: list[str] = []
    clock, processor = seconds(lambda: build(folder, echo=lines.append))
    return clock, processor, sum(line.startswith("  ran ") for line in lines)


def books(folder: Path) -> None:
    """Print how long the book takes with a trial more and with a sentence more, beside a cold one."""
    built(folder)
    with_a_trial(folder)
    times = {"with a trial more": built(folder)}
    with_a_sentence(folder)
    times["with a sentence more"] = built(folder)
    shutil.rmtree(folder / "_build")
    times["the same, cold"] = built(folder)
    told = f"of the cold one (the limit is {SHARE:g})"
    print(f"{'':<28} {'clock':>7} {'processor':>10} {'chapters run':>13}  {told}")
    for name, (clock, processor, ran) in times.items():
        share = clock / times["the same, cold"][0]
        print(f"{name:<28} {clock:7.1f} {processor:10.1f} {ran:13}  {share:.2f}")


def main() -> None:
    for part in (commands, books):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "review"
            copied(folder)
            part(folder)


if __name__ == "__main__":
    main()
