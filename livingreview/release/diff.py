"""Compare the review with a commit or a version: evidence, results, certainty, statements overturned."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from jinja2 import Environment

from livingreview.evidence import Evidence, find_root, load_evidence
from livingreview.evidence.dictionary import ROW_KEYS
from livingreview.evidence.files import read_table, read_yaml
from livingreview.evidence.format import migration
from livingreview.facts import review_facts
from livingreview.formats import count, listed
from livingreview.release.archive import published
from livingreview.release.git import Git
from livingreview.release.records import find_record
from livingreview.release.results import differing, kept_results, results
from livingreview.reviews import Review
from livingreview.schema import DataError
from livingreview.statements import Statement, overturned

_CLOSE = 1e-8  # a version keeps ten digits
# A version may have kept none of these, and old rules may give none; then there is nothing to compare.
_RATED = ("certainty", "certainty_status", "verdict")
_COMPARED = (
    "k", "trials", "people", "missing_trials", "favours_intervention", "favours_comparator", "no_direction",
    "mixed", "unknown", "silent", "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "i2",
)  # fmt: skip
_LONGEST = 300
_TEXT = Path(__file__).with_name("diff.txt")
Row = tuple[str, str | None, str | None]


@dataclass(frozen=True)
class Entry:
    """One thing that changed: its name, and rows of a place with what stood and stands there."""

    title: str
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """An analysis whose results differ: each column that moved, with what stood and stands there."""

    analysis_id: str
    title: str
    moved: dict[str, tuple]


@dataclass(frozen=True)
class Diff:
    """What changed since a state: files, analyses (and how many did not), and statements no longer true.

    Where files or statements are None, ``unknown`` says why they cannot be compared.
    """

    since: str
    evidence: tuple[Entry, ...] | None
    overturned: tuple[Statement, ...] | None
    analyses: tuple[Analysis, ...]
    still: int
    unknown: str = ""

    @property
    def changed(self) -> bool:
        return bool(self.evidence or self.analyses or self.overturned)


def diff(root: Path | None = None, since: str = "HEAD") -> Diff:
    """Compare the review with what it was at a commit or in a version.

    Data at a commit are read by the present code, so that what changed is the evidence; the results of a
    version are those that it published, so that a change of the code shows too.
    """
    root = find_root(root)
    evidence = load_evidence(root)
    words, commit, kept = _find(root, since)
    if not commit:
        unknown = "the commit of this version is not known here (git fetch --unshallow)"
        return Diff(words, None, None, *_analyses(kept, evidence), unknown)
    with TemporaryDirectory() as scratch, Git(root).worktree(commit, Path(scratch) / "past") as past:
        changed = tuple(_entries(past, root))
        # The same bytes, read by the same code, give the same results.
        then, unknown = _read_past(past, words) if changed else (evidence, "")
        if then is None and kept is None:
            raise ValueError(unknown)
        said = None if then is None else ()
        if changed and then:
            said = tuple(overturned(root, review_facts(Review(then)), review_facts(Review(evidence))))
        before = results(then) if kept is None else kept
        return Diff(words, changed, said, *_analyses(before, evidence), unknown)


def _find(root: Path, name: str) -> tuple[str, str, pd.DataFrame | None]:
    """Return a state in words, its commit, and the results that it published if it is a version."""
    versions = kept_results(root)
    if name in versions:
        try:
            commit = find_record(root, name).commit
        except ValueError:
            commit = ""
        return f"version {name}", commit, versions[name]
    commit = Git(root).commit(name)
    if not commit:
        raise ValueError(
            f"{name!r} is neither a commit nor a version here; versions recorded: "
            f"{listed(list(versions)) or 'none'} (an older commit may need: git fetch --unshallow)"
        )
    short = commit[:12]
    return f"commit {short}" if commit.startswith(name) else f"{name} (commit {short})", commit, None


def _read_past(past: Path, words: str) -> tuple[Evidence | None, str]:
    """Bring past data to the present format and read them, or return why they cannot be read."""
    try:
        for name, content in migration(past)[0].items():
            (past / name).write_bytes(content)
        return load_evidence(past), ""
    except DataError as error:
        more = f" (and {len(error.faults) - 1} more)" if len(error.faults) > 1 else ""
        return None, f"the data of {words} cannot be read by the present code: {error.faults[0]}{more}"


# ---- files


def _entries(old: Path, new: Path) -> Iterator[Entry]:
    """Yield what differs in ``data/``: the files of a trial, which share a folder, or any other file."""
    before, after = (
        # What a version keeps of itself is no evidence.
        {f"data/{name}": path for name, path in published(root / "data").items() if name[:9] != "releases/"}
        for root in (old, new)
    )
    pairs = {name: (before.get(name), after.get(name)) for name in sorted(before | after)}
    changed = [name for name, (a, b) in pairs.items() if not (a and b) or a.read_bytes() != b.read_bytes()]
    for place, names in groupby(changed, lambda name: re.sub(r"^(data/trials/[^/]+)/.*", r"\1", name)):
        title, first = place, place
        if place not in pairs:
            # A trial comes and goes with its card.
            title, first = f"Trial {Path(place).name}", f"{place}/trial.yml"
            label = next((_content(path).get("label") for path in pairs.get(first, ())[::-1] if path), "")
            title += f" ({label})" if label else ""
        one, other = pairs.get(first, (place, place))
        how = "added" if one is None else "removed" if other is None else "changed"
        yield Entry(f"{title} {how}", tuple(row for name in names for row in _file_rows(name, *pairs[name])))


def _file_rows(name: str, old: Path | None, new: Path | None) -> list[Row]:
    short, table = Path(name).name, name.endswith(".csv")
    if old is None or new is None:
        # A trial comes and goes with its card, and any other file is named above its rows.
        beside = name.startswith("data/trials/") and short != "trial.yml"
        told = [path and (count(len(_content(path)), "row") if table else "there") for path in (old, new)]
        return [(short, *told)] if table or beside else []
    changes = _changes(_content(old), _content(new))
    found = [(f"{short}: {place}", one, other) for place, one, other in changes]
    return found or [(f"{short}: its form alone", None, None)]


def _content(path: Path) -> dict:
    """Read a file as a mapping: a table by the keys of its rows, and rows of one key by their order."""
    if path.suffix != ".csv":
        return read_yaml(path, path.name)[0] if path.suffix == ".yml" else {}
    found, seen = {}, Counter()
    for _, cells in read_table(path, path.name)[1]:
        place = ", ".join(cells.get(key, "") for key in ROW_KEYS.get(path.name, list(cells)[:1]))
        seen[place] += 1
        again = f" ({seen[place]})" if seen[place] > 1 else ""
        # An empty cell says no more than a column that is not there.
        found[place + again] = {column: text for column, text in cells.items() if text}
    return found


def _changes(old: dict, new: dict, at: str = "") -> Iterator[Row]:
    """Walk two mappings side by side; what only one of them has is shown as a whole."""
    for key in dict.fromkeys([*old, *new]):
        one, other, place = old.get(key), new.get(key), f"{at}{key}"
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _changes(one, other, f"{place}: ")
        elif isinstance(one, list) and isinstance(other, list):
            # An entry of a list has no name; where it stands says nothing.
            gone = [item for item in one if item not in other]
            come = [item for item in other if item not in one]
            yield from ((place, _value(item), _value(now)) for item, now in zip_longest(gone, come))
        elif one != other:
            yield place, _value(one), _value(other)


def _value(value) -> str | None:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(item)}" for key, item in value.items())
    if isinstance(value, list):
        return f"[{'; '.join(str(_value(item)) for item in value)}]"
    return None if value is None else str(value)


# ---- results


def _analyses(before: pd.DataFrame, evidence: Evidence) -> tuple[tuple[Analysis, ...], int]:
    """Return the analyses whose results differ, and the number of the others."""
    now = results(evidence)
    rated = [name for name in _RATED if before[name].notna().any()]
    found = differing(before, now, [*_COMPARED, *rated], _CLOSE)
    then, titles = (dict(zip(frame.analysis_id, frame.title, strict=True)) for frame in (before, now))
    come = {each: " (new)" for each in titles if each not in then}
    come |= {each: " (removed)" for each in then if each not in titles}
    titles = {each: title + come.get(each, "") for each, title in (then | titles).items()}
    changed = tuple(Analysis(each, titles[each], moved) for each, moved in found.items() if moved)
    return changed, len(found) - len(changed)


# ---- words


def headline(found: Diff) -> str:
    """Describe in one sentence how much changed."""
    if not found.changed:
        return f"Nothing changed since {found.since}."
    trials = [each.title.startswith("Trial ") for each in found.evidence or ()]
    nouns = {"trial": sum(trials), "other file": len(trials) - sum(trials)}
    parts = [count(n, noun) for noun, n in nouns.items() if n]
    parts.append(count(len(found.analyses), "analysis") if found.analyses else "no analysis")
    return f"Since {found.since}: {listed(parts)} changed."


def to_text(found: Diff) -> str:
    """Write it for a terminal."""
    # Each text of the data stays on its line, and long ones are cut.
    options = {"finalize": _one_line, "trim_blocks": True, "keep_trailing_newline": True}
    template = Environment(**options).from_string(_TEXT.read_text(encoding="utf-8"))
    told = {"headline": headline(found), "still": count(found.still, "analysis"), "figures": _figures}
    return template.render(found=found, unknown=f"Not compared: {found.unknown}.", **told)


def _figures(one, other) -> list[str | None]:
    """Write two values, with as many digits as it takes to see that a figure moved."""
    for digits in (4, 10):
        shown = [f"{x:.{digits}g}" if isinstance(x, int | float) else x for x in (one, other)]
        if shown[0] != shown[1]:
            break
    return shown


def to_markdown(found: Diff) -> str:
    """Write it for a pull request or a changelog, as a block in which nothing of the data is markup."""
    text = to_text(found)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}{fence}\n"


def to_json(found: Diff) -> str:
    """Write it for another program; a number that is missing is null."""
    told = {"changed": found.changed, **asdict(found)}
    return json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


FORMATS = {"text": to_text, "markdown": to_markdown, "json": to_json}


def _one_line(text) -> str:
    """Print a text of the data on one line, without characters that a terminal would obey."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}\u2026"
