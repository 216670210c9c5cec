"""Cite the review, or a chapter of it: as text in two styles, and as files for reference managers.

The styles are those of the CSL project (``styles/apa.csl``; ``styles/vancouver.csl``, which is its
``nlm-citation-sequence``), set by citeproc-py.
"""

import json
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import rispy
import yaml
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from pybtex.database import BibliographyData, Entry, Person

from livingreview.evidence.citation import CARD, parse_card, read_card
from livingreview.release.bibliography import AsWritten, tex
from livingreview.release.documents import review_name
from livingreview.release.git import Git
from livingreview.release.records import find_record, read_records
from livingreview.release.stamp import Stamp, stamp

# Not strftime, which would write them in the language of the machine.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_TERMS = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "MIT": "https://spdx.org/licenses/MIT.html",
}
# What CITATION.cff says of every version alike.
_CARRIED = (
    "cff-version", "message", "type", "title", "abstract", "authors", "contact", "license", "keywords",
    "repository-code",
)  # fmt: skip
_EVIDENCE = "The evidence hash of this version."


class Author(NamedTuple):
    """A person, or an organisation whose name is never taken apart; ``given`` is empty for it."""

    name: str
    given: str = ""

    @property
    def inverted(self) -> str:
        """Family name, comma, given names; an organisation as it is."""
        return f"{self.name}, {self.given}" if self.given else self.name


@dataclass(frozen=True)
class Work:
    """What is cited: the review, or a chapter with its ``page``, a path without ``.html``."""

    stamp: Stamp
    chapter: str = ""
    page: str = ""

    @property
    def title(self) -> str:
        """The title of what is cited."""
        return one_line(self.chapter) or self.review

    @property
    def review(self) -> str:
        """The title of the whole review, on one line."""
        return one_line(self.stamp.title)

    @property
    def authors(self) -> tuple[Author, ...]:
        """The authors in order."""
        return tuple(map(_author, self.stamp.card["authors"]))

    @property
    def day(self) -> datetime:
        """The date of the version, or of the last commit of a draft."""
        return datetime.fromtimestamp(self.stamp.seconds, UTC)

    @property
    def edition(self) -> str:
        """The version in words; a draft says that it is one."""
        version = self.stamp.version
        if self.stamp.released:
            return f"Version {version}"
        return f"Unreleased draft {'' if version.endswith('.0') else 'after version '}{version}"

    @property
    def described(self) -> str:
        """The version with its date and evidence hash."""
        told = f"{self.edition}, {self.day.day} {_MONTHS[self.day.month - 1]} {self.day.year}"
        return f"{told}, evidence hash {self.stamp.evidence}" if self.stamp.evidence else told

    @property
    def doi(self) -> str:
        """The DOI of the version; empty for a draft."""
        return self.stamp.doi

    @property
    def base(self) -> str:
        """The permanent address of the version's folder; empty for a draft, or before there is a site."""
        return f"{self.stamp.url}{self.stamp.version}/" if self.stamp.released and self.stamp.url else ""

    @property
    def url(self) -> str:
        """The permanent address of what is cited; empty where there is none."""
        return f"{self.base}{self.page}.html" if self.base and self.page else self.base

    @property
    def key(self) -> str:
        """A name for the entry, and for the files of a version."""
        version = self.stamp.version
        draft = f"{version}-draft" if version.endswith(".0") else f"after-{version}"
        parts = [self.stamp.name, version if self.stamp.released else draft, self.page.rpartition("/")[2]]
        return "-".join(part for part in parts if part)

    @property
    def notes(self) -> list[str]:
        """What no field of a reference manager holds."""
        doi = self.stamp.concept_doi
        return [self.described, *([f"All versions together: doi:{doi}"] if doi else [])]

    @property
    def csl(self) -> dict:
        """The work as an item of CSL-JSON."""
        item = {
            "id": self.key,
            "type": "chapter" if self.chapter else "book",
            "title": self.title,
            "container-title": self.review if self.chapter else "",
            "author": [
                {"family": name, "given": given} if given else {"literal": name}
                for name, given in self.authors
            ],
            "issued": {"date-parts": [[self.day.year, self.day.month, self.day.day]]},
            "edition": self.edition,
            "version": self.stamp.label,
            "language": "en",
            "DOI": self.doi,
            "URL": self.url,
            "note": "; ".join(self.notes),
        }
        return filled(item)


