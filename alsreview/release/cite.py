"""Turns a version, a chapter or a figure into a citation in the form that a reader needs."""

from collections.abc import Callable
from dataclasses import dataclass

from alsreview.release.records import bibtex, cff, csl_json, ris
from alsreview.release.references import apa, vancouver
from alsreview.release.work import Work


@dataclass(frozen=True)
class Format:
    """A form of citation.

    Attributes
    ----------
    label : what readers call it
    write : writes it
    suffix : how its file's name ends; empty for a text that is copied
    """

    label: str
    write: Callable[[Work], str]
    suffix: str = ""


FORMATS = {
    "apa": Format("APA", apa),
    "vancouver": Format("Vancouver", vancouver),
    "bibtex": Format("BibTeX", bibtex, ".bib"),
    "ris": Format("RIS", ris, ".ris"),
    "csl-json": Format("CSL-JSON", csl_json, ".json"),
    "cff": Format("CFF", cff, ".cff"),
}


def cite(work: Work, form: str = "apa") -> str:
    """Cite a work.

    Parameters
    ----------
    work : what is cited
    form : one of `FORMATS`

    Raises
    ------
    ValueError
        When the form is not one of those.
    """
    if form not in FORMATS:
        raise ValueError(f"{form!r} is not a form of citation: expected one of {', '.join(FORMATS)}")
    return FORMATS[form].write(work)


def file_name(work: Work, form: str) -> str:
    """Name the file of a citation; a CFF file has the one name under which it is looked for."""
    return "CITATION.cff" if form == "cff" else f"{work.key}{FORMATS[form].suffix}"
