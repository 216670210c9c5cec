"""Reads what ClinicalTrials.gov says of a trial: how it was planned, and nothing of what came out."""

from collections.abc import Mapping

from alsreview.extraction.report import Report
from alsreview.surveillance import Web
from alsreview.surveillance.answers import mappings, needed, optional, year_of
from alsreview.surveillance.records import one_line, registry_numbers

NAME = "ClinicalTrials.gov"
_ALLOCATION = {"RANDOMIZED": "randomized", "NON_RANDOMIZED": "not_randomized"}
_MODEL = {
    "PARALLEL": "Parallel", "CROSSOVER": "Crossover", "FACTORIAL": "Factorial",
    "SEQUENTIAL": "Sequential", "SINGLE_GROUP": "Single-group",
}  # fmt: skip
_WHO = {
    "PARTICIPANT": "participants", "CARE_PROVIDER": "care providers",
    "INVESTIGATOR": "investigators", "OUTCOMES_ASSESSOR": "outcome assessors",
}  # fmt: skip
# An active comparator may be either side of a contrast, so it has no role until somebody has read of it.
_ROLES = {
    "EXPERIMENTAL": "intervention", "SHAM_COMPARATOR": "comparator",
    "PLACEBO_COMPARATOR": "comparator", "NO_INTERVENTION": "comparator",
}  # fmt: skip


def ask_registry(web: Web, number: str) -> Report:
    """Ask for one registered trial by its number.

    Raises
    ------
    FileNotFoundError, ConnectionError, ValueError
        When it is not known there, the registry is down, or its answer has another form than documented.

    References
    ----------
    ClinicalTrials.gov, Data API, version 2: ``/studies/{nctId}``.
    """
    told = web.json("clinicaltrials", f"studies/{number}", {"format": "json"})
    section = needed(told, "protocolSection", dict, NAME)
    named = needed(section, "identificationModule", dict, NAME)
    if number not in registry_numbers(needed(named, "nctId", str, NAME)):
        found = "found another; has its interface changed?"
        raise ValueError(f"{NAME}: expected the record of {number}, {found}")
    return read_study(section)


def study_address(numbers: str) -> str:
    """Give the address of the first number of ClinicalTrials.gov in a text; empty when there is none."""
    found = [number for number in registry_numbers(numbers) if number.startswith("NCT")]
    return f"https://clinicaltrials.gov/study/{found[0]}" if found else ""


def read_study(section: Mapping) -> Report:
    """Read the protocol section of one study."""
    named = optional(section, "identificationModule", dict)
    info = optional(optional(section, "designModule", dict), "designInfo", dict)
    places = mappings(optional(section, "contactsLocationsModule", dict), "locations")
    posted = optional(optional(section, "statusModule", dict), "studyFirstPostDateStruct", dict)
    countries = [one_line(place.get("country")) for place in places]
    arms = mappings(optional(section, "armsInterventionsModule", dict), "armGroups")
    return Report(
        title=one_line(named.get("officialTitle") or named.get("briefTitle")),
        year=str(year_of(posted.get("date")) or ""),
        registration=next(iter(registry_numbers(named.get("nctId"))), ""),
        allocation=_ALLOCATION.get(optional(info, "allocation", str), ""),
        design=_design(info),
        blinding=_blinding(optional(info, "maskingInfo", dict)),
        country=", ".join(dict.fromkeys(filter(None, countries))),
        arms=tuple(
            (one_line(arm.get("label")), _ROLES.get(optional(arm, "type", str), ""))
            for arm in arms
            if one_line(arm.get("label"))
        ),
        told_by=(NAME,),
    )


def _design(info: Mapping) -> str:
    kind = {"RANDOMIZED": "randomized trial", "NON_RANDOMIZED": "trial without randomization"}
    model, allocation = (optional(info, key, str) for key in ("interventionModel", "allocation"))
    words = [_MODEL.get(model, ""), kind.get(allocation, "trial")]
    said = " ".join(filter(None, words))
    return f"{said[0].upper()}{said[1:]}, as registered" if info else ""


def _blinding(masking: Mapping) -> str:
    who = [_WHO[each] for each in map(str, optional(masking, "whoMasked", list)) if each in _WHO]
    if who:
        return f"Blinded as registered: {', '.join(who)}"
    return "None, as registered" if masking.get("masking") == "NONE" else ""
