"""Reads what PubMed says of a report."""

from lxml import etree

from alsreview.extraction.report import Report
from alsreview.surveillance import Web
from alsreview.surveillance.answers import needed
from alsreview.surveillance.pubmed import NAME, RETRACTED, authors_of, fetch_articles, read_article, text_at
from alsreview.surveillance.records import UNTITLED, plain_pmid

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
    articles = [each for each in fetch_articles(web, [pmid]) if read_article(each).pmid == pmid]
    if not articles:
        raise FileNotFoundError(f"{NAME}: it does not know {pmid}")
    return read_report(articles[0])


def find_pmid(web: Web, doi: str) -> str:
    """Look up the PubMed number of a DOI; empty when there is not exactly one."""
    words = {"db": "pubmed", "retmode": "json", "term": f'"{doi}"[AID]'}
    told = needed(web.json("ncbi", "esearch.fcgi", words), "esearchresult", dict, NAME)
    found = needed(told, "idlist", list, NAME)
    return plain_pmid(found[0]) if len(found) == 1 else ""


def read_report(article: etree._Element) -> Report:
    """Read one record of the XML that ``efetch`` gives, with what a reference needs."""
    record = read_article(article)
    return Report(
        title="" if record.title == UNTITLED else record.title.rstrip("."),
        authors=tuple(authors_of(article, "ForeName | Initials")),
        year=str(record.year or ""),
        journal=record.journal,
        volume=text_at(article, ".//JournalIssue/Volume"),
        number=text_at(article, ".//JournalIssue/Issue"),
        pages=text_at(article, ".//MedlinePgn"),
        doi=record.doi,
        pmid=record.pmid,
        registration=next(iter(record.registry), ""),
        allocation="randomized" if article.xpath(_RANDOMIZED) else "",
        retracted=f"{NAME}, as a retracted publication" if record.note == RETRACTED else "",
        notice_of="another report" if article.xpath(_NOTICE) else "",
        told_by=(NAME,),
    )
