"""Searches ClinicalTrials.gov through version 2 of its interface."""

from collections.abc import Mapping

from alsreview.surveillance.answers import Tick, complete, mappings, needed, optional, whole, year_of
from alsreview.surveillance.records import UNTITLED, Record, one_line, registry_numbers
from alsreview.surveillance.web import Web

NAME = "ClinicalTrials.gov"
PAGE = 200
_FIELDS = "NCTId,BriefTitle,OfficialTitle,SecondaryId,StudyFirstSubmitDate,LeadSponsorName"


def search_clinicaltrials(web: Web, parameters: Mapping[str, str], tick: Tick) -> list[Record]:
    """Find every registered study of a query.

    Parameters
    ----------
    web : the services
    parameters : ``query.cond`` and ``query.intr``, as the registry reads them
    tick : told how many records are there, and of how many

    References
    ----------
    ClinicalTrials.gov, Data API, version 2: ``/studies`` with ``pageToken``.
    """
    records: list[Record] = []
    words = {"format": "json", "fields": _FIELDS, "pageSize": PAGE, "countTotal": "true"} | parameters
    total, tokens = None, {""}
    while True:
        told = web.json("clinicaltrials", "studies", words)
        total = whole(needed(told, "totalCount", int, NAME), NAME) if total is None else total
        records += [read_study(study) for study in needed(told, "studies", list, NAME)]
        tick(len(records), total)
        token = optional(told, "nextPageToken", str)
        # A token given twice would turn in circles.
        if token in tokens:
            break
        tokens.add(token)
        words |= {"pageToken": token}
    complete(len(records), total, NAME)
    return records


def read_study(told: Mapping) -> Record:
    """Read one study."""
    section = needed(told, "protocolSection", dict, NAME)
    named = needed(section, "identificationModule", dict, NAME)
    number = registry_numbers(needed(named, "nctId", str, NAME))
    if not number:
        raise ValueError(f"{NAME}: expected a number such as NCT01521728, found {named['nctId'][:40]!r}")
    others = [entry.get("id") for entry in mappings(named, "secondaryIdInfos")]
    sponsor = optional(optional(section, "sponsorCollaboratorsModule", dict), "leadSponsor", dict)
    return Record(
        source=NAME,
        title=one_line(named.get("officialTitle") or named.get("briefTitle")) or UNTITLED,
        authors=tuple(filter(None, [one_line(sponsor.get("name"))])),
        year=year_of(optional(section, "statusModule", dict).get("studyFirstSubmitDate")),
        journal="",
        registry=tuple(dict.fromkeys([*number, *registry_numbers(*others)])),
        registered=True,
    )
