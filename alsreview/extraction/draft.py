"""Tries what is to be written on a copy of the data, so that only what passes the check is written."""

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from alsreview.evidence import Evidence
from alsreview.evidence.check import read_evidence
from alsreview.evidence.rows import ROW_KEYS
from alsreview.extraction.card import Card, card_text, table_text
from alsreview.extraction.sheet import Sheet, arms_table
from alsreview.schema import DataError, Fault


def drafted(evidence: Evidence, card: Card, sheet: Sheet, others: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give every file to write; rows of the sheet that the check refuses move to its ``refused``.

    Parameters
    ----------
    evidence : the data as they are
    card, sheet : what the folder of the trial will say
    others : the other files that change, by their path from the root

    Raises
    ------
    DataError
        When anything but a row of the sheet is at fault.
    """
    while True:
        files = _folder(evidence, card, sheet) | dict(others)
        faults = faults_of(evidence.root, files)
        table = f"data/trials/{card.trial_id}/arms.csv"
        mine = [fault for fault in faults if fault.path == table]
        if len(mine) < len(faults):
            raise DataError([fault for fault in faults if fault.path != table])
        if not mine:
            return files
        _refuse(evidence, sheet, mine)


def _folder(evidence: Evidence, card: Card, sheet: Sheet) -> dict[str, bytes]:
    folder, columns = f"data/trials/{card.trial_id}", evidence.columns
    rows, _ = arms_table(sheet, columns["arms.csv"], ROW_KEYS["arms.csv"])
    return {
        f"{folder}/trial.yml": card_text(card, sheet.arms, columns).encode(),
        f"{folder}/arms.csv": rows,
        f"{folder}/reported.csv": table_text("reported.csv", columns).encode(),
        f"{folder}/harms.csv": table_text("harms.csv", columns).encode(),
    }


def faults_of(root: Path, files: Mapping[str, bytes]) -> list[Fault]:
    """List what the check would say of the data if these files were written."""
    with tempfile.TemporaryDirectory(prefix="alsreview-") as scratch:
        copy = Path(scratch)
        shutil.copytree(root / "data", copy / "data")
        shutil.copy(root / "references.bib", copy)
        for name, content in files.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(content)
        return read_evidence(copy).faults


def _refuse(evidence: Evidence, sheet: Sheet, faults: list[Fault]) -> None:
    """Take the rows at fault out of the sheet, each with the reasons that the check gives."""
    _, lines = arms_table(sheet, evidence.columns["arms.csv"], ROW_KEYS["arms.csv"])
    # Line 1 is the header; a note has no line break, so a row is a line.
    bad: dict[int, list[str]] = {}
    for fault in faults:
        said = re.sub(r" of line \d+$", " of this sheet", f"{fault.column}: {fault.message}")
        bad.setdefault(lines[fault.line - 2], []).append(said)
    sheet.refused += [f"{sheet.name}:{line}: {'; '.join(reasons)}" for line, reasons in sorted(bad.items())]
    sheet.rows = [(line, cells) for line, cells in sheet.rows if line not in bad]
