"""Writes the pages around the versions: list, redirects, feed, sitemap, and what to show for a lost page."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from alsreview.book.policy import with_policy
from alsreview.book.site.entries import Entry
from alsreview.book.site.feed import feed_items
from alsreview.book.site.stubs import FRONT, Stub
from alsreview.book.site.swap import MARK
from alsreview.exhibits.searches import SearchEvent
from alsreview.release import Stamp
from alsreview.release.freshness import Freshness

TEMPLATES = Path(__file__).parents[1] / "templates" / "site"
_FORMAT = 1


@dataclass(frozen=True)
class Life:
    """What happens between versions: the searches, newest first, and how fresh the review is kept."""

    searches: tuple[SearchEvent, ...] = ()
    freshness: Freshness | None = None


def root_files(said: Stamp, listed: list[Entry], url: str, life: Life) -> Iterator[tuple[str, str]]:
    """Yield path and text of each file that stands beside the versions.

    Parameters
    ----------
    said : names the review where no version does
    listed : newest first
    url : address of the site; feed and sitemap are left out when it is empty
    life : what happened between the versions
    """
    title = listed[0].released.manifest.title if listed else said.title
    told = {
        "title": title,
        "entries": listed,
        "url": url,
        "path": urlsplit(url).path,
        "authors": said.authors,
        "life": life,
    }
    yield MARK, versions_json(title, listed)
    # Always there, for every page asks for it.
    yield "freshness.json", life.freshness.to_json() if life.freshness else "null\n"
    yield FRONT, render("root.html", **told)
    yield "versions/index.html", render("versions.html", **told)
    yield "404.html", render("404.html", **told)
    yield "robots.txt", render("robots.txt", **told)
    yield ".nojekyll", ""
    if url and listed:
        yield "sitemap.xml", render("sitemap.xml", **told)
        yield "feed.xml", render("feed.xml", items=feed_items(listed, life.searches, url), **told)


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
            # What its folder holds, so that no page has to ask for one that is not there.
            "pages": entry.released.pages,
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
    text = _templates().get_template(name).render(**told)
    return with_policy(text) if name.endswith(".html") else text


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
