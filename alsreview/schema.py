"""Turns raw cells and YAML values into typed ones, and says what is wrong with those that do not fit."""

import datetime
import re
from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with the data: where it is, what was expected and what was found."""

    path: str
    line: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.column}: {self.message}"


class DataError(ValueError):
    """The data are at fault; ``faults`` holds every one of them, in order of place."""

    def __init__(self, faults: list[Fault]):
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


class Refused(ValueError):
    """A single value that does not fit its column; becomes a :class:`Fault` with a place."""


@dataclass(frozen=True)
class Place:
    """Where a value stands: its file and line, with the names that its keys may refer to."""

    path: str | PurePath
    line: int
    names: dict

    def fault(self, column: str, message: str) -> Fault:
        return Fault(str(self.path), self.line, column, message)


def shown(value) -> str:
    """Quote a value for a message, cut to a length that a line can hold."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "...'"


def _text(value, rule, names):
    if not isinstance(value, str):
        raise Refused(f"expected text, got {shown(value)}; put it in quotes")
    if not value.strip() or value != value.strip():
        raise Refused(f"expected text without blanks at its ends, got {shown(value)}")
    pattern = rule.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise Refused(f"expected the form {pattern}, got {shown(value)}")
    return value


def _number(value, rule, names):
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(f"expected a number, got {shown(value)}")
    # Python's float() also takes '1_000', 'nan' and blanks; a printed figure has none of them.
    if isinstance(value, str) and not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", value):
        hint = "; write a decimal point" if re.fullmatch(r"[+-]?\d+,\d+", value) else ""
        raise Refused(f"expected a number, got {shown(value)}{hint}")
    number = float(value)
    if not abs(number) < float("inf"):
        raise Refused(f"expected a finite number, got {shown(value)}")
    return _within(number, rule)


def _within(number, rule):
    """Refuse a number outside the limits of its rule."""
    found = f"got {number:g}"
    if "above" in rule and not number > rule["above"]:
        raise Refused(f"must be above {rule['above']}, {found}")
    if "at_least" in rule and not number >= rule["at_least"]:
        raise Refused(f"must be at least {rule['at_least']}, {found}")
    if "at_most" in rule and not number <= rule["at_most"]:
        raise Refused(f"must be at most {rule['at_most']}, {found}")
    return number


def _integer(value, rule, names):
    number = _number(value, rule, names)
    if number != int(number):
        raise Refused(f"expected a whole number, got {shown(value)}")
    return int(number)


def _p_value(value, rule, names):
    text = str(value)
    if not re.fullmatch(r"[<>]?\s?\d*\.?\d+([eE]-\d+)?", text) or not 0 <= float(text.lstrip("<> ")) <= 1:
        raise Refused(f"expected a p value such as 0.03 or <0.001, got {shown(value)}")
    return text


def _date(value, rule, names):
    # YAML reads an unquoted date as one; a date in a CSV is text.
    try:
        return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refused(f"expected a date such as 2026-11-22, got {shown(value)}") from None


def _flag(value, rule, names):
    if not isinstance(value, bool):
        raise Refused(f"expected true or false, got {shown(value)}")
    return value


def _choice(value, rule, names):
    if value not in rule["choices"]:
        raise Refused(f"expected one of {', '.join(map(str, rule['choices']))}, got {shown(value)}")
    return value


def _key(value, rule, names):
    known = names.get(rule["of"], ())
    if value not in known:
        listed = ", ".join(sorted(map(str, known))) if len(known) <= 12 else f"{len(known)} known"
        raise Refused(f"{shown(value)} is not among the declared {rule['of']} ({listed})")
    return value


VALUES = {
    "text": _text, "number": _number, "integer": _integer, "p_value": _p_value,
    "date": _date, "flag": _flag, "choice": _choice, "key": _key,
}  # fmt: skip


