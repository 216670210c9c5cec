"""Describes what databases and registries say of a report or a trial, with its numbers in one form."""

import re
from dataclasses import dataclass, field, fields, replace

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_REGISTRY = re.compile(
    r"NCT\d{8}|ACTRN\d{14}|ISRCTN\d{6,8}|ChiCTR-?[A-Z]*-?\d{8,10}|NTR\d{3,5}|NL-?OMON\d+|UMIN\d{9}"
    r"|jRCT[a-z]*\d{8,10}|IRCT\d+N\d+|CTRI/\d{4}/\d{2,3}/\d+|RBR-[0-9a-z]{6,8}|DRKS\d{8}|KCT\d{7}"
    r"|EUCTR\d{4}-\d{6}-\d{2}|\d{4}-\d{6}-\d{2}(?:-\d{2})?",
    re.IGNORECASE,
)
UNTITLED = "(no title given)"


@dataclass(frozen=True)
class Record:
    """One record that a search of a source returned.

    Attributes
    ----------
    source : name of the database or registry
    title, journal : as given, on one line
    authors : surname first, in order
    year : of publication, or of the first entry in a registry
    doi, pmid : as `plain_doi` and `plain_pmid` give them; empty when there is none
    registry : registry numbers it is or names, as `registry_numbers` gives them
    registered : whether the record is an entry of a registry, and no report
    note : what whoever screens it must know, such as a retraction
    """

    source: str
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    doi: str = ""
    pmid: str = ""
    registry: tuple[str, ...] = ()
    registered: bool = False
    note: str = ""

    @property
    def numbers(self) -> frozenset[str]:
        """The numbers that identify this record; a report is not the registry entry that it names."""
        own = [f"doi:{self.doi}" if self.doi else "", f"pmid:{self.pmid}" if self.pmid else ""]
        own += [f"registry:{number}" for number in self.registry] if self.registered else []
        return frozenset(number for number in own if number)

    @property
    def record_id(self) -> str:
        """A name for its row: the registry number, PubMed number or DOI, or else author, year and title."""
        if self.registered and self.registry:
            return self.registry[0]
        if self.pmid:
            return f"pmid{self.pmid}"
        words = "_".join([*self.authors[:1], str(self.year or ""), *self.title.split()[:6]])
        return f"doi{self.doi}" if self.doi else re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:60]


@dataclass(frozen=True)
class Report:
    """What databases and registries say of one trial and its report, without any result.

    Attributes
    ----------
    authors : family name and given names, in order
    doi, pmid, registration : numbers in their plain form
    allocation : "randomized", "not_randomized" or empty
    retracted : who says that the report is retracted, and where
    notice_of : DOI of the report that this one retracts or corrects, when it is such a notice
    arms : label and role of each registered arm; the role is empty where it is not plain
    told_by : the sources that said something
    """

    title: str = ""
    authors: tuple[tuple[str, str], ...] = ()
    year: str = ""
    journal: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    registration: str = ""
    allocation: str = ""
    design: str = ""
    blinding: str = ""
    country: str = ""
    retracted: str = ""
    notice_of: str = ""
    arms: tuple[tuple[str, str], ...] = field(default=())
    told_by: tuple[str, ...] = field(default=())

    def filled(self, other: "Report") -> "Report":
        """Fill what is empty here with what another source says."""
        gaps = {
            each.name: getattr(other, each.name)
            for each in fields(self)
            if not getattr(self, each.name) and each.name != "told_by"
        }
        return replace(self, **gaps, told_by=(*self.told_by, *other.told_by))


def plain_doi(text: str | None) -> str:
    """Return a DOI in lower case, without the address before it; empty when there is none."""
    found = _DOI.search(one_line(text))
    return found[0].lower().rstrip(".,;") if found else ""


def plain_pmid(text: str | None) -> str:
    """Return a PubMed number as its digits; empty when the text is no such number."""
    found = re.fullmatch(r"(?:pmid:?)?\s*0*([1-9]\d{0,7})", one_line(text), re.IGNORECASE)
    return found[1] if found else ""


def registry_numbers(*texts: str | None) -> tuple[str, ...]:
    """List the registry numbers in some texts, in capitals and in order, each once."""
    found = [number.upper() for text in texts for number in _REGISTRY.findall(one_line(text))]
    return tuple(dict.fromkeys(found))


def one_line(text: str | None) -> str:
    """Join a text's lines and leave out characters that cannot be printed."""
    shown = "".join(c if c.isprintable() else " " for c in str(text or ""))
    return " ".join(shown.split())


def year_of(text: object) -> int | None:
    """Return the year that a date begins with."""
    start = str(text or "")[:4]
    return int(start) if start.isdecimal() and 1800 <= int(start) <= 2200 else None


def study_address(numbers: str) -> str:
    """Return the address of the first ClinicalTrials.gov number in a text; empty when there is none."""
    found = [number for number in registry_numbers(numbers) if number.startswith("NCT")]
    return f"https://clinicaltrials.gov/study/{found[0]}" if found else ""
