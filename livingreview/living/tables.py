"""Edits the tables of records as text, and writes nothing that the check would refuse."""

import csv
import io
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from livingreview.evidence.check import read_evidence
from livingreview.evidence.files import replace_files
from livingreview.living.records import plain_doi, plain_pmid, registry_numbers
from livingreview.schema import DataError, Fault

SCREENING, ONGOING = "data/screening.csv", "data/ongoing.csv"
CANDIDATES, SEARCHES = "data/candidates.csv", "data/searches.csv"


@dataclass
class Table:
    """A table as text: its header, and its rows as mappings."""

    header: list[str] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path, name: str, rules: Mapping | None = None) -> "Table":
        """Read a table of the review, if there is one, with all the columns of ``rules``."""
        path = root / name
        if not path.is_file():
            return cls(list(rules or ()), [])
        header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
        columns = [*rules, *(column for column in header if column not in rules)] if rules else header
        return cls(columns, [dict(zip(header, row, strict=True)) for row in rows])

    def insert(self, key: str, *rows: Mapping[str, str]) -> None:
        """Add rows, which stand in the order of a column."""
        self.rows = sorted([*self.rows, *map(dict, rows)], key=lambda row: row[key])

    def to_bytes(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([self.header, *([row.get(name, "") for name in self.header] for row in self.rows)])
        return text.getvalue().encode()


def numbers_of(row: Mapping[str, str]) -> set[str]:
    """Return the numbers by which the record of a row is found again, in their plain form."""
    found = {plain_doi(row.get("doi")), plain_pmid(row.get("pmid"))}
    registered = registry_numbers(row.get("registration"), row.get("registry"), row.get("record_id"))
    return {*found, *registered} - {""}


def faults_with(root: Path, files: Mapping[str, bytes]) -> list[Fault]:
    """List what the check would say of the data if these files were written.

    Parameters
    ----------
    root : folder of the review
    files : path from the root to content
    """
    with tempfile.TemporaryDirectory(prefix="review-") as scratch:
        copy = Path(scratch)
        shutil.copytree(root / "data", copy / "data")
        if (root / "references.bib").is_file():
            shutil.copy(root / "references.bib", copy)
        replace_files(copy, files)
        return read_evidence(copy).faults


def write_checked(root: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Write files of the review if its data are well formed with them, and return their names.

    Raises
    ------
    DataError
        With every fault that the data would have; nothing is written then.
    """
    if faults := faults_with(root, files):
        raise DataError(faults)
    replace_files(root, files)
    return tuple(files)
