"""Write the reports of the included trials as BibTeX and RIS."""

import re
from pathlib import Path
from typing import NamedTuple

import rispy
from pybtex.backends.plaintext import Backend
from pybtex.database import BibliographyData, Entry, parse_string
from pybtex.database.output.bibtex import Writer
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from livingreview.evidence import load_evidence, trial_status

_KINDS = {"article": "JOUR", "book": "BOOK", "incollection": "CHAP", "inproceedings": "CPAPER"}
_NAMES = {
    "journal": "secondary_title", "booktitle": "secondary_title", "year": "year", "volume": "volume",
    "number": "number", "doi": "doi", "pmid": "accession_number",
}  # fmt: skip
# A brace counts in BibTeX even behind a backslash, so each sign has its command instead.
_COMMANDS = {
    "\\": "textbackslash", "{": "textbraceleft", "}": "textbraceright", "~": "textasciitilde",
    "^": "textasciicircum", "<": "textless", ">": "textgreater", '"': "textquotedbl",
}  # fmt: skip
_TEX = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_"} | {sign: f"{{\\{name}}}" for sign, name in _COMMANDS.items()}
)


class Report(NamedTuple):
    """The report of a trial: its entry, in LaTeX, and its title as plain text."""

    entry: Entry
    title: str


def included_reports(root: Path) -> dict[str, Report]:
    """Return the report of every included trial, by the trial's id.

    A trial without an entry of its own gets one from its card: title, year of its id, identifiers.
    """
    evidence, path, found = load_evidence(root), root / "references.bib", {}
    try:
        known = parse_string(path.read_text(encoding="utf-8") if path.is_file() else "", "bibtex").entries
    except PybtexError as error:
        raise ValueError(f"references.bib: malformed: {error}") from error
    for name, card in evidence.cards.items():
        if trial_status(card) == "included":
            entry, title = known.get(name), one_line(card["title"])
            found[name] = (
                Report(entry, _plain(entry.fields.get("title", "")))
                if entry
                else _unlisted(name, card, title)
            )
    return found


def _unlisted(trial_id: str, card: dict, title: str) -> Report:
    fields = {"title": tex(title), "year": re.search(r"\d{4}", trial_id)[0]}
    primary = [source for source in card["sources"].values() if source["kind"].startswith("primary")]
    for source in primary[:1]:
        fields |= {key: source[key] for key in ("doi", "pmid", "url") if key in source}
    return Report(Entry("misc", fields=fields), title)


class AsWritten(Writer):
    """Writes fields as they were read: they are LaTeX already."""

    def _encode(self, text: str) -> str:
        return text


def tex(text: str) -> str:
    """Write a plain text as LaTeX, which prints it as it is."""
    return text.translate(_TEX)


def one_line(text: str) -> str:
    """Join the lines of a text: a line break would let a field of RIS begin a record of its own."""
    return " ".join(text.split())


def bibtex_text(entries: dict[str, Entry]) -> str:
    """Write entries as BibTeX."""
    return AsWritten().to_string(BibliographyData(entries))


def ris_text(records: list[dict]) -> str:
    """Write records as RIS, without what is empty."""
    filled = [{name: value for name, value in record.items() if value} for record in records]
    # rispy numbers the records, but a number belongs to none.
    return re.sub(r"(?m)^\d+\.\n", "", rispy.dumps(filled, skip_unknown_tags=True))


def ris_record(trial_id: str, report: Report, said: str) -> dict:
    """Return the record of a report for RIS; its note says where it comes from."""
    entry = report.entry
    fields = {name.lower(): _plain(text) for name, text in entry.fields.items()}
    names = [_plain(_inverted(person)) for person in entry.persons.get("author", ())]
    first, _, last = fields.get("pages", "").replace("\u2013", "-").partition("-")
    return {
        "type_of_reference": _KINDS.get(entry.type, "GEN"),
        "id": trial_id,
        "title": report.title,
        "authors": [name for name in names if name != "others"],
        **{ris: fields[name] for name, ris in _NAMES.items() if name in fields},
        "start_page": first,
        "end_page": last.strip("-"),
        "urls": [fields["url"]] if "url" in fields else [],
        "notes": [one_line(said)],
    }


def _inverted(person) -> str:
    last = " ".join([*person.prelast_names, *person.last_names, *person.lineage_names])
    first = " ".join([*person.first_names, *person.middle_names])
    return f"{last}, {first}" if first else last


def _plain(latex: str) -> str:
    """Turn LaTeX into one line of text."""
    return one_line(Text.from_latex(latex).render(Backend()))
