"""Holds what registries of papers and of trials say of one trial; no figure of a result is among it."""

from dataclasses import dataclass, field, fields, replace


@dataclass(frozen=True)
class Report:
    """What is known of a trial and its report; empty is what nobody said.

    Attributes
    ----------
    authors : family name and given names, in order
    doi, pmid, registration : numbers in their plain form
    allocation : "randomized", "not_randomized" or empty
    retracted : who says that the report is retracted, and where
    notice_of : DOI of the report that this one retracts or corrects, when it is such a notice
    arms : label and role of each registered arm; the role is empty where it is not plain
    told_by : the registries that said something
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
        """Fill what is empty here with what another registry says."""
        gaps = {
            each.name: getattr(other, each.name)
            for each in fields(self)
            if not getattr(self, each.name) and each.name != "told_by"
        }
        return replace(self, **gaps, told_by=(*self.told_by, *other.told_by))
