"""Reads the data dictionary: that of the engine, with what a review adds to it or changes in it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from livingreview.evidence.files import read_yaml
from livingreview.schema import Fault, Place, check_record
from livingreview.schema.values import VALUES

DICTIONARY = "data/columns.yml"
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
    """Read the sections of the dictionary that hold for a review, and what is wrong with them.

    Parameters
    ----------
    root : the folder of the review; its own ``data/columns.yml`` is optional
    """
    engine, faults = _engine()
    if faults or not (root / DICTIONARY).is_file():
        return engine, faults
    own, lines, faults = read_yaml(root / DICTIONARY, DICTIONARY)
    joined = joined_with(engine, own)
    return joined, faults or _dictionary_faults(joined, lines, DICTIONARY, engine)


def joined_with(default: dict, own: dict) -> dict:
    """Join two mappings key by key; what is not a mapping in both is that of the second."""
    joined = dict(default)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(default.get(key), dict)
        joined[key] = joined_with(default[key], value) if both else value
    return joined


def engine_file(name: str) -> tuple[dict, dict, list[Fault]]:
    """Read a file of this folder, which holds for every review, as `read_yaml` does."""
    return read_yaml(Path(__file__).with_name(name), f"livingreview/evidence/{name}")


@cache
def _engine() -> tuple[dict, list[Fault]]:
    rules, lines, faults = engine_file("columns.yml")
    return rules, faults or _dictionary_faults(rules, lines, "livingreview/evidence/columns.yml", rules)


def _dictionary_faults(rules: dict, lines: dict, name: str, engine: dict) -> list[Fault]:
    """List what is wrong with a dictionary: what is checked with it later must not fail.

    Parameters
    ----------
    rules, lines, name : the dictionary, and the lines and the name of the file that is at fault if it is
    engine : the dictionary of the engine, whose sections and types hold for every review
    """
    sections = {section: {"type": "named", "fields": _RULE} for section in engine}
    faults = check_record(rules, sections, lines, Place(name, 1, {}))
    if faults:
        return faults
    types = {path: rule["type"] for path, rule in _walk(engine)}
    for path, rule in _walk(rules):
        needed = _NEEDED.get(rule.get("items", rule["type"]))
        told = f"expected the key {needed}, found none" if needed and needed not in rule else ""
        kind = types.get(path, rule["type"])
        if kind != rule["type"]:
            told = f"expected the type that it has in every review ({kind}), found {rule['type']}"
        told = told or _pattern_fault(rule)
        if told:
            faults.append(Fault(name, lines.get(path, 1), ".".join(path), told))
    return faults


def _walk(rules: dict, at: tuple = ()) -> Iterator[tuple[tuple, dict]]:
    """Yield every rule with its path, each before those inside it."""
    for key, rule in rules.items():
        if at:
            yield (*at, key), rule
        yield from _walk(rule.get("fields", {}) if at else rule, (*at, key, *(["fields"] if at else [])))


def _pattern_fault(rule: dict) -> str:
    try:
        re.compile(rule.get("pattern", ""))
    except re.error as error:
        return f"expected a regular expression as pattern, found {rule['pattern']!r} ({error})"
    return ""