def present_work(root: Path) -> Work:
    """Return the review in a folder as it is now: a version, or a draft."""
    return Work(stamp(root))


def past_work(root: Path, version: str) -> Work:
    """Return a recorded version, as its own commit describes it."""
    record, git = find_record(root, version), Git(root)
    if not git.commit(record.commit):
        raise ValueError(
            f"commit {record.commit[:12]} is missing here; fetch the history: git fetch --unshallow"
        )
    card = parse_card(git.bytes("show", f"{record.commit}:{CARD}"), f"{record.commit[:12]}:{CARD}")
    # Where versions are kept is known to the present review; the site may have moved since.
    card |= {key: read_card(root)[key] for key in ("url", "repository-code") if read_card(root).get(key)}
    seconds = int(git("log", "-1", "--format=%ct", record.commit))
    return Work(Stamp(card, record.evidence_hash, seconds, record.commit, True, review_name(root)))


def where_to_get(root: Path, made: Stamp) -> str:
    """Describe how a reader obtains a version, or the last one before a draft; empty if none is recorded."""
    version = made.version
    if made.url:
        return f"{made.url}{version}/"
    commits = {str(record.version): record.commit for record in read_records(root)}
    commit = made.commit if made.released else commits.get(version, "")
    if not commit:
        return ""
    return (
        "There is no public address yet. In a clone of the repository, `make site` writes it to "
        f"`_build/site/{version}`, and `git checkout {commit[:12]}` checks out its source files."
    )


def cite(work: Work, form: str = "apa") -> str:
    """Cite a work in one of the `FORMATS`.

    Raises
    ------
    ValueError
        When the form is not one of those.
    """
    if form not in FORMATS:
        raise ValueError(f"{form!r} is not a form of citation: expected one of {', '.join(FORMATS)}")
    return FORMATS[form].write(work)


def _styled(name: str) -> Callable[[Work], str]:
    def write(work: Work) -> str:
        # The styles print the edition as it is, and would print the version a second time.
        item = {key: value for key, value in work.csl.items() if key not in ("version", "note")}
        item["edition"] = work.described
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about fields of CSL-JSON that citeproc-py leaves out
            listed = CitationStylesBibliography(_style(name), CiteProcJSON([item]), formatter.plain)
            listed.register(Citation([CitationItem(work.key)]))
            text = str(listed.bibliography()[0])
        # A list has numbers, and a title may end in a question mark.
        return re.sub(r"([?!])\.", r"\1", re.sub(r"^1\. ?", "", text)).strip()

    return write


@lru_cache
def _style(name: str) -> CitationStylesStyle:
    path = Path(__file__).with_name("styles") / f"{name}.csl"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CitationStylesStyle(str(path), validate=False)


def bibtex(work: Work) -> str:
    """Cite as a BibTeX entry; names of organisations and titles stand in braces, so that both stay whole."""
    fields = {"title": f"{{{tex(work.title)}}}"}
    if work.chapter:
        fields["booktitle"] = f"{{{tex(work.review)}}}"
    fields |= {"year": str(work.day.year), "version": tex(work.stamp.label)}
    # An address and a DOI are taken as they are by the styles that print them.
    fields |= filled({"doi": work.doi, "url": work.url, "note": tex("; ".join(work.notes))})
    people = [
        Person(last=f"{{{tex(each.name)}}}", first=tex(each.given))
        if each.given
        else Person(f"{{{tex(each.name)}}}")
        for each in work.authors
    ]
    entry = Entry("incollection" if work.chapter else "misc", fields=fields, persons={"author": people})
    return AsWritten().to_string(BibliographyData({work.key: entry}))


