"""Writes the stubs of a trial's files: a card with what registries say, and tables with their columns."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import yaml

from alsreview.extraction.report import Report

UNREAD = "Not yet read"
TABLES = {
    "arms.csv": "means and events by arm",
    "reported.csv": "differences, and statements without results by arm",
    "harms.csv": "adverse events, falls, seizures, deaths and withdrawals: counts or statements",
}
# What a person adds; the rest of the dictionary is filled here, or fits few trials.
_TO_ADD = (
    "registration", "country", "blinding", "population", "people", "arms", "contrasts", "funding",
    "adherence", "dropouts", "adverse_events", "risk_of_bias", "contradictions", "notes",
)  # fmt: skip
_ADDRESSES = {"doi": "https://doi.org/{}", "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}/"}


@dataclass(frozen=True)
class Card:
    """What a card says at first.

    Attributes
    ----------
    trial_id : also the BibTeX key
    report : what registries say
    question : which one the trial answers
    seen : the day on which the registries were asked
    """

    trial_id: str
    report: Report
    question: str
    seen: date


def card_text(card: Card, arms: Mapping, columns: Mapping) -> str:
    """Write ``trial.yml``: what is known as keys, and what is to be read as comments.

    Parameters
    ----------
    card : what is known
    arms : arm to label and role
    columns : the dictionary of the data
    """
    known = {key: value for key, value in _known(card).items() if value}
    lines = [f"{key}: {_flow(value)}" for key, value in known.items()]
    if arms:
        lines += ["arms:", *(f"  {name}: {_flow(arm)}" for name, arm in arms.items())]
    lines += ["sources:", *(f"  {name}: {_flow(source)}" for name, source in _sources(card).items())]
    lines += ["missing:", "  - The report has not yet been read", "readers: {extracted: nobody yet}", ""]
    lines += _card_comments(columns["trial.yml"], {*known, *(["arms"] if arms else [])})
    return "\n".join([*lines, *_table_comments(columns)]) + "\n"


def _known(card: Card) -> dict[str, str]:
    report, name = card.report, label(card.trial_id)
    return {
        "title": report.title or f"{name} (title not read yet)",
        "label": name,
        "unit": "trial",
        "question": card.question,
        "allocation": report.allocation or "unclear",
        "excluded": _exclusion(report),
        "registration": report.registration,
        "country": report.country,
        "design": report.design or UNREAD,
        "blinding": report.blinding,
    }


def _exclusion(report: Report) -> str:
    if report.retracted:
        return f"Retracted ({report.retracted})"
    return "Not randomized" if report.allocation == "not_randomized" else ""


def table_text(table: str, columns: Mapping) -> str:
    """Write the header of a table; columns that may be absent are left out."""
    return ",".join(name for name in columns[table] if not name.startswith("checked")) + "\n"


def label(trial_id: str) -> str:
    """Turn ``lunetta2016`` into "Lunetta 2016"."""
    author, year = re.fullmatch(r"([a-z]+)(\d{4}[a-z]?)", trial_id).groups()
    return f"{author.capitalize()} {year}"


def arm_key(text: str) -> str:
    """Turn the name of an arm into a key."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40].strip("_") or "arm"


def registered_arms(report: Report) -> dict[str, dict[str, str]]:
    """Give the registered arms as a card has them, if the role of every one is plain; else none."""
    if not report.arms or not all(role for _, role in report.arms):
        return {}
    arms = {arm_key(name): {"label": name, "role": role} for name, role in report.arms}
    return arms if len(arms) == len(report.arms) else {}


def _sources(card: Card) -> dict[str, dict]:
    report, trial_id, seen = card.report, card.trial_id, card.seen
    told = [name for name in report.told_by if name != "ClinicalTrials.gov"]
    found = {}
    if report.doi or report.pmid:
        numbers = {"doi": report.doi, "pmid": report.pmid}
        where = next(form.format(numbers[key]) for key, form in _ADDRESSES.items() if numbers[key])
        what = f"Record in {' and '.join(told)}" if told else "Its number alone"
        found["report"] = {"kind": "primary_abstract", "what": f"{what}; the report has not yet been read"}
        found["report"] |= {"cite": trial_id} | {key: value for key, value in numbers.items() if value}
        found["report"] |= {"url": where, "seen": seen}
    if report.registration.startswith("NCT"):
        asked = "ClinicalTrials.gov" in report.told_by
        what = "record" if asked else "its number alone, not read yet"
        cite = {} if found else {"cite": trial_id}
        address = f"https://clinicaltrials.gov/study/{report.registration}"
        found["registry"] = {"kind": "registry", "what": f"{report.registration}, {what}"} | cite
        found["registry"] |= {"url": address, "seen": seen}
    return found


def _card_comments(rules: Mapping, known: set[str]) -> list[str]:
    lines = [
        "# To be filled in from the report; leave out a key that the report does not give.",
        "# Each count and statement names its `source` (a key of `sources`) and `locator` in that source.",
    ]
    for key in _TO_ADD:
        if key in rules and key not in known:
            inside = f" ({', '.join(rules[key]['fields'])})" if "fields" in rules[key] else ""
            lines.append(f"#   {key}: {rules[key]['meaning']}{inside}")
    return lines


def _table_comments(columns: Mapping) -> list[str]:
    lines = []
    for table in TABLES:
        lines += ["#", f"# {table}: {TABLES[table]}, as printed. An empty cell means not available."]
        for name, rule in columns[table].items():
            unit = f", unit: {rule['unit']}" if "unit" in rule else ""
            needed = ", required" if rule.get("required") else ""
            choices = f": {', '.join(map(str, rule['choices']))}" if "choices" in rule else ""
            lines.append(f"#   {name}: {rule['meaning']}{unit}{needed}{choices}")
    return lines


def _flow(value) -> str:
    """Write a value on one line of YAML."""
    text = yaml.safe_dump(value, allow_unicode=True, width=10**6, default_flow_style=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
