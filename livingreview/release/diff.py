"""Compare the review with a commit or a version: evidence, results, certainty, statements overturned."""

import io
import json
import re
import shutil
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import yaml

from livingreview.certainty import can_judge
from livingreview.evidence import Evidence, find_root, load_evidence
from livingreview.evidence.dictionary import DICTIONARY
from livingreview.evidence.files import read_table, read_yaml
from livingreview.evidence.format import migration
from livingreview.evidence.rows import ROW_KEYS
from livingreview.facts import review_facts
from livingreview.formats import DASH, count, interval, is_missing, listed, number
from livingreview.release.git import Git
from livingreview.release.rebuild import same
from livingreview.release.records import read_records
from livingreview.release.results import FOLDER, kept_results, results
from livingreview.reviews import Review
from livingreview.schema import DataError
from livingreview.statements import Statement, overturned

_CLOSE = 1e-8  # a version keeps ten digits
# The columns of results that are compared; those of counts first, and the others follow from these.
_COUNTS = {
    "k": "Estimates", "trials": "Studies", "people": "Participants", "missing_trials": "Results unavailable",
    "favours_intervention": "In favour", "favours_comparator": "Against", "no_direction": "Exactly zero",
    "mixed": "Conflicting", "unknown": "Direction unknown", "silent": "No result available",
}  # fmt: skip
_FIGURES = {"estimate": "Estimate", "ci_low": "95% CI", "pi_low": "Prediction interval", "i2": "I\u00b2"}
_UPPER = {"ci_low": "ci_high", "pi_low": "pi_high"}
# A version may have kept none of these, and old rules may give none; then there is nothing to compare.
_RATED = {"certainty": "Certainty", "certainty_status": "Status of the rating", "verdict": "Verdict"}
_ALWAYS = ("estimate", "ci_low", "certainty")
_TRIALS = "data/trials/"
_NOT_COMPARED = ("data/screening.csv", "data/reports.csv")
_LONGEST = 300
Row = tuple[str, str | None, str | None]


@dataclass(frozen=True)
class Entry:
    """One thing that changed: its name, notes, and rows of a place with what stood and stands there."""

    title: str
    notes: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """An analysis whose results differ: its rows of `results`, and the columns that moved."""

    analysis_id: str
    title: str
    before: dict | None
    after: dict | None
    moved: tuple[str, ...]


@dataclass(frozen=True)
class Diff:
    """What changed since a state: files, analyses (and how many did not), and statements no longer true.

    Files and statements are None where the commit of a version is not known here.
    """

    since: str
    evidence: tuple[Entry, ...] | None
    overturned: tuple[Statement, ...] | None
    analyses: tuple[Analysis, ...]
    still: int

    @property
    def changed(self) -> bool:
        """Whether anything did."""
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
        return Diff(words, None, None, *_analyses(kept, evidence))
    with TemporaryDirectory(prefix="livingreview-") as scratch:
        past = Path(scratch)
        _unpack(root, commit, past)
        # The same bytes, read by the same code, give the same results.
        if not (changes := file_changes(past, root)):
            return Diff(words, (), (), *_analyses(results(evidence) if kept is None else kept, evidence))
        _make_readable(evidence.columns, past, words)
        then = load_evidence(past)
        said = tuple(overturned(root, *(review_facts(Review(each)) for each in (then, evidence))))
        labels = {row.trial_id: row.label for each in (then, evidence) for row in each.trials.itertuples()}
        before = results(then) if kept is None else kept
        return Diff(words, tuple(_entries(changes, labels)), said, *_analyses(before, evidence))


def _find(root: Path, name: str) -> tuple[str, str, pd.DataFrame | None]:
    """Return a state in words, its commit, and the results that it published if it is a version."""
    versions = kept_results(root)
    if name in versions:
        commits = {str(record.version): record.commit for record in read_records(root)}
        # In a shallow clone the commit may be missing.
        known = name in commits and (root / ".git").exists()
        return f"version {name}", Git(root).commit(commits[name]) if known else "", versions[name]
    commit = Git(root).commit(name)
    if not commit:
        raise ValueError(
            f"{name!r} is neither a commit nor a version here; versions recorded: "
            f"{listed(list(versions)) or 'none'} (an older commit may need: git fetch --unshallow)"
        )
    short = commit[:12]
    return f"commit {short}" if commit.startswith(name) else f"{name} (commit {short})", commit, None


