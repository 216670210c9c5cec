"""Turns the files of two states of ``data/`` into the rows and keys that differ."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from alsreview.evidence.files import read_table, read_yaml
from alsreview.evidence.rows import ROW_KEYS

# What a version keeps of itself moves with every version and is no evidence.
_LEFT_OUT = ("data/releases/",)


@dataclass(frozen=True)
class Change:
    """A row or a key that differs.

    Attributes
    ----------
    where : the row's own cells, or the path of the key
    column : column of the cell that differs; empty for a whole row or a key
    before, after : what stood and stands there; None where there was nothing
    """

    where: str
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class FileChange:
    """A file of ``data/`` that differs.

    Attributes
    ----------
    path : from the root
    how : "added", "removed" or "changed"
    rows_before, rows_after : number of its rows; 0 for a file that is no table
    changes : what differs in a changed file
    """

    path: str
    how: str
    rows_before: int
    rows_after: int
    changes: tuple[Change, ...]


def file_changes(old: Path, new: Path) -> list[FileChange]:
    """List the files of ``data/`` that differ between two folders, in order of their names.

    Parameters
    ----------
    old, new : folders that hold ``data/``
    """
    before, after = _files(old), _files(new)
    return [
        _file_change(name, before.get(name), after.get(name))
        for name in sorted(before | after)
        if _bytes(before.get(name)) != _bytes(after.get(name))
    ]


def _files(root: Path) -> dict[str, Path]:
    found = {path.relative_to(root).as_posix(): path for path in (root / "data").rglob("*") if path.is_file()}
    return {
        name: path
        for name, path in found.items()
        if not name.startswith(_LEFT_OUT) and not path.name.startswith(".")
    }


def _bytes(path: Path | None) -> bytes | None:
    return None if path is None else path.read_bytes()


def _file_change(name: str, old: Path | None, new: Path | None) -> FileChange:
    how = "added" if old is None else "removed" if new is None else "changed"
    if name.endswith(".csv"):
        rows = [_rows(path, name) for path in (old, new)]
        changes = _row_changes(name, *rows) if how == "changed" else ()
        return FileChange(name, how, len(rows[0]), len(rows[1]), tuple(changes))
    changes = _key_changes(_keys(old, name), _keys(new, name)) if how == "changed" else ()
    return FileChange(name, how, 0, 0, tuple(changes))


def _rows(path: Path | None, name: str) -> list[dict[str, str]]:
    return [] if path is None else [cells for _, cells in read_table(path, name)[1]]


def _keys(path: Path | None, name: str) -> dict:
    return {} if path is None or not name.endswith(".yml") else read_yaml(path, name)[0]


def _key_changes(old: dict, new: dict, at: tuple = ()) -> list[Change]:
    """Walk two mappings side by side; what only one of them has is told as a whole."""
    found = []
    for key in [*old, *(key for key in new if key not in old)]:
        one, other, path = old.get(key), new.get(key), (*at, str(key))
        if isinstance(one, dict) and isinstance(other, dict):
            found += _key_changes(one, other, path)
        elif isinstance(one, list) and isinstance(other, list):
            # An entry of a list has no name; where it stands says nothing.
            found += [Change(".".join(path), "", _value(item), None) for item in one if item not in other]
            found += [Change(".".join(path), "", None, _value(item)) for item in other if item not in one]
        elif one != other:
            found.append(Change(".".join(path), "", _value(one), _value(other)))
    return found


def _value(value) -> str | None:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return None if value is None else str(value)


def _row_changes(name: str, old: list[dict], new: list[dict]) -> list[Change]:
    """Pair the rows of two tables by their keys; rows that are the same in both say nothing."""
    keys = ROW_KEYS.get(Path(name).name) or tuple((new or old or [{}])[0])[:1]
    before, after = _by_key(old, keys), _by_key(new, keys)
    found = []
    for key in [*after, *(key for key in before if key not in after)]:
        gone = [row for row in before.get(key, []) if row not in after.get(key, [])]
        come = [row for row in after.get(key, []) if row not in before.get(key, [])]
        where = ", ".join(key)
        for index in range(max(len(gone), len(come))):
            pair = [rows[index] if index < len(rows) else None for rows in (gone, come)]
            found += _cell_changes(where, *pair)
    return found


def _by_key(rows: list[dict], keys: tuple) -> dict[tuple, list[dict]]:
    found = defaultdict(list)
    for row in rows:
        found[tuple(row.get(key, "") for key in keys)].append(row)
    return found


def _cell_changes(where: str, old: dict | None, new: dict | None) -> list[Change]:
    if old is None or new is None:
        return [Change(where, "", old and _said(old), new and _said(new))]
    # A column that only one of them has is empty in the other.
    columns = [*new, *(column for column in old if column not in new)]
    cells = [(column, old.get(column, ""), new.get(column, "")) for column in columns]
    return [Change(where, column, one, other) for column, one, other in cells if one != other]


def _said(row: dict) -> str:
    return ", ".join(f"{column} {cell}" for column, cell in row.items() if cell)
