"""Finds the words of the data that hold a letter which none of the book's fonts has."""

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from alsreview.evidence.digest import data_files, find_root
from alsreview.evidence.files import read_table, read_text, read_yaml
from alsreview.schema import Fault

FONTS = Path("_static") / "fonts"
_BLANKS = frozenset("\t\n\r")
_MOST = 5  # letters that a warning names


def unshown_letters(root: str | Path | None = None) -> list[Fault]:
    """Name every value of ``data/`` that holds a letter which the book's fonts do not have.

    Parameters
    ----------
    root : folder of the review

    Returns
    -------
    the places in order
        Empty for a review without fonts of its own.
    """
    root = find_root(root)
    known = _letters(tuple(sorted((root / FONTS).glob("*.ttf"))))
    found = []
    for name in data_files(root) if known else ():
        path = root / name
        # A file without such a letter, as nearly all are, need not be taken apart.
        if path.suffix in (".yml", ".csv") and set(read_text(path, name)[0]) - known:
            found += [each for place in _values(path, name) for each in _absent(name, *place, known)]
    return sorted(set(found))


def _absent(name: str, line: int, column: str, value: str, known: frozenset[str]) -> list[Fault]:
    absent = sorted(set(value) - known)
    if not absent:
        return []
    said = ", ".join(f"U+{ord(letter):04X} ({letter})" for letter in absent[:_MOST])
    more = f" and {len(absent) - _MOST} more" if len(absent) > _MOST else ""
    message = f"none of the book's fonts has {said}{more}; the PDF writes their numbers instead"
    return [Fault(name, line, column, message)]


def _values(path: Path, name: str) -> Iterator[tuple[int, str, str]]:
    """Give line, column and text of every value; keys of a mapping are values too."""
    if path.suffix == ".csv":
        _, rows, _ = read_table(path, name)
        yield from ((line, column, value) for line, row in rows for column, value in row.items())
    else:
        values, lines, _ = read_yaml(path, name)
        yield from _nested(values, (), lines, 1)


def _nested(value, at: tuple, lines: dict, line: int) -> Iterator[tuple[int, str, str]]:
    line, column = lines.get(at, line), ".".join(map(str, at))
    if isinstance(value, str):
        yield line, column, value
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield lines.get((*at, key), line), column or str(key), str(key)
        yield from _nested(each, (*at, key), lines, line)


@cache
def _letters(fonts: tuple[Path, ...]) -> frozenset[str]:
    """Collect the characters that at least one font has."""
    return _BLANKS.union(*map(_mapped, fonts)) if fonts else frozenset()


def _mapped(font: Path) -> set[str]:
    """Read from a font's ``cmap`` table which characters it has (OpenType 1.9, subtable formats 4 and 12)."""
    raw = font.read_bytes()
    tables = {raw[at : at + 4]: at for at in range(12, 12 + 16 * _short(raw, 4), 16)}
    start = _long(raw, tables[b"cmap"] + 8)
    parts = {start + _long(raw, start + 8 + 8 * number) for number in range(_short(raw, start + 2))}
    readers = {4: _segments, 12: _groups}
    return {
        chr(code)
        for part in parts
        if _short(raw, part) in readers
        for first, last in readers[_short(raw, part)](raw, part)
        for code in range(first, last + 1)
    }


def _segments(raw: bytes, at: int) -> Iterator[tuple[int, int]]:
    count = _short(raw, at + 6) // 2
    for number in range(count - 1):  # the last one is a mark, not a segment
        last = at + 14 + 2 * number
        yield _short(raw, last + 2 * count + 2), _short(raw, last)


def _groups(raw: bytes, at: int) -> Iterator[tuple[int, int]]:
    for number in range(_long(raw, at + 12)):
        yield struct.unpack_from(">II", raw, at + 16 + 12 * number)


def _short(raw: bytes, at: int) -> int:
    return struct.unpack_from(">H", raw, at)[0]


def _long(raw: bytes, at: int) -> int:
    return struct.unpack_from(">I", raw, at)[0]
