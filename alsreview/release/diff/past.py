"""Finds what the evidence was at a commit, and what a version published."""

import io
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import yaml
from yaml import safe_load

from alsreview.certainty import can_judge
from alsreview.evidence import load_evidence
from alsreview.evidence.format import ADDED, MOVED, migration
from alsreview.release.git import Git
from alsreview.release.past import release_commit, released_versions
from alsreview.release.results import FOLDER, from_text
from alsreview.release.versions import parse_version
from alsreview.schema import DataError

_DICTIONARY = "data/columns.yml"
_NOT_COMPARED = ("data/screening.csv", "data/reports.csv")


@dataclass(frozen=True)
class Reference:
    """What REF stands for.

    Attributes
    ----------
    name : as asked for
    commit : empty for a version whose commit is not known here
    kept : the results that it published; None for a commit, whose results are computed
    """

    name: str
    commit: str
    kept: pd.DataFrame | None

    @property
    def words(self) -> str:
        """Name it in a sentence."""
        if self.kept is not None:
            return f"version {self.name}"
        short = self.commit[:12]
        return f"commit {short}" if self.commit.startswith(self.name) else f"{self.name} (commit {short})"


def find_reference(root: Path, name: str) -> Reference:
    """Say what a name stands for: a version that kept its results, or a commit.

    Raises
    ------
    ValueError
        When it is neither; the message says which versions are known.
    """
    kept = root / FOLDER / f"{name}.csv"
    if _is_version(name) and kept.is_file():
        return Reference(name, release_commit(root, name), from_text(kept.read_text(encoding="utf-8")))
    commit = Git(root).commit(name)
    if not commit:
        known = ", ".join(map(str, released_versions(root))) or "none"
        raise ValueError(
            f"{name!r} is neither a commit nor a version here; versions known: {known} "
            "(an older one may want: git fetch --tags --unshallow)"
        )
    return Reference(name, commit, None)


def _is_version(name: str) -> bool:
    try:
        return bool(parse_version(name))
    except ValueError:
        return False


@contextmanager
def data_at(root: Path, commit: str) -> Iterator[Path]:
    """Lay out the data of a commit in a folder that is gone afterwards."""
    git = Git(root)
    names = [name for name in ("data", "references.bib") if git("ls-tree", "--name-only", commit, "--", name)]
    if "data" not in names:
        raise ValueError(f"{commit[:12]}: holds no data/; expected a commit of the review")
    with TemporaryDirectory(prefix="alsreview-") as scratch:
        packed = git.bytes("archive", "--format=tar", commit, "--", *names)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(scratch, filter="data")
        yield Path(scratch)


def make_readable(root: Path, past: Path, words: str) -> None:
    """Let the present code read past data: with their own dictionary, else with the present one.

    Data of an older format are brought to the present one. A section that the past dictionary lacks is taken
    from the present one, and its files are empty. Decisions
    on records are not compared, so they are left out where their vocabulary has changed since. Rules of
    certainty that the present code cannot apply are left out too, so that there is no rating.

    Parameters
    ----------
    root, past : folder of the review, and folder of the past data, which may be changed
    words : names the past in the message

    Raises
    ------
    ValueError
        When they fit neither.
    """
    present = (root / _DICTIONARY).read_text(encoding="utf-8")
    try:
        _migrate(past)
    except DataError as error:
        raise _unreadable(words, error) from error
    _complete(past / _DICTIONARY, present)
    if not _is_readable(past):
        for name in _NOT_COMPARED:
            (past / name).unlink(missing_ok=True)
    if not _is_readable(past):
        (past / _DICTIONARY).write_text(present, encoding="utf-8")
    try:
        rules = load_evidence(past).grade.rules
    except DataError as error:
        raise _unreadable(words, error) from error
    if rules and not can_judge(rules):
        shutil.rmtree(past / "data/certainty")


def _migrate(past: Path) -> None:
    for name, content in migration(past)[0].items():
        (past / name).write_bytes(content)


def _unreadable(words: str, error: DataError) -> ValueError:
    more = len(error.faults) - 1
    told = f"the data of {words} cannot be read by the present code: {error.faults[0]}"
    return ValueError(told + (f" (and {more} more)" if more else ""))


def _complete(path: Path, present: str) -> None:
    """Widen a past dictionary by what it lacks: whole sections, and what a migration changes in the data."""
    try:
        known = safe_load(present)
        own = known | safe_load(path.read_text(encoding="utf-8"))
        for section in (*ADDED, *MOVED):
            own[section] = _widened(known[section], own[section])
        text = yaml.safe_dump(own, sort_keys=False)
    except (OSError, TypeError, AttributeError, yaml.YAMLError):
        text = present
    path.write_text(text, encoding="utf-8")


def _widened(known: dict, own: dict) -> dict:
    """Let rules allow what either of two dictionaries allows, and require what both require."""
    fields = {}
    for key in {**known, **own}:
        now, then = known.get(key), own.get(key)
        if now is None or then is None:
            fields[key] = {name: each for name, each in (now or then).items() if name != "required"}
            continue
        fields[key] = dict(now)
        if not then.get("required"):
            fields[key].pop("required", None)
        if "choices" in now and "choices" in then:
            fields[key]["choices"] = list(dict.fromkeys([*now["choices"], *then["choices"]]))
        if "fields" in now and "fields" in then:
            fields[key]["fields"] = _widened(now["fields"], then["fields"])
    return fields


def _is_readable(past: Path) -> bool:
    try:
        return bool(load_evidence(past))
    except ValueError:
        return False
