"""Knows the format of the data, and brings data of an older format to the present one."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import yaml

from alsreview.evidence.files import read_table
from alsreview.evidence.read import Reading, read_mapping, trial_folders
from alsreview.formats import count
from alsreview.schema import DataError, Fault
from alsreview.schema.values import shown

# Raised when data that were well formed no longer are; what brings older data to it stands below.
FORMAT = 2
# What the data of this format have and those of format 1 had not, by section of the dictionary.
ADDED = {"protocol.yml": ("format", "questions"), "arms.csv": ("n_basis",), "reported.csv": ("n_basis",)}
_PROTOCOL, _DICTIONARY = "data/protocol.yml", "data/columns.yml"


def format_fault(protocol: dict, lines: dict) -> Fault | None:
    """Say why data of this protocol cannot be read; None where they have the present format.

    Parameters
    ----------
    protocol, lines : ``protocol.yml`` as read, and the lines of its keys
    """
    found = protocol.get("format", "none")
    if type(found) is int and found == FORMAT:
        return None
    if _is_older(protocol):
        message = f"expected {FORMAT}, found {found}; bring the data to it with: python -m alsreview migrate"
    elif type(found) is int:
        message = f"expected {FORMAT}, found {found}; the data need a newer alsreview"
    else:
        message = f"expected a whole number, found {shown(found)}"
    return Fault(_PROTOCOL, lines.get(("format",), 1), "format", message)


def migration(root: Path) -> tuple[dict[str, bytes], list[str]]:
    """Bring data of format 1 to the present format, as far as that needs no judgement.

    Returns
    -------
    (files, notes)
        Path from the root to new content, for each file that changes, and what a person must revise; both
        empty where the data have the present format already. Nothing is written.

    Raises
    ------
    DataError
        When the data need a newer engine, a file that is to change cannot be read, or the protocol has a
        form to which no line can be added.
    """
    reading = Reading()
    protocol, lines = read_mapping(root, _PROTOCOL, reading)
    fault = None if reading.faults else format_fault(protocol, lines)
    if reading.faults or (fault and not _is_older(protocol)):
        raise DataError(reading.faults or [fault])
    if not fault:
        return {}, []
    questions = {} if "questions" in protocol else _questions(root, protocol, reading)
    files, notes, assumed = {_PROTOCOL: _protocol(root, protocol, lines, questions)}, [], 0
    if questions:
        names = ", ".join(questions)
        notes.append(f"{_PROTOCOL}: questions: revise the words, which are derived from the ids ({names})")
    for folder in trial_folders(root):
        for table in ("arms.csv", "reported.csv"):
            name = f"data/trials/{folder.name}/{table}"
            content, rows = _with_basis(root / name, name, reading)
            files |= {name: content} if rows else {}
            assumed += rows
    if reading.faults:
        raise DataError(reading.faults)
    if assumed:
        told = f"n_basis: set to assumed in {count(assumed, 'row')} whose n does not say what it counts"
        notes.append(f"{told}; revise each by its source")
    rules, _ = read_mapping(root, _DICTIONARY, reading)
    if any(not set(keys) <= set(rules.get(section) or ()) for section, keys in ADDED.items()):
        notes.append(f"{_DICTIONARY}: replace it with the dictionary that comes with this alsreview")
    return files, notes


def _is_older(protocol: dict) -> bool:
    found = protocol.get("format", 1)
    return type(found) is int and found < FORMAT


def _questions(root: Path, protocol: dict, reading: Reading) -> dict[str, dict]:
    """Declare every question that the data name, in words made of its id."""
    cards = [read_mapping(root, f"data/trials/{f.name}/trial.yml", reading)[0] for f in trial_folders(root)]
    outcomes, _ = read_mapping(root, "data/outcomes.yml", reading)
    words = {
        name: {"label": name.replace("_", " "), "group": name, "intervention": name.replace("_", " ")}
        for name in dict.fromkeys(_asked([protocol, outcomes, cards]))
    }
    return {name: said | {"comparator": "the comparator"} for name, said in words.items()}


def _asked(node) -> Iterator[str]:
    if isinstance(node, dict) and isinstance(node.get("question"), str):
        yield node["question"]
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in inner:
        yield from _asked(each)


def _protocol(root: Path, protocol: dict, lines: dict, questions: dict) -> bytes:
    """Add lines before the first key of the protocol, so that its comments and its order stay."""
    words = {"questions": questions} if questions else {}
    style = {"sort_keys": False, "allow_unicode": True, "default_flow_style": None, "width": 1000}
    text = f"format: {FORMAT}\n" + (yaml.safe_dump(words, **style) if words else "")
    old = (root / _PROTOCOL).read_text(encoding="utf-8").splitlines(keepends=True)
    first = min((line for path, line in lines.items() if len(path) == 1), default=1) - 1
    gone = lines.get(("format",), 0) - 1
    kept = [line if number != gone else "" for number, line in enumerate(old)]
    new = "".join([*kept[:first], text, *kept[first:]])
    try:
        # As elsewhere; the slower loader refuses question marks that data of format 1 have.
        whole, before = (yaml.load(part, yaml.CSafeLoader) for part in (new, "".join(old)))
        well = whole == before | {"format": FORMAT} | words
    except yaml.YAMLError:
        well = False
    if not well:
        message = "expected each key at the beginning of a line of its own"
        raise DataError([Fault(_PROTOCOL, first + 1, "file", message)])
    return new.encode()


def _with_basis(path: Path, name: str, reading: Reading) -> tuple[bytes, int]:
    """Say of each n that does not tell what it counts that this is assumed, and count these rows."""
    header, rows, faults = read_table(path, name) if path.is_file() else ([], [], [])
    reading.faults += faults
    untold = [cells for _, cells in rows if cells.get("n") and not cells.get("n_basis")]
    if not untold:
        return b"", 0
    if "n_basis" not in header:
        header.insert(header.index("n") + 1, "n_basis")
    for cells in untold:
        cells["n_basis"] = "assumed"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([header, *([cells.get(column, "") for column in header] for _, cells in rows)])
    return text.getvalue().encode(), len(untold)
