"""Read and write the records of the versions, which ``data/releases`` keeps.

A version is a commit on ``main``.  Its record consists of three files: ``2026.1.csv`` holds its results,
``2026.1.yml`` its commit and what was built from it, and ``2026.1.sha256`` the digest of each file of its
pages and of its data archive.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import yaml

from livingreview.evidence.files import read_yaml
from livingreview.release.git import Git
from livingreview.release.results import FOLDER
from livingreview.schema import DataError, Fault

FORMAT = 1
_VERSION = re.compile(r"([0-9]{4})\.(0|[1-9][0-9]{0,3})")
_BUILD_KEYS = {"python", "system", "libraries", "text_sha256", "documents"}
_SUM = re.compile(r"([0-9a-f]{64})  (.+)")


class Version(NamedTuple):
    """A version ``year.number``; versions sort by year, then by number, so 2026.10 follows 2026.9."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}.{self.number}"


def parse_version(text: str) -> Version:
    """Read a version.

    Raises
    ------
    ValueError
        Unless the text has the form year.number.
    """
    found = _VERSION.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a version: expected year.number, such as 2026.1")
    return Version(int(found[1]), int(found[2]))


@dataclass(frozen=True)
class Build:
    """What one platform made of a version.

    Attributes
    ----------
    python, system, libraries : the platform: Python, system and processor, and the libraries that shape bytes
    text_sha256 : of the words of all pages, which are the same on every platform
    documents : name of each document and archive to its ``bytes`` and ``sha256``
    """

    python: str
    system: str
    libraries: str
    text_sha256: str
    documents: Mapping[str, Mapping]

    @property
    def platform(self) -> str:
        """The platform in words."""
        return f"Python {self.python}, {self.system}, {self.libraries}"


@dataclass(frozen=True)
class Record:
    """What is recorded of a version.

    Attributes
    ----------
    version, commit, date, evidence_hash, lock_sha256 : its name, commit, day, evidence hash and the digest of
        its ``requirements.txt``
    builds : one for each platform on which it was built
    files : path of each file of its pages to its digests, one for each build that differs there; the files
        of the data archive stand below its name, as if it were a folder
    """

    version: Version
    commit: str
    date: str
    evidence_hash: str
    lock_sha256: str
    builds: tuple[Build, ...]
    files: Mapping[str, tuple[str, ...]]

    def with_build(self, build: Build, files: Mapping[str, str]) -> "Record":
        """Add what another platform made."""
        names = sorted(self.files.keys() | files)
        merged = {
            name: tuple(dict.fromkeys([*self.files.get(name, ()), *filter(None, [files.get(name)])]))
            for name in names
        }
        return replace(self, builds=(*self.builds, build), files=merged)

    def document(self, digest: str) -> str:
        """Return the name of the document or file with a digest; empty if there is none."""
        for build in self.builds:
            for name, made in build.documents.items():
                if made["sha256"] == digest:
                    return name
        return next((name for name, digests in self.files.items() if digest in digests), "")

    def differences(self, files: Mapping[str, str]) -> list[str]:
        """Describe each file that is not as recorded; ``files`` maps paths to digests."""
        found = [f"{name}: missing" for name in self.files if name not in files]
        found += [f"{name}: not part of version {self.version}" for name in files if name not in self.files]
        found += [
            f"{name}: differs from version {self.version}"
            for name, digest in files.items()
            if digest not in self.files.get(name, (digest,))
        ]
        return sorted(found)


def read_records(root: Path) -> list[Record]:
    """Read every record, oldest version first.

    Raises
    ------
    DataError
        With every fault of the files.
    """
    found, faults = _read(root)
    if faults:
        raise DataError(faults)
    return found


def find_record(root: Path, version: str) -> Record:
    """Return the record of a version, or raise with those that are known."""
    wanted, records = parse_version(version), read_records(root)
    for record in records:
        if record.version == wanted:
            return record
    known = ", ".join(str(record.version) for record in records) or "none"
    raise ValueError(f"version {version} has no record here; recorded: {known} (a newer one: git pull)")


def write_record(root: Path, record: Record) -> None:
    """Write a record as YAML, and its digests as lines of digest and path."""
    told = {"format": FORMAT, **asdict(record), "version": str(record.version)}
    told["date"] = date.fromisoformat(record.date)
    told["builds"] = [asdict(build) for build in record.builds]
    del told["files"]
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=1000)
    lines = [f"{digest}  {name}\n" for name, digests in record.files.items() for digest in digests]
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    (root / FOLDER / f"{record.version}.sha256").write_text("".join(lines), encoding="utf-8")
    (root / FOLDER / f"{record.version}.yml").write_text(text, encoding="utf-8")


