"""Holds one trial as the checks want it: its rows side by side, and how a query is raised."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import isfinite, isnan, sqrt

from livingreview.effects.estimates import when
from livingreview.schema import Printed, printed_figure

Span = tuple[float, float]  # the lowest and the highest value that a printed figure can stand for


@dataclass(frozen=True, order=True)
class Query:
    """A figure that a reader should look at again.

    Attributes
    ----------
    path, line, column : where it stands
    what : what is odd, with the figures
    why : the arithmetic or the reason, and how it may yet be right
    trial_id : folder of the trial
    """

    path: str
    line: int
    column: str
    what: str
    why: str
    trial_id: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.column}: {self.what} ({self.why})"


@dataclass(frozen=True, eq=False)
class Trial:
    """One trial's card and rows."""

    trial_id: str
    card: dict
    lines: dict
    arms: list[dict]
    reported: list[dict]
    contrasts: list[dict]

    def on_row(self, row: dict, column: str, what: str, why: str) -> Query:
        return Query(row["file"], row["line"], column, what, why, self.trial_id)

    def on_card(self, path: tuple, what: str, why: str) -> Query:
        name = f"data/trials/{self.trial_id}/trial.yml"
        return Query(name, self.lines.get(path, 1), ".".join(path), what, why, self.trial_id)

    def count(self, arm: str, key: str = "randomized") -> int | None:
        """Return the people randomized to an arm, or those who completed."""
        return self.card["arms"][arm].get(key, {}).get("n")

    @cached_property
    def people(self) -> int | None:
        return self.card.get("people", {}).get("n")

    @cached_property
    def _rows(self) -> dict[tuple, dict]:
        return {(row["arm"], *when(row)): row for row in self.arms if not isnan(row["mean"])}

    def pairs(self) -> Iterator[tuple[dict, dict, dict]]:
        """Yield each contrast with the rows of its two arms that share outcome and time."""
        for contrast in self.contrasts:
            for key, row in self._rows.items():
                if key[0] == contrast["intervention"]:
                    other = self._rows.get((contrast["comparator"], *key[1:]))
                    if other is not None:
                        yield contrast, row, other

    @cached_property
    def paired(self) -> dict[tuple, tuple[dict, dict]]:
        """The pairs by contrast, outcome and time."""
        return {(contrast["contrast"], *when(row)): (row, other) for contrast, row, other in self.pairs()}


def trials(evidence) -> Iterator[Trial]:
    """Yield every trial of the evidence."""
    rows = evidence.rows
    for trial_id, card in evidence.cards.items():
        tables = [rows[name].get(trial_id, []) for name in ("results", "reported", "contrasts")]
        yield Trial(trial_id, card, evidence.lines[trial_id], *tables)


def printed(row: dict, column: str) -> Span | None:
    """Return the values that a printed cell stands for; nothing for an empty cell."""
    text = row["printed"].get(column)
    return (figure(text).low, figure(text).high) if text else None


def sd_of(row: dict, n: float | None = None) -> Span | None:
    """Return an arm's standard deviation, from its standard error where only that is printed."""
    n = row["n"] if n is None else n
    sd, se = printed(row, "sd"), printed(row, "se")
    if sd or not se or isnan(n):
        return sd
    return se[0] * sqrt(n), se[1] * sqrt(n)


@lru_cache(maxsize=4096)
def figure(text: str) -> Printed:
    """Read a printed figure."""
    return printed_figure(text)


def minus(a: Span, b: Span) -> Span:
    """Subtract one span from another."""
    return a[0] - b[1], a[1] - b[0]


def size(a: Span) -> Span:
    """Return the span of the absolute value."""
    low = 0.0 if a[0] <= 0 <= a[1] else min(abs(a[0]), abs(a[1]))
    return low, max(abs(a[0]), abs(a[1]))


def apart(a: Span, b: Span) -> bool:
    """Tell whether two spans have no value in common; a hair's breadth is arithmetic, not print."""
    hair = 1e-9 * max(1.0, *(abs(x) for x in (*a, *b) if isfinite(x)))
    return a[1] < b[0] - hair or b[1] < a[0] - hair
