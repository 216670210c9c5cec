"""Knows the format of the data, and brings data of an older format to the present one."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from livingreview.evidence.dictionary import DICTIONARY
from livingreview.evidence.files import read_table
from livingreview.evidence.read import Reading, read_mapping, trial_folders
from livingreview.formats import count
from livingreview.schema import DataError, Fault
from livingreview.schema.values import shown

# Raised when data that were well formed no longer are; what brings older data to it stands below.
FORMAT = 3
# Values that have another name since.
RENAMED = {"hk_guarded": "hk_adhoc"}
_INTERVAL = re.compile(rf"(\binterval: *)({'|'.join(RENAMED)})\b")
_RULES = "data/certainty/rules.yml"
_PROTOCOL = "data/protocol.yml"


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
        message = (
            f"expected {FORMAT}, found {found}; bring the data to it with: python -m livingreview migrate"
        )
    elif type(found) is int:
        message = f"expected {FORMAT}, found {found}; the data need a newer livingreview"
    else:
        message = f"expected a whole number, found {shown(found)}"
    return Fault(_PROTOCOL, lines.get(("format",), 1), "format", message)


def migration(root: Path) -> tuple[dict[str, bytes], list[str]]:
    """Bring data of an older format to the present format, as far as that needs no judgement.

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
    files, notes, assumed = {}, [], 0
    for folder in trial_folders(root):
        for table in ("arms.csv", "reported.csv"):
            name = f"data/trials/{folder.name}/{table}"
            content, rows = _with_basis(root / name, name, reading)
            files |= {name: content} if rows else {}
            assumed += rows
    declared, without = _declared(root, protocol, reading)
    if reading.faults:
        raise DataError(reading.faults)
    files |= {_PROTOCOL: _protocol(root, protocol, lines, declared)} | without
    told = {key: ", ".join(value) for key, value in declared.items() if key != "entry_criteria"}
    notes += [
        f"{_PROTOCOL}: {key}: revise what is derived from the ids ({names})"
        for key, names in told.items()
        if names and not (key == "questions" and "questions" in protocol)
    ]
    if assumed:
        told = f"n_basis: set to assumed in {count(assumed, 'row')} whose n does not say what it counts"
        notes.append(f"{told}; revise each by its source")
    if (root / DICTIONARY).is_file():
        notes.append(f"{DICTIONARY}: keep only what differs from the dictionary of livingreview")
    return files, notes


def _is_older(protocol: dict) -> bool:
    found = protocol.get("format", 1)
    return type(found) is int and found < FORMAT


def _declared(root: Path, protocol: dict, reading: Reading) -> tuple[dict, dict[str, bytes]]:
    """Declare what the data name and the protocol does not, in words made of the ids.

    Returns
    -------
    (declared, files)
        Key of the protocol to its new content, and the rules of certainty without their outcomes, which now
        stand with the questions.
    """
    cards = [read_mapping(root, f"data/trials/{f.name}/trial.yml", reading)[0] for f in trial_folders(root)]
    outcomes, _ = read_mapping(root, "data/outcomes.yml", reading)
    screened, ongoing = (_cells(root, f"data/{table}.csv", reading) for table in ("screening", "ongoing"))
    harms = [
        row for f in trial_folders(root) for row in _cells(root, f"data/trials/{f.name}/harms.csv", reading)
    ]
    listed, files = _without_outcomes(root, reading)
    asked = protocol.get("questions") or {
        name: {
            "label": _plain(name),
            "group": name,
            "intervention": _plain(name),
            "comparator": "the comparator",
        }
        for name in dict.fromkeys(_asked([protocol, outcomes, cards]))
    }
    # Before any question said whose points they are, thresholds were those of the first analysis that pools.
    analyses = (protocol.get("analyses") or {}).values()
    pooled = [choice["outcomes"][0] for choice in analyses if choice.get("outcomes")]
    scale = {"reference_scale": pooled[0]} if pooled and outcomes.get("natural_decline") else {}
    questions = {
        name: {"population": "the population"} | _outcomes_of(question, listed) | scale | question
        for name, question in asked.items()
    }
    groups = [question["group"] for question in asked.values()]
    named = [harm for entry in listed for harm in entry.get("harms", ())]
    reasons = {row["reason"]: row["decision"] for row in screened if row.get("reason")}
    criteria = [each for card in cards for each in (card.get("population") or {}).get("asked", ())]
    found = {
        "groups": {
            name: {"label": _plain(name), "words": _plain(name)}
            for name in dict.fromkeys([*groups, *(row["question"] for row in screened + ongoing)])
        },
        "questions": questions,
        "entry_criteria": list(dict.fromkeys(criteria)),
        "harms": {
            name: {"words": _plain(name)} | ({"apart": True} if name in ("deaths", "withdrawals") else {})
            for name in dict.fromkeys([*named, *(row["harm"] for row in harms), "withdrawals"])
        },
        "reasons": {name: {"decision": told, "words": _plain(name)} for name, told in reasons.items()},
    }
    return {key: each for key, each in found.items() if key == "questions" or key not in protocol}, files


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _cells(root: Path, name: str, reading: Reading) -> list[dict[str, str]]:
    """Read the cells of a table as they are printed; none where there is no such table."""
    _, rows, faults = read_table(root / name, name) if (root / name).is_file() else ([], [], [])
    reading.faults += faults
    return [cells for _, cells in rows]


