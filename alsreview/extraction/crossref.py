"""Reads what Crossref says of a report."""

import html
import re
from collections.abc import Mapping
from urllib.parse import quote

from alsreview.extraction.report import Report
from alsreview.surveillance import Web
from alsreview.surveillance.answers import mappings, needed, optional, year_of
from alsreview.surveillance.records import one_line, plain_doi, registry_numbers

NAME = "Crossref"
_TAKEN_BACK = {"retraction", "withdrawal", "removal", "partial_retraction"}


def ask_crossref(web: Web, doi: str) -> Report:
    """Ask for one report by its DOI.

    Raises
    ------
    FileNotFoundError, ConnectionError, ValueError
        When it is not known there, Crossref is down, or its answer has another form than documented.

    References
    ----------
    Crossref, REST API: ``/works/{doi}``.
    """
    message = needed(web.json("crossref", f"works/{quote(doi, safe='')}"), "message", dict, NAME)
    if plain_doi(message.get("DOI")) != doi:
        raise ValueError(f"{NAME}: expected the record of {doi}, found another; has its interface changed?")
    return read_work(message)


def read_work(message: Mapping) -> Report:
    """Read one record of ``/works``."""
    title = plain(_first(message, "title"))
    numbers = [entry.get("clinical-trial-number") for entry in mappings(message, "clinical-trial-number")]
    return Report(
        title=title,
        authors=tuple(filter(any, map(_author, mappings(message, "author")))),
        year=_year(message),
        journal=plain(_first(message, "container-title")),
        volume=one_line(message.get("volume")),
        number=one_line(message.get("issue")),
        pages=one_line(message.get("page") or message.get("article-number")),
        doi=plain_doi(message.get("DOI")),
        registration=next(iter(registry_numbers(*numbers)), ""),
        retracted=_retracted(message, title),
        notice_of=_notice(message),
        told_by=(NAME,),
    )


def plain(text: object) -> str:
    """Take the markup out of a title, which Crossref keeps as the publisher sent it."""
    return one_line(html.unescape(re.sub(r"<[^<>]*>", "", str(text or ""))))


def _first(message: Mapping, key: str) -> str:
    return str(next(iter(optional(message, key, list)), ""))


def _author(person: Mapping) -> tuple[str, str]:
    return plain(person.get("family") or person.get("name")), plain(person.get("given"))


def _year(message: Mapping) -> str:
    for name in ("published-print", "published", "issued", "published-online"):
        first = next(iter(optional(optional(message, name, dict), "date-parts", list)), None)
        if isinstance(first, list) and first and (year := year_of(first[0])):
            return str(year)
    return ""


def _retracted(message: Mapping, title: str) -> str:
    for update in _updates(message, "updated-by"):
        if str(update.get("type", "")).lower() in _TAKEN_BACK:
            return f"{NAME}, by doi:{plain_doi(update.get('DOI')) or 'not named'}"
    return f"{NAME}, in its title" if re.match(r"(retracted|withdrawn)\b", title, re.I) else ""


def _notice(message: Mapping) -> str:
    updates = _updates(message, "update-to")
    return next((found for update in updates if (found := plain_doi(update.get("DOI")))), "")


def _updates(message: Mapping, key: str) -> list[Mapping]:
    # A retraction that nobody could read must not pass for none.
    updates = needed(message, key, list, NAME) if message.get(key) else []
    return [needed({key: update}, key, dict, NAME) for update in updates]
