"""Read and write the records of the versions, which ``data/releases`` keeps.

A version is a commit on ``main``.  Its record consists of three files: ``2026.1.csv`` holds its results,
``2026.1.yml`` its commit and what was built from it, and ``2026.1.sha256`` the digest of each file of its
pages and of its data archive.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import yaml

from livingreview.evidence.files import read_yaml
from livingreview.release.git import Git
from livingreview.release.results import FOLDER
from livingreview.schema import DataError, Fault, Place, check_record

FORMAT = 1
_VERSION = re.compile(r"([0-9]{4})\.(0|[1-9][0-9]{0,3})")
_SUM = re.compile(r"([0-9a-f]{64})  (.+)")


_SHA = {"type": "text", "pattern": "[0-9a-f]{64}"}
_BUILD = {
    **dict.fromkeys(("python", "system", "libraries"), {"type": "text"}),
    "text_sha256": _SHA,
    "documents": {"type": "named", "fields": {"bytes": {"type": "integer"}, "sha256": _SHA}},
}
_RULES = {
    "format": {"type": "choice", "choices": [FORMAT]},
    "version": {"type": "text", "pattern": _VERSION.pattern},
    "commit": {"type": "text", "pattern": "[0-9a-f]{40}"},
    "date": {"type": "date"},
    "evidence_hash": {"type": "text", "pattern": "[0-9a-f]{16}"},
    "lock_sha256": _SHA,
    "builds": {"type": "records", "fields": _BUILD},
}
for _rule in (*_RULES.values(), *_BUILD.values(), *_BUILD["documents"]["fields"].values()):
    _rule["required"] = True


def order(version: str) -> tuple[int, int]:
    """Read a version as year and number, by which versions sort: 2026.10 follows 2026.9."""
    found = _VERSION.fullmatch(version)
    if not found:
        raise ValueError(f"{version!r} is not a version: expected year.number, such as 2026.1")
    return int(found[1]), int(found[2])


def platform_words(build: Mapping) -> str:
    """Name the platform of a build."""
    return "Python {python}, {system}, {libraries}".format(**build)


@dataclass(frozen=True)
class Record:
    """What is recorded of a version.

    Attributes
    ----------
    builds : one for each platform
        ``python``, ``system`` and ``libraries``; ``text_sha256``, the digest of the words of the pages, which
        is the same on every platform; ``documents``, the name of each document and archive to its ``bytes``
        and ``sha256``
    files : path of each file of the pages to its digests, one for each build that differs there
        The files of the data archive stand below its name, as if it were a folder.
    """

    version: str
    commit: str
    date: str
    evidence_hash: str
    lock_sha256: str
    builds: tuple[Mapping, ...] = ()
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def with_build(self, build: Mapping, files: Mapping[str, str]) -> "Record":
        """Add what a platform made."""
        merged = dict(self.files)
        for name, digest in files.items():
            merged[name] = tuple(dict.fromkeys([*merged.get(name, ()), digest]))
        return replace(self, builds=(*self.builds, build), files=dict(sorted(merged.items())))

    def document(self, digest: str) -> str:
        """Return the name of the document or file with a digest; empty if there is none."""
        known = {made["sha256"]: name for build in self.builds for name, made in build["documents"].items()}
        return known.get(digest) or next((name for name, each in self.files.items() if digest in each), "")

    def differences(self, files: Mapping[str, str]) -> list[str]:
        """Describe each file that is not as recorded; ``files`` maps paths to digests."""
        found = [f"{name}: missing" for name in self.files.keys() - files]
        for name, digest in files.items():
            if name not in self.files:
                found.append(f"{name}: not part of version {self.version}")
            elif digest not in self.files[name]:
                found.append(f"{name}: differs from version {self.version}")
        return sorted(found)


def read_records(root: Path) -> list[Record]:
    """Read every record, oldest version first, or raise a DataError with every fault of the files."""
    found, faults = _read(root)
    if faults:
        raise DataError(faults)
    return found


def find_record(root: Path, version: str) -> Record:
    """Return the record of a version, whose commit is here; or raise with what is recorded."""
    order(version)
    records = {record.version: record for record in read_records(root)}
    if not (record := records.get(version)):
        known = ", ".join(records) or "none"
        raise ValueError(f"version {version} has no record here; recorded: {known} (a newer one: git pull)")
    if not Git(root).commit(record.commit):
        raise ValueError(
            f"commit {record.commit[:12]} of version {version} is missing here; fetch the history: "
            "git fetch --unshallow"
        )
    return record


def write_record(root: Path, record: Record) -> None:
    """Write a record as YAML, and its digests as lines of digest and path."""
    told = {"format": FORMAT, **asdict(record)}
    told["builds"] = list(told["builds"])
    lines = [f"{digest}  {name}\n" for name, each in told.pop("files").items() for digest in each]
    # A date is written as one, without quotes.
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=1000)
    text = text.replace(f"date: '{record.date}'", f"date: {record.date}", 1)
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    (root / FOLDER / f"{record.version}.sha256").write_text("".join(lines), encoding="utf-8")
    (root / FOLDER / f"{record.version}.yml").write_text(text, encoding="utf-8")


def record_faults(root: Path) -> list[Fault]:
    """List what is wrong with the records, also with respect to the history of the repository."""
    return [*_read(root)[1], *(fault for fault, missing in _history(root) if not missing)]


def missing_history(root: Path) -> list[Fault]:
    """List the records whose commit a shallow clone cannot know, each with what to do; a build may go on."""
    return [fault for fault, missing in _history(root) if missing]


def _history(root: Path) -> Iterator[tuple[Fault, bool]]:
    """Yield each record whose commit is no part of the history, and whether only a fetch is missing."""
    if not (root / ".git").exists() or not (records := _read(root)[0]):
        return
    git = Git(root)
    shallow = git("rev-parse", "--is-shallow-repository") == "true"
    for record in records:
        known = git.commit(record.commit)
        if known and git.runs("merge-base", "--is-ancestor", known, "HEAD"):
            continue
        how = "--unshallow" if shallow else "origin main"
        told = f"is missing here and cannot be compared with the history; fetch it: git fetch {how}"
        if known:
            merge = "merge the branch that holds it without squashing or rebasing"
            told = f"is not part of the history of HEAD; {merge}"
        name = (FOLDER / f"{record.version}.yml").as_posix()
        yield Fault(name, 1, "commit", f"commit {record.commit[:12]} {told}"), shallow and not known


def _read(root: Path) -> tuple[list[Record], list[Fault]]:
    """Read the records that are well formed, oldest version first, and list what is wrong with the others."""
    found, faults = [], []
    for path in sorted((root / FOLDER).glob("*.*")):
        name = (FOLDER / path.name).as_posix()
        if path.suffix in (".csv", ".yml") and not _VERSION.fullmatch(path.stem):
            faults.append(Fault(name, 1, "file", "is not named after a version"))
        elif path.suffix == ".yml":
            told, lines, wrong = read_yaml(path, name)
            wrong = wrong or check_record(told, _RULES, Place(name, lines=lines))
            if not wrong and (told["version"] != path.stem or not told["builds"]):
                wrong = [Fault(name, 1, "file", "expected the version of the file's name, and its builds")]
            files, more = _read_sums(path.with_suffix(".sha256"))
            faults += wrong + more
            if not wrong + more:
                del told["format"]
                own = {"date": str(told["date"]), "builds": tuple(told["builds"]), "files": files}
                found.append(Record(**told | own))
    return sorted(found, key=lambda record: order(record.version)), faults


def _read_sums(path: Path) -> tuple[dict[str, tuple[str, ...]], list[Fault]]:
    name = (FOLDER / path.name).as_posix()
    if not path.is_file():
        return {}, [Fault(name, 1, "file", "not found; expected the digest of each file of the version")]
    files, faults = {}, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if found := _SUM.fullmatch(line):
            files[found[2]] = (*files.get(found[2], ()), found[1])
        else:
            told = f"expected a digest, two spaces and a path, found {line!r}"
            faults.append(Fault(name, number, "file", told))
    return files, faults
