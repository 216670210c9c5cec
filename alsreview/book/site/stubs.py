"""Leads from each page that the latest version lacks to its successor, so that deep links survive."""

from collections.abc import Mapping
from dataclasses import dataclass

from alsreview.book.site.releases import Released

FRONT = "index.html"


@dataclass(frozen=True)
class Stub:
    """A page that is gone.

    Attributes
    ----------
    page : its path inside a version
    successor : the page of the latest version that took its place; empty when there is none
    last : the last version that has it
    """

    page: str
    successor: str
    last: str

    @property
    def up(self) -> str:
        """The way from the page to the folder of its version."""
        return "../" * self.page.count("/")


def stubs(releases: list[Released]) -> list[Stub]:
    """Find the pages that only older versions have.

    Parameters
    ----------
    releases : newest first
    """
    latest, moved, last = set(releases[0].manifest.files), {}, {}
    for released in releases:
        moved = {**released.manifest.moved, **moved}
        for page in released.pages:
            last.setdefault(page, released.version)
    return [
        Stub(page, _successor(page, moved, latest), version)
        for page, version in sorted(last.items())
        if page not in latest
    ]


def _successor(page: str, moved: Mapping[str, str], latest: set[str]) -> str:
    """Follow a page to where it is now; a page that moved in a circle is nowhere."""
    name, seen = page.removesuffix(".html"), set()
    while f"{name}.html" not in latest:
        if name in seen or name not in moved:
            return ""
        seen.add(name)
        name = moved[name]
    return f"{name}.html"
