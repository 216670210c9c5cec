"""Turn CITATION.cff and git into what every page states about itself: version, evidence hash, date."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from livingreview.evidence.citation import read_card
from livingreview.evidence.digest import evidence_hash
from livingreview.release.documents import review_name

RELEASE_TITLE = "Release {}"  # the title of the commit that is a version


@dataclass(frozen=True)
class Stamp:
    """What a page states about itself.

    Attributes
    ----------
    card : what CITATION.cff holds, the only place of title, version, authors, DOIs and address
    evidence : the evidence hash, 16 hexadecimal digits
    seconds : time of the commit, seconds since 1970
    commit : the commit, 40 hexadecimal digits; empty outside of git
    released : whether exactly this text is the version
    name : short name of the review, with which the names of its files begin
    """

    card: Mapping = field(hash=False)
    evidence: str
    seconds: int
    commit: str
    released: bool
    name: str = "review"

    @property
    def title(self) -> str:
        """The title of the review."""
        return str(self.card["title"])

    @property
    def version(self) -> str:
        """The version, or the last one before a draft."""
        return str(self.card["version"])

    @property
    def authors(self) -> tuple[str, ...]:
        """The names of the authors."""
        return tuple(map(_name, self.card.get("authors", ())))

    @property
    def doi(self) -> str:
        """The DOI of this version; a draft has none, since a DOI names a text that stays."""
        return str(self.card.get("doi", "")) if self.released else ""

    @property
    def concept_doi(self) -> str:
        """The DOI that stands for all versions, which CITATION.cff keeps under ``identifiers``."""
        named = [entry for entry in self.card.get("identifiers", ()) if entry.get("type") == "doi"]
        return str(named[0]["value"]) if named else ""

    @property
    def url(self) -> str:
        """The address of the site, ending in a slash; empty when CITATION.cff has none."""
        url = str(self.card.get("url", ""))
        return f"{url.rstrip('/')}/" if url else ""

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
        """How to cite this text, in the form that pages, documents and the command line share."""
        from livingreview.release.cite import Work, cite  # which builds on this module

        return cite(Work(self))


def stamp(root: Path) -> Stamp:
    """Read the version, authors, evidence hash and date of the review in a folder."""
    card = read_card(root)
    commit, seconds, title = _last_commit(root)
    # A commit that only looks like the release, because files changed since, is not it.
    released = title == RELEASE_TITLE.format(card["version"]) and not _git(root, "status", "--porcelain")
    printed = _seconds(seconds, str(card.get("date-released", "1980-01-01")))
    return Stamp(card, evidence_hash(root), printed, commit, released, review_name(root))


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


def _name(author: dict) -> str:
    if "name" in author:
        return str(author["name"])
    parts = ("given-names", "name-particle", "family-names", "name-suffix")
    return " ".join(str(author[key]) for key in parts if author.get(key))
