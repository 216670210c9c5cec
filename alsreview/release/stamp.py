"""Turns CITATION.cff and git into what every page says of itself: version, evidence, date."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alsreview.evidence.citation import read_card
from alsreview.evidence.digest import evidence_hash

RELEASE_TITLE = "Release {}"  # the title of the commit that is a version


@dataclass(frozen=True)
class Stamp:
    """What a page says of itself.

    Attributes
    ----------
    title, version, authors : as in CITATION.cff
    doi, concept_doi : of this version and of all versions together; empty until they exist
    url : address of the site, ending in a slash; empty when CITATION.cff has none
    evidence : the evidence hash, 16 hexadecimal digits
    seconds : time of the commit, seconds since 1970
    commit : the commit, 40 hexadecimal digits; empty outside of git
    released : whether exactly this text was released under ``version``
    """

    title: str
    version: str
    authors: tuple[str, ...]
    doi: str
    concept_doi: str
    url: str
    evidence: str
    seconds: int
    commit: str
    released: bool

    @property
    def label(self) -> str:
        """The version, or how this text differs from it."""
        if self.released:
            return self.version
        return f"{self.version} (draft)" if self.version.endswith(".0") else f"after {self.version}"

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
    card = read_card(root)
    commit, seconds, title = _last_commit(root)
    # A commit that only looks like the release, because files changed since, is not it.
    released = title == RELEASE_TITLE.format(card["version"]) and not _git(root, "status", "--porcelain")
    printed = _seconds(seconds, str(card.get("date-released", "1980-01-01")))
    return make_stamp(card, evidence=evidence_hash(root), seconds=printed, commit=commit, released=released)


def make_stamp(card: Mapping, *, evidence: str, seconds: int, commit: str, released: bool) -> Stamp:
    """Join what CITATION.cff says with what only the folder, git or an archive knows."""
    url = str(card.get("url", ""))
    return Stamp(
        title=str(card["title"]),
        version=str(card["version"]),
        authors=tuple(_name(author) for author in card.get("authors", ())),
        doi=str(card.get("doi", "")),
        concept_doi=_concept_doi(card),
        url=f"{url.rstrip('/')}/" if url else "",
        evidence=evidence,
        seconds=seconds,
        commit=commit,
        released=released,
    )


def _last_commit(root: Path) -> tuple[str, str, str]:
    """Return the last commit, its time in seconds and its title; empty words outside of git."""
    said = _git(root, "log", "-1", "--format=%H%n%ct%n%s").split("\n")
    return tuple(said) if len(said) == 3 else ("", "", "")


def _git(root: Path, *words: str) -> str:
    # The review may lie inside another repository, whose commits say nothing about it.
    if not (root / ".git").exists() or not shutil.which("git"):
        return ""
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, encoding="utf-8")
    return done.stdout.strip()


def _seconds(committed: str, released: str) -> int:
    """Choose the time to print: SOURCE_DATE_EPOCH, else the last commit's, else the release's date."""
    said = os.environ.get("SOURCE_DATE_EPOCH", "") or committed
    if said.isdigit():
        return int(said)
    return int(datetime.fromisoformat(released).replace(tzinfo=UTC).timestamp())


def _concept_doi(card: dict) -> str:
    """Find the DOI that stands for all versions; CITATION.cff keeps it under ``identifiers``."""
    named = [entry for entry in card.get("identifiers", ()) if entry.get("type") == "doi"]
    return str(named[0]["value"]) if named else ""


def _name(author: dict) -> str:
    if "name" in author:
        return str(author["name"])
    return " ".join(str(author[key]) for key in ("given-names", "family-names") if key in author)
