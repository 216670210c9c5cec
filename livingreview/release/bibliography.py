"""Writes the reports of the included trials as BibTeX and RIS."""

import re
from dataclasses import dataclass
from pathlib import Path

import rispy
from pybtex.backends.plaintext import Backend
from pybtex.database import BibliographyData, Entry, parse_string
from pybtex.database.output.bibtex import Writer
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from livingreview.evidence import load_evidence, trial_status

_KINDS = {"article": "JOUR", "book": "BOOK", "incollection": "CHAP", "inproceedings": "CPAPER"}
_PLAIN = Backend()
_NAMES = {
    "title": "title",
    "journal": "secondary_title",
    "booktitle": "secondary_title",
    "year": "year",
    "volume": "volume",
    "number": "number",
    "doi": "doi",
    "pmid": "accession_number",
}


# A brace counts in BibTeX even behind a backslash, so each sign has its command instead.
_TEX = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_"}
    | {
        "\\": "{\\textbackslash}",
        "{": "{\\textbraceleft}",
        "}": "{\\textbraceright}",
        "~": "{\\textasciitilde}",
        "^": "{\\textasciicircum}",
        "<": "{\\textless}",
        ">": "{\\textgreater}",
        '"': "{\\textquotedbl}",
    }
)


@dataclass(frozen=True)
class Report:
    """The report of a trial: its entry, in LaTeX, and its title as plain text."""

    entry: Entry
    title: str


def included_reports(root: Path) -> dict[str, Report]:
    """Return the report of every included trial, by the trial's id.

    A trial without an entry of its own gets one from its card: title, year of its id, identifiers.
    """
    evidence, path = load_evidence(root), root / "references.bib"
    try:
        known = parse_string(path.read_text(encoding="utf-8") if path.is_file() else "", "bibtex").entries
    except PybtexError as error:
        raise ValueError(f"references.bib: malformed: {error}") from error
    cards = {name: card for name, card in evidence.cards.items() if trial_status(card) == "included"}
    return {
        name: _listed(known[name]) if name in known else _unlisted(name, card) for name, card in cards.items()
    }


def _listed(entry: Entry) -> Report:
    return Report(entry, _plain(entry.fields.get("title", "")))


def _unlisted(trial_id: str, card: dict) -> Report:
    fields = {"title": tex(_line(card["title"])), "year": re.search(r"\d{4}", trial_id)[0]}
    for source in card["sources"].values():
        if source["kind"].startswith("primary"):
            fields |= {key: source[key] for key in ("doi", "pmid", "url") if key in source}
            break
    return Report(Entry("misc", fields=fields), _line(card["title"]))


class AsWritten(Writer):
    """Writes fields as they were read: they are LaTeX already."""

    def _encode(self, text: str) -> str:
        return text


def tex(text: str) -> str:
    """Write a plain text as LaTeX, which prints it as it is."""
    return text.translate(_TEX)


def bibtex_text(reports: dict[str, Report], said: str) -> str:
    """Write reports as BibTeX, below a line that says where they come from."""
    # Text outside of an entry is no part of the data for BibTeX; an @ would begin one.
    comment = f"% {' '.join(said.replace('@', ' ').split())}\n\n"
    entries = {name: report.entry for name, report in reports.items()}
    return comment + AsWritten().to_string(BibliographyData(entries))


def ris_text(reports: dict[str, Report], said: str) -> str:
    """Write reports as RIS; each record's note says where it comes from."""
    records = [_record(name, report) | {"notes": [_line(said)]} for name, report in reports.items()]
    # rispy numbers the records, but a number belongs to none.
    written = rispy.dumps(records, skip_unknown_tags=True)
    return re.sub(r"(?m)^\d+\.\n", "", written)


def _record(trial_id: str, report: Report) -> dict:
    entry = report.entry
    fields = {name.lower(): _plain(text) for name, text in entry.fields.items()} | {"title": report.title}
    record = {"type_of_reference": _KINDS.get(entry.type, "GEN"), "id": trial_id}
    names = [_plain(_inverted(person)) for person in entry.persons.get("author", ())]
    record["authors"] = [name for name in names if name != "others"]
    record |= {ris: fields[name] for name, ris in _NAMES.items() if name in fields}
    if "pages" in fields:
        first, _, last = fields["pages"].replace("\u2013", "-").partition("-")
        record |= {"start_page": first, "end_page": last.strip("-")} if last else {"start_page": first}
    return record | ({"urls": [fields["url"]]} if "url" in fields else {})


def _inverted(person) -> str:
    last = " ".join([*person.prelast_names, *person.last_names, *person.lineage_names])
    first = " ".join([*person.first_names, *person.middle_names])
    return f"{last}, {first}" if first else last


def _plain(latex: str) -> str:
    """Turn LaTeX into one line of text."""
    return _line(Text.from_latex(latex).render(_PLAIN))


def _line(text: str) -> str:
    # A line break would let a field begin a record of its own.
    return " ".join(text.split())
