"""Asks PubMed, Europe PMC, ClinicalTrials.gov and Crossref, and reads what they answer.

What no answer may lack is taken by its key: `Web.ask` refuses the answer that lacks it.

References
----------
Sayers, The E-utilities In-Depth, Bookshelf NBK25499.
Europe PMC, RESTful web service reference: ``search`` with ``cursorMark``.
ClinicalTrials.gov, Data API, version 2: ``/studies``.
Crossref, REST API: ``/works/{doi}``.
"""

import html
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote

from lxml import etree

from livingreview.living.records import Record, one_line, plain_doi, plain_pmid, registry_numbers, year_of
from livingreview.living.web import CLINICALTRIALS, CROSSREF, EUROPEPMC, PUBMED, Web

# Records in one page of an answer.  PubMed returns no more than the first 9,999 numbers of a search.
PUBMED_MOST, PUBMED_BATCH, EUROPEPMC_PAGE, CLINICALTRIALS_PAGE = 9_999, 200, 500, 200
# Records that are missing would never be screened.
_FEWER = "expected the {:.0f} records that it counts, found {}"


# ---- PubMed


def search_pubmed(web: Web, parameters: Mapping[str, str]) -> list[Record]:
    """Return every record of a query; ``term`` among the parameters is the query as PubMed reads it."""
    numbers = _numbers(web, {"sort": "pub_date"} | dict(parameters))
    batches = [numbers[start : start + PUBMED_BATCH] for start in range(0, len(numbers), PUBMED_BATCH)]
    records = [_read_article(article, "Initials") for batch in batches for article in _articles(web, batch)]
    if missing := sorted(set(numbers) - {record.pmid for record in records}):
        raise ValueError(f"{PUBMED}: expected the record of PMID {missing[0]}, found none")
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
    found = _numbers(web, {"term": f'"{doi}"[AID]'})
    return ask_pubmed(web, found[0]) if len(found) == 1 else Record()


def _numbers(web: Web, words: Mapping[str, str]) -> list[str]:
    """Return the PubMed numbers that a query finds."""
    asked = {"db": "pubmed", "retmode": "json", "retmax": PUBMED_MOST} | words
    return web.ask(PUBMED, "esearch.fcgi", asked, _read_numbers)


def _read_numbers(body: bytes) -> list[str]:
    told = json.loads(body)["esearchresult"]
    # A query that PubMed reads otherwise than it is written is not the one that the methods print.
    for said in (told.get("ERROR"), *told.get("errorlist", {}).get("fieldsnotfound", ())):
        if said:
            raise ValueError(f"it does not take the query ({one_line(said)[:120]})")
    total, numbers = int(told["count"]), list(dict.fromkeys(told["idlist"]))
    if total > PUBMED_MOST:
        raise ValueError(f"expected at most {PUBMED_MOST:,} records, found {total:,}; narrow the query")
    if len(numbers) < total:
        raise ValueError(_FEWER.format(total, len(numbers)))
    return numbers


def _articles(web: Web, numbers: list[str]) -> list[etree._Element]:
    """Return the records with these PubMed numbers; those that it does not know are missing."""
    asked = {"db": "pubmed", "retmode": "xml", "id": ",".join(numbers)}
    return web.ask(PUBMED, "efetch.fcgi", asked, _read_articles)


def _read_articles(body: bytes) -> list[etree._Element]:
    safe = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    told = etree.fromstring(body, safe)
    articles = [article for article in told if isinstance(article.tag, str)]
    if told.tag != "PubmedArticleSet" or not all(map(_pmid, articles)):
        raise ValueError("expected records with a PMID each, found others; has its interface changed?")
    return articles


def _pmid(article: etree._Element) -> str:
    return plain_pmid(_text(article, "MedlineCitation/PMID | BookDocument/PMID"))


def _read_article(article: etree._Element, given: str) -> Record:
    """Read one record of the XML that ``efetch`` returns, with what stands under ``given`` of each author."""
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
        pmid=_pmid(article),
        registry=registry_numbers(*article.xpath(".//AccessionNumber/text()")),
        allocation="randomized" if kinds & {"D016449", "Randomized Controlled Trial"} else "",
        retracted=f"{PUBMED}, as a retracted publication" if retracted else "",
        notice_of="another report" if notice else "",
    )


def _text(element: etree._Element, path: str) -> str:
    """Return the first text that is not empty, without markup."""
    return next(filter(None, (one_line("".join(found.itertext())) for found in element.xpath(path))), "")


# ---- Europe PMC and ClinicalTrials.gov, which answer in pages


def _all_pages(web: Web, service: str, path: str, words: dict, mark: str, read: Callable) -> list[Record]:
    """Return the records of every page.

    Parameters
    ----------
    mark : the parameter that asks for the next page
    read : reads of a page its records, how many there are on all of them, and the mark of the next one
    """
    records, total = [], math.inf
    while True:
        found, counted, following = web.ask(service, path, words, read)
        records += found
        total = min(counted, total)
        if len(records) >= total:
            return records
        # A mark that is given twice would never end.
        if following in (None, words.get(mark)):
            raise ValueError(f"{service}: {_FEWER.format(total, len(records))}")
        words = words | {mark: following}


def search_europepmc(web: Web, parameters: Mapping[str, str]) -> list[Record]:
    """Return every record of a query; ``query`` among the parameters is the query as Europe PMC reads it."""
    page = {"format": "json", "resultType": "lite", "pageSize": EUROPEPMC_PAGE, "cursorMark": "*"}
    return _all_pages(web, EUROPEPMC, "search", page | dict(parameters), "cursorMark", _read_results)


