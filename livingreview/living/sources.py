"""Asks PubMed, Europe PMC, ClinicalTrials.gov and Crossref, and reads what they answer.

References
----------
Sayers, The E-utilities In-Depth, Bookshelf NBK25499.
Europe PMC, RESTful web service reference: ``search`` with ``cursorMark``.
ClinicalTrials.gov, Data API, version 2: ``/studies``.
Crossref, REST API: ``/works/{doi}``.
"""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from lxml import etree

from livingreview.living.records import (
    UNTITLED,
    Record,
    Report,
    one_line,
    plain_doi,
    plain_pmid,
    registry_numbers,
    year_of,
)
from livingreview.living.web import Web

# Told how many records are there, and of how many.
Tick = Callable[[int, int], None]
PUBMED, EUROPEPMC, CLINICALTRIALS, CROSSREF = "PubMed", "Europe PMC", "ClinicalTrials.gov", "Crossref"
RETRACTED = "retracted"
# Records in one page of an answer; PubMed hands out numbers first, and records in batches.
PUBMED_PAGE, PUBMED_BATCH, EUROPEPMC_PAGE, CLINICALTRIALS_PAGE = 1000, 200, 500, 200
# PubMed returns no more than the first 9,999 records of a search.
PUBMED_MOST = 9_999


# ---- PubMed


def search_pubmed(web: Web, parameters: Mapping[str, str], tick: Tick) -> list[Record]:
    """Return every record of a query; ``term`` among the parameters is the query as PubMed reads it."""
    numbers = _pubmed_numbers(web, parameters)
    records: list[Record] = []
    for start in range(0, len(numbers), PUBMED_BATCH):
        batch = numbers[start : start + PUBMED_BATCH]
        found = [read_article(article) for article in _articles(web, batch)]
        missing = sorted(set(batch) - {record.pmid for record in found})
        if missing:
            raise ValueError(f"{PUBMED}: expected the record of PMID {missing[0]}, found none")
        records += found
        tick(len(records), len(numbers))
    return records


def _pubmed_numbers(web: Web, parameters: Mapping[str, str]) -> list[str]:
    found: dict[str, None] = {}
    start = total = 0
    while not start or start < total:
        page = {"retmode": "json", "sort": "pub_date", "retstart": start, "retmax": PUBMED_PAGE}
        told = _esearch(web, page | dict(parameters))
        # A query that PubMed reads otherwise than it is written is not the one that the methods print.
        lost = _optional(told, "errorlist", dict)
        for said in (told.get("ERROR"), *_optional(lost, "fieldsnotfound", list)):
            if said:
                raise ValueError(f"{PUBMED}: it does not take the query ({one_line(said)[:120]})")
        total = _count(_needed(told, "count", str, PUBMED), PUBMED)
        if total > PUBMED_MOST:
            raise ValueError(
                f"{PUBMED}: expected at most {PUBMED_MOST:,} records, found {total:,}; narrow the query"
            )
        given = _needed(told, "idlist", list, PUBMED)
        found |= dict.fromkeys(map(str, given))
        start += PUBMED_PAGE
        if not given:
            break
    _refuse_fewer(len(found), total, PUBMED)
    return list(found)


def _esearch(web: Web, words: Mapping[str, object]) -> Mapping:
    return _needed(web.json("ncbi", "esearch.fcgi", {"db": "pubmed"} | words), "esearchresult", dict, PUBMED)


def _articles(web: Web, numbers: list[str]) -> list[etree._Element]:
    """Return the records with these PubMed numbers; those that it does not know are missing."""
    told = web.xml("ncbi", "efetch.fcgi", {"db": "pubmed", "retmode": "xml", "id": ",".join(numbers)})
    if told.tag != "PubmedArticleSet":
        raise ValueError(f"{PUBMED}: expected PubmedArticleSet, found {told.tag}; has its interface changed?")
    return [article for article in told if isinstance(article.tag, str)]


