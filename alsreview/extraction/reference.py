"""Adds the report of a trial to the references, and the trial to the changelog."""

import re

from pybtex.database import BibliographyData, Entry, Person

from alsreview.extraction.card import label
from alsreview.extraction.registry import study_address
from alsreview.extraction.report import Report
from alsreview.release.bibliography import AsWritten, tex

_ENTRY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,", re.MULTILINE)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_SECTION = "### Evidence"


def has_entry(references: str, key: str) -> bool:
    """Say whether the references have an entry of that key."""
    return key in _ENTRY.findall(references)


def with_entry(references: str, trial_id: str, report: Report) -> str:
    """Put the entry of a report in its place among the references, which stand in order of their keys."""
    entry = _entry(trial_id, report).strip("\n")
    for found in _ENTRY.finditer(references):
        if found[1] > trial_id:
            return f"{references[: found.start()]}{entry}\n\n{references[found.start() :]}"
    before = references.rstrip("\n")
    return f"{before}\n\n{entry}\n" if before else f"{entry}\n"


def _entry(trial_id: str, report: Report) -> str:
    # BibTeX warns of an article without authors, and a warning stops the book.
    kind = "article" if report.journal and report.authors else "misc"
    fields = {"title": tex(report.title) or f"{label(trial_id)} (title not read yet)"}
    fields |= {name: tex(getattr(report, name)) for name in ("journal", "volume", "number")}
    fields |= {"pages": re.sub(r"\s*[-\u2013]+\s*", "--", tex(report.pages))}
    fields |= {"year": report.year or re.search(r"\d{4}", trial_id)[0]}
    fields |= {"doi": report.doi, "pmid": report.pmid}
    if kind == "misc":
        fields |= {"url": study_address(report.registration)}
    fields |= {"note": f"PMID {report.pmid}" if report.pmid else ""}
    registered = () if report.doi or report.pmid else (("ClinicalTrials.gov", ""),)
    people = [_person(*author) for author in report.authors or registered]
    entry = Entry(kind, fields={name: text for name, text in fields.items() if text})
    if people:
        entry.persons["author"] = people
    return AsWritten().to_string(BibliographyData({trial_id: entry}))


def _person(family: str, given: str) -> Person:
    # A group has no given names, and its own would be taken apart.
    return Person(last=tex(family), first=tex(given)) if given else Person(last=f"{{{tex(family)}}}")


def with_change(changelog: str, trial_id: str) -> str:
    """Add a line on a trial to the top section of the changelog, or to a new one above a version."""
    line = f"- Adds {trial_id} ({label(trial_id)}): its card, with no figure read yet."
    top = _HEADING.search(changelog)
    # A number of 0 marks the draft before the first release.
    if top is None or not (top[1] == "Unreleased" or top[1].endswith(".0")):
        start = top.start() if top else len(changelog)
        return f"{changelog[:start]}## Unreleased\n\n{_SECTION}\n{line}\n\n{changelog[start:]}"
    below = _HEADING.search(changelog, top.end())
    end = below.start() if below else len(changelog)
    section = changelog[top.end() : end]
    if f"{_SECTION}\n" in section:
        section = section.replace(f"{_SECTION}\n", f"{_SECTION}\n{line}\n", 1)
    else:
        section = f"\n\n{_SECTION}\n{line}\n\n" + section.lstrip("\n")
    return changelog[: top.end()] + section + changelog[end:]
