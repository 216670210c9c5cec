"""Says of each version what it says, and how that moved."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest

from alsreview.book.site.releases import Released
from alsreview.release.results import answers, since

PDF = "als-review.pdf"
_UNLISTED = ("genindex.html", "search.html")


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
