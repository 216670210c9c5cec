"""Checks every file of ``data/`` against the dictionary and collects what is wrong."""

import gc
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from alsreview.evidence.cards import card_faults, protocol_faults
from alsreview.evidence.certainty import Grade, read_certainty
from alsreview.evidence.checklist import checklist_faults, headings
from alsreview.evidence.citation import citation_faults
from alsreview.evidence.contradictions import contradictions
from alsreview.evidence.digest import find_root
from alsreview.evidence.files import read_table, read_text, read_yaml
from alsreview.evidence.reviews import read_reviews
from alsreview.evidence.rows import ROW_KEYS, order_faults, row_faults
from alsreview.evidence.searches import candidate_faults, read_queries
from alsreview.evidence.studies import STUDY_KEYS, study_faults
from alsreview.schema import Fault, Place, check_header, check_record, check_row

TRIAL_ID = re.compile(r"[a-z]+[0-9]{4}[a-z]?")
_YEAR = re.compile(r"(?:^|[,\s])year\s*=\s*[{\"]?(\d{4})\b", re.IGNORECASE)
TRIAL_FILES = {"trial.yml", "arms.csv", "reported.csv"}
TABLES = ("arms.csv", "reported.csv", "ongoing.csv", "searches.csv", "screening.csv", "candidates.csv")
SECTIONS = (
    *TABLES, "trial.yml", "review.yml", "outcomes.yml", "protocol.yml", "checklist.yml", "rules.yml",
    "certainty.yml", "search.yml",
)  # fmt: skip


@dataclass
class Reading:
    """What was read, typed, beside what was wrong with it."""

    rules: dict = field(default_factory=dict)
    outcomes: dict = field(default_factory=dict)
    protocol: dict = field(default_factory=dict)
    years: dict = field(default_factory=dict)
    cards: dict = field(default_factory=dict)
    reviews: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)
    checklist: dict = field(default_factory=dict)
    queries: dict = field(default_factory=dict)
    rows: dict = field(default_factory=lambda: {table: [] for table in TABLES})
    grade: Grade = field(default_factory=Grade)
    faults: list = field(default_factory=list)


def check_evidence(root: Path | None = None) -> list[Fault]:
    """Collect every fault of ``data/``, and of the citation.

    Returns
    -------
    list of Fault, sorted by place; empty when the data are well

    Raises
    ------
    DataError
        When no folder above the working one holds ``data/columns.yml``.
    """
    root = find_root(root)
    return sorted({*read_evidence(root, {"headings": headings(root)}).faults, *citation_faults(root)})


def read_evidence(root: Path | None = None, names: dict | None = None) -> Reading:
    """Read and check all of ``data/`` without raising on its faults.

    Parameters
    ----------
    root : the folder of the review
    names : what keys may refer to beyond the data, such as the headings of the chapters; a chapter that
        only reads the evidence does not depend on those of another
    """
    with _uncollected():
        return _read(find_root(root), names)


@contextmanager
def _uncollected():
    """Keep the garbage collector out: it would walk all that was read, again and again as that grows."""
    working = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if working:
            gc.enable()


def _read(root: Path, names: dict | None) -> Reading:
    reading = Reading()
    reading.rules, _ = _mapping(root, "data/columns.yml", reading)
    reading.faults += _dictionary_faults(reading.rules)
    if reading.faults:
        return reading
    reading.outcomes, lines = _mapping(root, "data/outcomes.yml", reading)
    names = (names or {}) | {"trials": {folder.name for folder in _folders(root)}}
    names |= {"outcomes": _keys(reading.outcomes, "outcomes")} if reading.outcomes else {}
    names |= _bibtex_keys(root, reading)
    _check_mapping("data/outcomes.yml", reading.outcomes, lines, names, reading)
    reading.protocol, lines = _mapping(root, "data/protocol.yml", reading)
    names |= {"analyses": _keys(reading.protocol, "analyses")} if reading.protocol else {}
    _check_mapping("data/protocol.yml", reading.protocol, lines, names, reading)
    reading.faults += protocol_faults(reading.protocol, lines)
    for folder in _folders(root):
        _read_trial(root, folder, names, reading)
    reading.reviews, faults = read_reviews(root, reading.rules["review.yml"], names)
    reading.faults += faults
    reading.faults += contradictions(reading.cards, reading.lines, reading.rows, reading.faults)
    _read_studies(root, names, reading)
    analyses = _keys(reading.protocol, "analyses")
    reading.grade, faults = read_certainty(root, reading.rules, names, analyses)
    reading.faults += faults
    return reading


def _dictionary_faults(rules: dict) -> list[Fault]:
    """List the sections that the dictionary lacks: without them nothing else can be checked."""
    faults = []
    for section in SECTIONS:
        fields = rules.get(section)
        if not isinstance(fields, dict) or not all(
            isinstance(f, dict) and "type" in f for f in fields.values()
        ):
            message = "expected this section of the dictionary, each column with its type"
            faults.append(Fault("data/columns.yml", 1, section, message))
    keys = {"arms.csv": {"outcome", "n", "mean", "events"}, "reported.csv": {"estimate", "direction", "p"}}
    keys |= STUDY_KEYS
    for table, needed in keys.items() if not faults else ():
        needed = needed | set(ROW_KEYS.get(table, ()))
        if not needed <= set(rules[table]):
            message = f"expected the columns {', '.join(sorted(needed))} in the dictionary"
            faults.append(Fault("data/columns.yml", 1, table, message))
    return faults


