"""Knows what a value, a row and a mapping may say, given the dictionary it is handed."""

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real

# ---- Faults and their places


# What a check yields of a row or a mapping: the arguments of `Place.fault`.
Found = Iterable[tuple]


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


@dataclass(frozen=True)
class Place:
    """Where values stand, and what they may refer to.

    Attributes
    ----------
    path, line : the file, and the line of the row; 1 for a whole file
    lines : path of a key to its line, as `livingreview.evidence.files.read_yaml` gives them
    names : what a key may refer to, by the name under which it is declared
    """

    path: str
    line: int = 1
    lines: Mapping[tuple, int] = field(default_factory=dict)
    names: Mapping = field(default_factory=dict)

    def fault(self, at: str | tuple, message: str, near: tuple = ()) -> Fault:
        """Return a fault at a column of the row, or at the path of a key.

        Its line is that of the key, or of ``near`` in its place, or else of the innermost mapping around it.
        """
        path = at if isinstance(at, tuple) else (at,)
        around = [keys[:end] for keys in [near or path] for end in range(len(keys), 0, -1)]
        line = next((self.lines[keys] for keys in around if keys in self.lines), self.line)
        return Fault(self.path, line, ".".join(map(str, path)) or "file", message)


# ---- Figures as printed

# A hair more than the rounding itself, so that the last bits of floating point accuse nobody.
_SLACK = 1e-9
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2010": "-", "\u2011": "-", "\u00b7": "."})
_FIGURE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?")
_POWER = re.compile(r"\s*[x\u00d7*]\s*10\s*\^?\s*([+-]?\d{1,3})$")
_P_VALUE = re.compile(r"(?:p\s*(?:-?\s*values?)?\s*)?([=<>\u2264\u2265]?)\s*(.*)", re.DOTALL)
_NOT_SIGNIFICANT = ("ns", "n.s.", "n.s", "not significant", "non-significant", "nonsignificant")


@dataclass(frozen=True)
class Printed:
    """A printed figure, and the lowest and the highest value that is printed so."""

    text: str
    low: float
    high: float

    @property
    def value(self) -> float:
        """The figure itself, in the middle of what it can stand for."""
        return (self.low + self.high) / 2


def printed_figure(value: str | Real, what: str = "figure") -> Printed:
    """Read a figure as printed: its last digit says how far it was rounded.

    Parameters
    ----------
    value : ``"0.60"`` stands for 0.595 to 0.605, and ``"0.6"`` for 0.55 to 0.65
        A number is taken by its shortest form: 0.60 is read as ``"0.6"`` and 5.0 as ``"5"``.
    what : the name of the figure, for the message

    Raises
    ------
    ValueError
        When the text is no single finite figure. A comma is refused, since it may part thousands.
    """
    text = _plain(value, what)
    figure = _POWER.sub(r"e\1", text)
    if not _FIGURE.fullmatch(figure):
        hint = "; write a decimal point, and no comma between thousands" if "," in text else ""
        raise ValueError(f"{what}: expected a figure such as 0.60 or -1.41, found {value!r}{hint}")
    number = Decimal(figure)
    half = Decimal(1).scaleb(number.as_tuple().exponent) / 2
    centre, reach = float(number), float(half) * (1 + _SLACK) + abs(float(number)) * 1e-14
    if not math.isfinite(reach):
        raise ValueError(f"{what}: expected a finite figure, found {value!r}")
    return Printed(text.replace("-", "\u2212"), centre - reach, centre + reach)


def printed_p(value: str | Real) -> Printed | None:
    """Read a p-value as printed, such as ``0.03``, ``"<0.001"`` or ``"P = .03"``.

    Returns
    -------
    what it can stand for, not yet cut to 0 and 1; None where it says only that p is not significant,
    since that names no figure and no level
    """
    text = _plain(value, "p").replace("<=", "\u2264").replace(">=", "\u2265")
    if text in _NOT_SIGNIFICANT:
        return None
    sign, figure = _P_VALUE.fullmatch(text).groups()
    read = printed_figure(figure, "p")
    if sign in ("", "="):
        return read
    # "<0.000" is what a program prints for less than half of the last digit; any other bound is exact.
    exact = sign in "<>" and read.value > 1e-12
    low, high = (read.value, read.value) if exact else (read.low, read.high)
    ends = (-math.inf, high) if sign in "<\u2264" else (low, math.inf)
    return Printed(f"{sign} {read.text}", *ends)


