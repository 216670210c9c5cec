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
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from lxml import etree

from livingreview.living.records import Record, one_line, plain_doi, plain_pmid, registry_numbers, year_of
from livingreview.living.web import Web

# Told how many records are there, and of how many.
Tick = Callable[[int, int], None]
PUBMED, EUROPEPMC, CLINICALTRIALS, CROSSREF = "PubMed", "Europe PMC", "ClinicalTrials.gov", "Crossref"
# Records in one page of an answer.  PubMed returns no more than the first 9,999 numbers of a search.
PUBMED_MOST, PUBMED_BATCH, EUROPEPMC_PAGE, CLINICALTRIALS_PAGE = 9_999, 200, 500, 200


# ---- PubMed


def search_pubmed(web: Web, parameters: Mapping[str, str], tick: Tick) -> list[Record]:
    """Return every record of a query; ``term`` among the parameters is the query as PubMed reads it."""
    told = _esearch(web, {"sort": "pub_date", "retmax": PUBMED_MOST} | dict(parameters))
    # A query that PubMed reads otherwise than it is written is not the one that the methods print.
    lost = _at(told, "errorlist")
    for said in (told.get("ERROR"), *_at(lost, "fieldsnotfound", kind=list)):
        if said:
            raise ValueError(f"{PUBMED}: it does not take the query ({one_line(said)[:120]})")
    total = _count(_at(told, "count", kind=str, of=PUBMED), PUBMED)
    if total > PUBMED_MOST:
        raise ValueError(
            f"{PUBMED}: expected at most {PUBMED_MOST:,} records, found {total:,}; narrow the query"
        )
    numbers = list(dict.fromkeys(map(str, _at(told, "idlist", kind=list, of=PUBMED))))
    _refuse_fewer(len(numbers), total, PUBMED)
    records: list[Record] = []
    for start in range(0, len(numbers), PUBMED_BATCH):
        batch = numbers[start : start + PUBMED_BATCH]
        found = [_read_article(article, "Initials") for article in _articles(web, batch)]
        if missing := sorted(set(batch) - {record.pmid for record in found}):
            raise ValueError(f"{PUBMED}: expected the record of PMID {missing[0]}, found none")
        records += found
        tick(len(records), len(numbers))
    return records


def ask_pubmed(web: Web, pmid: str) -> Record:
    """Look up one report by its PubMed number; FileNotFoundError when PubMed does not know it."""
    found = [_read_article(article, "ForeName | Initials") for article in _articles(web, [pmid])]
    mine = [record for record in found if record.pmid == pmid]
    if not mine:
        raise FileNotFoundError(f"{PUBMED}: it does not know {pmid}")
    return mine[0]


def ask_pubmed_by_doi(web: Web, doi: str) -> Record:
    """Look up one report by its DOI; an empty record when PubMed does not know exactly one."""
    found = _at(_esearch(web, {"term": f'"{doi}"[AID]'}), "idlist", kind=list, of=PUBMED)
    return ask_pubmed(web, plain_pmid(found[0])) if len(found) == 1 else Record()


def _esearch(web: Web, words: Mapping[str, object]) -> Mapping:
    told = web.json("ncbi", "esearch.fcgi", {"db": "pubmed", "retmode": "json"} | words)
    return _at(told, "esearchresult", of=PUBMED)


def _articles(web: Web, numbers: list[str]) -> list[etree._Element]:
    """Return the records with these PubMed numbers; those that it does not know are missing."""
    told = web.xml("ncbi", "efetch.fcgi", {"db": "pubmed", "retmode": "xml", "id": ",".join(numbers)})
    if told.tag != "PubmedArticleSet":
        raise ValueError(f"{PUBMED}: expected PubmedArticleSet, found {told.tag}; has its interface changed?")
    return [article for article in told if isinstance(article.tag, str)]


