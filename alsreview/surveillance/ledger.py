"""Writes a run of the searches into ``data/``: both tables or neither."""

import csv
import hashlib
import io
import json
import os
from pathlib import Path

from alsreview.evidence import Evidence, load_evidence
from alsreview.schema import DataError, Place, check_row
from alsreview.surveillance.judge import Run

TABLES = {"searches.csv": "search_id", "candidates.csv": "record_id"}
JOURNAL = ".search.json"


def record(root: Path, run: Run) -> None:
    """Add the rows of a run to ``searches.csv`` and ``candidates.csv``.

    Notes
    -----
    What is to be written is noted down first, whole. Whoever is stopped after that leaves a note from
    which `finish` goes on; whoever is stopped before leaves everything as it was.

    Raises
    ------
    DataError
        When a row would not pass the check; nothing is written then.
    """
    if not run.searches:
        return
    evidence = load_evidence(root)
    rows = {"searches.csv": run.searches, "candidates.csv": run.candidates}
    note = {}
    for table, key in TABLES.items():
        old = (root / "data" / table).read_bytes() if (root / "data" / table).is_file() else b""
        new = _extended(old, rows[table], key, table, evidence)
        note[table] = {"old": _digest(old), "new": new}
    _write(root / "data" / JOURNAL, json.dumps(note))
    finish(root)


def finish(root: Path) -> bool:
    """Go on with what a stopped run had begun to write; say whether there was any.

    Raises
    ------
    ValueError
        When somebody has changed a table since.
    """
    journal = root / "data" / JOURNAL
    if not journal.is_file():
        return False
    note = json.loads(journal.read_text(encoding="utf-8"))
    for table, told in note.items():
        path = root / "data" / table
        now = _digest(path.read_bytes() if path.is_file() else b"")
        if now not in (told["old"], _digest(told["new"].encode())):
            raise ValueError(
                f"data/{table}: changed since a search was stopped while it wrote; "
                f"put it back, or delete data/{JOURNAL} and search again"
            )
    for table, told in note.items():
        _write(root / "data" / table, told["new"])
    journal.unlink()
    return True


def _extended(old: bytes, rows: list[dict], key: str, table: str, evidence: Evidence) -> str:
    """Give a table's text with more rows, in the order of its key."""
    rules = evidence.columns[table]
    reader = csv.DictReader(io.StringIO(old.decode("utf-8"), newline=""))
    held = list(reader)
    header = list(reader.fieldnames or rules)
    faults = []
    for row in rows:
        faults += check_row({name: row[name] for name in rules}, rules, Place(f"data/{table}", 0, {}))[1]
    if faults:
        raise DataError(faults)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted([*held, *rows], key=lambda row: row[key]))
    return text.getvalue()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, text: str) -> None:
    """Replace a file, all or nothing, also when the machine stops."""
    part = path.with_name(f".{path.name.lstrip('.')}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