def read_article(article: etree._Element) -> Record:
    """Read one record of the XML that ``efetch`` returns."""
    pmid = plain_pmid(_text(article, "MedlineCitation/PMID | BookDocument/PMID"))
    if not pmid:
        raise ValueError(f"{PUBMED}: expected a PMID in each record, found none; has its interface changed?")
    # Only the record's own list: each of its references has a DOI too.
    doi = _text(article, "*/ArticleIdList/ArticleId[@IdType='doi'] | .//ELocationID[@EIdType='doi']")
    date = _text(article, ".//PubDate/Year | .//PubDate/MedlineDate | .//ArticleDate/Year")
    retracted = article.xpath(".//PublicationType[@UI='D016441' or .='Retracted Publication']")
    return Record(
        source=PUBMED,
        title=_text(article, ".//ArticleTitle[1] | .//VernacularTitle") or UNTITLED,
        authors=tuple(" ".join(filter(None, names)) for names in _authors(article, "Initials")),
        year=year_of(date),
        journal=_text(article, ".//Journal/Title | .//MedlineTA"),
        doi=plain_doi(doi),
        pmid=pmid,
        registry=registry_numbers(*article.xpath(".//AccessionNumber/text()")),
        note=RETRACTED if retracted else "",
    )


def ask_pubmed(web: Web, pmid: str) -> Report:
    """Look up one report by its PubMed number; FileNotFoundError when PubMed does not know it."""
    articles = [each for each in _articles(web, [pmid]) if read_article(each).pmid == pmid]
    if not articles:
        raise FileNotFoundError(f"{PUBMED}: it does not know {pmid}")
    article, record = articles[0], read_article(articles[0])
    randomized = ".//PublicationType[@UI='D016449' or .='Randomized Controlled Trial']"
    notice = ".//PublicationType[@UI='D016440' or .='Retraction of Publication' or .='Retraction Notice']"
    return Report(
        title="" if record.title == UNTITLED else record.title.rstrip("."),
        authors=tuple(_authors(article, "ForeName | Initials")),
        year=str(record.year or ""),
        journal=record.journal,
        volume=_text(article, ".//JournalIssue/Volume"),
        number=_text(article, ".//JournalIssue/Issue"),
        pages=_text(article, ".//MedlinePgn"),
        doi=record.doi,
        pmid=record.pmid,
        registration=next(iter(record.registry), ""),
        allocation="randomized" if article.xpath(randomized) else "",
        retracted=f"{PUBMED}, as a retracted publication" if record.note == RETRACTED else "",
        notice_of="another report" if article.xpath(notice) else "",
        told_by=(PUBMED,),
    )


def find_pmid(web: Web, doi: str) -> str:
    """Look up the PubMed number of a DOI; empty when there is not exactly one."""
    found = _needed(_esearch(web, {"retmode": "json", "term": f'"{doi}"[AID]'}), "idlist", list, PUBMED)
    return plain_pmid(found[0]) if len(found) == 1 else ""


def _authors(article: etree._Element, given: str) -> list[tuple[str, str]]:
    """List the authors in order: family name or name of a group, and what stands under ``given``."""
    people = article.xpath(".//AuthorList[1]/Author")
    named = ((_text(person, "LastName | CollectiveName"), _text(person, given)) for person in people)
    return [names for names in named if any(names)]


def _text(element: etree._Element, path: str) -> str:
    """Return the first text that is not empty, without markup."""
    return next(filter(None, (one_line("".join(found.itertext())) for found in element.xpath(path))), "")


# ---- Europe PMC


