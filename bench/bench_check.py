"""Times the check on the real evidence and on copies of one trial, to see that it grows in a line."""

import shutil
import tempfile
from pathlib import Path
from time import process_time

import pandas as pd

from livingreview.evidence import check_evidence, load_evidence
from livingreview.plausibility import plausibility

ROOT = Path(__file__).resolve().parents[1]
COPIED = "lunetta2016"


def check_seconds(root: Path) -> float:
    """Time one reading, check and weighing of the figures, on the processor."""
    began = process_time()
    assert not check_evidence(root)
    plausibility(load_evidence(root))
    return process_time() - began


def add_copies(review: Path, count: int) -> None:
    """Add copies of a trial, each under a name of its own, with their records in the screening."""
    shutil.copytree(ROOT, review, ignore=shutil.ignore_patterns("_build", ".*", "livingreview", "tests"))
    screening = pd.read_csv(review / "data/screening.csv", dtype=str, keep_default_na=False)
    record = screening[screening.trial_id == COPIED].iloc[[0]].assign(doi="", pmid="", registration="")
    records = [screening]
    for index in range(count):
        name = f"copy{index:04d}"
        shutil.copytree(review / "data/trials" / COPIED, review / "data/trials" / name)
        records.append(record.assign(record_id=name, trial_id=name, url=f"https://example.org/{name}"))
    pd.concat(records).sort_values("record_id").to_csv(review / "data/screening.csv", index=False)


if __name__ == "__main__":
    print(f"## Check, seconds on the processor\n\n```\n    real {check_seconds(ROOT):6.2f}")
    for size in (500, 1000, 2000):
        with tempfile.TemporaryDirectory() as folder:
            add_copies(Path(folder) / "review", size)
            print(f"{size:8d} {check_seconds(Path(folder) / 'review'):6.2f}")
    print("```")