def _outcomes_of(question: dict, listed: list[dict]) -> dict:
    """Give a question its outcomes; entries of a still older form have neither a domain nor harms."""
    own = [
        {key: entry[key] for key in ("label", "importance", "domain", "harms") if key in entry}
        for entry in listed
        if entry.get("group", question["group"]) == question["group"] and {"domain", "harms"} & set(entry)
    ]
    return {"outcomes": own} if own else {}


def _without_outcomes(root: Path, reading: Reading) -> tuple[list[dict], dict[str, bytes]]:
    """Take the outcomes out of the rules of certainty, whose comments and order stay."""
    if not (root / _RULES).is_file():
        return [], {}
    rules, lines = read_mapping(root, _RULES, reading)
    if "outcomes" not in rules:
        return [], {}
    old = (root / _RULES).read_text(encoding="utf-8").splitlines(keepends=True)
    return rules["outcomes"], {_RULES: "".join(_cut(old, lines, "outcomes")).encode()}


def _cut(text: list[str], lines: dict, key: str) -> list[str]:
    """Leave out the lines of a top-level key, up to the next one."""
    tops = sorted(line for path, line in lines.items() if len(path) == 1)
    first = lines[(key,)]
    after = next((line for line in tops if line > first), len(text) + 1)
    kept = [line for line in text[first - 1 : after - 1] if line.startswith("#")]
    return [*text[: first - 1], *kept, *text[after - 1 :]]


def _asked(node) -> Iterator[str]:
    if isinstance(node, dict) and isinstance(node.get("question"), str):
        yield node["question"]
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in inner:
        yield from _asked(each)


def _protocol(root: Path, protocol: dict, lines: dict, declared: dict) -> bytes:
    """Add lines before the first key of the protocol, so that its comments and its order stay."""
    words = {key: each for key, each in declared.items() if each}
    style = {"sort_keys": False, "allow_unicode": True, "default_flow_style": None, "width": 1000}
    added = f"format: {FORMAT}\n" + (yaml.dump(words, Dumper=_Dumper, **style) if words else "")
    old = _INTERVAL.sub(lambda found: found[1] + RENAMED[found[2]], (root / _PROTOCOL).read_text("utf-8"))
    kept, first = (
        old.splitlines(keepends=True),
        min((line for path, line in lines.items() if len(path) == 1), default=1),
    )
    for key in [key for key in ("questions", "format") if (key,) in lines]:
        kept = _cut(kept, lines, key)
    new = "".join([*kept[: first - 1], added, *kept[first - 1 :]])
    try:
        # As elsewhere; the slower loader refuses question marks that data of format 1 have.
        whole = yaml.load(new, yaml.CSafeLoader)
        well = whole == _renamed(protocol) | {"format": FORMAT} | words
    except yaml.YAMLError:
        well = False
    if not well:
        message = "expected each key at the beginning of a line of its own"
        raise DataError([Fault(_PROTOCOL, first, "file", message)])
    return new.encode()


class _Dumper(yaml.SafeDumper):
    """Writes a list that is used twice in full, and not as an alias."""

    def ignore_aliases(self, data) -> bool:
        return True


def _renamed(node):
    if isinstance(node, list):
        return [_renamed(each) for each in node]
    if not isinstance(node, dict):
        return node
    renamed = {key: _renamed(each) for key, each in node.items()}
    if isinstance(renamed.get("interval"), str):
        renamed["interval"] = RENAMED.get(renamed["interval"], renamed["interval"])
    return renamed


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