def _read_results(body: bytes) -> tuple[list[Record], int, str | None]:
    told = json.loads(body)
    found = [_read_result(result) for result in told["resultList"]["result"] if result["id"]]
    return found, int(told["hitCount"]), told.get("nextCursorMark")


def _read_result(told: Mapping) -> Record:
    people = [one_line(name) for name in (told.get("authorString") or "").rstrip(".").split(",")]
    retracted = "retracted publication" in (told.get("pubType") or "").lower()
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


def search_clinicaltrials(web: Web, parameters: Mapping[str, str]) -> list[Record]:
    """Return every registered study of a query; the parameters are ``query.cond`` and ``query.intr``."""
    page = {"format": "json", "fields": _FIELDS, "pageSize": CLINICALTRIALS_PAGE, "countTotal": "true"}
    return _all_pages(web, CLINICALTRIALS, "studies", page | dict(parameters), "pageToken", _read_studies)


def _read_studies(body: bytes) -> tuple[list[Record], float, str | None]:
    told = json.loads(body)
    found = [_read_study(study) for study in told["studies"]]
    # Only the first page counts them.
    return found, float(told.get("totalCount", math.inf)), told.get("nextPageToken")


def ask_clinicaltrials(web: Web, number: str) -> Record:
    """Look up one registered trial by its number; FileNotFoundError when it is not known there."""

    def read(body: bytes) -> Record:
        return _read_study(json.loads(body))

    record = web.ask(CLINICALTRIALS, f"studies/{number}", {"format": "json"}, read)
    if record.registration != number:
        raise ValueError(f"{CLINICALTRIALS}: expected the record of {number}, found another")
    return replace(record, authors=(), registry=(number,), registered=False)


def _read_study(study: Mapping) -> Record:
    """Read how a trial was planned from the protocol section of its entry; its author is the sponsor."""
    section = study["protocolSection"]
    named = section["identificationModule"]
    if not (number := registry_numbers(named["nctId"])):
        raise ValueError(f"expected a number such as NCT01521728, found {named['nctId'][:40]!r}")
    others = [entry.get("id") for entry in named.get("secondaryIdInfos", ())]
    sponsor = section.get("sponsorCollaboratorsModule", {}).get("leadSponsor", {}).get("name")
    info = section.get("designModule", {}).get("designInfo", {})
    model, allocation = info.get("interventionModel"), info.get("allocation")
    design = " ".join(filter(None, [_MODEL.get(model), _TRIAL.get(allocation, "trial")]))
    masking = info.get("maskingInfo", {})
    who = [_WHO[each] for each in masking.get("whoMasked", ()) if each in _WHO]
    blinding = "None, as registered" if masking.get("masking") == "NONE" else ""
    places = section.get("contactsLocationsModule", {}).get("locations", ())
    countries = [one_line(place.get("country")) for place in places]
    arms = [
        (one_line(arm.get("label")), _ROLES.get(arm.get("type"), ""))
        for arm in section.get("armsInterventionsModule", {}).get("armGroups", ())
    ]
    return Record(
        sources=(CLINICALTRIALS,),
        title=one_line(named.get("officialTitle") or named.get("briefTitle")),
        authors=((one_line(sponsor), ""),) if sponsor else (),
        year=year_of(section.get("statusModule", {}).get("studyFirstSubmitDate")),
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
    record = web.ask(CROSSREF, f"works/{quote(doi, safe='')}", {}, _read_work)
    if record.doi != doi:
        raise ValueError(f"{CROSSREF}: expected the record of {doi}, found another")
    return record


def _read_work(body: bytes) -> Record:
    """Read one record of ``/works``; a retraction that cannot be read must not pass for none."""
    message = json.loads(body)["message"]
    title, journal = (
        _unmarked(next(iter(message.get(key) or ()), "")) for key in ("title", "container-title")
    )
    numbers = [entry.get("clinical-trial-number") for entry in message.get("clinical-trial-number") or ()]
    authors = [
        (_unmarked(one.get("family") or one.get("name")), _unmarked(one.get("given")))
        for one in message.get("author") or ()
    ]
    published = ("published-print", "published", "issued", "published-online")
    days = [day for key in published for day in (message.get(key) or {}).get("date-parts", ())]
    taken = [
        f"{CROSSREF}, by doi:{plain_doi(each.get('DOI')) or 'not named'}"
        for each in message.get("updated-by") or ()
        if each["type"].lower() in _TAKEN_BACK
    ]
    if re.match(r"(retracted|withdrawn)\b", title, re.IGNORECASE):
        taken.append(f"{CROSSREF}, in its title")
    notices = [plain_doi(each["DOI"]) for each in message.get("update-to") or ()]
    return Record(
        sources=(CROSSREF,),
        title=title,
        authors=tuple(filter(any, authors)),
        year=next(filter(None, (year_of(day[0]) for day in days if day)), None),
        journal=journal,
        volume=one_line(message.get("volume")),
        number=one_line(message.get("issue")),
        pages=one_line(message.get("page") or message.get("article-number")),
        doi=plain_doi(message["DOI"]),
        registry=registry_numbers(*numbers)[:1],
        retracted=next(iter(taken), ""),
        notice_of=next(filter(None, notices), ""),
    )


def _unmarked(text: object) -> str:
    """Remove the markup that Crossref and Europe PMC keep as the publisher sent it."""
    return one_line(html.unescape(re.sub(r"<[^<>]*>", "", str(text or ""))))
