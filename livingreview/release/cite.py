"""Cite the review: as text in two styles, and as files for reference managers; some cite a chapter.

The styles are those of the CSL project (``styles/apa.csl``; ``styles/vancouver.csl``, which is its
``nlm-citation-sequence``), set by citeproc-py.
"""

import json
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import rispy
import yaml

from livingreview.evidence.citation import CARD, parse_card, read_card
from livingreview.release.git import Git
from livingreview.release.records import find_record, read_records
from livingreview.release.stamp import Stamp, inverted, one_line, review_name


@dataclass(frozen=True)
class Work:
    """What is cited: the review, or a chapter with its ``page``, a path without ``.html``."""

    stamp: Stamp
    chapter: str = ""
    page: str = ""

    @property
    def title(self) -> str:
        return one_line(self.chapter) or self.stamp.title

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
        return f"{self.edition}, {self.stamp.day:%-d %B %Y}, evidence hash {self.stamp.evidence}"

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
        version = self.stamp.label.replace(" (draft)", "-draft").replace(" ", "-")
        return "-".join(filter(None, [self.stamp.name, version, self.page.rpartition("/")[2]]))

    @property
    def note(self) -> str:
        """What no field of a reference manager holds: the evidence, and the DOI of all versions together."""
        dois = [each["value"] for each in self.stamp.card.get("identifiers", ()) if each["type"] == "doi"]
        return "; ".join([self.described, *(f"All versions together: doi:{doi}" for doi in dois[:1])])


def past_work(root: Path, version: str) -> Work:
    """Return a recorded version, as its own commit describes it."""
    record, git = find_record(root, version), Git(root)
    commit = record.commit
    card = parse_card(git.bytes("show", f"{commit}:{CARD}"), f"{commit[:12]}:{CARD}")
    # Where versions are kept is known to the present review; the site may have moved since.
    card |= {key: value for key, value in read_card(root).items() if key in ("url", "repository-code")}
    seconds = int(git("log", "-1", "--format=%ct", commit))
    return Work(Stamp(card, record.evidence_hash, seconds, commit, True, review_name(root)))


def version_before(root: Path, made: Stamp) -> Work | None:
    """Return the version that a draft asks to cite in its place; None if there is none in this repository."""
    if made.released:
        return None
    try:
        return past_work(root, made.version)
    except ValueError:
        return None  # nothing is released yet, or this folder has no history that holds it


def status(root: Path, made: Stamp) -> str:
    """Tell whether a text is a version, and how to obtain the version, or the last one before a draft."""
    if made.released:
        said = f"This is version {made.version}; it will not change."
    elif made.version.endswith(".0"):
        return "This is an unreleased draft. No version has been released yet."
    else:
        said = f"This is an unreleased draft, newer than version {made.version}, and may still change. "
        said += f"Please cite version {made.version}."
    if made.url:
        return f"{said} Its address is {made.url}{made.version}/"
    commits = {record.version: record.commit for record in read_records(root)}
    if commit := made.commit if made.released else commits.get(made.version):
        said += (
            " There is no public address yet. In a clone of the repository, `make site` writes it to "
            f"`_build/site/{made.version}`, and `git checkout {commit[:12]}` checks out its source files."
        )
    return said


# ---- the forms of a citation


def _csl(work: Work) -> dict:
    """Return the work as an item of CSL-JSON."""
    day = work.stamp.day
    item = {
        "id": work.key,
        "type": "chapter" if work.chapter else "book",
        "title": work.title,
        "container-title": work.stamp.title if work.chapter else "",
        "author": work.stamp.authors,
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "edition": work.edition,
        "version": work.stamp.label,
        "language": "en",
        "DOI": work.stamp.doi,
        "URL": work.url,
        "note": work.note,
    }
    return _filled(item)


def _csl_json(work: Work) -> str:
    return json.dumps([_csl(work)], ensure_ascii=False, indent=2) + "\n"


def _styled(style: str, work: Work) -> str:
    # Only text in a style needs it, and it takes a while to import.
    from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
    from citeproc.source.json import CiteProcJSON

    # The styles print the edition as it is, and would print the version a second time.
    item = {key: value for key, value in _csl(work).items() if key not in ("version", "note")}
    item["edition"] = work.described
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about fields of CSL-JSON that citeproc-py leaves out
        listed = CitationStylesBibliography(_style(style), CiteProcJSON([item]), formatter.plain)
        listed.register(Citation([CitationItem(work.key)]))
        text = str(listed.bibliography()[0])
    # A list has numbers, and a title may end in a question mark.
    return re.sub(r"([?!])\.", r"\1", re.sub(r"^1\. ?", "", text)).strip()


