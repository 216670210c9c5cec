"""Reads what the last released version recorded in ``data/releases``."""

import re
from pathlib import Path

import pandas as pd

FOLDER = Path("data") / "releases"
_NAME = re.compile(r"([0-9]{4})\.([0-9]+)")


def released_versions(root: Path) -> list[str]:
    """List the versions with a record, oldest first: 2026.10 follows 2026.9."""
    found = [match for path in (root / FOLDER).glob("*.csv") if (match := _NAME.fullmatch(path.stem))]
    return [match[0] for match in sorted(found, key=lambda match: (int(match[1]), int(match[2])))]


def recorded_results(root: Path, version: str) -> pd.DataFrame:
    """Read the results that a version recorded, one row per analysis."""
    return pd.read_csv(root / FOLDER / f"{version}.csv", dtype={"trial_ids": str, "date": str})
