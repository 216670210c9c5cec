"""Writes tidy tables as CSV, XLSX and SQLite, so that no text in them is ever run as a formula."""

import csv
import io
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from livingreview.release.stamp import Stamp
from livingreview.release.tidy import Table

# What a spreadsheet takes for the beginning of a formula, or skips before one.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LONGEST = 32767  # characters in a cell of a workbook
_KINDS = {"string": "TEXT", "date": "TEXT", "number": "REAL", "integer": "INTEGER"}


def harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run; numbers never come here."""
    return f"'{text}" if text.startswith(FORMULA) else text


def csv_text(table: Table) -> str:
    """Write a table as CSV."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([field.name for field in table.fields])
    plain = [field.type in ("number", "integer") for field in table.fields]
    for row in table.texts:
        writer.writerow([cell if number else harmless(cell) for cell, number in zip(row, plain, strict=True)])
    return written.getvalue()


def write_xlsx(path: Path, tables: list[Table], about: dict[str, str], stamp: Stamp) -> None:
    """Write the tables as the sheets of one workbook; texts are cells of text, never formulas or links."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        created = datetime.fromtimestamp(stamp.seconds, UTC).replace(tzinfo=None)
        book.set_properties(
            {"title": stamp.title, "comments": about["stamp"], "created": created, "author": ""}
        )
        head, quoted = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
        sheet = book.add_worksheet("about")
        for number, (name, said) in enumerate(about.items()):
            _write_row(sheet, number, (name, said), quoted)
        for table, name in zip(tables, _sheet_names(tables), strict=True):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, [field.name for field in table.fields], head)
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(table.rows, 1):
                _write_row(sheet, number, row, quoted)


def _sheet_names(tables: list[Table]) -> list[str]:
    """Name the sheets; a workbook takes 31 characters, and a number keeps shortened names apart."""
    names = [table.name.replace("/", "_") for table in tables]
    return [n if len(n) <= 31 else f"{n[:27]}~{place:03d}" for place, n in enumerate(names, 1)]


def _write_row(sheet, number: int, row: tuple, quoted) -> None:
    for column, value in enumerate(row):
        if isinstance(value, int | float):
            sheet.write_number(number, column, value)
        elif value is not None:
            text = str(value)
            if len(text) > _LONGEST:
                raise ValueError(
                    f"a text of {len(text)} characters does not fit in a workbook: {text[:40]!r}..."
                )
            # The mark keeps a text a text even after somebody has edited the cell.
            sheet.write_string(number, column, text, quoted if text.startswith(FORMULA) else None)


def write_sqlite(path: Path, tables: list[Table], about: dict[str, str]) -> None:
    """Write the tables into one database, with ``about`` and a table ``columns`` that describes them."""
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA page_size = 4096")
        described = [(t.name.replace("/", "_"), f) for t in tables for f in t.fields]
        _fill(base, "about", {"name": "TEXT", "value": "TEXT"}, list(about.items()))
        rows = [(name, f.name, f.type, f.meaning, f.unit or None) for name, f in described]
        _fill(base, "columns", dict.fromkeys(("table_name", "name", "type", "meaning", "unit"), "TEXT"), rows)
        for table in tables:
            kinds = {field.name: _KINDS[field.type] for field in table.fields}
            cells = [tuple(_cell(value) for value in row) for row in table.rows]
            _fill(base, table.name.replace("/", "_"), kinds, cells)
    base.close()


def _fill(base: sqlite3.Connection, name: str, kinds: dict[str, str], rows: list[tuple]) -> None:
    columns = ", ".join(f"{_quoted(column)} {kind}" for column, kind in kinds.items())
    base.execute(f"CREATE TABLE {_quoted(name)} ({columns})")
    marks = ", ".join("?" * len(kinds))
    base.executemany(f"INSERT INTO {_quoted(name)} VALUES ({marks})", rows)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _cell(value):
    return value if value is None or isinstance(value, int | float | str) else str(value)