def _plain(value: str | Real, what: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | Real):
        raise ValueError(f"{what}: expected a figure as text or number, found {value!r}")
    text = value if isinstance(value, str) else repr(float(value)).removesuffix(".0")
    return text.translate(_SIGNS).strip().lower()


# ---- Single values: each function takes a raw value, its rule and the names that keys may refer to

# XML has no place for these, not even escaped, and what draws the figures stops at the first of them.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Refused(ValueError):
    """A single value that does not fit its rule; becomes a `Fault` with a place."""


def shown(value) -> str:
    """Quote a value for a message, cut to a length that a line can hold."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "...'"


def _text(value, rule, names):
    if not isinstance(value, str):
        raise Refused(f"expected text, found {shown(value)}; put it in quotes")
    if unprintable := _NO_XML.search(value):
        code, at = f"U+{ord(unprintable[0]):04X}", unprintable.start() + 1
        raise Refused(
            f"expected characters that can be printed, found {code} as number {at} of {shown(value)}"
        )
    if not value.strip() or value != value.strip():
        raise Refused(f"expected text without blanks at its ends, found {shown(value)}")
    pattern = rule.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        raise Refused(f"expected the form {pattern}, found {shown(value)}")
    return value


def _number(value, rule, names):
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(f"expected a number, found {shown(value)}")
    # Python's float() also takes '1_000', 'nan' and blanks; a printed figure has none of them.
    if isinstance(value, str) and not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", value):
        hint = "; write a decimal point" if re.fullmatch(r"[+-]?\d+,\d+", value) else ""
        raise Refused(f"expected a number, found {shown(value)}{hint}")
    try:
        number = float(value)
    except OverflowError:  # of a whole number with hundreds of digits; a text of as many is infinite
        number = math.inf
    if not math.isfinite(number):
        raise Refused(f"expected a finite number, found {shown(value)}")
    if "above" in rule and not number > rule["above"]:
        raise Refused(f"expected a number above {rule['above']}, found {number:g}")
    if "at_least" in rule and not number >= rule["at_least"]:
        raise Refused(f"expected at least {rule['at_least']}, found {number:g}")
    if "at_most" in rule and not number <= rule["at_most"]:
        raise Refused(f"expected at most {rule['at_most']}, found {number:g}")
    return number


def _integer(value, rule, names):
    number = _number(value, rule, names)
    if number != int(number):
        raise Refused(f"expected a whole number, found {shown(value)}")
    return int(number)


def _p_value(value, rule, names):
    text = str(value)
    if not re.fullmatch(r"[<>]? ?\d*\.?\d+([eE]-\d+)?", text) or not 0 <= float(text.lstrip("<> ")) <= 1:
        raise Refused(f"expected a p value such as 0.03 or <0.001, found {shown(value)}")
    return text


def _printed(value, rule, names):
    """Keep a figure as printed: only a text keeps its last zero."""
    _text(value, {}, names)
    try:
        printed_p(value) if rule["type"] == "printed_p" else printed_figure(value)
    except ValueError as error:
        raise Refused(str(error).partition(": ")[2]) from None
    return value


def _date(value, rule, names):
    # YAML reads an unquoted date as one; a date in a CSV is text. A moment of a day is a date to Python.
    if isinstance(value, datetime.datetime):
        raise Refused(f"expected a date such as 2026-11-22, without a time, found {value}")
    try:
        return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refused(f"expected a date such as 2026-11-22, found {shown(value)}") from None


def _flag(value, rule, names):
    if not isinstance(value, bool):
        raise Refused(f"expected true or false, found {shown(value)}")
    return value


def _choice(value, rule, names):
    if value not in rule["choices"]:
        raise Refused(f"expected one of {', '.join(map(str, rule['choices']))}, found {shown(value)}")
    return value


def _key(value, rule, names):
    if not isinstance(value, str):
        raise Refused(f"expected one of the declared {rule['of']}, found {shown(value)}")
    known, also = names.get(rule["of"]), rule.get("also", ())
    # Names that could not be read have a fault of their own; the rows that use them are not to blame.
    if known is not None and value not in known and value not in also:
        words = [*sorted(map(str, known)), *also]
        listed = ", ".join(words) if len(words) <= 12 else f"{len(words)} known"
        raise Refused(f"expected one of the declared {rule['of']} ({listed}), found {shown(value)}")
    return value


VALUES = {
    "text": _text, "number": _number, "integer": _integer, "p_value": _p_value,
    "printed": _printed, "printed_p": _printed, "date": _date, "flag": _flag, "choice": _choice, "key": _key,
}  # fmt: skip


# ---- Rows and mappings


def check_header(header: list[str], rules: dict, place: Place) -> list[Fault]:
    """List unknown, repeated and missing columns of a table's first line."""
    faults = [place.fault(c, _unknown(c, "column", rules)) for c in header if c not in rules]
    faults += [
        place.fault(c, "expected each column once, found it twice")
        for c in set(header)
        if header.count(c) > 1
    ]
    needed = [c for c, rule in rules.items() if rule.get("required") and c not in header]
    return faults + [place.fault(c, "expected this column, found none") for c in needed]


