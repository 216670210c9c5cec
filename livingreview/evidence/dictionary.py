"""Reads the data dictionary, and by it the mappings and tables of a review, with what is wrong in them."""

import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

from livingreview.evidence.files import read_table, read_yaml
from livingreview.schema import VALUES, Fault, Found, Place, check_header, check_record, check_row

DICTIONARY = "data/columns.yml"
# The columns by which rows are sorted, so that a new row is a one-line change, and which name a row.
ROW_KEYS = {
    "arms.csv": ("outcome", "timepoint_weeks", "arm"),
    "reported.csv": ("outcome", "timepoint_weeks", "contrast"),
    "harms.csv": ("harm", "timepoint_weeks", "arm"),
}
_ORDER = ROW_KEYS | {
    "searches.csv": ("search_id",),
    "screening.csv": ("record_id",),
    "candidates.csv": ("record_id",),
    "reports.csv": ("record", "report"),
}
_TABLES = (*_ORDER, "ongoing.csv")

# ---- The dictionary: that of the engine, with what a review adds to it or changes in it

_NESTED = ("record", "records", "named")
_TEXT, _NUMBER, _NAMES = {"type": "text"}, {"type": "number"}, {"type": "list"}
# What a rule may say; a rule inside another one says the same.
_RULE: dict = {
    "label": _TEXT,
    "meaning": _TEXT | {"required": True},
    "type": {"type": "choice", "choices": [*VALUES, *_NESTED, "list"], "required": True},
    "required": {"type": "flag"},
    "of": _TEXT,
    "also": _NAMES,
    "choices": _NAMES,
    "items": {"type": "choice", "choices": list(VALUES)},
    "pattern": _TEXT,
    "unit": _TEXT,
    "at_least": _NUMBER,
    "above": _NUMBER,
    "at_most": _NUMBER,
    "range": {"type": "choice", "choices": ["outcome"]},
    "example": _TEXT,
}
_RULE["fields"] = {"type": "named", "fields": _RULE}
# What a rule must say too, given its type or that of its items.
_NEEDED = {"choice": "choices", "key": "of"} | dict.fromkeys(_NESTED, "fields")


def read_dictionary(root: Path) -> tuple[dict, list[Fault]]:
    """Read the sections of the dictionary that hold for a review, and what is wrong with them."""
    engine = engine_file("columns.yml")
    if not (root / DICTIONARY).is_file():
        return engine, []
    own, lines, faults = read_yaml(root / DICTIONARY, DICTIONARY)
    joined = joined_with(engine, own)
    # What the review leaves as it is needs no check.
    changed = {section: rules for section, rules in joined.items() if section in own}
    return joined, faults or _dictionary_faults(changed, Place(DICTIONARY, lines=lines), engine)


def joined_with(default: dict, own: dict) -> dict:
    """Join two mappings key by key; what is not a mapping in both is that of the second."""
    joined = dict(default)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(default.get(key), dict)
        joined[key] = joined_with(default[key], value) if both else value
    return joined


@cache
def engine_file(name: str) -> dict:
    """Read a file of this folder, which holds for every review."""
    return read_yaml(Path(__file__).with_name(name), f"livingreview/evidence/{name}")[0]


def _dictionary_faults(rules: dict, place: Place, engine: dict) -> list[Fault]:
    """List what is wrong with a dictionary: what is checked with it later must not fail.

    The sections and types of the engine's dictionary hold for every review.
    """
    sections = {section: {"type": "named", "fields": _RULE} for section in engine}
    if faults := check_record(rules, sections, place):
        return faults
    types = {path: rule["type"] for path, rule in _walk(engine)}
    for path, rule in _walk(rules):
        needed = _NEEDED.get(rule.get("items", rule["type"]))
        kind = types.get(path, rule["type"])
        if kind != rule["type"]:
            told = f"expected the type that it has in every review ({kind}), found {rule['type']}"
            faults.append(place.fault(path, told))
        elif needed and needed not in rule:
            faults.append(place.fault(path, f"expected the key {needed}, found none"))
        try:
            re.compile(rule.get("pattern", ""))
        except re.error as error:
            told = f"expected a regular expression as pattern, found {rule['pattern']!r} ({error})"
            faults.append(place.fault(path, told))
    return faults


def _walk(rules: dict, at: tuple = ()) -> Iterator[tuple[tuple, dict]]:
    """Yield every rule with its path, each before those inside it."""
    for key, rule in rules.items():
        if at:
            yield (*at, key), rule
        yield from _walk(rule.get("fields", {}) if at else rule, (*at, key, *(["fields"] if at else [])))


# ---- Mappings and tables


@dataclass
class Grade:
    """The rules of certainty, empty where the review has none, and the decision on each analysis."""

    rules: dict = field(default_factory=dict)
    decisions: dict = field(default_factory=dict)