def search_europepmc(web: Web, parameters: Mapping[str, str], tick: Tick) -> list[Record]:
    """Return every record of a query; ``query`` among the parameters is the query as Europe PMC reads it."""
    records: list[Record] = []
    mark, seen = "*", set()
    while mark not in seen:
        seen.add(mark)
        page = {"format": "json", "resultType": "lite", "pageSize": EUROPEPMC_PAGE, "cursorMark": mark}
        told = web.json("europepmc", "search", page | dict(parameters))
        total = _count(_needed(told, "hitCount", int, EUROPEPMC), EUROPEPMC)
        given = _needed(_needed(told, "resultList", dict, EUROPEPMC), "result", list, EUROPEPMC)
        records += [_read_result(result) for result in given]
        tick(len(records), total)
        if not given or len(records) >= total:
            break
        mark = _needed(told, "nextCursorMark", str, EUROPEPMC)
    _refuse_fewer(len(records), total, EUROPEPMC)
    return records


def _read_result(told: Mapping) -> Record:
    for key in ("id", "source"):
        _needed(told, key, str, EUROPEPMC)
    people = [one_line(name) for name in str(told.get("authorString") or "").rstrip(".").split(",")]
    return Record(
        source=EUROPEPMC,
        title=one_line(told.get("title")) or UNTITLED,
        authors=tuple(name for name in people if name),
        year=year_of(told.get("pubYear")),
        journal=one_line(told.get("journalTitle")),
        doi=plain_doi(told.get("doi")),
        pmid=plain_pmid(told.get("pmid")),
        registry=registry_numbers(told.get("title")),
        note=RETRACTED if "retracted publication" in str(told.get("pubType") or "").lower() else "",
    )


# ---- ClinicalTrials.gov

_FIELDS = "NCTId,BriefTitle,OfficialTitle,SecondaryId,StudyFirstSubmitDate,LeadSponsorName"
_ALLOCATION = {"RANDOMIZED": "randomized", "NON_RANDOMIZED": "not_randomized"}
_TRIAL = {"RANDOMIZED": "randomized trial", "NON_RANDOMIZED": "trial without randomization"}
_MODEL = {
    "PARALLEL": "Parallel", "CROSSOVER": "Crossover", "FACTORIAL": "Factorial",
    "SEQUENTIAL": "Sequential", "SINGLE_GROUP": "Single-group",
}  # fmt: skip
_WHO = {
    "PARTICIPANT": "participants", "CARE_PROVIDER": "care providers",
    "INVESTIGATOR": "investigators", "OUTCOMES_ASSESSOR": "outcome assessors",
}  # fmt: skip
# An active comparator may be either side of a contrast, so a person gives it a role.
_ROLES = {
    "EXPERIMENTAL": "intervention", "SHAM_COMPARATOR": "comparator",
    "PLACEBO_COMPARATOR": "comparator", "NO_INTERVENTION": "comparator",
}  # fmt: skip


def search_clinicaltrials(web: Web, parameters: Mapping[str, str], tick: Tick) -> list[Record]:
    """Return every registered study of a query; the parameters are ``query.cond`` and ``query.intr``."""
    records: list[Record] = []
    page = {"fields": _FIELDS, "pageSize": CLINICALTRIALS_PAGE, "countTotal": "true"}
    words = {"format": "json"} | page | dict(parameters)
    total, tokens = None, {""}
    while True:
        told = web.json("clinicaltrials", "studies", words)
        if total is None:
            total = _count(_needed(told, "totalCount", int, CLINICALTRIALS), CLINICALTRIALS)
        records += [_read_entry(study) for study in _needed(told, "studies", list, CLINICALTRIALS)]
        tick(len(records), total)
        token = _optional(told, "nextPageToken", str)
        # A token that is given twice would never end.
        if token in tokens:
            break
        tokens.add(token)
        words |= {"pageToken": token}
    _refuse_fewer(len(records), total, CLINICALTRIALS)
    return records