def check_row(cells: dict[str, str], rules: dict, place: Place) -> tuple[dict, list[Fault]]:
    """Type the cells of a row by the rules of its columns, and list its faults.

    An empty text is a missing value; the values hold ``None`` where a cell is missing or at fault.
    """
    values, faults = dict.fromkeys(rules), []
    for column, rule in rules.items():
        cell = cells.get(column)
        if cell:
            try:
                values[column] = VALUES[rule["type"]](cell, rule, place.names)
            except Refused as refusal:
                faults.append(place.fault(column, str(refusal)))
        elif cell == "" and rule.get("required"):
            faults.append(place.fault(column, "expected a value, found an empty cell"))
    return values, faults


def check_record(record, rules: dict, place: Place, at: tuple = ()) -> list[Fault]:
    """List the faults of a mapping that stands ``at`` a path of a YAML file, by the rules of its keys.

    Numbers and dates in quotes become what they are, in the mapping itself.
    """
    if not isinstance(record, dict):
        return [place.fault(at, f"expected a mapping, found {shown(record)}")]
    faults = [
        place.fault((*at, key), "expected this key, found none")
        for key, rule in rules.items()
        if rule.get("required") and record.get(key) is None
    ]
    for key, value in record.items():
        path = (*at, key)
        if key not in rules:
            faults.append(place.fault(path, _unknown(key, "key", rules)))
        elif value is None:
            message = "expected a value, found nothing; leave the key out if the value is not available"
            faults.append(place.fault(path, message))
        else:
            record[key], wrong = _typed(value, rules[key], place, path)
            faults += wrong
    return faults


def _typed(value, rule: dict, place: Place, path: tuple) -> tuple[object, list[Fault]]:
    """Type a value and what is in it, and list its faults."""
    kind = rule["type"]
    if kind == "record":
        return value, check_record(value, rule["fields"], place, path)
    if kind not in ("named", "records", "list"):
        return _typed_scalar(value, rule, place, path)
    if not isinstance(value, dict if kind == "named" else list):
        expected = "names with their fields" if kind == "named" else "a list"
        return value, [place.fault(path, f"expected {expected}, found {shown(value)}")]
    faults: list[Fault] = []
    for key, item in value.items() if kind == "named" else enumerate(value):
        here = (*path, key)
        if kind == "named":
            faults += _typed_scalar(key, {"type": "text"}, place, here)[1]
        if kind == "list":
            of_item = rule | {"type": "key" if "of" in rule else rule.get("items", "text")}
            value[key], wrong = _typed_scalar(item, of_item, place, here)
            faults += wrong
        else:
            faults += check_record(item, rule["fields"], place, here)
    return value, faults


def _typed_scalar(value, rule: dict, place: Place, path: tuple) -> tuple[object, list[Fault]]:
    try:
        typed = VALUES[rule["type"]](value, rule, place.names)
    except Refused as refusal:
        return value, [place.fault(path, str(refusal))]
    # In quotes a number or a date would stay a text; out of them, a whole number stays whole.
    return typed if isinstance(value, str) else value, []


def _unknown(name, kind: str, known: dict) -> str:
    return f"expected a known {kind} ({', '.join(known)}), found {shown(name)}"
