"""Reads the results that the versions kept, of which the repository is the record."""

from pathlib import Path

import pandas as pd

from alsreview.release.results import FOLDER, from_text
from alsreview.release.versions import Version, parse_version


def kept_results(root: Path) -> list[tuple[Version, pd.DataFrame]]:
    """Read what each version kept in ``data/releases``, oldest first.

    Raises
    ------
    ValueError
        When a file there is not named after a version.
    """
    found = [(parse_version(path.stem), path) for path in (root / FOLDER).glob("*.csv")]
    return [(version, from_text(path.read_text(encoding="utf-8"))) for version, path in sorted(found)]