def _read_article(article: etree._Element, given: str) -> Record:
    """Read one record of the XML that ``efetch`` returns, with what stands under ``given`` of each author."""
    pmid = plain_pmid(_text(article, "MedlineCitation/PMID | BookDocument/PMID"))
    if not pmid:
        raise ValueError(f"{PUBMED}: expected a PMID in each record, found none; has its interface changed?")
    people = [
        (_text(person, "LastName | CollectiveName"), _text(person, given))
        for person in article.xpath(".//AuthorList[1]/Author")
    ]
    # Identifiers and, in older records, names.
    kinds = {*article.xpath(".//PublicationType/@UI"), *article.xpath(".//PublicationType/text()")}
    retracted = kinds & {"D016441", "Retracted Publication"}
    notice = kinds & {"D016440", "Retraction of Publication", "Retraction Notice"}
    return Record(
        sources=(PUBMED,),
        title=_text(article, ".//ArticleTitle[1] | .//VernacularTitle").rstrip("."),
        authors=tuple(filter(any, people)),
        year=year_of(_text(article, ".//PubDate/Year | .//PubDate/MedlineDate | .//ArticleDate/Year")),
        journal=_text(article, ".//Journal/Title | .//MedlineTA"),
        volume=_text(article, ".//JournalIssue/Volume"),
        number=_text(article, ".//JournalIssue/Issue"),
        pages=_text(article, ".//MedlinePgn"),
        # Only the record's own list: each of its references has a DOI too.
        doi=plain_doi(
            _text(article, "*/ArticleIdList/ArticleId[@IdType='doi'] | .//ELocationID[@EIdType='doi']")
        ),
        pmid=pmid,
        registry=registry_numbers(*article.xpath(".//AccessionNumber/text()")),
        allocation="randomized" if kinds & {"D016449", "Randomized Controlled Trial"} else "",
        retracted=f"{PUBMED}, as a retracted publication" if retracted else "",
        notice_of="another report" if notice else "",
    )


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
        total = _count(_at(told, "hitCount", kind=int, of=EUROPEPMC), EUROPEPMC)
        given = _at(told, "resultList", "result", kind=list, of=EUROPEPMC)
        records += [_read_result(result) for result in given]
        tick(len(records), total)
        if not given or len(records) >= total:
            break
        mark = _at(told, "nextCursorMark", kind=str, of=EUROPEPMC)
    _refuse_fewer(len(records), total, EUROPEPMC)
    return records


