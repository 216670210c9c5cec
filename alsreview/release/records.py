"""Writes a citation as a file for reference managers: BibTeX, RIS, CSL-JSON, CFF."""

import json

import rispy
import yaml
from pybtex.database import BibliographyData, Entry, Person
from pybtex.database.output.bibtex import Writer

from alsreview.release.card import one_line
from alsreview.release.work import Work

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

# What CITATION.cff says of every version alike.
_CARRIED = (
    "cff-version", "message", "type", "title", "abstract", "authors", "contact", "license", "keywords",
)  # fmt: skip

_EVIDENCE = "The evidence hash of this version."


class _Plain(yaml.SafeDumper):
    """Writes the same authors twice rather than as an anchor and a mark, which few readers know."""

    def ignore_aliases(self, data) -> bool:
        return True


class _Escaped(Writer):
    """Writes fields that are LaTeX already; pybtex's own encoding knows no braces or backslashes."""

    def _encode(self, text: str) -> str:
        return text


def bibtex(work: Work) -> str:
    """Cite as a BibTeX entry; names of organisations and titles stand in braces, so that both stay whole."""
    kinds = {"review": "misc", "chapter": "incollection", "figure": "misc"}
    fields = {"title": f"{{{tex(work.title)}}}"}
    if work.chapter:
        fields["howpublished" if work.figure else "booktitle"] = f"{{{tex(work.review)}}}"
    fields |= {"year": str(work.day.year), "version": tex(work.stamp.label)}
    # An address and a DOI are taken as they are by the styles that print them.
    fields |= {name: value for name, value in (("doi", work.doi), ("url", work.url)) if value}
    fields["note"] = tex("; ".join(work.notes))
    people = [_person(author.name, author.given) for author in work.authors]
    entry = Entry(kinds[work.kind], fields=fields, persons={"author": people})
    return _Escaped().to_string(BibliographyData({work.key: entry}))


def _person(name: str, given: str) -> Person:
    if not given:
        return Person(f"{{{tex(name)}}}")
    return Person(last=f"{{{tex(name)}}}", first=tex(given))


def tex(text: str) -> str:
    """Write a plain text as LaTeX, which prints it as it is."""
    return text.translate(_TEX)


def ris(work: Work) -> str:
    """Cite as a RIS record.

    Notes
    -----
    A comma ends the name of an organisation: without one, some programs take its last word for a
    family name.
    """
    kinds = {"review": "EBOOK", "chapter": "ECHAP", "figure": "FIGURE"}
    record = {"type_of_reference": kinds[work.kind], "id": work.key}
    record["authors"] = [author.inverted if author.given else f"{author.name}," for author in work.authors]
    record["title"] = work.title
    if work.chapter:
        record["secondary_title"] = work.review
    record |= {"year": str(work.day.year), "date": f"{work.day:%Y/%m/%d}/", "edition": work.edition}
    record |= {name: value for name, value in (("doi", work.doi), ("urls", work.url and [work.url])) if value}
    record |= {
        "keywords": [*map(one_line, work.card.get("keywords", ()))],
        "language": "en",
        "notes": work.notes,
    }
    lines = rispy.dumps([record], skip_unknown_tags=True).splitlines()
    return "\n".join(lines[1:]) + "\n"  # the first is a number that belongs to no record


def csl_json(work: Work) -> str:
    """Cite as CSL-JSON, which Zotero and pandoc read."""
    kinds = {"review": "book", "chapter": "chapter", "figure": "graphic"}
    day = work.day
    item = {
        "id": work.key,
        "type": kinds[work.kind],
        "title": work.title,
        "container-title": work.review if work.chapter else "",
        "author": [_csl_name(author.name, author.given) for author in work.authors],
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "version": work.stamp.label,
        "edition": "" if work.stamp.released else work.edition,
        "language": "en",
        "DOI": work.doi,
        "URL": work.url,
        "note": "; ".join(work.notes),
    }
    return json.dumps([filled(item)], ensure_ascii=False, indent=2) + "\n"


def _csl_name(name: str, given: str) -> dict[str, str]:
    return {"family": name, "given": given} if given else {"literal": name}


def cff(work: Work) -> str:
    """Cite as CITATION.cff, version 1.2.0; a chapter or figure is what its file prefers to have cited."""
    stamp = work.stamp
    card = {name: work.card[name] for name in _CARRIED if work.card.get(name)}
    card |= {"title": work.review, "version": stamp.label, "commit": stamp.commit}
    card |= {"doi": work.doi, "url": work.base, "date-released": stamp.date if stamp.released else ""}
    given = work.card.get("identifiers", ())
    card["identifiers"] = [entry for entry in given if entry.get("description") != _EVIDENCE]
    if stamp.evidence:
        said = {"type": "other", "value": stamp.evidence, "description": _EVIDENCE}
        card["identifiers"].append(said)
    if work.kind != "review":
        card["preferred-citation"] = _preferred(work)
    return yaml.dump(filled(card), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=1000)


def _preferred(work: Work) -> dict:
    said = {
        "type": "book" if work.kind == "chapter" else "generic",
        "title": work.title,
        "authors": work.card["authors"],
        "collection-title": work.review,
        "version": work.stamp.label,
        "doi": work.doi,
        "url": work.url,
        "notes": "; ".join(work.notes),
    }
    return filled(said)


def filled(said: dict) -> dict:
    """Leave out what nobody said."""
    return {name: value for name, value in said.items() if value}
