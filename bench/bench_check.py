"""Times the check on the real evidence and on invented trials, to see that it grows in a line.

Run it as ``python bench/bench_check.py``, or with ``make bench``.
"""

import csv
import re
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it runs uninstalled

from livingreview.evidence import load_evidence  # noqa: E402
from livingreview.plausibility import plausibility  # noqa: E402

SIZES = (250, 500, 1000, 2000)


def check_seconds(root: Path) -> tuple[float, float]:
    """Time one reading, check and weighing of the figures, on the clock and on the processor."""
    clock, processor = perf_counter(), process_time()
    plausibility(load_evidence(root, chapters=True))
    return perf_counter() - clock, process_time() - processor


def many_trials(folder: Path, count: int) -> None:
    """Add copies of the trials that have rows until there are enough, each under names of its own."""
    cards = [path for path in sorted((ROOT / "data/trials").iterdir()) if (path / "arms.csv").is_file()]
    for name in ("data", "chapters"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("index.md", "references.bib"):
        shutil.copy(ROOT / name, folder)
    with (folder / "data/screening.csv").open(encoding="utf-8", newline="") as file:
        header, *records = csv.reader(file)
    like = {record[header.index("trial_id")]: record for record in records}
    real = len(list((ROOT / "data/trials").iterdir()))
    for index in range(1000, 1000 + count - real):
        source = cards[index % len(cards)]
        copy = folder / "data/trials" / f"copy{index}"
        shutil.copytree(source, copy)
        card = (copy / "trial.yml").read_text(encoding="utf-8")
        card = re.sub(r'(doi: "?)10\.', rf"\g<1>10.{index}/", card)
        card = re.sub(r'(pmid: ")\d+', rf"\g<1>{index}", card)
        card = re.sub(r"(?m)^registration: .*$", f"registration: NCT{index:08d}", card)
        (copy / "trial.yml").write_text(card, encoding="utf-8")
        own = {"record_id": copy.name, "trial_id": copy.name, "doi": "", "pmid": "", "registration": ""}
        own["url"] = f"https://example.org/{copy.name}"
        records.append([own.get(name, cell) for name, cell in zip(header, like[source.name], strict=True)])
    with (folder / "data/screening.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *sorted(records)])


def main() -> None:
    print(f"{'trials':>8} {'clock':>8} {'processor':>10}  (seconds)")
    real = check_seconds(ROOT)
    print(f"{'real':>8} {real[0]:8.2f} {real[1]:10.2f}")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as scratch:
            many_trials(Path(scratch), size)
            clock, processor = check_seconds(Path(scratch))
        print(f"{size:8d} {clock:8.2f} {processor:10.2f}")


if __name__ == "__main__":
    main()
