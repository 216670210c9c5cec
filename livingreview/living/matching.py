"""Tells known records from new ones: by number, then by title, author and year."""

import re
import unicodedata
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz, process, utils

from livingreview.evidence import Evidence
from livingreview.evidence.read import TRIAL_ID
from livingreview.living.records import UNTITLED, Record, plain_doi, plain_pmid, registry_numbers

# Likeness of two titles out of 100, without case and punctuation.  From here on, with the same first author
# and a year no more than one apart, two records are one.  High on purpose: to screen a record twice costs a
# minute, and to take a second trial of one author ("rowing" for "cycling") for the first one costs a trial.
SAME = 97.0
# From here on the likeness is mentioned to the person who screens.
ALIKE = 80.0
# A shorter title ("Reply") must be identical.
SHORTEST = 25
_INITIALS = re.compile(r"\s+[A-Z](?:[.\s-]*[A-Z]){0,2}\.?$")


@dataclass(frozen=True)
class Found:
    """What a record is: ``known`` names it, or else ``reason`` says why it is a candidate."""

    known: str = ""
    reason: str = ""


@dataclass
class Known:
    """The records that are known, by number and by title.

    Attributes
    ----------
    numbers : number to the name of the record that has it
    named : registry number to the name of the trial it belongs to
    titles : plain title, record and name of each record with a title
    names : names that are taken
    """

    numbers: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    titles: list[tuple[str, Record, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def add(self, record: Record, name: str) -> None:
        """Add a record under a name."""
        self.names.add(name)
        for number in record.numbers:
            self.numbers.setdefault(number, name)
        for number in record.registry:
            self.named.setdefault(number, name)
        title = plain_title(record.title)
        if title:
            self.titles.append((title, record, name))

    def look_up(self, record: Record) -> Found:
        """Return what a record is, or why a person should look at it."""
        known = next((self.numbers[n] for n in sorted(record.numbers) if n in self.numbers), "")
        if known:
            return Found(known=known)
        score, other, name = self._nearest(record)
        if other is not None and score >= SAME and is_same_report(record, other):
            return Found(known=name)
        reasons = [
            f"names {number} of {self.named[number]}" for number in record.registry if number in self.named
        ]
        if other is not None and score >= ALIKE:
            reasons.append(f"title {score:.0f} of 100 like that of {name}")
        return Found(reason="; ".join(reasons) or "no number or title like it is known")

    def _nearest(self, record: Record) -> tuple[float, Record | None, str]:
        title = plain_title(record.title)
        least = ALIKE if len(title) >= SHORTEST else 100.0
        titles = [known for known, _, _ in self.titles]
        alike = (
            process.extract(title, titles, scorer=fuzz.ratio, score_cutoff=least, limit=5) if title else []
        )
        best: tuple[float, Record | None, str] = (0.0, None, "")
        for _, score, place in alike:
            _, other, name = self.titles[place]
            # Of two titles alike, the one of the same authors and year decides.
            if best[1] is None or is_same_report(record, other) > is_same_report(record, best[1]):
                best = (score, other, name)
        return best


def is_same_report(one: Record, other: Record) -> bool:
    """Return whether two records with one title can be one report: no number may differ."""
    if one.registered != other.registered:
        return False
    if any(a and b and a != b for a, b in ((one.doi, other.doi), (one.pmid, other.pmid))):
        return False
    if one.year is None or other.year is None or abs(one.year - other.year) > 1:
        return False
    return bool(surname(one)) and surname(one) == surname(other)


def surname(record: Record) -> str:
    """Return the first author's surname in lower case without accents, for comparison."""
    if not record.authors:
        return ""
    whole = record.authors[0]
    if not record.registered:  # "Smith, Christian", "Smith, C.", "Smith C" and "Smith C.-A." are one
        whole = _INITIALS.sub("", whole.split(",")[0])
    plain = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]", "", plain.lower())


def plain_title(title: str) -> str:
    """Return a title without case, punctuation and accents; empty for one that is missing."""
    if title == UNTITLED:
        return ""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return " ".join(utils.default_process(plain).split())


def known_of(evidence: Evidence) -> Known:
    """Collect what the review knows: trials with their sources, screened and waiting records, reviews."""
    known = Known()
    for trial_id, card in evidence.cards.items():
        known.add(_report(trial_id, card["title"], registration=card.get("registration")), trial_id)
        if card.get("registration"):
            known.add(_report(trial_id, "", registration=card["registration"], registered=True), trial_id)
    for row in evidence.sources.to_dict("records"):
        known.add(_report("", "", doi=row["doi"], pmid=row["pmid"]), row["trial_id"])
    for row in evidence.screening.to_dict("records"):
        told = _report(row["record_id"], row["title"], row["doi"], row["pmid"], row["registration"])
        known.add(told, row["record_id"])
        if row["found_in"] == "registry":
            known.add(replace(told, registered=True, doi="", pmid=""), row["record_id"])
    for row in evidence.ongoing.to_dict("records"):
        known.add(_report("", row["title"], registration=row["id"], registered=True), row["id"])
    for review_id, card in evidence.reviews.items():
        known.add(_report(review_id, card["title"], card.get("doi"), card.get("pmid")), review_id)
    for row in evidence.candidates.to_dict("records"):
        known.add(candidate(row), row["record_id"])
    return known


def candidate(row: dict) -> Record:
    """Read a row of ``candidates.csv``."""
    told = _report("", row["title"], row["doi"], row["pmid"], row["registry"])
    return replace(
        told,
        source=row["source"],
        authors=tuple((row["authors"] or "").split("; ")) if row["authors"] else (),
        year=int(row["year"]) if row["year"] == row["year"] and row["year"] is not None else None,
        journal=row["journal"] or "",
        registered=row["record_id"] in told.registry,
    )


def _report(name, title, doi=None, pmid=None, registration=None, registered=False) -> Record:
    """Make a record of what the evidence holds; author and year stand in the name of a trial."""
    told = TRIAL_ID.fullmatch(name)
    return Record(
        source="",
        title=title,
        authors=(told[1],) if told else (),
        year=int(told[2]) if told else None,
        doi=plain_doi(doi),
        pmid=plain_pmid(pmid),
        registry=registry_numbers(registration),
        registered=registered,
    )
