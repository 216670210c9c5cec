"""Knows the format of the data, and brings data of an older format to the present one."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from livingreview.evidence.dictionary import DICTIONARY, Reading
from livingreview.evidence.files import read_table
from livingreview.evidence.protocol import PROTOCOL, RULES
from livingreview.evidence.trials import trial_folders
from livingreview.formats import count
from livingreview.schema import DataError, Fault, Place, shown

# Raised when data that were well formed no longer are; what brings older data to it stands below.
FORMAT = 3
# Values that have another name since.
RENAMED = {"hk_guarded": "hk_adhoc"}
_INTERVAL = re.compile(rf"(\binterval: *)({'|'.join(RENAMED)})\b")


def format_fault(protocol: dict, place: Place) -> Fault | None:
    """Return why data with this protocol cannot be read; None where they have the present format."""
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
    return place.fault("format", message)


def _is_older(protocol: dict) -> bool:
    found = protocol.get("format", 1)
    return type(found) is int and found < FORMAT


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
    reading = Reading(root)
    protocol, place = reading.read(PROTOCOL)
    fault = None if reading.faults else format_fault(protocol, place)
    if reading.faults or (fault and not _is_older(protocol)):
        raise DataError(reading.faults or [fault])
    if not fault:
        return {}, []
    files, assumed = {}, 0
    for folder in trial_folders(root):
        for table in ("arms.csv", "reported.csv"):
            name = f"data/trials/{folder.name}/{table}"
            header, rows = _table(reading, name)
            untold = [cells for cells in rows if cells.get("n") and not cells.get("n_basis")]
            files |= {name: _with_basis(header, rows, untold)} if untold else {}
            assumed += len(untold)
    outcomes, files[RULES] = _split_rules(reading)
    declared = _declared(reading, protocol, outcomes)
    if reading.faults:
        raise DataError(reading.faults)
    files[PROTOCOL] = _protocol(root, protocol, place, declared)
    notes = [
        f"{PROTOCOL}: {key}: revise what is derived from the ids ({', '.join(names)})"
        for key, names in declared.items()
        if names and key != "entry_criteria" and key not in protocol
    ]
    if assumed:
        told = f"n_basis: set to assumed in {count(assumed, 'row')} whose n does not say what it counts"
        notes.append(f"{told}; revise each by its source")
    if (root / DICTIONARY).is_file():
        notes.append(f"{DICTIONARY}: keep only what differs from the dictionary of livingreview")
    return {name: content for name, content in files.items() if content}, notes


def _table(reading: Reading, name: str) -> tuple[list[str], list[dict[str, str]]]:
    """Read the cells of a table as they are printed; none where there is no such table."""
    path = reading.root / name
    header, rows, faults = read_table(path, name) if path.is_file() else ([], [], [])
    reading.faults += faults
    return header, [cells for _, cells in rows]


def _with_basis(header: list[str], rows: list[dict], untold: list[dict]) -> bytes:
    """Say of each n that does not tell what it counts that this is assumed."""
    if "n_basis" not in header:
        header.insert(header.index("n") + 1, "n_basis")
    for cells in untold:
        cells["n_basis"] = "assumed"
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _split_rules(reading: Reading) -> tuple[list[dict], bytes]:
    """Take the outcomes, which now stand with the questions, out of the rules of certainty."""
    rules, place = reading.read(RULES) if (reading.root / RULES).is_file() else (None, None)
    if "outcomes" not in (rules or {}):
        return [], b""
    text = (reading.root / RULES).read_text(encoding="utf-8").splitlines(keepends=True)
    return rules["outcomes"], "".join(_cut(text, place.lines, "outcomes")).encode()


def _cut(text: list[str], lines: dict, key: str) -> list[str]:
    """Leave out the lines of a top-level key, up to the next one; comments stay."""
    first = lines[(key,)]
    after = min((n for path, n in lines.items() if len(path) == 1 and n > first), default=len(text) + 1)
    comments = [line for line in text[first - 1 : after - 1] if line.startswith("#")]
    return [*text[: first - 1], *comments, *text[after - 1 :]]


def _declared(reading: Reading, protocol: dict, listed: list[dict]) -> dict:
    """Declare what the data name and the protocol does not, in words made of the ids."""
    trials = [f"data/trials/{folder.name}" for folder in trial_folders(reading.root)]
    cards = [reading.read(f"{trial}/trial.yml")[0] or {} for trial in trials]
    outcomes = reading.read("data/outcomes.yml")[0] or {}
    harms = [row["harm"] for trial in trials for row in _table(reading, f"{trial}/harms.csv")[1]]
    screened, ongoing = (_table(reading, f"data/{name}.csv")[1] for name in ("screening", "ongoing"))
    questions = protocol.get("questions") or {
        name: {"label": _plain(name), "group": name, "intervention": _plain(name)}
        | {"comparator": "the comparator"}
        for name in _asked([protocol, outcomes, cards])
    }
    # Before any question said whose points they are, thresholds were those of the first analysis that pools.
    analyses = (protocol.get("analyses") or {}).values()
    pooled = [choice["outcomes"][0] for choice in analyses if choice.get("outcomes")]
    scale = {"reference_scale": pooled[0]} if pooled and outcomes.get("natural_decline") else {}
    groups = [question["group"] for question in questions.values()]
    groups += [row["question"] for row in screened + ongoing]
    harms = [harm for entry in listed for harm in entry.get("harms", ())] + harms + ["withdrawals"]
    reasons = {row["reason"]: row["decision"] for row in screened if row.get("reason")}
    criteria = [each for card in cards for each in (card.get("population") or {}).get("asked", ())]
    found = {
        "groups": {name: {"label": _plain(name), "words": _plain(name)} for name in groups},
        "questions": {
            name: {"population": "the population"} | _outcomes_of(question, listed) | scale | question
            for name, question in questions.items()
        },
        "entry_criteria": list(dict.fromkeys(criteria)),
        "harms": {
            name: {"words": _plain(name)} | ({"apart": True} if name in ("deaths", "withdrawals") else {})
            for name in harms
        },
        "reasons": {name: {"decision": told, "words": _plain(name)} for name, told in reasons.items()},
    }
    return {key: each for key, each in found.items() if key == "questions" or key not in protocol}


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _asked(node) -> Iterator[str]:
    """Yield every question that something within names."""
    if isinstance(node, dict) and isinstance(node.get("question"), str):
        yield node["question"]
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in inner:
        yield from _asked(each)


def _outcomes_of(question: dict, listed: list[dict]) -> dict:
    """Give a question its outcomes; entries of a still older form have neither a domain nor harms."""
    own = [
        {key: entry[key] for key in ("label", "importance", "domain", "harms") if key in entry}
        for entry in listed
        if entry.get("group", question["group"]) == question["group"] and {"domain", "harms"} & set(entry)
    ]
    return {"outcomes": own} if own else {}


class _Dumper(yaml.SafeDumper):
    """Writes a list that is used twice in full, and not as an alias."""

    def ignore_aliases(self, data) -> bool:
        return True


def _protocol(root: Path, protocol: dict, place: Place, declared: dict) -> bytes:
    """Add lines before the first key of the protocol, so that its comments and its order stay."""
    words = {key: each for key, each in declared.items() if each}
    style = {"sort_keys": False, "allow_unicode": True, "default_flow_style": None, "width": 1000}
    added = f"format: {FORMAT}\n" + (yaml.dump(words, Dumper=_Dumper, **style) if words else "")
    old = _INTERVAL.sub(lambda found: found[1] + RENAMED[found[2]], (root / PROTOCOL).read_text("utf-8"))
    text = old.splitlines(keepends=True)
    first = min((line for path, line in place.lines.items() if len(path) == 1), default=1)
    for key in ("questions", "format"):
        text = _cut(text, place.lines, key) if key in protocol else text
    new = "".join([*text[: first - 1], added, *text[first - 1 :]])
    try:
        # As elsewhere; the slower loader refuses question marks that data of format 1 have.
        whole, before = (yaml.load(each, yaml.CSafeLoader) for each in (new, old))
        well = whole == before | {"format": FORMAT} | words
    except yaml.YAMLError:
        well = False
    if not well:
        message = "expected each key at the beginning of a line of its own"
        raise DataError([Fault(PROTOCOL, first, "file", message)])
    return new.encode()
