"""Puts the names of versions, such as 2026.1, in order."""

import re
from typing import NamedTuple

_FORM = re.compile(r"([0-9]{4})\.(0|[1-9][0-9]{0,3})")


class Version(NamedTuple):
    """A version ``year.number``; versions sort by year, then by number, so 2026.10 follows 2026.9."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}.{self.number}"


def parse_version(text: str) -> Version:
    """Read a version.

    Raises
    ------
    ValueError
        Unless the text has the form year.number.
    """
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a version: expected year.number, such as 2026.1")
    return Version(int(found[1]), int(found[2]))


def next_version(known: list[Version], year: int) -> Version:
    """Propose the version that follows the known ones in a year."""
    return Version(year, max((version.number for version in known if version.year == year), default=0) + 1)
