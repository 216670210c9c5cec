"""Describes records of reports and trials, tells known ones from new, and edits the tables that hold them."""

import re
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pandas as pd
import yaml
from rapidfuzz import fuzz, process, utils

from livingreview.evidence import Evidence
from livingreview.evidence.files import replace_files
from livingreview.evidence.load import read_evidence
from livingreview.evidence.trials import TRIAL_ID
from livingreview.formats import is_missing
from livingreview.schema import DataError

SCREENING, ONGOING = "data/screening.csv", "data/ongoing.csv"
CANDIDATES, SEARCHES = "data/candidates.csv", "data/searches.csv"
UNTITLED = "(no title given)"
# Likeness of two titles out of 100, without case and punctuation.  From here on, with the same first author
# and a year no more than one apart, two records are one.  High on purpose: to screen a record twice costs a
# minute, and to take a second trial of one author ("rowing" for "cycling") for the first one costs a trial.
SAME = 97.0
# From here on the likeness is mentioned to the person who screens.
ALIKE = 80.0
# A shorter title ("Reply") must be identical.
SHORTEST = 25
_INITIALS = re.compile(r"\s+[A-Z](?:[.\s-]*[A-Z]){0,2}\.?$")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_REGISTRY = re.compile(
    r"NCT\d{8}|ACTRN\d{14}|ISRCTN\d{6,8}|ChiCTR-?[A-Z]*-?\d{8,10}|NTR\d{3,5}|NL-?OMON\d+|UMIN\d{9}"
    r"|jRCT[a-z]*\d{8,10}|IRCT\d+N\d+|CTRI/\d{4}/\d{2,3}/\d+|RBR-[0-9a-z]{6,8}|DRKS\d{8}|KCT\d{7}"
    r"|EUCTR\d{4}-\d{6}-\d{2}|\d{4}-\d{6}-\d{2}(?:-\d{2})?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Record:
    """What databases and registries say of a report or a registered trial, without any result.

    Attributes
    ----------
    sources : the databases and registries that said something
    authors : family name and given names or initials, in order; a name in one piece has no second part
    year : of publication, or of the first entry in a registry
    doi, pmid : as `plain_doi` and `plain_pmid` give them; empty when there is none
    registry : registry numbers it is or names, as `registry_numbers` gives them
    registered : whether the record is an entry of a registry, and no report
    allocation : "randomized", "not_randomized" or empty
    retracted : who says that the report is retracted, and where
    notice_of : DOI of the report that this one retracts or corrects, when it is such a notice
    arms : label and role of each registered arm; the role is empty where it is not plain
    """

    sources: tuple[str, ...] = ()
    title: str = ""
    authors: tuple[tuple[str, str], ...] = ()
    year: int | None = None
    journal: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    registry: tuple[str, ...] = ()
    registered: bool = False
    allocation: str = ""
    design: str = ""
    blinding: str = ""
    country: str = ""
    retracted: str = ""
    notice_of: str = ""
    arms: tuple[tuple[str, str], ...] = ()

    @property
    def registration(self) -> str:
        """The first registry number; empty when there is none."""
        return next(iter(self.registry), "")

    @property
    def numbers(self) -> set[str]:
        """The numbers by which the trial of this record is found again."""
        return {self.doi, self.pmid, self.registration} - {""}

    @property
    def names(self) -> list[str]:
        """The authors, each as one text."""
        return [" ".join(filter(None, author)) for author in self.authors]

    def filled(self, other: "Record") -> "Record":
        """Fill what is empty here with what another source says."""
        empty = [each.name for each in fields(self) if not getattr(self, each.name)]
        said = {name: getattr(other, name) for name in empty}
        return replace(self, **said | {"sources": (*self.sources, *other.sources)})


def plain_doi(text: str | None) -> str:
    """Return a DOI in lower case, without the address before it; empty when there is none."""
    found = _DOI.search(one_line(text))
    return found[0].lower().rstrip(".,;") if found else ""


def plain_pmid(text: str | None) -> str:
    """Return a PubMed number as its digits; empty when the text is no such number."""
    found = re.fullmatch(r"(?:pmid:?)?\s*0*([1-9]\d{0,7})", one_line(text), re.IGNORECASE)
    return found[1] if found else ""


def registry_numbers(*texts: str | None) -> tuple[str, ...]:
    """List the registry numbers in some texts, in capitals and in order, each once."""
    found = [number.upper() for text in texts for number in _REGISTRY.findall(one_line(text))]
    return tuple(dict.fromkeys(found))


def one_line(text: object) -> str:
    """Join a text's lines and leave out characters that cannot be printed."""
    shown = "".join(c if c.isprintable() else " " for c in str(text or ""))
    return " ".join(shown.split())


def year_of(text: object) -> int | None:
    """Return the year that a date begins with."""
    start = str(text or "")[:4]
    return int(start) if start.isdecimal() and 1800 <= int(start) <= 2200 else None


def study_address(numbers: str) -> str:
    """Return the address of the first ClinicalTrials.gov number in a text; empty when there is none."""
    found = [number for number in registry_numbers(numbers) if number.startswith("NCT")]
    return f"https://clinicaltrials.gov/study/{found[0]}" if found else ""


# ---- Which records are known


class Known:
    """The records that are known, by number and by title; ``names`` are those that are taken."""

    def __init__(self):
        self.names: set[str] = set()
        self._numbers: dict[str, str] = {}
        self._trials: dict[str, str] = {}
        self._titles: list[tuple[str, Record, str]] = []

    def add(self, record: Record, name: str) -> None:
        """Add a record under a name."""
        self.names.add(name)
        for number in _own_numbers(record):
            self._numbers.setdefault(number, name)
        for number in record.registry:
            self._trials.setdefault(number, name)
        if title := _plain_title(record.title):
            self._titles.append((title, record, name))

    def look_up(self, record: Record) -> tuple[str, str]:
        """Return the name under which a record is known; else nothing, and why a person should screen it."""
        for number in _own_numbers(record):
            if number in self._numbers:
                return self._numbers[number], ""
        score, other, name = self._nearest(record)
        if score >= SAME and _is_same_report(record, other):
            return name, ""
        reasons = [
            f"names {each} of {self._trials[each]}" for each in record.registry if each in self._trials
        ]
        reasons += [f"title {score:.0f} of 100 like that of {name}"] if score >= ALIKE else []
        return "", "; ".join(reasons) or "no number or title like it is known"

    def _nearest(self, record: Record) -> tuple[float, Record, str]:
        """Find the record with the title most like this one; of several, that of the same author and year."""
        title = _plain_title(record.title)
        titles = [known for known, _, _ in self._titles] if title else []
        least = ALIKE if len(title) >= SHORTEST else 100.0
        alike = process.extract(title, titles, scorer=fuzz.ratio, score_cutoff=least, limit=5)
        found = [(score, *self._titles[place][1:]) for _, score, place in alike]
        return max(found, key=lambda each: _is_same_report(record, each[1]), default=(0.0, record, ""))


def _own_numbers(record: Record) -> list[str]:
    """List the numbers that identify a record; a report is not the registry entry that it names."""
    return [*filter(None, (record.doi, record.pmid)), *(record.registry if record.registered else ())]


def _is_same_report(one: Record, other: Record) -> bool:
    """Return whether two records with one title can be one report: no number may differ."""
    differs = any(a and b and a != b for a, b in ((one.doi, other.doi), (one.pmid, other.pmid)))
    if differs or one.registered != other.registered:
        return False
    if one.year is None or other.year is None or abs(one.year - other.year) > 1:
        return False
    return bool(_surname(one)) and _surname(one) == _surname(other)


def _surname(record: Record) -> str:
    """Return the first author's surname in lower case without accents, for comparison."""
    whole = next(iter(record.names), "")
    if not record.registered:  # "Smith, Christian", "Smith, C.", "Smith C" and "Smith C.-A." are one
        whole = _INITIALS.sub("", whole.split(",")[0])
    return re.sub(r"[^a-z]", "", _ascii(whole).lower())


def _plain_title(title: str) -> str:
    """Return a title without case, punctuation and accents."""
    return " ".join(utils.default_process(_ascii(title)).split())


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def known_of(evidence: Evidence) -> Known:
    """Collect what the review knows: trials with their sources, screened and waiting records, reviews."""
    known = Known()
    for trial_id, card in evidence.cards.items():
        report = _record(card, trial_id)
        known.add(report, trial_id)
        known.add(replace(report, title="", registered=True), trial_id)
    for row in evidence.sources.to_dict("records"):
        known.add(_record({"doi": row["doi"], "pmid": row["pmid"]}), row["trial_id"])
    for row in evidence.screening.to_dict("records"):
        report = _record(row, row["record_id"])
        known.add(report, row["record_id"])
        if row["found_in"] == "registry":
            known.add(replace(report, registered=True, doi="", pmid=""), row["record_id"])
    for row in evidence.ongoing.to_dict("records"):
        known.add(replace(_record(row), registered=True), row["id"])
    for review_id, card in evidence.reviews.items():
        known.add(_record(card, review_id), review_id)
    for row in evidence.candidates.to_dict("records"):
        known.add(_candidate(row), row["record_id"])
    return known


def _record(row: Mapping, name: str = "") -> Record:
    """Make a record of what the evidence holds; author and year stand in the name of a trial."""
    told = TRIAL_ID.fullmatch(name)
    return Record(
        title="" if row.get("title") == UNTITLED else row.get("title", ""),
        authors=((told[1], ""),) if told else (),
        year=int(told[2]) if told else None,
        doi=plain_doi(row.get("doi")),
        pmid=plain_pmid(row.get("pmid")),
        registry=registry_numbers(row.get("registration"), row.get("registry"), row.get("id")),
    )


def _candidate(row: Mapping) -> Record:
    told = _record(row)
    return replace(
        told,
        authors=tuple((name, "") for name in (row["authors"] or "").split("; ") if name),
        year=None if is_missing(row["year"]) else int(row["year"]),
        registered=row["record_id"] in told.registry,
    )


# ---- The tables that records stand in


def read_rows(evidence: Evidence, name: str) -> pd.DataFrame:
    """Read a table of the review as text, if there is one, with all the columns that it may have."""
    path, columns = evidence.root / name, list(evidence.columns[Path(name).name])
    if not path.is_file():
        return pd.DataFrame(columns=columns)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    return rows.reindex(columns=[*columns, *rows.columns.difference(columns, sort=False)], fill_value="")


def with_rows(table: pd.DataFrame, *rows: Mapping[str, str]) -> pd.DataFrame:
    """Add rows; all stand in the order of the first column."""
    grown = pd.concat([table, pd.DataFrame(rows, columns=table.columns)]).fillna("")
    return grown.sort_values(grown.columns[0])


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Write a table as the file of a review."""
    return table.to_csv(index=False, lineterminator="\n").encode()


def numbers_of(row: Mapping[str, str]) -> set[str]:
    """Return the numbers by which the record of a row is found again, in their plain form."""
    found = {plain_doi(row.get("doi")), plain_pmid(row.get("pmid"))}
    registered = registry_numbers(row.get("registration"), row.get("registry"), row.get("record_id"))
    return {*found, *registered} - {""}


def flow(value: object) -> str:
    """Write a value on one line of YAML."""
    text = yaml.safe_dump(value, allow_unicode=True, width=10**6, default_flow_style=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def write_checked(root: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write files of the review if its data are well formed with them, and return their names.

    Parameters
    ----------
    root : folder of the review
    files : path from the root to content

    Raises
    ------
    DataError
        With every fault that the data would have; nothing is written then.
    """
    with tempfile.TemporaryDirectory(prefix="review-") as scratch:
        copy = Path(scratch)
        shutil.copytree(root / "data", copy / "data")
        if (root / "references.bib").is_file():
            shutil.copy(root / "references.bib", copy)
        replace_files(copy, files)
        if faults := read_evidence(copy).faults:
            raise DataError(faults)
    replace_files(root, files)
    return list(files)
