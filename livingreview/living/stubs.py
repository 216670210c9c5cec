"""Writes the files that a new trial begins with: card, tables, reference, and a line in the changelog."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import yaml
from pybtex.database import Entry, Person

from livingreview.evidence.read import TRIAL_ID, trial_year
from livingreview.living.records import Report, study_address
from livingreview.living.sources import CLINICALTRIALS
from livingreview.release.cite import bibtex_text, tex

UNREAD = "Not yet read"
TABLES = {
    "arms.csv": "means and events by arm",
    "reported.csv": "differences, and statements without results by arm",
    "harms.csv": "the harms of protocol.yml: counts or statements",
}
# Keys that a person adds; the rest of the dictionary is filled here, or fits few trials.
_TO_ADD = (
    "registration", "country", "blinding", "population", "people", "arms", "contrasts", "funding",
    "adherence", "dropouts", "adverse_events", "risk_of_bias", "contradictions", "notes",
)  # fmt: skip
_KEY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,", re.MULTILINE)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_SECTION = "### Evidence"
_ADDRESSES = {"doi": "https://doi.org/{}", "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}/"}


@dataclass(frozen=True)
class Card:
    """The contents of a new trial card.

    Attributes
    ----------
    trial_id : also the BibTeX key
    report : what databases and registries say
    question : the one that the trial answers
    seen : day on which they were asked
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


def header_of(table: str, columns: Mapping) -> bytes:
    """Write the first line of a table, without the columns that are added when a row is confirmed."""
    return f"{','.join(name for name in columns[table] if not name.startswith('checked'))}\n".encode()


def label(trial_id: str) -> str:
    """Turn ``smith2016b`` into "Smith 2016b"."""
    author, year, letter = TRIAL_ID.fullmatch(trial_id).groups()
    return f"{author.capitalize()} {year}{letter}"


def arm_key(text: str) -> str:
    """Turn the name of an arm into a key."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40].strip("_") or "arm"


def registered_arms(report: Report) -> dict[str, dict[str, str]]:
    """Return the registered arms as a card has them, if the role of every one is plain; else none."""
    if not report.arms or not all(role for _, role in report.arms):
        return {}
    arms = {arm_key(name): {"label": name, "role": role} for name, role in report.arms}
    return arms if len(arms) == len(report.arms) else {}


def _sources(card: Card) -> dict[str, dict]:
    report, trial_id, seen = card.report, card.trial_id, card.seen
    told = [name for name in report.told_by if name != CLINICALTRIALS]
    found = {}
    if report.doi or report.pmid:
        numbers = {"doi": report.doi, "pmid": report.pmid}
        where = next(form.format(numbers[key]) for key, form in _ADDRESSES.items() if numbers[key])
        what = f"Record in {' and '.join(told)}" if told else "Its number alone"
        found["report"] = {"kind": "primary_abstract", "what": f"{what}; the report has not yet been read"}
        found["report"] |= {"cite": trial_id} | {key: value for key, value in numbers.items() if value}
        found["report"] |= {"url": where, "seen": seen}
    if report.registration.startswith("NCT"):
        asked = CLINICALTRIALS in report.told_by
        what = "record" if asked else "its number alone, not read yet"
        cite = {} if found else {"cite": trial_id}
        address = study_address(report.registration)
        found["registry"] = {"kind": "registry", "what": f"{report.registration}, {what}"} | cite
        found["registry"] |= {"url": address, "seen": seen}
    return found


def _card_comments(rules: Mapping, known: set[str]) -> list[str]:
    lines = [
        "# To be filled in from the report; leave out a key that the report does not give.",
        "# Each count and statement names its `source` (a key of `sources`) and its `locator` there.",
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


def has_entry(references: str, key: str) -> bool:
    """Return whether the references have an entry of that key."""
    return key in _KEY.findall(references)


def with_entry(references: str, trial_id: str, report: Report) -> str:
    """Put the entry of a report in its place among the references, which stand in order of their keys."""
    entry = _entry(trial_id, report).strip("\n")
    for found in _KEY.finditer(references):
        if found[1] > trial_id:
            return f"{references[: found.start()]}{entry}\n\n{references[found.start() :]}"
    before = references.rstrip("\n")
    return f"{before}\n\n{entry}\n" if before else f"{entry}\n"


def _entry(trial_id: str, report: Report) -> str:
    # BibTeX warns of an article without authors, and a warning stops the book.
    kind = "article" if report.journal and report.authors else "misc"
    fields = {"title": tex(report.title) or f"{label(trial_id)} (title not read yet)"}
    fields |= {name: tex(getattr(report, name)) for name in ("journal", "volume", "number")}
    fields |= {"pages": re.sub(r"\s*[-\u2013]+\s*", "--", tex(report.pages))}
    fields |= {"year": report.year or str(trial_year(trial_id))}
    fields |= {"doi": report.doi, "pmid": report.pmid}
    if kind == "misc":
        fields |= {"url": study_address(report.registration)}
    fields |= {"note": f"PMID {report.pmid}" if report.pmid else ""}
    registered = () if report.doi or report.pmid else ((CLINICALTRIALS, ""),)
    people = [_person(*author) for author in report.authors or registered]
    entry = Entry(kind, fields={name: text for name, text in fields.items() if text})
    if people:
        entry.persons["author"] = people
    return bibtex_text(trial_id, entry)


def _person(family: str, given: str) -> Person:
    # BibTeX would take the name of a group apart.
    return Person(last=tex(family), first=tex(given)) if given else Person(last=f"{{{tex(family)}}}")


def with_change(changelog: str, trial_id: str) -> str:
    """Add a line on a trial to the top section of the changelog, or to a new one above a version."""
    line = f"- Adds {trial_id} ({label(trial_id)}): its card, with no figure read yet."
    top = _HEADING.search(changelog)
    # A number of 0 marks the draft before the first release.
    if top is None or not (top[1] == "Unreleased" or top[1].endswith(".0")):
        start = top.start() if top else len(changelog)
        return f"{changelog[:start]}## Unreleased\n\n{_SECTION}\n{line}\n\n{changelog[start:]}"
    below = _HEADING.search(changelog, top.end())
    end = below.start() if below else len(changelog)
    section = changelog[top.end() : end]
    if f"{_SECTION}\n" in section:
        section = section.replace(f"{_SECTION}\n", f"{_SECTION}\n{line}\n", 1)
    else:
        section = f"\n\n{_SECTION}\n{line}\n\n" + section.lstrip("\n")
    return changelog[: top.end()] + section + changelog[end:]