def record_faults(root: Path) -> list[Fault]:
    """List what is wrong with the records, also with respect to the history of the repository."""
    records, faults = _read(root)
    if (root / ".git").exists():
        git = Git(root)
        faults += [fault for record in records if (fault := _history_fault(git, record))]
    return faults


def missing_history(root: Path) -> list[str]:
    """List the records whose commit a shallow clone cannot know, each with what to do; a build may go on."""
    if not (root / ".git").exists() or not (git := Git(root)).is_shallow:
        return []
    return [
        f"{(FOLDER / f'{record.version}.yml').as_posix()}: commit {record.commit[:12]} is not in this "
        "shallow clone, so the record cannot be compared with the history; fetch it: git fetch --unshallow"
        for record in _read(root)[0]
        if not git.commit(record.commit)
    ]


def _history_fault(git: Git, record: Record) -> Fault | None:
    name = (FOLDER / f"{record.version}.yml").as_posix()
    if not git.commit(record.commit):
        if git.is_shallow:
            return None
        told = f"commit {record.commit[:12]} is missing here; fetch the history: git fetch origin main"
        return Fault(name, 1, "commit", told)
    if git.runs("merge-base", "--is-ancestor", record.commit, "HEAD"):
        return None
    told = f"commit {record.commit[:12]} is not part of the history of HEAD; merge the branch that holds it "
    return Fault(name, 1, "commit", f"{told}without squashing or rebasing")


def _read(root: Path) -> tuple[list[Record], list[Fault]]:
    found, faults = [], []
    for path in sorted((root / FOLDER).glob("*.csv")):
        if not _VERSION.fullmatch(path.stem):
            faults.append(Fault((FOLDER / path.name).as_posix(), 1, "file", "is not named after a version"))
    for path in sorted((root / FOLDER).glob("*.yml")):
        name = (FOLDER / path.name).as_posix()
        told, lines, wrong = read_yaml(path, name)
        wrong = wrong or [
            Fault(name, lines.get(keys, 1), ".".join(map(str, keys)) or "file", words)
            for keys, words in _faults(told, path.stem)
        ]
        files, more = _read_sums(path.with_suffix(".sha256"))
        faults += wrong + more
        if not wrong + more:
            found.append(_record(told, files))
    return sorted(found, key=lambda record: record.version), faults


def _faults(told: dict, stem: str) -> list[tuple[tuple, str]]:
    """Return the key and the fault of each value that is not as expected."""
    if told.get("format") != FORMAT:
        return [
            (
                ("format",),
                f"expected {FORMAT}, found {told.get('format')!r}; a newer livingreview may read it",
            )
        ]
    digits = {"commit": 40, "evidence_hash": 16, "lock_sha256": 64}
    faults = [
        ((key,), f"expected {length} hexadecimal digits, found {told.get(key)!r}")
        for key, length in digits.items()
        if not re.fullmatch(f"[0-9a-f]{{{length}}}", str(told.get(key)))
    ]
    if str(told.get("version")) != stem or not _VERSION.fullmatch(stem):
        faults.append(
            (("version",), f"expected the version in the file's name, found {told.get('version')!r}")
        )
    if not isinstance(told.get("date"), date):
        faults.append((("date",), f"expected a date, found {told.get('date')!r}"))
    builds = told.get("builds")
    if not isinstance(builds, list) or not builds or not all(map(_is_build, builds)):
        faults.append((("builds",), f"expected entries with the keys {', '.join(sorted(_BUILD_KEYS))}"))
    return faults


def _is_build(told) -> bool:
    return (
        isinstance(told, dict)
        and told.keys() == _BUILD_KEYS
        and isinstance(told["documents"], dict)
        and all(
            isinstance(made, dict) and {"bytes", "sha256"} == made.keys()
            for made in told["documents"].values()
        )
    )


def _record(told: dict, files: Mapping[str, tuple[str, ...]]) -> Record:
    return Record(
        version=parse_version(str(told["version"])),
        commit=told["commit"],
        date=told["date"].isoformat(),
        evidence_hash=str(told["evidence_hash"]),
        lock_sha256=told["lock_sha256"],
        builds=tuple(Build(**build) for build in told["builds"]),
        files=files,
    )


def _read_sums(path: Path) -> tuple[dict[str, tuple[str, ...]], list[Fault]]:
    name = (FOLDER / path.name).as_posix()
    if not path.is_file():
        return {}, [Fault(name, 1, "file", "not found; expected the digest of each file of the version")]
    files, faults = {}, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = _SUM.fullmatch(line)
        if found:
            files[found[2]] = (*files.get(found[2], ()), found[1])
        else:
            faults.append(
                Fault(name, number, "file", f"expected a digest, two spaces and a path, found {line!r}")
            )
    return files, faults
