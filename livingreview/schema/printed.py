"""Turns figures as a paper prints them into the values that they can stand for."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real

# A hair more than the rounding itself, so that the last bits of floating point accuse nobody.
_SLACK = 1e-9
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2010": "-", "\u2011": "-", "\u00b7": "."})
_FIGURE = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?")
_POWER = re.compile(r"\s*[x\u00d7*]\s*10\s*\^?\s*([+-]?\d{1,3})$")
_P_VALUE = re.compile(r"(?:p\s*(?:-?\s*values?)?\s*)?(=|<=|>=|<|>|\u2264|\u2265)?\s*(.+)")
_UNDER, _OVER = ("<", "<=", "\u2264"), (">", ">=", "\u2265")
NOT_SIGNIFICANT = ("ns", "n.s.", "n.s", "not significant", "non-significant", "nonsignificant")


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
    power = _POWER.search(text)
    exponent = f"e{power[1]}" if power else ""
    figure = text[: power.start()] + exponent if power else text
    if not _FIGURE.fullmatch(figure):
        hint = "; write a decimal point, and no comma between thousands" if "," in text else ""
        raise ValueError(f"{what}: expected a figure such as 0.60 or -1.41, found {value!r}{hint}")
    number = Decimal(figure)
    half = Decimal(1).scaleb(number.as_tuple().exponent) / 2
    centre, reach = float(number), float(half) * (1 + _SLACK) + abs(float(number)) * 1e-14
    if not math.isfinite(centre) or not math.isfinite(reach):
        raise ValueError(f"{what}: expected a finite figure, found {value!r}")
    return Printed(_shown(text), centre - reach, centre + reach)


def printed_p(value: str | Real) -> Printed | None:
    """Read a p-value as printed, such as ``0.03``, ``"<0.001"`` or ``"P = .03"``.

    Returns
    -------
    what it can stand for, not yet cut to 0 and 1; None where it says only that p is not significant,
    since that names no figure and no level
    """
    text = _plain(value, "p")
    if text in NOT_SIGNIFICANT:
        return None
    sign, figure = _P_VALUE.fullmatch(text).groups() if text else (None, "")
    read = printed_figure(figure, "p") if isinstance(value, str) else printed_figure(value, "p")
    if sign in (None, "="):
        return read
    # "<0.000" is what a program prints for less than half of the last digit; any other bound is exact.
    edge = read.value if sign in ("<", ">") and read.value > 1e-12 else None
    if sign in _UNDER:
        return Printed(f"{_spoken(sign)} {read.text}", -math.inf, read.high if edge is None else edge)
    return Printed(f"{_spoken(sign)} {read.text}", read.low if edge is None else edge, math.inf)


def _spoken(sign: str) -> str:
    return {"<=": "\u2264", ">=": "\u2265"}.get(sign, sign)


def _plain(value: str | Real, what: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | Real):
        raise ValueError(f"{what}: expected a figure as text or number, found {value!r}")
    text = value if isinstance(value, str) else repr(float(value)).removesuffix(".0")
    return text.translate(_SIGNS).strip().lower()


def _shown(text: str) -> str:
    return text.replace("-", "\u2212")