def _unpack(root: Path, commit: str, folder: Path) -> None:
    """Lay out the data of a commit in a folder."""
    git = Git(root)
    names = [name for name in ("data", "references.bib") if git("ls-tree", "--name-only", commit, "--", name)]
    if "data" not in names:
        raise ValueError(f"{commit[:12]}: holds no data/; expected a commit of the review")
    packed = io.BytesIO(git.bytes("archive", "--format=tar", commit, "--", *names))
    with tarfile.open(fileobj=packed) as archive:
        archive.extractall(folder, filter="data")


def _make_readable(present: dict, past: Path, words: str) -> None:
    """Let the present code read past data: by what their own dictionary or the present one allows.

    Decisions on records are not compared, so they are left out where they cannot be read; so are rules of
    certainty that the present code cannot apply, which leaves no rating.
    """
    try:
        for name, content in migration(past)[0].items():
            (past / name).write_bytes(content)
        _widen(past / DICTIONARY, present)
        if not _is_readable(past):
            for name in _NOT_COMPARED:
                (past / name).unlink(missing_ok=True)
        rules = load_evidence(past).grade.rules
    except DataError as error:
        more = f" (and {len(error.faults) - 1} more)" if len(error.faults) > 1 else ""
        told = f"the data of {words} cannot be read by the present code: {error.faults[0]}{more}"
        raise ValueError(told) from error
    if rules and not can_judge(rules):
        shutil.rmtree(past / "data/certainty")


def _widen(path: Path, present: dict) -> None:
    """Let a past dictionary allow what it allowed then and what the present one allows."""
    own = read_yaml(path, DICTIONARY)[0] if path.is_file() else {}
    wide = {section: _widened(rules, own.get(section, rules)) for section, rules in present.items()}
    path.write_text(yaml.safe_dump(wide, sort_keys=False), encoding="utf-8")


def _widened(known: dict, own: object) -> dict:
    """Let rules allow what either of two dictionaries allows, and require what both require."""
    past = {key: rule for key, rule in own.items() if isinstance(rule, dict)} if isinstance(own, dict) else {}
    fields = {key: _past_rule(rule) | {"required": False} for key, rule in past.items() if key not in known}
    for key, rule in known.items():
        then = past.get(key, {})
        fields[key] = rule | {"required": bool(rule.get("required") and then.get("required"))}
        if "choices" in rule:
            fields[key]["choices"] = list(dict.fromkeys([*rule["choices"], *then.get("choices", ())]))
        if "fields" in rule:
            fields[key]["fields"] = _widened(rule["fields"], then.get("fields", rule["fields"]))
    return fields


def _past_rule(rule: dict) -> dict:
    """Leave out what a past dictionary said in another form: examples, and words with a comma."""
    kept = {name: each for name, each in rule.items() if name != "example" and each is not None}
    fields = {
        name: _past_rule(each) for name, each in rule.get("fields", {}).items() if isinstance(each, dict)
    }
    return kept | ({"fields": fields} if fields else {})


def _is_readable(past: Path) -> bool:
    try:
        return bool(load_evidence(past))
    except ValueError:
        return False


# ---- files


def file_changes(old: Path, new: Path) -> dict[str, tuple[str, tuple[Row, ...]]]:
    """Return whether each file of ``data/`` that differs was added, removed or changed, and its rows."""
    before, after = _files(old), _files(new)
    return {
        name: _file_change(name, before.get(name), after.get(name))
        for name in sorted(before | after)
        if name not in before or name not in after or before[name].read_bytes() != after[name].read_bytes()
    }


def _files(root: Path) -> dict[str, Path]:
    found = {path.relative_to(root).as_posix(): path for path in (root / "data").rglob("*") if path.is_file()}
    # What a version keeps of itself is no evidence.
    kept = f"{FOLDER.as_posix()}/"
    return {name: path for name, path in found.items() if "/." not in name and not name.startswith(kept)}


def _file_change(name: str, old: Path | None, new: Path | None) -> tuple[str, tuple[Row, ...]]:
    how, short, rows = (
        "added" if old is None else "removed" if new is None else "changed",
        Path(name).name,
        (),
    )
    if name.endswith(".csv"):
        tables = [[cells for _, cells in read_table(path, name)[1]] if path else [] for path in (old, new)]
        if how != "changed":
            told = count(max(map(len, tables)), "row")
            return how, ((short, *((told, None) if new is None else (None, told))),)
        rows = _row_changes(ROW_KEYS.get(short), *tables)
    elif how != "changed":
        return how, ()
    elif name.endswith(".yml"):
        rows = _key_changes(*(read_yaml(path, name)[0] for path in (old, new)))
    found = tuple((f"{short}: {place}", one, other) for place, one, other in rows)
    return how, found or ((f"{short}: its form alone", None, None),)