@dataclass
class Reading:
    """All that was read of a review, typed, with what is wrong in it.

    A mapping that does not fit the dictionary has its faults and is not kept: a second check would blame it
    for the same again.

    Attributes
    ----------
    rules : the dictionary
    names : what the keys of any file may refer to, such as ``trials``
    years : key of the bibliography to the year of publication
    lines : trial id to the lines of its card
    rows : table to its typed rows
    """

    root: Path
    rules: dict = field(default_factory=dict)
    names: dict = field(default_factory=dict)
    outcomes: dict = field(default_factory=dict)
    protocol: dict = field(default_factory=dict)
    years: dict = field(default_factory=dict)
    cards: dict = field(default_factory=dict)
    reviews: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)
    appraisals: dict = field(default_factory=dict)
    checklist: dict = field(default_factory=dict)
    queries: dict = field(default_factory=dict)
    rows: dict = field(default_factory=lambda: {table: [] for table in _TABLES})
    grade: Grade = field(default_factory=Grade)
    faults: list = field(default_factory=list)

    def read(self, name: str) -> tuple[dict | None, Place]:
        """Read a YAML file of the review and the lines of its keys; None where it is no mapping."""
        if not (self.root / name).is_file():
            self.faults.append(Fault(name, 1, "file", "expected this file, found none"))
            return None, Place(name)
        data, lines, faults = read_yaml(self.root / name, name)
        self.faults += faults
        return data if lines or not faults else None, Place(name, lines=lines)

    def fits(self, data: dict | None, place: Place, section: str = "", **names) -> bool:
        """Check what was read against the section of the file's name, and return whether it fits.

        Keys may refer to ``names`` beside those that hold for any file.
        """
        if data is None:
            return False
        place = Place(place.path, lines=place.lines, names=self.names | names)
        faults = check_record(data, self.rules[section or Path(place.path).name], place)
        self.faults += faults
        return not faults

    def files(self, folder: str, stems: Container[str], expected: str) -> Iterator[str]:
        """Yield the YAML files of a folder by their path from the root, and note what has another name."""
        path = self.root / folder
        for each in sorted(path.iterdir()) if path.is_dir() else ():
            name = f"{folder}/{each.name}"
            if each.is_file() and each.suffix == ".yml" and each.stem in stems:
                yield name
            elif not each.name.startswith("."):
                self.faults.append(Fault(name, 1, "file", f"expected {expected}, found {each.name!r}"))

    def note(self, place: Place, found: Found) -> None:
        """Note what a check found at a place."""
        self.faults += [place.fault(*each) for each in found]

    def read_rows(self, name: str, check: Callable | None = None, **names) -> None:
        """Read a table, if it is there, and add its typed rows; those of a trial get its id.

        ``check`` yields what is wrong between the values of a row, given whether each is well by itself.
        """
        path = self.root / name
        if not path.is_file():
            return
        table, keys = path.name, _ORDER.get(path.name, ())
        header, rows, faults = read_table(path, name)
        self.faults += faults
        if header:
            self.faults += check_header(header, self.rules[table], Place(name))
        trial = {"trial_id": path.parent.name} if table in ROW_KEYS else {}
        known, placed = self.names | names, []
        for line, cells in rows:
            place = Place(name, line, names=known)
            values, wrong = check_row(cells, self.rules[table], place)
            self.faults += wrong
            if check:
                self.note(place, check(values, whole=not wrong))
            row = trial | values | {"line": line, "file": name, "printed": cells}
            self.rows[table].append(row)
            if not {fault.column for fault in wrong} & set(keys):
                placed.append(row)
        if keys and set(keys) <= set(header):
            self.faults += _order_faults(placed, keys)


def keys_of(data: dict, *sections: str) -> dict[str, set | None]:
    """Return the keys of mappings within another, by section; None where something else stands there."""
    found = {section: data.get(section, {}) for section in sections}
    return {section: set(each) if isinstance(each, dict) else None for section, each in found.items()}


def _order_faults(rows: list[dict], keys: tuple[str, ...]) -> list[Fault]:
    """List rows given twice, and the first row that breaks the order."""
    faults, seen = [], {}
    order = [tuple(-1e9 if row[key] is None else row[key] for key in keys) for row in rows]
    for key, row in zip(order, rows, strict=True):
        # Two printed estimates of a contrast may stand side by side (all people, completers); no other rows.
        own = tuple(v for k, v in row.items() if k not in ("line", "printed")) if "contrast" in keys else key
        first = seen.setdefault(own, row["line"])
        if first != row["line"]:
            told = f"expected one row for each {', '.join(keys)}, found a duplicate row of line {first}"
            if len(keys) == 1:
                told = f"expected each {keys[0]} once, found {key[0]!r} on line {first} too"
            faults.append(Fault(row["file"], row["line"], keys[-1], told))
    for (before, _), (after, row) in pairwise(zip(order, rows, strict=True)):
        if after < before:
            told = f"expected rows sorted by {', '.join(keys)}, found one out of place"
            return [*faults, Fault(row["file"], row["line"], keys[0], told)]
    return faults
