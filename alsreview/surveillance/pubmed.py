"""Searches PubMed through the E-utilities of the NCBI."""

from collections.abc import Mapping

from lxml import etree

from alsreview.surveillance.answers import Tick, complete, needed, optional, whole, year_of
from alsreview.surveillance.records import UNTITLED, Record, one_line, plain_doi, plain_pmid, registry_numbers
from alsreview.surveillance.web import Web

NAME = "PubMed"
RETRACTED = "retracted"
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
    records = [read_article(article) for article in fetch_articles(web, numbers)]
    missing = sorted(set(numbers) - {record.pmid for record in records})
    if missing:
        raise ValueError(f"{NAME}: expected the record of PMID {missing[0]}, found none")
    return records


def fetch_articles(web: Web, numbers: list[str]) -> list[etree._Element]:
    """Ask ``efetch`` for records by their PubMed numbers; those that it does not know are missing."""
    told = web.xml("ncbi", "efetch.fcgi", {"db": "pubmed", "retmode": "xml", "id": ",".join(numbers)})
    if told.tag != "PubmedArticleSet":
        raise ValueError(f"{NAME}: expected PubmedArticleSet, found {told.tag}; has its interface changed?")
    return [article for article in told if isinstance(article.tag, str)]


def read_article(article: etree._Element) -> Record:
    """Read one record of the XML that ``efetch`` gives."""
    pmid = plain_pmid(text_at(article, "MedlineCitation/PMID | BookDocument/PMID"))
    if not pmid:
        raise ValueError(f"{NAME}: expected a PMID in each record, found none; has its interface changed?")
    # Only the record's own list: each of its references has a DOI too.
    doi = text_at(article, "*/ArticleIdList/ArticleId[@IdType='doi'] | .//ELocationID[@EIdType='doi']")
    date = text_at(article, ".//PubDate/Year | .//PubDate/MedlineDate | .//ArticleDate/Year")
    retracted = article.xpath(".//PublicationType[@UI='D016441' or .='Retracted Publication']")
    return Record(
        source=NAME,
        title=text_at(article, ".//ArticleTitle[1] | .//VernacularTitle") or UNTITLED,
        authors=tuple(" ".join(filter(None, names)) for names in authors_of(article, "Initials")),
        year=year_of(date),
        journal=text_at(article, ".//Journal/Title | .//MedlineTA"),
        doi=plain_doi(doi),
        pmid=pmid,
        registry=registry_numbers(*article.xpath(".//AccessionNumber/text()")),
        note=RETRACTED if retracted else "",
    )


def authors_of(article: etree._Element, given: str) -> list[tuple[str, str]]:
    """List the authors in order: family name or name of a group, and what stands under ``given``."""
    people = article.xpath(".//AuthorList[1]/Author")
    named = ((text_at(person, "LastName | CollectiveName"), text_at(person, given)) for person in people)
    return [names for names in named if any(names)]


def text_at(element: etree._Element, path: str) -> str:
    """Give the first text that is not empty, without markup."""
    return next(filter(None, (one_line("".join(found.itertext())) for found in element.xpath(path))), "")