def _key_changes(old: dict, new: dict, at: str = "") -> Iterator[Row]:
    """Walk two mappings side by side; what only one of them has is shown as a whole."""
    for key in dict.fromkeys([*old, *new]):
        one, other, path = old.get(key), new.get(key), f"{at}{key}"
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _key_changes(one, other, f"{path}.")
        elif isinstance(one, list) and isinstance(other, list):
            # An entry of a list has no name; where it stands says nothing.
            yield from ((path, _value(item), None) for item in one if item not in other)
            yield from ((path, None, _value(item)) for item in other if item not in one)
        elif one != other:
            yield path, _value(one), _value(other)


def _value(value) -> str | None:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return None if value is None else str(value)


def _row_changes(keys: tuple[str, ...] | None, old: list[dict], new: list[dict]) -> Iterator[Row]:
    """Pair the rows of two tables by their keys, and rows of one key by their order."""
    keys = keys or tuple((new or old or [{}])[0])[:1]
    before, after = (_by_key(keys, rows) for rows in (old, new))
    for place in dict.fromkeys([*before, *after]):
        one, other, where = before.get(place), after.get(place), ", ".join(place[:-1])
        if one is None or other is None:
            cells = (row and ", ".join(f"{k} {v}" for k, v in row.items() if v) for row in (one, other))
            yield where, *cells
            continue
        # A column that only one of them has is empty in the other.
        for column in dict.fromkeys([*other, *one]):
            if one.get(column, "") != other.get(column, ""):
                yield f"{where}: {column}", one.get(column, ""), other.get(column, "")


def _by_key(keys: tuple[str, ...], rows: list[dict]) -> dict[tuple, dict]:
    seen, found = Counter(), {}
    for row in rows:
        key = tuple(row.get(name, "") for name in keys)
        seen[key] += 1
        found[*key, seen[key]] = row
    return found


def _entries(changes: dict, labels: dict[str, str]) -> Iterator[Entry]:
    """Put the files of a trial, which share a folder, together; any other file stands alone."""
    groups = defaultdict(dict)
    for name, change in changes.items():
        groups[name.rpartition("/")[0] if name.startswith(_TRIALS) else name][name] = change
    for name, files in groups.items():
        title, (how, _) = name, next(iter(files.values()))
        if name.startswith(_TRIALS):
            trial_id = name.removeprefix(_TRIALS)
            label = f" ({labels[trial_id]})" if trial_id in labels else ""
            # A trial comes and goes with its card.
            title, (how, _) = f"Trial {trial_id}{label}", files.get(f"{name}/trial.yml", ("changed", ()))
        yield Entry(f"{title} {how}", rows=tuple(row for _, found in files.values() for row in found))


# ---- results


def _analyses(before: pd.DataFrame, evidence: Evidence) -> tuple[tuple[Analysis, ...], int]:
    """Return the analyses whose results differ, and the number of the others."""
    frames = (before, results(evidence))
    old, new = ({row["analysis_id"]: row for row in frame.to_dict("records")} for frame in frames)
    rated = [name for name in _RATED if before[name].notna().any()]
    compared, changed = [*_COUNTS, *_FIGURES, *_UPPER.values(), *rated], []
    for analysis_id in dict.fromkeys([*new, *old]):
        one, other, moved = old.get(analysis_id), new.get(analysis_id), ()
        if one and other:
            moved = tuple(name for name in compared if not same(one[name], other[name], _CLOSE))
        if moved or not (one and other):
            changed.append(Analysis(analysis_id, (other or one)["title"], one, other, moved))
    return tuple(changed), len(old | new) - len(changed)


# ---- words

_NOT_SEEN = (Entry("Not compared: the commit of this version is not known here (git fetch --unshallow)."),)


def headline(found: Diff) -> str:
    """Describe in one sentence how much changed."""
    if not found.changed:
        return f"Nothing changed since {found.since}."
    nouns = Counter(
        "trial" if each.title.startswith("Trial ") else "other file" for each in found.evidence or ()
    )
    parts = [count(nouns[noun], noun) for noun in ("trial", "other file") if nouns[noun]]
    parts.append(count(len(found.analyses), "analysis") if found.analyses else "no analysis")
    return f"Since {found.since}: {listed(parts)} changed."