def ris(work: Work) -> str:
    """Cite as a RIS record.

    Notes
    -----
    A comma ends the name of an organisation: without one, some programs take its last word for a
    family name.
    """
    record = {
        "type_of_reference": "ECHAP" if work.chapter else "EBOOK",
        "id": work.key,
        "authors": [each.inverted if each.given else f"{each.name}," for each in work.authors],
        "title": work.title,
        "secondary_title": work.review if work.chapter else "",
        "year": str(work.day.year),
        "date": f"{work.day:%Y/%m/%d}/",
        "edition": work.edition,
        "doi": work.doi,
        "urls": [work.url] if work.url else [],
        "keywords": [*map(one_line, work.stamp.card.get("keywords", ()))],
        "language": "en",
        "notes": work.notes,
    }
    lines = rispy.dumps([filled(record)], skip_unknown_tags=True).splitlines()
    return "\n".join(lines[1:]) + "\n"  # the first is a number that belongs to no record


def csl_json(work: Work) -> str:
    """Cite as CSL-JSON, which Zotero and pandoc read."""
    return json.dumps([work.csl], ensure_ascii=False, indent=2) + "\n"


class _Plain(yaml.SafeDumper):
    """Writes the same authors twice rather than as an anchor and a mark, which few readers know."""

    def ignore_aliases(self, data) -> bool:
        return True


def cff(work: Work) -> str:
    """Cite as CITATION.cff, version 1.2.0; a chapter is what its file prefers to have cited."""
    made, given = work.stamp, work.stamp.card
    card = {name: given[name] for name in _CARRIED if given.get(name)}
    card |= {"title": work.review, "version": made.label, "commit": made.commit}
    card |= {"doi": work.doi, "url": work.base, "date-released": made.date if made.released else ""}
    card["identifiers"] = [
        each for each in given.get("identifiers", ()) if each.get("description") != _EVIDENCE
    ]
    if made.evidence:
        card["identifiers"].append({"type": "other", "value": made.evidence, "description": _EVIDENCE})
    if work.chapter:
        preferred = {"type": "book", "title": work.title, "authors": given["authors"]}
        preferred |= {
            "collection-title": work.review,
            "version": made.label,
            "doi": work.doi,
            "url": work.url,
        }
        card["preferred-citation"] = filled(preferred | {"notes": "; ".join(work.notes)})
    return yaml.dump(filled(card), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=1000)


@dataclass(frozen=True)
class Format:
    """A form of citation: its name, what writes it, and how the name of its file ends, if it has one."""

    label: str
    write: Callable[[Work], str]
    suffix: str = ""


FORMATS = {
    "apa": Format("APA", _styled("apa")),
    "vancouver": Format("Vancouver", _styled("vancouver")),
    "bibtex": Format("BibTeX", bibtex, ".bib"),
    "ris": Format("RIS", ris, ".ris"),
    "csl-json": Format("CSL-JSON", csl_json, ".json"),
    "cff": Format("CFF", cff, ".cff"),
}


def file_name(work: Work, form: str) -> str:
    """Name the file of a citation; a CFF file has the one name under which it is looked for."""
    return CARD if form == "cff" else f"{work.key}{FORMATS[form].suffix}"


def licence_address(card: Mapping) -> str:
    """Return the address of the licence of text and data, which stands first; empty when none is named."""
    said = card.get("license") or ""
    name = said if isinstance(said, str) else said[0]
    return _TERMS.get(name, f"https://spdx.org/licenses/{name}.html" if name else "")


def filled(said: dict) -> dict:
    """Leave out what is empty."""
    return {name: value for name, value in said.items() if value}


def one_line(text: str) -> str:
    """Join the lines of a text: a line break would start a new field in RIS."""
    return " ".join(str(text).split())


def _author(entry: Mapping) -> Author:
    if entry.get("name"):
        return Author(one_line(entry["name"]))
    family = one_line(" ".join(entry[key] for key in ("name-particle", "family-names") if entry.get(key)))
    given = one_line(entry.get("given-names", ""))
    return Author(family, given) if family else Author(given)
