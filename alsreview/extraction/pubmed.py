"""Reads what PubMed says of a report."""

from lxml import etree

from alsreview.extraction.report import Report
from alsreview.surveillance import Web
from alsreview.surveillance.answers import needed
from alsreview.surveillance.records import one_line, plain_doi, plain_pmid, registry_numbers

NAME = "PubMed"
_RETRACTED = ".//PublicationType[@UI='D016441' or .='Retracted Publication']"
_RANDOMIZED = ".//PublicationType[@UI='D016449' or .='Randomized Controlled Trial']"
_NOTICE = ".//PublicationType[@UI='D016440' or .='Retraction of Publication' or .='Retraction Notice']"


def ask_pubmed(web: Web, pmid: str) -> Report:
    """Ask for one report by its PubMed number.

    Raises
    ------
    FileNotFoundError, ConnectionError, ValueError
        When it is not known there, PubMed is down, or its answer has another form than documented.

    References
    ----------
    Sayers, The E-utilities In-Depth, Bookshelf NBK25499: ``efetch``.
    """
    told = web.xml("ncbi", "efetch.fcgi", {"db": "pubmed", "retmode": "xml", "id": pmid})
    if told.tag != "PubmedArticleSet":
        raise ValueError(f"{NAME}: expected PubmedArticleSet, found {told.tag}; has its interface changed?")
    articles = [each for each in told if plain_pmid(_text(each, "MedlineCitation/PMID")) == pmid]
    if not articles:
        raise FileNotFoundError(f"{NAME}: it does not know {pmid}")
    return read_article(articles[0])


def find_pmid(web: Web, doi: str) -> str:
    """Look up the PubMed number of a DOI; empty when there is not exactly one."""
    words = {"db": "pubmed", "retmode": "json", "term": f'"{doi}"[AID]'}
    told = needed(web.json("ncbi", "esearch.fcgi", words), "esearchresult", dict, NAME)
    found = needed(told, "idlist", list, NAME)
    return plain_pmid(found[0]) if len(found) == 1 else ""


def read_article(article: etree._Element) -> Report:
    """Read one record of the XML that ``efetch`` gives."""
    # Only the record's own list: each of its references has a DOI too.
    doi = "*/ArticleIdList/ArticleId[@IdType='doi'] | .//ELocationID[@EIdType='doi']"
    notice = article.xpath(_NOTICE)
    return Report(
        title=_text(article, ".//ArticleTitle").rstrip("."),
        authors=tuple(filter(any, map(_author, article.xpath(".//AuthorList[1]/Author")))),
        year=_text(article, ".//PubDate/Year | .//PubDate/MedlineDate | .//ArticleDate/Year")[:4],
        journal=_text(article, ".//Journal/Title"),
        volume=_text(article, ".//JournalIssue/Volume"),
        number=_text(article, ".//JournalIssue/Issue"),
        pages=_text(article, ".//MedlinePgn"),
        doi=plain_doi(_text(article, doi)),
        pmid=plain_pmid(_text(article, "MedlineCitation/PMID")),
        registration=next(iter(registry_numbers(*article.xpath(".//AccessionNumber/text()"))), ""),
        allocation="randomized" if article.xpath(_RANDOMIZED) else "",
        retracted=f"{NAME}, as a retracted publication" if article.xpath(_RETRACTED) else "",
        notice_of="another report" if notice else "",
        told_by=(NAME,),
    )


def _author(person: etree._Element) -> tuple[str, str]:
    return _text(person, "LastName | CollectiveName"), _text(person, "ForeName | Initials")


def _text(element: etree._Element, path: str) -> str:
    """Give the first text that is not empty, without markup."""
    return next(filter(None, (one_line("".join(found.itertext())) for found in element.xpath(path))), "")
