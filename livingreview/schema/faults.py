"""Says what is wrong with the data, and where."""

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


@dataclass(frozen=True)
class Place:
    """Where a value stands: its file and line, with the names that its keys may refer to."""

    path: str | PurePath
    line: int
    names: dict

    def fault(self, column: str, message: str) -> Fault:
        return Fault(str(self.path), self.line, column, message)
