"""Writes down what a version's folder holds, so that anybody can tell whether a byte differs."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from alsreview.release.stamp import Stamp
from alsreview.release.versions import parse_version

NAME = "manifest.json"
FORMAT = 1
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What one version is made of.

    Attributes
    ----------
    version, title, date, seconds, evidence_hash, commit, doi : as the pages say
    lock_sha256 : of requirements.txt
    moved : page that is gone to the page that took its place, both without ``.html``
    files : path inside the folder to its SHA-256, the manifest itself apart
    sizes : path inside the folder to its bytes
    """

    version: str
    title: str
    date: str
    seconds: int
    evidence_hash: str
    commit: str
    doi: str
    lock_sha256: str
    moved: Mapping[str, str]
    files: Mapping[str, str]
    sizes: Mapping[str, int]

    def to_json(self) -> str:
        """Write it as JSON, the same for the same content."""
        said = asdict(self)
        sizes = said.pop("sizes")
        said["files"] = {
            name: {"sha256": digest, "bytes": sizes[name]} for name, digest in self.files.items()
        }
        return json.dumps({"format": FORMAT, **said}, ensure_ascii=False, indent=1) + "\n"

    def differences(self, folder: Path) -> list[str]:
        """Name each file of a folder that is not as it was released."""
        found = {name: digest for name, digest, _ in _digests(folder)}
        faults = [f"{name}: missing" for name in self.files if name not in found]
        faults += [f"{name}: not part of version {self.version}" for name in found if name not in self.files]
        faults += [
            f"{name}: differs from version {self.version}"
            for name, digest in self.files.items()
            if found.get(name, digest) != digest
        ]
        return sorted(faults)


def make_manifest(folder: Path, stamp: Stamp, lock: Path, moved: Mapping[str, str]) -> Manifest:
    """Write down the files of a folder that is to become a version."""
    listed = list(_digests(folder))
    return Manifest(
        version=stamp.version,
        title=stamp.title,
        date=stamp.date,
        seconds=stamp.seconds,
        evidence_hash=stamp.evidence,
        commit=stamp.commit,
        doi=stamp.doi,
        lock_sha256=file_digest(lock),
        moved=dict(sorted(moved.items())),
        files={name: digest for name, digest, _ in listed},
        sizes={name: size for name, _, size in listed},
    )


def read_manifest(text: str | bytes, where: str) -> Manifest:
    """Read a manifest.

    Parameters
    ----------
    text : the JSON
    where : the file it came from, for the message

    Raises
    ------
    ValueError
        When it is no manifest, or one that a newer program wrote.
    """
    try:
        said = json.loads(text)
        number, files = said.pop("format"), said.pop("files")
        if number != FORMAT:
            raise ValueError(f"{where}: format {number!r}; this program reads {FORMAT}: use a newer one")
        parse_version(said["version"])
        digests = {name: entry["sha256"] for name, entry in files.items()}
        for name in digests:
            check_name(name, where)
        return Manifest(**said, files=digests, sizes={name: e["bytes"] for name, e in files.items()})
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{where}: not the manifest of a version ({error})") from error


def check_name(name: str, where: str) -> None:
    """Refuse a path that would leave its folder."""
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or ":" in parts[0] or any(p in ("", ".", "..") for p in parts):
        raise ValueError(f"{where}: {name!r} is not a path inside a version")


def file_digest(path: Path) -> str:
    """Compute the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digests(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Yield path, SHA-256 and bytes of each file but the manifest, in order."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for name in sorted(files):
        if name != NAME:
            yield name, file_digest(files[name]), files[name].stat().st_size
