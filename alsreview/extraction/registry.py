"""Reads what ClinicalTrials.gov says of a trial: how it was planned, and nothing of what came out."""

from collections.abc import Mapping

from alsreview.extraction.report import Report
from alsreview.surveillance import Web
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
    section = _part(told, "protocolSection")
    named = _part(section, "identificationModule")
    if number not in registry_numbers(named.get("nctId")):
        found = "found another; has its interface changed?"
        raise ValueError(f"{NAME}: expected the record of {number}, {found}")
    return read_study(section)


def study_address(numbers: str) -> str:
    """Give the address of the first number of ClinicalTrials.gov in a text; empty when there is none."""
    found = [number for number in registry_numbers(numbers) if number.startswith("NCT")]
    return f"https://clinicaltrials.gov/study/{found[0]}" if found else ""


def read_study(section: Mapping) -> Report:
    """Read the protocol section of one study."""
    named, design = _part(section, "identificationModule"), _part(section, "designModule")
    info = _part(design, "designInfo")
    places = _part(section, "contactsLocationsModule").get("locations") or ()
    countries = [one_line(place.get("country")) for place in places if isinstance(place, Mapping)]
    arms = _part(section, "armsInterventionsModule").get("armGroups") or ()
    return Report(
        title=one_line(named.get("officialTitle") or named.get("briefTitle")),
        year=one_line(_part(_part(section, "statusModule"), "studyFirstPostDateStruct").get("date"))[:4],
        registration=next(iter(registry_numbers(named.get("nctId"))), ""),
        allocation=_ALLOCATION.get(info.get("allocation"), ""),
        design=_design(info),
        blinding=_blinding(_part(info, "maskingInfo")),
        country=", ".join(dict.fromkeys(filter(None, countries))),
        arms=tuple(
            (one_line(arm.get("label")), _ROLES.get(arm.get("type"), ""))
            for arm in arms
            if isinstance(arm, Mapping) and one_line(arm.get("label"))
        ),
        told_by=(NAME,),
    )


def _part(told, key: str) -> Mapping:
    found = told.get(key) if isinstance(told, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _design(info: Mapping) -> str:
    kind = {"RANDOMIZED": "randomized trial", "NON_RANDOMIZED": "trial without randomization"}
    words = [_MODEL.get(info.get("interventionModel"), ""), kind.get(info.get("allocation"), "trial")]
    said = " ".join(filter(None, words))
    return f"{said[0].upper()}{said[1:]}, as registered" if info else ""


def _blinding(masking: Mapping) -> str:
    who = [_WHO[each] for each in masking.get("whoMasked") or () if each in _WHO]
    if who:
        return f"Blinded as registered: {', '.join(who)}"
    return "None, as registered" if masking.get("masking") == "NONE" else ""