def _read_entry(told: Mapping) -> Record:
    section, number = _protocol_section(told)
    if not number:
        found = section["identificationModule"]["nctId"][:40]
        raise ValueError(f"{CLINICALTRIALS}: expected a number such as NCT01521728, found {found!r}")
    named = section["identificationModule"]
    others = [entry.get("id") for entry in _mappings(named, "secondaryIdInfos")]
    sponsor = _optional(_optional(section, "sponsorCollaboratorsModule", dict), "leadSponsor", dict)
    return Record(
        source=CLINICALTRIALS,
        title=_official_title(named) or UNTITLED,
        authors=tuple(filter(None, [one_line(sponsor.get("name"))])),
        year=year_of(_optional(section, "statusModule", dict).get("studyFirstSubmitDate")),
        registry=tuple(dict.fromkeys([*number, *registry_numbers(*others)])),
        registered=True,
    )


def ask_clinicaltrials(web: Web, number: str) -> Report:
    """Look up one registered trial by its number; FileNotFoundError when it is not known there."""
    section, numbers = _protocol_section(web.json("clinicaltrials", f"studies/{number}", {"format": "json"}))
    if number not in numbers:
        found = "found another; has its interface changed?"
        raise ValueError(f"{CLINICALTRIALS}: expected the record of {number}, {found}")
    return read_study(section)


def read_study(section: Mapping) -> Report:
    """Read how a trial was planned from the protocol section of its entry."""
    named = _optional(section, "identificationModule", dict)
    info = _optional(_optional(section, "designModule", dict), "designInfo", dict)
    places = _mappings(_optional(section, "contactsLocationsModule", dict), "locations")
    posted = _optional(_optional(section, "statusModule", dict), "studyFirstPostDateStruct", dict)
    countries = [one_line(place.get("country")) for place in places]
    arms = _mappings(_optional(section, "armsInterventionsModule", dict), "armGroups")
    return Report(
        title=_official_title(named),
        year=str(year_of(posted.get("date")) or ""),
        registration=next(iter(registry_numbers(named.get("nctId"))), ""),
        allocation=_ALLOCATION.get(_optional(info, "allocation", str), ""),
        design=_design(info),
        blinding=_blinding(_optional(info, "maskingInfo", dict)),
        country=", ".join(dict.fromkeys(filter(None, countries))),
        arms=tuple(
            (one_line(arm.get("label")), _ROLES.get(_optional(arm, "type", str), ""))
            for arm in arms
            if one_line(arm.get("label"))
        ),
        told_by=(CLINICALTRIALS,),
    )


def _protocol_section(told: Mapping) -> tuple[Mapping, tuple[str, ...]]:
    """Return the protocol section of a study, and the registry numbers in its own number."""
    section = _needed(told, "protocolSection", dict, CLINICALTRIALS)
    named = _needed(section, "identificationModule", dict, CLINICALTRIALS)
    return section, registry_numbers(_needed(named, "nctId", str, CLINICALTRIALS))


def _official_title(named: Mapping) -> str:
    return one_line(named.get("officialTitle") or named.get("briefTitle"))


def _design(info: Mapping) -> str:
    model, allocation = (_optional(info, key, str) for key in ("interventionModel", "allocation"))
    said = " ".join(filter(None, [_MODEL.get(model, ""), _TRIAL.get(allocation, "trial")]))
    return f"{said[0].upper()}{said[1:]}, as registered" if info else ""


def _blinding(masking: Mapping) -> str:
    who = [_WHO[each] for each in map(str, _optional(masking, "whoMasked", list)) if each in _WHO]
    if who:
        return f"Blinded as registered: {', '.join(who)}"
    return "None, as registered" if masking.get("masking") == "NONE" else ""


# ---- Crossref

_TAKEN_BACK = {"retraction", "withdrawal", "removal", "partial_retraction"}


def ask_crossref(web: Web, doi: str) -> Report:
    """Look up one report by its DOI; FileNotFoundError when Crossref does not know it."""
    message = _needed(web.json("crossref", f"works/{quote(doi, safe='')}"), "message", dict, CROSSREF)
    if plain_doi(message.get("DOI")) != doi:
        raise ValueError(
            f"{CROSSREF}: expected the record of {doi}, found another; has its interface changed?"
        )
    return read_work(message)


