"""Turns numbers into the text that a page prints."""

import json
import math
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pandas as pd

MINUS = "\u2212"
DASH = "\u2013"
NO_BREAK = "\u00a0"
# What a spreadsheet takes for the beginning of a formula, or skips before one.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def is_missing(value) -> bool:
    """Tell whether a cell holds no value (None, NaN, NA or NaT); an empty text is a value."""
    return value is None or value is pd.NA or value is pd.NaT or value != value


def number(x: float | None, digits: int = 2) -> str:
    """Format a number with a true minus sign, rounding an exact half away from zero; never "-0"."""
    if is_missing(x):
        return DASH
    if math.isinf(x):
        return "\u221e" if x > 0 else f"{MINUS}\u221e"
    # A decimal made of a double is exact, so that only a true tie is rounded another way than by the double.
    with localcontext(rounding=ROUND_HALF_UP):
        return f"{Decimal(float(x)):z.{digits}f}".replace("-", MINUS)


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """Format two limits as "0.46 to 5.96": a word, since a dash reads as a minus sign."""
    if is_missing(low) and is_missing(high):
        return DASH
    return f"{number(low, digits)} to {number(high, digits)}"


def percent(x: float | None, digits: int = 0) -> str:
    """Format a value that is already in percent, without a space before the sign."""
    return DASH if is_missing(x) else f"{number(x, digits)}%"


def p_value(p: float | None) -> str:
    """Format a p-value: three decimals below 0.1, two above, and never 0 or 1."""
    if is_missing(p):
        return DASH
    if p < 0.001:
        return "< 0.001"
    if p > 0.99:
        return "> 0.99"
    return number(p, 3 if p < 0.1 else 2)


def weeks(x: float | None) -> str:
    """Format a time in weeks, to a tenth of a week where it is not whole."""
    if is_missing(x):
        return DASH
    shown = number(x, 1).removesuffix(".0")
    return f"{shown} week" if shown == "1" else f"{shown} weeks"


def count(n: float, noun: str) -> str:
    """Format a count with its noun: "1 trial", "4 trials", "1 person", "57 people", "7,030 people"."""
    plural = {"person": "people", "search": "searches", "analysis": "analyses"}.get(
        noun, re.sub(r"(?<![aeou])y$", "ie", noun) + "s"
    )
    return f"{n:,.0f} {noun if n == 1 else plural}"


def in_words(n: int) -> str:
    """Write a number below ten as a word, as within a sentence, and a larger one in digits."""
    words = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[n] if n < len(words) else f"{n:,}"


def listed(items: list[str], last: str = "and") -> str:
    """Join words as a sentence does: "a", "a and b", "a, b and c", with ``last`` before the last."""
    before, final = items[:-1], items[-1:]
    return f" {last} ".join([", ".join(before)] * bool(before) + final)


def harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run; numbers never come here."""
    return f"'{text}" if text.startswith(FORMULA) else text


def inert_json(spec: dict) -> str:
    """Write JSON that cannot leave the script element it stands in, with numbers of ten digits.

    The digits beyond the tenth differ between processors, and pictures are drawn from what stands here.
    """
    text = json.dumps(_rounded(spec), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # "<!--" would put the HTML parser into a state where "</script>" no longer closes.
    return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")


def _rounded(value):
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return float(f"{value:.10g}") if isinstance(value, float) else value
