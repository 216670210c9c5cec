"""Writes the files that a new trial begins with: card, tables, reference, and a line in the changelog."""

import re
from collections.abc import Mapping
from datetime import date

from livingreview.evidence.trials import TRIAL_ID, trial_year
from livingreview.living.records import Record, flow, study_address
from livingreview.living.web import CLINICALTRIALS
from livingreview.release.cite import bibtex_text, tex

TABLES = ("arms.csv", "reported.csv", "harms.csv")
# Keys that a person adds; the rest of the dictionary is filled here, or fits few trials.
_TO_ADD = (
    "registration", "country", "blinding", "population", "people", "arms", "contrasts", "funding",
    "adherence", "dropouts", "adverse_events", "risk_of_bias", "contradictions", "notes",
)  # fmt: skip
_KEY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,", re.MULTILINE)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_SECTION = "### Evidence"


def card_text(
    trial_id: str, record: Record, question: str, seen: date, arms: Mapping, columns: Mapping
) -> str:
    """Write ``trial.yml``: what is known as keys, and what is to be read as comments.

    Parameters
    ----------
    record : what databases and registries say
    question : the one that the trial answers
    seen : day on which they were asked
    arms : arm to label and role
    columns : the dictionary of the data
    """
    exclusion = "Not randomized" if record.allocation == "not_randomized" else ""
    known = {
        "title": record.title or f"{label(trial_id)} (title not read yet)",
        "label": label(trial_id),
        "unit": "trial",
        "question": question,
        "allocation": record.allocation or "unclear",
        "excluded": f"Retracted ({record.retracted})" if record.retracted else exclusion,
        "registration": record.registration,
        "country": record.country,
        "design": record.design or "Not yet read",
        "blinding": record.blinding,
    }
    known = {key: value for key, value in known.items() if value}
    lines = [f"{key}: {flow(value)}" for key, value in known.items()]
    if arms:
        lines += ["arms:", *(f"  {name}: {flow(arm)}" for name, arm in arms.items())]
    sources = _sources(trial_id, record, seen)
    lines += ["sources:", *(f"  {name}: {flow(source)}" for name, source in sources.items())]
    lines += ["missing:", "  - The report has not yet been read", "readers: {extracted: nobody yet}", ""]
    lines += _comments(columns["trial.yml"], {*known, *(["arms"] if arms else [])})
    return "\n".join(lines) + "\n"


def _sources(trial_id: str, record: Record, seen: date) -> dict[str, dict]:
    told = [name for name in record.sources if name != CLINICALTRIALS]
    found = {}
    if record.doi or record.pmid:
        what = f"Record in {' and '.join(told)}" if told else "Its number alone"
        found["report"] = {"kind": "primary_abstract", "what": f"{what}; the report has not yet been read"}
        numbers = {"cite": trial_id, "doi": record.doi, "pmid": record.pmid}
        address = f"https://doi.org/{record.doi}"
        if not record.doi:
            address = f"https://pubmed.ncbi.nlm.nih.gov/{record.pmid}/"
        found["report"] |= {key: value for key, value in numbers.items() if value}
        found["report"] |= {"url": address, "seen": seen}
    if record.registration.startswith("NCT"):
        what = "record" if CLINICALTRIALS in record.sources else "its number alone, not read yet"
        cite = {} if found else {"cite": trial_id}
        address = study_address(record.registration)
        found["registry"] = {"kind": "registry", "what": f"{record.registration}, {what}"} | cite
        found["registry"] |= {"url": address, "seen": seen}
    return found


def _comments(rules: Mapping, known: set[str]) -> list[str]:
    """Explain the keys that are to be filled in."""
    lines = [
        "# To be filled in from the report; leave out a key that the report does not give.",
        "# Each count and statement names its `source` (a key of `sources`) and its `locator` there.",
    ]
    for key in _TO_ADD:
        if key in rules and key not in known:
            inside = f" ({', '.join(rules[key]['fields'])})" if "fields" in rules[key] else ""
            lines.append(f"#   {key}: {rules[key]['meaning']}{inside}")
    return lines


def header_of(table: str, columns: Mapping) -> list[str]:
    """Name the columns of a table, without those that are added when a row is confirmed."""
    return [name for name in columns[table] if not name.startswith("checked")]


def label(trial_id: str) -> str:
    """Turn ``smith2016b`` into "Smith 2016b"."""
    author, year, letter = TRIAL_ID.fullmatch(trial_id).groups()
    return f"{author.capitalize()} {year}{letter}"


def arm_key(text: str) -> str:
    """Turn the name of an arm into a key."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40].strip("_") or "arm"


def registered_arms(record: Record) -> dict[str, dict[str, str]]:
    """Return the registered arms as a card has them, if the role of every one is plain; else none."""
    arms = {arm_key(name): {"label": name, "role": role} for name, role in record.arms}
    return arms if len(arms) == len(record.arms) and all(role for _, role in record.arms) else {}


def with_entry(references: str, trial_id: str, record: Record) -> str:
    """Put the entry of a report in its place among the references, which stand in order of their keys.

    Returns
    -------
    the references; empty when they have an entry of that key
    """
    if trial_id in _KEY.findall(references):
        return ""
    entry = _entry(trial_id, record).strip("\n")
    for found in _KEY.finditer(references):
        if found[1] > trial_id:
            return f"{references[: found.start()]}{entry}\n\n{references[found.start() :]}"
    return f"{references.rstrip()}\n\n{entry}\n".lstrip()


def _entry(trial_id: str, record: Record) -> str:
    # BibTeX warns of an article without authors, and a warning stops the book.
    kind = "article" if record.journal and record.authors else "misc"
    fields = {
        "title": tex(record.title) or f"{label(trial_id)} (title not read yet)",
        "journal": tex(record.journal),
        "volume": tex(record.volume),
        "number": tex(record.number),
        "pages": re.sub(r"\s*[-\u2013]+\s*", "--", tex(record.pages)),
        "year": str(record.year or trial_year(trial_id)),
        "doi": record.doi,
        "pmid": record.pmid,
        "url": study_address(record.registration) if kind == "misc" else "",
        "note": f"PMID {record.pmid}" if record.pmid else "",
    }
    registered = () if record.doi or record.pmid else ((CLINICALTRIALS, ""),)
    authors = [[*filter(None, name)] for name in record.authors or registered]
    return bibtex_text(kind, trial_id, authors, fields)


def with_change(changelog: str, trial_id: str, told: str) -> str:
    """Add a line on a trial, and what is told of it, to the top section or to a new one above a version."""
    line = f"- Adds {trial_id} ({label(trial_id)}): its card, {told}."
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