def read_work(message: Mapping) -> Report:
    """Read one record of ``/works``."""
    title = _unmarked(_first(message, "title"))
    numbers = [entry.get("clinical-trial-number") for entry in _mappings(message, "clinical-trial-number")]
    people = _mappings(message, "author")
    authors = [
        (_unmarked(one.get("family") or one.get("name")), _unmarked(one.get("given"))) for one in people
    ]
    return Report(
        title=title,
        authors=tuple(filter(any, authors)),
        year=_work_year(message),
        journal=_unmarked(_first(message, "container-title")),
        volume=one_line(message.get("volume")),
        number=one_line(message.get("issue")),
        pages=one_line(message.get("page") or message.get("article-number")),
        doi=plain_doi(message.get("DOI")),
        registration=next(iter(registry_numbers(*numbers)), ""),
        retracted=_work_retracted(message, title),
        notice_of=next(filter(None, (plain_doi(e.get("DOI")) for e in _updates(message, "update-to"))), ""),
        told_by=(CROSSREF,),
    )


def _unmarked(text: object) -> str:
    """Remove the markup that Crossref keeps as the publisher sent it."""
    return one_line(html.unescape(re.sub(r"<[^<>]*>", "", str(text or ""))))


def _first(message: Mapping, key: str) -> str:
    return str(next(iter(_optional(message, key, list)), ""))


def _work_year(message: Mapping) -> str:
    for name in ("published-print", "published", "issued", "published-online"):
        first = next(iter(_optional(_optional(message, name, dict), "date-parts", list)), None)
        if isinstance(first, list) and first and (year := year_of(first[0])):
            return str(year)
    return ""


def _work_retracted(message: Mapping, title: str) -> str:
    for update in _updates(message, "updated-by"):
        if str(update.get("type", "")).lower() in _TAKEN_BACK:
            return f"{CROSSREF}, by doi:{plain_doi(update.get('DOI')) or 'not named'}"
    return f"{CROSSREF}, in its title" if re.match(r"(retracted|withdrawn)\b", title, re.I) else ""


def _updates(message: Mapping, key: str) -> list[Mapping]:
    # A retraction that cannot be read must not pass for none.
    updates = _needed(message, key, list, CROSSREF) if message.get(key) else []
    return [_needed({key: update}, key, dict, CROSSREF) for update in updates]


# ---- Values in answers, whose form may have changed


def _needed(told: Any, key: str, kind: type, service: str) -> Any:
    """Return a value that an answer must hold, of the kind that it must have."""
    found = told.get(key) if isinstance(told, Mapping) else None
    if not isinstance(found, kind):
        what = "nothing" if found is None else type(found).__name__
        raise ValueError(
            f"{service}: expected '{key}' ({kind.__name__}) in its answer, found {what}; "
            "has its interface changed?"
        )
    return found


def _optional(told: Any, key: str, kind: type) -> Any:
    """Return a value that an answer may hold; the empty one of its kind where it holds none, or another."""
    found = told.get(key) if isinstance(told, Mapping) else None
    return found if isinstance(found, kind) else kind()


def _mappings(told: Any, key: str) -> list[Mapping]:
    return [entry for entry in _optional(told, key, list) if isinstance(entry, Mapping)]


def _count(n: Any, service: str) -> int:
    """Read a count, which some services write as text."""
    if isinstance(n, bool) or not str(n).isdecimal():
        raise ValueError(f"{service}: expected a count in its answer, found {str(n)[:40]!r}")
    return int(n)


def _refuse_fewer(given: int, told: int, service: str) -> None:
    """Refuse pages that do not add up: records that are missing would never be screened."""
    if given < told:
        raise ValueError(f"{service}: expected the {told} records that it counts, found {given}")