def check_header(header: list[str], rules: dict, place: Place) -> list[Fault]:
    """List unknown, repeated and missing columns of a table's first line."""
    faults = [
        place.fault(c, "unknown column; expected " + ", ".join(rules)) for c in header if c not in rules
    ]
    faults += [place.fault(c, "column given twice") for c in set(header) if header.count(c) > 1]
    needed = [c for c, rule in rules.items() if rule.get("required") and c not in header]
    return faults + [place.fault(c, "required column is missing") for c in needed]


def check_row(cells: dict[str, str], rules: dict, place: Place) -> tuple[dict, list[Fault]]:
    """Type the cells of one row.

    Parameters
    ----------
    cells : column name to text; an empty text is a missing value
    rules : column name to rule, as in ``columns.yml``
    place : where the row stands, with the names its keys may refer to

    Returns
    -------
    (values, faults)
        ``values`` holds ``None`` where a cell is missing or at fault.
    """
    values, faults = dict.fromkeys(rules), []
    for column, cell in cells.items():
        rule = rules.get(column)
        if rule is None:
            continue
        if cell == "":
            if rule.get("required"):
                faults.append(place.fault(column, "required, but empty"))
            continue
        try:
            values[column] = VALUES[rule["type"]](cell, rule, place.names)
        except Refused as refusal:
            faults.append(place.fault(column, str(refusal)))
    return values, faults


def check_record(record, rules: dict, lines: dict, place: Place, at: tuple = ()) -> list[Fault]:
    """List the faults of a mapping read from YAML.

    Parameters
    ----------
    record : the mapping
    rules : key to rule, as in ``columns.yml``
    lines : path of keys to the line it stands on
    place : file and names; its line is used where ``lines`` knows none
    at : path of the mapping inside its file
    """
    here = Place(place.path, lines.get(at, place.line), place.names)
    if not isinstance(record, dict):
        return [here.fault(_dotted(at), f"expected a mapping, got {shown(record)}")]
    faults = [
        here.fault(_dotted((*at, key)), "required key is missing")
        for key, rule in rules.items()
        if rule.get("required") and record.get(key) is None
    ]
    for key, value in record.items():
        path = (*at, key)
        spot = Place(place.path, lines.get(path, here.line), place.names)
        if key not in rules:
            faults.append(spot.fault(_dotted(path), "unknown key; expected " + ", ".join(rules)))
        elif value is None:
            faults.append(spot.fault(_dotted(path), "empty; leave the key out when it was not seen"))
        else:
            faults += _check_value(value, rules[key], lines, spot, path)
    return faults


def _check_value(value, rule, lines, place, path) -> list[Fault]:
    kind = rule["type"]
    if kind == "record":
        return check_record(value, rule["fields"], lines, place, path)
    if kind == "named":
        if not isinstance(value, dict):
            return [place.fault(_dotted(path), f"expected names with their fields, got {shown(value)}")]
        pairs = value.items()
    elif kind in ("records", "list"):
        if not isinstance(value, list):
            return [place.fault(_dotted(path), f"expected a list, got {shown(value)}")]
        pairs = enumerate(value)
    else:
        pairs, path = [(path[-1], value)], path[:-1]
    faults = []
    for key, item in pairs:
        faults += _check_item(item, rule, lines, place, (*path, key))
    return faults


def _check_item(item, rule, lines, place, path) -> list[Fault]:
    if "fields" in rule:
        return check_record(item, rule["fields"], lines, place, path)
    scalar = (
        dict(rule, type="key" if "of" in rule else rule.get("items", "text"))
        if rule["type"] == "list"
        else rule
    )
    try:
        VALUES[scalar["type"]](item, scalar, place.names)
    except Refused as refusal:
        line = lines.get(path, place.line)
        return [Fault(str(place.path), line, _dotted(path), str(refusal))]
    return []


def _dotted(path: tuple) -> str:
    return ".".join(map(str, path)) or "file"
