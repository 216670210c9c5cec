"""Searches Europe PMC through its RESTful service."""

from collections.abc import Mapping

from alsreview.surveillance.answers import Tick, complete, needed, whole, year_of
from alsreview.surveillance.records import UNTITLED, Record, one_line, plain_doi, plain_pmid, registry_numbers
from alsreview.surveillance.web import Web

NAME = "Europe PMC"
PAGE = 500


def search_europepmc(web: Web, parameters: Mapping[str, str], tick: Tick) -> list[Record]:
    """Find every record of a query.

    Parameters
    ----------
    web : the services
    parameters : ``query``, as Europe PMC reads it
    tick : told how many records are there, and of how many

    References
    ----------
    Europe PMC, RESTful web service reference: ``search`` with ``cursorMark``.
    """
    records: list[Record] = []
    mark, seen = "*", set()
    while mark not in seen:
        seen.add(mark)
        page = {"format": "json", "resultType": "lite", "pageSize": PAGE, "cursorMark": mark}
        told = web.json("europepmc", "search", page | parameters)
        total = whole(needed(told, "hitCount", int, NAME), NAME)
        given = needed(needed(told, "resultList", dict, NAME), "result", list, NAME)
        records += [read_result(result) for result in given]
        tick(len(records), total)
        if not given or len(records) >= total:
            break
        mark = needed(told, "nextCursorMark", str, NAME)
    complete(len(records), total, NAME)
    return records


def read_result(told: Mapping) -> Record:
    """Read one result of the short form."""
    for key in ("id", "source"):
        needed(told, key, str, NAME)
    people = [one_line(name) for name in str(told.get("authorString") or "").rstrip(".").split(",")]
    return Record(
        source=NAME,
        title=one_line(told.get("title")) or UNTITLED,
        authors=tuple(name for name in people if name),
        year=year_of(told.get("pubYear")),
        journal=one_line(told.get("journalTitle")),
        doi=plain_doi(told.get("doi")),
        pmid=plain_pmid(told.get("pmid")),
        registry=registry_numbers(told.get("title")),
        note="retracted" if "retracted publication" in str(told.get("pubType") or "").lower() else "",
    )