def _folders(root: Path) -> list[Path]:
    trials = root / "data/trials"
    return sorted(p for p in trials.iterdir() if not p.name.startswith(".")) if trials.is_dir() else []


def _bibtex_keys(root: Path, reading: Reading) -> dict[str, set]:
    path = root / "references.bib"
    text, faults = read_text(path, path.name) if path.is_file() else ("", [])
    reading.faults += faults
    if faults:
        return {}
    entries = re.findall(r"^@\w+\{\s*([^,\s]+)\s*,(.*?)(?=^@|\Z)", text, re.MULTILINE | re.DOTALL)
    years = ((key, _YEAR.search(fields)) for key, fields in entries)
    reading.years = {key: int(found[1]) for key, found in years if found}
    return {"references": {key for key, _ in entries}}


def _keys(mapping: dict, key: str) -> set:
    return set(mapping[key]) if isinstance(mapping.get(key), dict) else set()


def _mapping(root: Path, name: str, reading: Reading) -> tuple[dict, dict]:
    """Read a YAML file and the lines of its keys; note what is wrong with its form."""
    if not (root / name).is_file():
        reading.faults.append(Fault(name, 1, "file", "expected this file, found none"))
        return {}, {}
    data, lines, faults = read_yaml(root / name, name)
    reading.faults += faults
    return data, lines


def _check_mapping(name: str, data: dict, lines: dict, names: dict, reading: Reading) -> None:
    """Check a mapping against the dictionary; one that could not be read has its fault already."""
    rules = reading.rules.get(Path(name).name)
    if data and rules:
        reading.faults += check_record(data, rules, lines, Place(name, 1, names))


def _read_trial(root: Path, folder: Path, names: dict, reading: Reading) -> None:
    name = folder.relative_to(root).as_posix()
    if not folder.is_dir():
        reading.faults.append(Fault(name, 1, "file", "expected a folder for each trial, found a file"))
        return
    if not TRIAL_ID.fullmatch(folder.name):
        message = f"expected author and year such as lunetta2016, found {folder.name!r}"
        reading.faults.append(Fault(name, 1, "trial_id", message))
    if not (folder / "trial.yml").is_file():
        reading.faults.append(
            Fault(f"{name}/trial.yml", 1, "file", "expected the card of the trial, found none")
        )
        return
    strays = {p.name for p in folder.iterdir() if not p.name.startswith(".")} - TRIAL_FILES
    for stray in sorted(strays):
        message = f"expected only {', '.join(sorted(TRIAL_FILES))} for a trial, found this"
        reading.faults.append(Fault(f"{name}/{stray}", 1, "file", message))
    card, lines = _mapping(root, f"{name}/trial.yml", reading)
    own = {key: _keys(card, key) for key in ("arms", "contrasts", "sources")} if card else {}
    _check_mapping(f"{name}/trial.yml", card, lines, names | own, reading)
    reading.faults += card_faults(f"{name}/trial.yml", card, lines)
    reading.cards[folder.name], reading.lines[folder.name] = card, lines
    for table in ROW_KEYS:
        _read_rows(root, folder / table, names | own, reading, {"trial_id": folder.name})


def _read_studies(root: Path, names: dict, reading: Reading) -> None:
    """Read what became of every record, and the checklist; a review may not have them yet."""
    for table in ("ongoing.csv", "searches.csv"):
        _read_rows(root, root / "data" / table, names, reading, {})
    own = {"searches": {row["search_id"] for row in reading.rows["searches.csv"]}}
    for table in ("screening.csv", "candidates.csv"):
        _read_rows(root, root / "data" / table, names | own, reading, {})
    reading.faults += candidate_faults(reading.rows["candidates.csv"], reading.rows["screening.csv"])
    reading.queries, faults = read_queries(root, reading.rules["search.yml"], reading.cards)
    reading.faults += faults
    if (root / "data/screening.csv").is_file():
        reading.faults += study_faults(reading.rows, reading.cards, reading.faults)
    if (root / "data/checklist.yml").is_file():
        reading.checklist, lines = _mapping(root, "data/checklist.yml", reading)
        _check_mapping("data/checklist.yml", reading.checklist, lines, names, reading)
        reading.faults += checklist_faults(reading.checklist, lines)


def _read_rows(root: Path, path: Path, names: dict, reading: Reading, extra: dict) -> None:
    if not path.is_file():
        return
    name, table = path.relative_to(root).as_posix(), path.name
    rules = reading.rules.get(table, {})
    header, rows, faults = read_table(path, name)
    faults += check_header(header, rules, Place(name, 1, {})) if header else []
    typed, placed = [], []
    for line, cells in rows:
        place = Place(name, line, names)
        values, wrong = check_row(cells, rules, place)
        faults += wrong + row_faults(table, values, place, reading.outcomes, whole=not wrong)
        typed.append(extra | values | {"line": line, "file": name, "printed": cells})
        if not {fault.column for fault in wrong} & set(ROW_KEYS.get(table, ())):
            placed.append(typed[-1])
    faults += order_faults(table, placed, name) if set(ROW_KEYS.get(table, ())) <= set(header) else []
    reading.rows[table] += typed
    reading.faults += faults
