"""Turn CITATION.cff and git into what every page states about itself: version, evidence hash, date."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from livingreview.evidence.citation import read_card
from livingreview.evidence.digest import evidence_hash
from livingreview.evidence.files import read_yaml
from livingreview.release.git import Git

RELEASE_TITLE = "Release {}"  # the title of the commit that is a version
ARTICLE, SUPPLEMENT, SUMMARY, WORD, DATA = ".pdf", "-supplement.pdf", "-summary.pdf", ".docx", "-data.zip"
ENDINGS = (ARTICLE, SUPPLEMENT, SUMMARY, WORD, DATA)


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
        return one_line(self.card["title"])

    @property
    def version(self) -> str:
        """The version, or the last one before a draft."""
        return self.card["version"]

    @property
    def authors(self) -> list[dict[str, str]]:
        """The authors as CSL names them: ``family`` and ``given``, or ``literal`` for an organisation."""
        return [_author(entry) for entry in self.card["authors"]]

    @property
    def names(self) -> list[str]:
        """The names of the authors as they are read."""
        return [" ".join(reversed(author.values())) for author in self.authors]

    @property
    def doi(self) -> str:
        """The DOI of this version; a draft has none, since a DOI names a text that stays."""
        return self.card.get("doi", "") if self.released else ""

    @property
    def url(self) -> str:
        """The address of the site, ending in a slash; empty when CITATION.cff has none."""
        url = self.card.get("url", "")
        return f"{url.rstrip('/')}/" if url else ""

    @property
    def label(self) -> str:
        """The version, or how this text differs from it."""
        if self.released:
            return self.version
        return f"{self.version} (draft)" if self.version.endswith(".0") else f"after {self.version}"

    @property
    def day(self) -> datetime:
        """The time of the commit, in UTC."""
        return datetime.fromtimestamp(self.seconds, UTC)

    @property
    def date(self) -> str:
        """The date of the commit, as year-month-day in UTC."""
        return self.day.date().isoformat()


def _author(entry: Mapping[str, str]) -> dict[str, str]:
    parts = ("name-particle", "family-names", "name-suffix")
    family = one_line(" ".join(entry[key] for key in parts if key in entry))
    given = one_line(entry.get("given-names", ""))
    if family and given and not entry.get("name"):
        return {"family": family, "given": given}
    return {"literal": one_line(entry.get("name", "")) or family or given}


def inverted(author: Mapping[str, str]) -> str:
    """Name an author as a list sorts it: family name, comma, given names; an organisation as it is."""
    return ", ".join(author.values())


def one_line(text: str) -> str:
    """Join the lines of a text: a line break would let a field of RIS begin a record of its own."""
    return " ".join(text.split())


def stamp(root: Path) -> Stamp:
    """Read the version, authors, evidence hash and date of the review in a folder."""
    card, commit, committed, released = read_card(root), "", "", False
    # The review may lie inside another repository, whose commits say nothing about it.
    if (root / ".git").exists() and shutil.which("git") and (git := Git(root)).commit("HEAD"):
        commit, committed, *title = git("log", "-1", "--format=%H%n%ct%n%s").split("\n")
        # A commit that only looks like the release, because files changed since, is not it.
        released = title == [RELEASE_TITLE.format(card["version"])] and not git("status", "--porcelain")
    day = datetime.fromisoformat(card.get("date-released", "1980-01-01")).replace(tzinfo=UTC)
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or committed or day.timestamp()
    return Stamp(card, evidence_hash(root), int(seconds), commit, released, review_name(root))


def review_name(root: Path) -> str:
    """Return the short name of the review, with which the names of its files begin."""
    name = "data/protocol.yml"
    return str(read_yaml(root / name, name)[0].get("name", "review"))


def documents(root: Path) -> list[str]:
    """Name the documents that a whole build of the review in a folder makes beside its pages."""
    return [review_name(root) + ending for ending in ENDINGS]


def archive_path(root: Path, version) -> Path:
    """Say where the archive of a version is kept, with what is released beside it."""
    return root / "_build" / "releases" / str(version) / f"{review_name(root)}-{version}.zip"
