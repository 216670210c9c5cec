"""Says what is cited: one version of the review, or a chapter or a figure of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from alsreview.release.card import Author, authors, one_line
from alsreview.release.stamp import Stamp

# Not strftime, which would write them in the language of the machine.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Work:
    """What a citation stands for.

    Attributes
    ----------
    stamp, card : what the version says of itself, and its CITATION.cff
    chapter, page : title of a chapter and its page, without ``.html``; empty for the review as a whole
    figure, mark, label : title of a figure, its id on that page, and its number in the book, such as
        ``Figure 1``; empty for a chapter
    """

    stamp: Stamp
    card: Mapping = field(repr=False)
    chapter: str = ""
    page: str = ""
    figure: str = ""
    mark: str = ""
    label: str = ""

    def __post_init__(self):
        for name in ("chapter", "figure"):
            object.__setattr__(self, name, one_line(getattr(self, name)))

    @property
    def kind(self) -> str:
        """One of ``review``, ``chapter`` and ``figure``."""
        return "figure" if self.figure else "chapter" if self.chapter else "review"

    @property
    def title(self) -> str:
        """The title of what is cited."""
        return self.figure or self.chapter or self.review

    @property
    def review(self) -> str:
        """The title of the whole review, on one line."""
        return one_line(self.stamp.title)

    @property
    def authors(self) -> tuple[Author, ...]:
        """The authors; organisations whole."""
        return authors(self.card)

    @property
    def day(self) -> date:
        """The date of the version, or of the last commit of a draft."""
        return date.fromisoformat(self.stamp.date)

    @property
    def month(self) -> str:
        """The name of the month of that date."""
        return _MONTHS[self.day.month - 1]

    @property
    def edition(self) -> str:
        """The version in words; a draft says that it is one."""
        version = self.stamp.version
        if self.stamp.released:
            return f"Version {version}"
        return f"Draft {version}" if version.endswith(".0") else f"Draft after version {version}"

    @property
    def evidence(self) -> str:
        """The evidence hash in words; empty where it is not known."""
        return f"evidence hash {self.stamp.evidence}" if self.stamp.evidence else ""

    @property
    def doi(self) -> str:
        """The DOI of the version; a draft has none, since a DOI names a text that stays."""
        return self.stamp.doi if self.stamp.released else ""

    @property
    def base(self) -> str:
        """The permanent address of the version's folder; empty for a draft, or before there is a site."""
        stamp = self.stamp
        return f"{stamp.url}{stamp.version}/" if stamp.released and stamp.url else ""

    @property
    def url(self) -> str:
        """The permanent address of what is cited; empty where there is none."""
        page = f"{self.page}.html" if self.page else ""
        return self.base and f"{self.base}{page}{'#' if self.mark else ''}{self.mark}"

    @property
    def key(self) -> str:
        """A name for the entry, and for the files of a version."""
        version = self.stamp.version
        draft = f"{version}-draft" if version.endswith(".0") else f"after-{version}"
        parts = [
            "als-review",
            version if self.stamp.released else draft,
            self.page.rpartition("/")[2],
            self.mark,
        ]
        return "-".join(part for part in parts if part)

    @property
    def notes(self) -> list[str]:
        """What no field of a reference manager holds, as sentences without a full stop."""
        day = f"{self.day.day} {self.day:%B %Y}"
        said = [", ".join(part for part in (f"{self.edition} of {day}", self.evidence) if part)]
        if self.figure:
            said.append(f"{self.label} of the chapter: {self.chapter}")
        if self.stamp.concept_doi:
            said.append(f"All versions together: doi:{self.stamp.concept_doi}")
        return said