@lru_cache
def _style(name: str):
    from citeproc import CitationStylesStyle

    return CitationStylesStyle(str(Path(__file__).with_name("styles") / f"{name}.csl"), validate=False)


# A brace counts in BibTeX even behind a backslash, so each sign has its command instead.
_COMMANDS = {
    "\\": "textbackslash", "{": "textbraceleft", "}": "textbraceright", "~": "textasciitilde",
    "^": "textasciicircum", "<": "textless", ">": "textgreater", '"': "textquotedbl",
}  # fmt: skip
_TEX = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_"} | {sign: f"{{\\{name}}}" for sign, name in _COMMANDS.items()}
)


def tex(text: str) -> str:
    """Write a plain text as LaTeX, which prints it as it is."""
    return text.translate(_TEX)


def bibtex_text(kind: str, key: str, authors: Iterable[Collection[str]], fields: Mapping[str, str]) -> str:
    """Write an entry as BibTeX; what is empty is left out.

    Parameters
    ----------
    authors : family and given names, or the name of an organisation alone, which braces keep whole
    fields : name to text, which is LaTeX already
    """
    people = [", ".join(map(tex, name)) if len(name) > 1 else f"{{{tex(*name)}}}" for name in authors]
    told = _filled({"author": " and ".join(people), **fields})
    lines = [f',\n    {name} = "{text}"' for name, text in told.items()]
    return f"@{kind}{{{key}{''.join(lines)}\n}}\n"


def _bibtex(work: Work) -> str:
    fields = {
        "title": f"{{{tex(work.title)}}}",
        "booktitle": f"{{{tex(work.stamp.title)}}}" if work.chapter else "",
        "year": str(work.stamp.day.year),
        "version": tex(work.stamp.label),
        # An address and a DOI are taken as they are by the styles that print them.
        "doi": work.stamp.doi,
        "url": work.url,
        "note": tex(work.note),
    }
    authors = [author.values() for author in work.stamp.authors]
    return bibtex_text("incollection" if work.chapter else "misc", work.key, authors, fields)


def _ris(work: Work) -> str:
    """A comma ends the name of an organisation: some programs take its last word for a family name."""
    stamp = work.stamp
    record = {
        "type_of_reference": "EBOOK",
        "id": work.key,
        "authors": [inverted(each) + ("," if "literal" in each else "") for each in stamp.authors],
        "title": stamp.title,
        "year": str(stamp.day.year),
        "date": f"{stamp.day:%Y/%m/%d}/",
        "edition": work.edition,
        "doi": stamp.doi,
        "urls": [work.url] if work.url else [],
        "keywords": [one_line(word) for word in stamp.card.get("keywords", ())],
        "language": "en",
        "notes": [work.note],
    }
    # rispy numbers the record, but a number belongs to none.
    return re.sub(r"(?m)^\d+\.\n", "", rispy.dumps([_filled(record)], skip_unknown_tags=True))


def _cff(work: Work) -> str:
    made, given = work.stamp, work.stamp.card
    evidence = {"type": "other", "value": made.evidence, "description": "The evidence hash of this version."}
    own = {
        "identifiers": [*given.get("identifiers", ()), evidence],
        "version": made.label,
        "commit": made.commit,
        "doi": made.doi,
        "url": work.base,
        "date-released": made.date if made.released else "",
    }
    card = {name: value for name, value in given.items() if name not in own} | {"title": made.title} | own
    return yaml.safe_dump(_filled(card), allow_unicode=True, sort_keys=False, width=1000)


class Format(NamedTuple):
    """A form of citation: its name, what writes it, and how the name of its file ends, if it has one."""

    label: str
    write: Callable[[Work], str]
    suffix: str = ""


FORMATS = {
    "apa": Format("APA", lambda work: _styled("apa", work)),
    "vancouver": Format("Vancouver", lambda work: _styled("vancouver", work)),
    "bibtex": Format("BibTeX", _bibtex, ".bib"),
    "ris": Format("RIS", _ris, ".ris"),
    "csl-json": Format("CSL-JSON", _csl_json, ".json"),
    "cff": Format("CFF", _cff, ".cff"),
}


def cite(work: Work, form: str = "apa") -> str:
    """Cite a work in one of the `FORMATS`."""
    return FORMATS[form].write(work)


def file_name(work: Work, form: str) -> str:
    """Name the file of a citation; a CFF file has the one name under which it is looked for."""
    return CARD if form == "cff" else f"{work.key}{FORMATS[form].suffix}"


def _filled(said: dict) -> dict:
    """Leave out what is empty."""
    return {name: value for name, value in said.items() if value}