def sections(found: Diff) -> dict[str, tuple[Entry, ...]]:
    """Return the title and the entries of each section; none where nothing changed."""
    if not found.changed:
        return {}
    said = _NOT_SEEN
    if found.overturned is not None:
        said = tuple(
            Entry(f"{each.path}:{each.line}", (f"condition: {each.condition}", f"text: {each.text}"))
            for each in found.overturned
        )
    still = Entry(f"{count(found.still, 'analysis')} did not change.")
    return {
        "Evidence": _NOT_SEEN if found.evidence is None else found.evidence or (Entry("The same."),),
        "Analyses": (*map(_analysis, found.analyses), still),
        "Statements overturned": said or (Entry("None."),),
    }


def _analysis(analysis: Analysis) -> Entry:
    come = " (new)" if analysis.before is None else " (removed)" if analysis.after is None else ""
    states, rows = [state or {} for state in (analysis.before, analysis.after)], []
    for name, label in (_COUNTS | _FIGURES | _RATED).items():
        moved = {name, _UPPER.get(name)} & set(analysis.moved)
        # As many digits as it takes to see that a figure moved.
        for digits in (0 if name == "i2" else 2, 4, 8):
            pair = [_figure(name, state, digits) for state in states]
            if pair[0] != pair[1] or not moved:
                break
        if set(pair) != {DASH} and (moved or come or name in _ALWAYS):
            rows.append((label, *pair))
    return Entry(f"{analysis.title}{come}", rows=tuple(rows))


def _figure(name: str, state: dict, digits: int) -> str:
    value = state.get(name)
    if is_missing(value) or isinstance(value, str):
        return value if isinstance(value, str) else DASH
    if name in _UPPER:
        return interval(value, state[_UPPER[name]], digits)
    return number(value, 0 if name in _COUNTS else digits)


def to_text(found: Diff) -> str:
    """Write it for a terminal."""
    lines = [headline(found)]
    for title, entries in sections(found).items():
        lines += ["", title]
        for entry in entries:
            lines.append(f"  {_one_line(entry.title)}")
            for row in entry.rows:
                place, old, new = (_one_line(cell or "(none)") for cell in row)
                lines.append(f"    {place}: {old if old == new else f'{old} -> {new}'}")
            lines += [f"    {_one_line(note)}" for note in entry.notes]
    return "\n".join(lines) + "\n"


def to_markdown(found: Diff) -> str:
    """Write it for a pull request or a changelog; what comes from the data stands in code spans."""
    lines = [_plain(headline(found))]
    for title, entries in sections(found).items():
        lines += ["", f"### {title}"]
        for entry in entries:
            lines += ["", f"**{_plain(entry.title)}**" if entry.rows or entry.notes else _plain(entry.title)]
            lines += [f"\n- {_plain(note)}" for note in entry.notes]
            if entry.rows:
                lines += ["", "| | Before | After |", "| --- | --- | --- |"]
                lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in entry.rows]
    return "\n".join(lines) + "\n"


def to_json(found: Diff) -> str:
    """Write it for another program; a number that is missing is null."""
    told = _without_gaps({"changed": found.changed, **asdict(found)})
    return json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


FORMATS = {"text": to_text, "markdown": to_markdown, "json": to_json}


def _without_gaps(value):
    if isinstance(value, dict):
        return {key: _without_gaps(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_gaps(item) for item in value]
    # What came out of a frame is a number of numpy's.
    return None if is_missing(value) else value.item() if hasattr(value, "item") else value


def _one_line(text: str) -> str:
    """Print a text of the data on one line, without characters that a terminal would obey."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}\u2026"


def _plain(text: str) -> str:
    """Write a text as Markdown that prints it as it is: no markup, no link, no mention."""
    escaped = re.sub(r"([\\`*_\[\]<>#|~&])", r"\\\1", _one_line(text))
    escaped = escaped.replace("://", ":\\//").replace("www.", "www\\.")
    # A gap that nobody sees, since a mention is looked for in the text that is printed.
    return escaped.replace("@", "@\u2060")


def _cell(value: str | None) -> str:
    """Write a cell of a table as a code span, in which nothing is markup but a bar and a backtick."""
    return f"`{_one_line(value).replace('`', chr(0x2BC)).replace('|', chr(0xA6))}`" if value else ""
