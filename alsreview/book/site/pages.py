"""Writes the pages around the versions: list, redirects, feed, sitemap, and what to show for a lost page."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from alsreview.book.site.releases import Released
from alsreview.book.site.stubs import FRONT, Stub
from alsreview.book.site.swap import MARK
from alsreview.release import Stamp
from alsreview.release.results import answers, since

TEMPLATES = Path(__file__).parents[1] / "templates" / "site"
PDF = "als-review.pdf"
_UNLISTED = ("genindex.html", "search.html")
_FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """What the site says of one version.

    Attributes
    ----------
    released : the version
    answers : analysis to its answer, one sentence each
    since : how the answers moved from this version to the latest; empty for the latest
    news : how they moved from the version before to this one; empty for the first
    """

    released: Released
    answers: dict[str, str]
    since: str
    news: str

    @property
    def version(self) -> str:
        """Its name, such as ``2026.1``."""
        return self.released.version

    @property
    def date(self) -> str:
        """The day of its release, as year-month-day."""
        return self.released.manifest.date

    @property
    def moment(self) -> str:
        """The time of its release, as Atom wants it."""
        return datetime.fromtimestamp(self.released.manifest.seconds, UTC).isoformat()

    @property
    def id(self) -> str:
        """A name that stays the same wherever the site moves."""
        return self.named(self.version)

    def named(self, what: str) -> str:
        """Name something that began with this version, the same for ever."""
        return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, f'{self.released.manifest.commit} {what}')}"

    @property
    def listed(self) -> list[str]:
        """The pages that a search engine should know."""
        return [page for page in self.released.pages if page not in _UNLISTED]

    @property
    def has_pdf(self) -> bool:
        """Whether it came with a PDF."""
        return PDF in self.released.manifest.files


def entries(releases: list[Released]) -> list[Entry]:
    """Say what each version says, and how that moved; newest first, as given."""
    return [
        Entry(
            released,
            answers(released.results),
            since(released.results, releases[0].results) if released is not releases[0] else "",
            since(before.results, released.results) if before else "",
        )
        for released, before in zip_longest(releases, releases[1:])
    ]


def root_files(said: Stamp, listed: list[Entry], url: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of each file that stands beside the versions.

    Parameters
    ----------
    said : names the review where no version does
    listed : newest first
    url : address of the site; feed and sitemap are left out when it is empty
    """
    title = listed[0].released.manifest.title if listed else said.title
    told = {
        "title": title,
        "entries": listed,
        "url": url,
        "path": urlsplit(url).path,
        "authors": said.authors,
    }
    yield MARK, versions_json(title, listed)
    yield FRONT, render("root.html", **told)
    yield "versions/index.html", render("versions.html", **told)
    yield "404.html", render("404.html", **told)
    yield "robots.txt", render("robots.txt", **told)
    yield ".nojekyll", ""
    if url and listed:
        yield "sitemap.xml", render("sitemap.xml", **told)
        yield "feed.xml", render("feed.xml", **told)


def versions_json(title: str, listed: list[Entry]) -> str:
    """Write the list that the pages of every version read, also those written years ago."""
    versions = [
        {
            "version": entry.version,
            "date": entry.date,
            "path": f"{entry.version}/",
            "doi": entry.released.manifest.doi,
            "evidence_hash": entry.released.manifest.evidence_hash,
            "answers": entry.answers,
            "since": entry.since,
        }
        for entry in listed
    ]
    latest = listed[0].version if listed else ""
    said = {"format": _FORMAT, "title": title, "latest": latest, "versions": versions}
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def stub_page(stub: Stub, title: str) -> str:
    """Write the page that stands where a page is gone."""
    return render("stub.html", stub=stub, title=title)


def render(name: str, **told) -> str:
    """Fill a template; what it is told is escaped."""
    return _templates().get_template(name).render(**told)


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
