"""Reads a mapping or a table of the evidence, typed, with what is wrong in it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from livingreview.evidence.files import read_table, read_yaml
from livingreview.evidence.rows import ROW_KEYS, order_faults, row_faults
from livingreview.schema import Fault, Place, check_header, check_record, check_row

TABLES = (
    "arms.csv", "reported.csv", "harms.csv", "ongoing.csv", "searches.csv", "screening.csv", "candidates.csv",
    "reports.csv",
)  # fmt: skip


TRIAL_ID = re.compile(r"([a-z]+)([0-9]{4})([a-z]?)")
EXAMPLE = "example2000"  # the invented trial of a new review, which no version may have


@dataclass
class Grade:
    """The rules of certainty, empty where the review has none, and the decision on each analysis."""

    rules: dict = field(default_factory=dict)
    decisions: dict = field(default_factory=dict)


@dataclass
class Reading:
    """All that was read, typed, with what is wrong in it."""

    rules: dict = field(default_factory=dict)
    outcomes: dict = field(default_factory=dict)
    protocol: dict = field(default_factory=dict)
    years: dict = field(default_factory=dict)
    cards: dict = field(default_factory=dict)
    reviews: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)
    appraisals: dict = field(default_factory=dict)
    appraisal_lines: dict = field(default_factory=dict)
    checklist: dict = field(default_factory=dict)
    queries: dict = field(default_factory=dict)
    rows: dict = field(default_factory=lambda: {table: [] for table in TABLES})
    grade: Grade = field(default_factory=Grade)
    faults: list = field(default_factory=list)


def keys_of(mapping: dict, key: str) -> set:
    """List the keys of a mapping within another; none where there is no such mapping."""
    return set(mapping[key]) if isinstance(mapping.get(key), dict) else set()


def read_mapping(root: Path, name: str, reading: Reading) -> tuple[dict, dict]:
    """Read a YAML file and the lines of its keys; note what is wrong with its form."""
    if not (root / name).is_file():
        reading.faults.append(Fault(name, 1, "file", "expected this file, found none"))
        return {}, {}
    data, lines, faults = read_yaml(root / name, name)
    reading.faults += faults
    return data, lines


def check_mapping(name: str, data: dict, lines: dict, names: dict, reading: Reading) -> None:
    """Check a mapping against the dictionary; one that could not be read has its fault already."""
    rules = reading.rules.get(Path(name).name)
    if data and rules:
        reading.faults += check_record(data, rules, lines, Place(name, 1, names))


def read_rows(root: Path, path: Path, names: dict, reading: Reading, extra: dict) -> None:
    """Read a table, if it is there, and add its typed rows and its faults to the reading.

    Parameters
    ----------
    root, path : folder of the review, and the table
    names : what the keys of its rows may refer to
    reading : holds the dictionary and the outcomes already
    extra : cells that every row gets, such as the trial's id
    """
    if not path.is_file():
        return
    name, table = path.relative_to(root).as_posix(), path.name
    rules = reading.rules.get(table, {})
    header, rows, faults = read_table(path, name)
    faults += check_header(header, rules, Place(name, 1, {})) if header else []
    typed, placed = [], []
    for line, cells in rows:
        place = Place(name, line, names)
        values, wrong = check_row(cells, rules, place)
        faults += wrong + row_faults(table, values, place, reading.outcomes, whole=not wrong)
        typed.append(extra | values | {"line": line, "file": name, "printed": cells})
        if not {fault.column for fault in wrong} & set(ROW_KEYS.get(table, ())):
            placed.append(typed[-1])
    faults += order_faults(table, placed, name) if set(ROW_KEYS.get(table, ())) <= set(header) else []
    reading.rows[table] += typed
    reading.faults += faults


def trial_folders(root: Path) -> list[Path]:
    """List what stands among the trials, in order."""
    trials = root / "data/trials"
    return sorted(p for p in trials.iterdir() if not p.name.startswith(".")) if trials.is_dir() else []


def trial_year(trial_id: str) -> int:
    """Return the year of a trial's own report, which is part of its id."""
    return int(TRIAL_ID.fullmatch(trial_id)[2])
