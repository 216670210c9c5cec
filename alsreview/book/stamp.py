"""Turns CITATION.cff and git into what every page says of itself: version, evidence, date."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from alsreview.evidence.digest import evidence_hash


@dataclass(frozen=True)
class Stamp:
    """What a page says of itself."""

    title: str
    version: str
    authors: tuple[str, ...]
    doi: str
    evidence: str
    seconds: int

    @property
    def label(self) -> str:
        """The version, with the word draft before the first release of a year."""
        return f"{self.version} (draft)" if self.version.endswith(".0") else self.version

    @property
    def date(self) -> str:
        """The date of the commit, as year-month-day in UTC."""
        return datetime.fromtimestamp(self.seconds, UTC).date().isoformat()

    @property
    def citation(self) -> str:
        """How to cite this version."""
        doi = f" https://doi.org/{self.doi}" if self.doi else ""
        names = ", ".join(self.authors)
        return f"{names}. {self.title}. Version {self.label}, {self.date}.{doi}".lstrip(". ")


def stamp(root: Path) -> Stamp:
    """Read the version, authors, evidence hash and date of the review in a folder."""
    path = root / "CITATION.cff"
    if not path.is_file():
        raise ValueError("CITATION.cff: not found; expected beside _config.yml: it has the version")
    card = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Stamp(
        title=str(card["title"]),
        version=str(card["version"]),
        authors=tuple(_name(author) for author in card.get("authors", ())),
        doi=str(card.get("doi", "")),
        evidence=evidence_hash(root),
        seconds=commit_seconds(root, str(card.get("date-released", "1980-01-01"))),
    )


def commit_seconds(root: Path, released: str) -> int:
    """Find the time to print: SOURCE_DATE_EPOCH, else the last commit, else the release's date."""
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not said and shutil.which("git"):
        command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
        said = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    if said.isdigit():
        return int(said)
    return int(datetime.fromisoformat(released).replace(tzinfo=UTC).timestamp())


def _name(author: dict) -> str:
    if "name" in author:
        return str(author["name"])
    return " ".join(str(author[key]) for key in ("given-names", "family-names") if key in author)
