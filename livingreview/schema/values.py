"""Turns single raw values into typed ones, or refuses them."""

import datetime
import re

from livingreview.schema.printed import printed_figure, printed_p

# XML has no place for these, not even escaped, and what draws the figures stops at the first of them.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Refused(ValueError):
    """A single value that does not fit its column; becomes a :class:`Fault` with a place."""


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
        number = float("inf")
    if not abs(number) < float("inf"):
        raise Refused(f"expected a finite number, found {shown(value)}")
    return _within(number, rule)


def _within(number, rule):
    """Refuse a number outside the limits of its rule."""
    found = f"found {number:g}"
    if "above" in rule and not number > rule["above"]:
        raise Refused(f"expected a number above {rule['above']}, {found}")
    if "at_least" in rule and not number >= rule["at_least"]:
        raise Refused(f"expected at least {rule['at_least']}, {found}")
    if "at_most" in rule and not number <= rule["at_most"]:
        raise Refused(f"expected at most {rule['at_most']}, {found}")
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
    known = names.get(rule["of"])
    if value in rule.get("also", ()):
        return value
    # Names that could not be read have a fault of their own; the rows that use them are not to blame.
    if known is not None and value not in known:
        words = [*sorted(map(str, known)), *rule.get("also", ())]
        listed = ", ".join(words) if len(words) <= 12 else f"{len(words)} known"
        raise Refused(f"expected one of the declared {rule['of']} ({listed}), found {shown(value)}")
    return value


VALUES = {
    "text": _text, "number": _number, "integer": _integer, "p_value": _p_value,
    "printed": _printed, "printed_p": _printed, "date": _date, "flag": _flag, "choice": _choice, "key": _key,
}  # fmt: skip