def _read_result(told: Mapping) -> Record:
    for key in ("id", "source"):
        _at(told, key, kind=str, of=EUROPEPMC)
    people = [one_line(name) for name in str(told.get("authorString") or "").rstrip(".").split(",")]
    retracted = "retracted publication" in str(told.get("pubType") or "").lower()
    return Record(
        sources=(EUROPEPMC,),
        title=_unmarked(told.get("title")).rstrip("."),
        authors=tuple((name, "") for name in people if name),
        year=year_of(told.get("pubYear")),
        journal=_unmarked(told.get("journalTitle")),
        doi=plain_doi(told.get("doi")),
        pmid=plain_pmid(told.get("pmid")),
        registry=registry_numbers(told.get("title")),
        retracted=f"{EUROPEPMC}, as a retracted publication" if retracted else "",
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
            total = _count(_at(told, "totalCount", kind=int, of=CLINICALTRIALS), CLINICALTRIALS)
        for study in _at(told, "studies", kind=list, of=CLINICALTRIALS):
            section = _at(study, "protocolSection", of=CLINICALTRIALS)
            sponsor = _at(section, "sponsorCollaboratorsModule", "leadSponsor").get("name")
            authors = ((one_line(sponsor), ""),) if sponsor else ()
            records.append(replace(_read_study(section), authors=authors))
        tick(len(records), total)
        token = _at(told, "nextPageToken", kind=str)
        # A token that is given twice would never end.
        if token in tokens:
            break
        tokens.add(token)
        words |= {"pageToken": token}
    _refuse_fewer(len(records), total, CLINICALTRIALS)
    return records


def ask_clinicaltrials(web: Web, number: str) -> Record:
    """Look up one registered trial by its number; FileNotFoundError when it is not known there."""
    told = web.json("clinicaltrials", f"studies/{number}", {"format": "json"})
    record = _read_study(_at(told, "protocolSection", of=CLINICALTRIALS))
    if record.registration != number:
        found = "found another; has its interface changed?"
        raise ValueError(f"{CLINICALTRIALS}: expected the record of {number}, {found}")
    return replace(record, registry=(number,), registered=False)


def _read_study(section: Mapping) -> Record:
    """Read how a trial was planned from the protocol section of its entry."""
    named = _at(section, "identificationModule", of=CLINICALTRIALS)
    given = _at(named, "nctId", kind=str, of=CLINICALTRIALS)
    if not (number := registry_numbers(given)):
        raise ValueError(f"{CLINICALTRIALS}: expected a number such as NCT01521728, found {given[:40]!r}")
    others = [entry.get("id") for entry in _mappings(named, "secondaryIdInfos")]
    info = _at(section, "designModule", "designInfo")
    model, allocation = (_at(info, key, kind=str) for key in ("interventionModel", "allocation"))
    design = " ".join(filter(None, [_MODEL.get(model, ""), _TRIAL.get(allocation, "trial")]))
    masking = _at(info, "maskingInfo")
    who = [_WHO[each] for each in map(str, _at(masking, "whoMasked", kind=list)) if each in _WHO]
    blinding = "None, as registered" if masking.get("masking") == "NONE" else ""
    places = _mappings(_at(section, "contactsLocationsModule"), "locations")
    countries = [one_line(place.get("country")) for place in places]
    arms = [
        (one_line(arm.get("label")), _ROLES.get(_at(arm, "type", kind=str), ""))
        for arm in _mappings(_at(section, "armsInterventionsModule"), "armGroups")
    ]
    return Record(
        sources=(CLINICALTRIALS,),
        title=one_line(named.get("officialTitle") or named.get("briefTitle")),
        year=year_of(_at(section, "statusModule").get("studyFirstSubmitDate")),
        registry=tuple(dict.fromkeys([*number, *registry_numbers(*others)])),
        registered=True,
        allocation=_ALLOCATION.get(allocation, ""),
        design=f"{design[0].upper()}{design[1:]}, as registered" if info else "",
        blinding=f"Blinded as registered: {', '.join(who)}" if who else blinding,
        country=", ".join(dict.fromkeys(filter(None, countries))),
        arms=tuple(arm for arm in arms if arm[0]),
    )


# ---- Crossref

_TAKEN_BACK = {"retraction", "withdrawal", "removal", "partial_retraction"}


def ask_crossref(web: Web, doi: str) -> Record:
    """Look up one report by its DOI; FileNotFoundError when Crossref does not know it."""
    message = _at(web.json("crossref", f"works/{quote(doi, safe='')}"), "message", of=CROSSREF)
    if plain_doi(message.get("DOI")) != doi:
        raise ValueError(
            f"{CROSSREF}: expected the record of {doi}, found another; has its interface changed?"
        )
    return read_work(message)


def read_work(message: Mapping) -> Record:
    """Read one record of ``/works``."""
    title, journal = (
        _unmarked(next(iter(_at(message, key, kind=list)), "")) for key in ("title", "container-title")
    )
    numbers = [entry.get("clinical-trial-number") for entry in _mappings(message, "clinical-trial-number")]
    authors = [
        (_unmarked(one.get("family") or one.get("name")), _unmarked(one.get("given")))
        for one in _mappings(message, "author")
    ]
    # A retraction that cannot be read must not pass for none.
    updates, notices = (
        [_at({key: each}, key, of=CROSSREF) for each in _at(message, key, kind=list, of=CROSSREF)]
        if message.get(key)
        else []
        for key in ("updated-by", "update-to")
    )
    taken = [each.get("DOI") for each in updates if str(each.get("type", "")).lower() in _TAKEN_BACK]
    retracted = f"{CROSSREF}, by doi:{plain_doi(taken[0]) or 'not named'}" if taken else ""
    if not taken and re.match(r"(retracted|withdrawn)\b", title, re.IGNORECASE):
        retracted = f"{CROSSREF}, in its title"
    return Record(
        sources=(CROSSREF,),
        title=title,
        authors=tuple(filter(any, authors)),
        year=_work_year(message),
        journal=journal,
        volume=one_line(message.get("volume")),
        number=one_line(message.get("issue")),
        pages=one_line(message.get("page") or message.get("article-number")),
        doi=plain_doi(message.get("DOI")),
        registry=registry_numbers(*numbers)[:1],
        retracted=retracted,
        notice_of=next(filter(None, (plain_doi(each.get("DOI")) for each in notices)), ""),
    )


def _unmarked(text: object) -> str:
    """Remove the markup that Crossref and Europe PMC keep as the publisher sent it."""
    return one_line(html.unescape(re.sub(r"<[^<>]*>", "", str(text or ""))))


def _work_year(message: Mapping) -> int | None:
    for name in ("published-print", "published", "issued", "published-online"):
        first = next(iter(_at(message, name, "date-parts", kind=list)), None)
        if isinstance(first, list) and first and (year := year_of(first[0])):
            return year
    return None


# ---- Values in answers, whose form may have changed


def _at(told: Any, *keys: str, kind: type = dict, of: str = "") -> Any:
    """Return the value at some keys of an answer ``of`` a service, which must be there and of its kind.

    Of no service, it may be missing or another: then it is the empty one of its kind.
    """
    for key in keys:
        told = told.get(key) if isinstance(told, Mapping) else None
    if isinstance(told, kind) or not of:
        return told if isinstance(told, kind) else kind()
    found = "nothing" if told is None else type(told).__name__
    raise ValueError(
        f"{of}: expected '{keys[-1]}' ({kind.__name__}) in its answer, found {found}; "
        "has its interface changed?"
    )


def _mappings(told: Any, key: str) -> list[Mapping]:
    return [entry for entry in _at(told, key, kind=list) if isinstance(entry, Mapping)]


def _count(n: Any, service: str) -> int:
    """Read a count, which some services write as text."""
    if isinstance(n, bool) or not str(n).isdecimal():
        raise ValueError(f"{service}: expected a count in its answer, found {str(n)[:40]!r}")
    return int(n)


def _refuse_fewer(given: int, told: int, service: str) -> None:
    """Refuse pages that do not add up: records that are missing would never be screened."""
    if given < told:
        raise ValueError(f"{service}: expected the {told} records that it counts, found {given}")
