"""Takes values out of the answers of services, which may have changed their form."""

from collections.abc import Callable, Mapping
from typing import Any

Tick = Callable[[int, int], None]


def needed(told: Any, key: str, kind: type, service: str) -> Any:
    """Give a value that an answer must hold.

    Raises
    ------
    ValueError
        When it is not there, or of another kind: the interface has changed, or the answer is no answer.
    """
    found = told.get(key) if isinstance(told, Mapping) else None
    if not isinstance(found, kind):
        what = "nothing" if found is None else type(found).__name__
        raise ValueError(
            f"{service}: expected '{key}' ({kind.__name__}) in its answer, found {what}; "
            "has its interface changed?"
        )
    return found


def optional(told: Any, key: str, kind: type) -> Any:
    """Give a value that an answer may hold; the empty one of its kind where it holds none, or another."""
    found = told.get(key) if isinstance(told, Mapping) else None
    return found if isinstance(found, kind) else kind()


def mappings(told: Any, key: str) -> list[Mapping]:
    """Give the mappings of a list that an answer may hold."""
    return [entry for entry in optional(told, key, list) if isinstance(entry, Mapping)]


def whole(n: Any, service: str) -> int:
    """Read a count, which some services write as text."""
    if isinstance(n, bool) or not str(n).isdecimal():
        raise ValueError(f"{service}: expected a count in its answer, found {str(n)[:40]!r}")
    return int(n)


def complete(given: int, told: int, service: str) -> None:
    """Refuse pages that do not add up: records that are missing would never be seen."""
    if given < told:
        raise ValueError(f"{service}: expected the {told} records that it counts, found {given}")


def year_of(text: Any) -> int | None:
    """Read the year that a date begins with."""
    start = str(text or "")[:4]
    return int(start) if start.isdecimal() and 1800 <= int(start) <= 2200 else None
