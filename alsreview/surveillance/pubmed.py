"""Searches PubMed through the E-utilities of the NCBI."""

from collections.abc import Mapping

from lxml import etree

from alsreview.surveillance.answers import Tick, complete, needed, optional, whole, year_of
from alsreview.surveillance.records import UNTITLED, Record, one_line, plain_doi, plain_pmid, registry_numbers
from alsreview.surveillance.web import Web

NAME = "PubMed"
PAGE, BATCH = 1000, 200
# PubMed gives no more than the first 9,999 of a search.
MOST = 9_999


def search_pubmed(web: Web, parameters: Mapping[str, str], tick: Tick) -> list[Record]:
    """Find every record of a query.

    Parameters
    ----------
    web : the services
    parameters : ``term``, the query as PubMed reads it
    tick : told how many records are there, and of how many

    References
    ----------
    Sayers, The E-utilities In-Depth, Bookshelf NBK25499.
    """
    numbers = _numbers(web, parameters)
    records: list[Record] = []
    for start in range(0, len(numbers), BATCH):
        records += _fetch(web, numbers[start : start + BATCH])
        tick(len(records), len(numbers))
    return records


def _numbers(web: Web, parameters: Mapping[str, str]) -> list[str]:
    found: dict[str, None] = {}
    start = total = 0
    while not start or start < total:
        page = {"db": "pubmed", "retmode": "json", "sort": "pub_date", "retstart": start, "retmax": PAGE}
        told = needed(web.json("ncbi", "esearch.fcgi", page | parameters), "esearchresult", dict, NAME)
        _refuse(told)
        total = whole(needed(told, "count", str, NAME), NAME)
        if total > MOST:
            raise ValueError(f"{NAME}: expected at most {MOST:,} records, found {total:,}; narrow the query")
        given = needed(told, "idlist", list, NAME)
        found |= dict.fromkeys(map(str, given))
        start += PAGE
        if not given:
            break
    complete(len(found), total, NAME)
    return list(found)


def _refuse(told: Mapping) -> None:
    """A query that PubMed reads otherwise than it is written is not the one that the methods print."""
    lost = optional(told, "errorlist", dict)
    for said in (told.get("ERROR"), *optional(lost, "fieldsnotfound", list)):
        if said:
            raise ValueError(f"{NAME}: it does not take the query ({one_line(said)[:120]})")


def _fetch(web: Web, numbers: list[str]) -> list[Record]:
    told = web.xml("ncbi", "efetch.fcgi", {"db": "pubmed", "retmode": "xml", "id": ",".join(numbers)})
    if told.tag != "PubmedArticleSet":
        raise ValueError(f"{NAME}: expected PubmedArticleSet, found {told.tag}; has its interface changed?")
    records = [read_article(article) for article in told if isinstance(article.tag, str)]
    missing = sorted(set(numbers) - {record.pmid for record in records})
    if missing:
        raise ValueError(f"{NAME}: expected the record of PMID {missing[0]}, found none")
    return records


def read_article(article: etree._Element) -> Record:
    """Read one record of the XML that ``efetch`` gives."""
    pmid = plain_pmid(_text(article, "MedlineCitation/PMID | BookDocument/PMID"))
    if not pmid:
        raise ValueError(f"{NAME}: expected a PMID in each record, found none; has its interface changed?")
    # Only the record's own list: each of its references has a DOI too.
    doi = _text(article, "*/ArticleIdList/ArticleId[@IdType='doi'] | .//ELocationID[@EIdType='doi']")
    date = _text(article, ".//PubDate/Year | .//PubDate/MedlineDate | .//ArticleDate/Year")
    people = article.xpath(".//AuthorList[1]/Author")
    retracted = article.xpath(".//PublicationType[@UI='D016441' or .='Retracted Publication']")
    return Record(
        source=NAME,
        title=_text(article, ".//ArticleTitle[1] | .//VernacularTitle") or UNTITLED,
        authors=tuple(name for name in map(_author, people) if name),
        year=year_of(date),
        journal=_text(article, ".//Journal/Title | .//MedlineTA"),
        doi=plain_doi(doi),
        pmid=pmid,
        registry=registry_numbers(*article.xpath(".//AccessionNumber/text()")),
        note="retracted" if retracted else "",
    )


def _author(person: etree._Element) -> str:
    return " ".join(filter(None, (_text(person, "LastName | CollectiveName"), _text(person, "Initials"))))


def _text(element: etree._Element, path: str) -> str:
    """Give the first text that is not empty, without markup."""
    return next(filter(None, (one_line("".join(found.itertext())) for found in element.xpath(path))), "")
