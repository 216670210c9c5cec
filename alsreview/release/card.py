"""Says what CITATION.cff holds: who wrote the review, and on which terms it is given."""

from collections.abc import Mapping
from dataclasses import dataclass

_TERMS = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "MIT": "https://spdx.org/licenses/MIT.html",
}


@dataclass(frozen=True)
class Author:
    """A person, or an organisation whose name is never taken apart.

    Attributes
    ----------
    name : of the organisation, or the family name
    given : given names; empty for an organisation
    """

    name: str
    given: str = ""

    @property
    def inverted(self) -> str:
        """Family name, comma, given names; an organisation as it is."""
        return f"{self.name}, {self.given}" if self.given else self.name

    def initials(self, stop: str, gap: str) -> str:
        """Shorten the given names, as ``A. B.`` or ``AB``; ``stop`` ends each and ``gap`` parts them."""
        return gap.join(f"{name[0]}{stop}" for name in self.given.replace("-", " ").split())


def authors(card: Mapping) -> tuple[Author, ...]:
    """List the authors in order."""
    return tuple(_author(entry) for entry in card["authors"])


def _author(entry: Mapping) -> Author:
    if entry.get("name"):
        return Author(one_line(entry["name"]))
    family = one_line(" ".join(entry[key] for key in ("name-particle", "family-names") if entry.get(key)))
    given = one_line(entry.get("given-names", ""))
    return Author(family, given) if family else Author(given)


def licence(card: Mapping) -> str:
    """Name the licence of the text and the data, which stands first in the list."""
    said = card.get("license") or ""
    return said if isinstance(said, str) else said[0]


def licence_address(card: Mapping) -> str:
    """Give the address of that licence; empty when none is named."""
    name = licence(card)
    return _TERMS.get(name, f"https://spdx.org/licenses/{name}.html" if name else "")


def one_line(text: str) -> str:
    """Join the lines of a text: a line break would start a new field in RIS."""
    return " ".join(str(text).split())
