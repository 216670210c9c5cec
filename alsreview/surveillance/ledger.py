"""Writes a run of the searches into ``data/``: both tables or neither."""

import csv
import io
from pathlib import Path

from alsreview.evidence import Evidence, load_evidence
from alsreview.evidence.together import alone, replace_together
from alsreview.schema import DataError, Place, check_row
from alsreview.surveillance.judge import Run

TABLES = {"searches.csv": "search_id", "candidates.csv": "record_id"}


def record(root: Path, run: Run) -> None:
    """Add the rows of a run to ``searches.csv`` and ``candidates.csv``.

    Raises
    ------
    DataError
        When a row would not pass the check; nothing is written then.
    ValueError
        When another run is writing.
    """
    if not run.searches:
        return
    rows = {"searches.csv": run.searches, "candidates.csv": run.candidates}
    with alone(root):
        evidence = load_evidence(root)
        files = {
            f"data/{table}": _extended(root / "data" / table, rows[table], key, evidence)
            for table, key in TABLES.items()
        }
        replace_together(root, files)


def _extended(path: Path, rows: list[dict], key: str, evidence: Evidence) -> bytes:
    """Give a table's bytes with more rows, in the order of its key."""
    rules = evidence.columns[path.name]
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    reader = csv.DictReader(io.StringIO(old, newline=""))
    held = list(reader)
    header = list(reader.fieldnames or rules)
    faults = []
    for row in rows:
        faults += check_row({name: row[name] for name in rules}, rules, Place(f"data/{path.name}", 0, {}))[1]
    if faults:
        raise DataError(faults)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted([*held, *rows], key=lambda row: row[key]))
    return text.getvalue().encode()
