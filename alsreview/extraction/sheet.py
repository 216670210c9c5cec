"""Reads the rows of arms from a spreadsheet's CSV, and says of each row that it cannot take why."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from alsreview.extraction.card import arm_key
from alsreview.extraction.listing import Table

NUMERIC = ("integer", "number")
ROLES = ("intervention", "comparator")


@dataclass
class Sheet:
    """What a spreadsheet gave.

    Attributes
    ----------
    name : the file, for messages
    rows : line in the sheet, and cells by column
    arms : arm to label and role, of the rows that were taken
    refused : a message for each row, or column, that was not taken
    """

    name: str = ""
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    arms: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def read_sheet(content: bytes, name: str, rules: Mapping, known: Mapping, source: str) -> Sheet:
    """Read arms from a spreadsheet's CSV.

    Parameters
    ----------
    content, name : the file and its name, for messages
    rules : the columns of ``arms.csv``; the sheet may have one more, ``role``, which a new arm needs
    known : arms that the card has already
    source : key of the source of rows that name none

    Raises
    ------
    ValueError
        When the file is no table of arms at all.
    """
    text = _text(content, name)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    header = [cell.strip().lower() for cell in next(lines, [])]
    needed = [column for column in ("arm", "outcome") if column not in header]
    if needed:
        raise ValueError(
            f"{name}:1: expected the columns {', '.join(rules)} and role, found no {' and no '.join(needed)}"
        )
    sheet = Sheet(name, arms=dict(known))
    strange = [column for column in header if column not in rules and column != "role"]
    told = "no column of arms.csv; left out"
    sheet.refused += [f"{name}:1: {column or '(no name)'}: {told}" for column in strange]
    line = lines.line_num + 1
    for cells in lines:
        if any(cell.strip() for cell in cells):
            try:
                sheet.rows.append((line, _row(sheet, header, cells, rules, source)))
            except ValueError as error:
                sheet.refused.append(f"{name}:{line}: {error}")
        line = lines.line_num + 1
    return sheet


def _text(content: bytes, name: str) -> str:
    try:
        # Spreadsheets begin their UTF-8 with a mark, which is no part of the first column's name.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"{name}:{line}: expected UTF-8 text; save the sheet as CSV in UTF-8") from None


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _row(sheet: Sheet, header: list, cells: list, rules: Mapping, source: str) -> dict[str, str]:
    """Read a row into the columns of the table, or say why not."""
    if len(cells) != len(header):
        raise ValueError(f"expected {len(header)} cells, found {len(cells)}")
    row = {column: " ".join(cell.split()) for column, cell in zip(header, cells, strict=True)}
    row |= {column: _number(row[column], column) for column in row if _is_numeric(column, rules)}
    row |= {"arm": _arm(sheet, row), "source": row.get("source") or source}
    return {column: row.get(column, "") for column in rules if not column.startswith("checked")}


def _is_numeric(column: str, rules: Mapping) -> bool:
    return rules.get(column, {}).get("type") in NUMERIC


def _number(cell: str, column: str) -> str:
    """Turn a decimal comma into a point where nothing else can be meant."""
    if "," not in cell:
        return cell.replace("\u2212", "-")
    if re.fullmatch(r"[-+\u2212]?\d{1,3}(,\d{3})+", cell):
        raise ValueError(f"{column}: {cell!r} may be a thousand or a decimal; write it without the comma")
    if not re.fullmatch(r"[-+\u2212]?\d*,\d+", cell):
        raise ValueError(f"{column}: expected a number, found {cell!r}")
    return cell.replace(",", ".").replace("\u2212", "-")


def _arm(sheet: Sheet, row: Mapping[str, str]) -> str:
    """Give the key of a row's arm, and declare an arm that is new."""
    key, role = arm_key(row["arm"]), row.get("role", "").lower()
    if not row["arm"]:
        raise ValueError("arm: expected the name of an arm, found an empty cell")
    if key not in sheet.arms:
        if role not in ROLES:
            told = f"expected {' or '.join(ROLES)} for the arm {row['arm']!r}"
            raise ValueError(f"role: {told}, found {role!r}")
        sheet.arms[key] = {"label": row["arm"], "role": role}
    elif role and role != sheet.arms[key]["role"]:
        raise ValueError(f"role: the arm {row['arm']!r} is {sheet.arms[key]['role']} already, found {role!r}")
    return key


def arms_table(sheet: Sheet, rules: Mapping, order: tuple[str, ...]) -> tuple[bytes, list[int]]:
    """Write the rows as ``arms.csv``, in its order, with the sheet's line of each."""
    numeric = {column for column in order if _is_numeric(column, rules)}

    def key(entry: tuple[int, dict]):
        cells = entry[1]
        return [_value(cells[column]) if column in numeric else cells[column] for column in order]

    rows = sorted(sheet.rows, key=key)
    header = [column for column in rules if not column.startswith("checked")]
    return Table(header, [cells for _, cells in rows]).to_bytes(), [line for line, _ in rows]


def _value(cell: str) -> float:
    """Give a number to sort by; one that cannot be read is told by the check."""
    try:
        return float(cell) if cell else -1e9
    except ValueError:
        return -1e9
