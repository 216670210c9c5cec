"""Pack a version into an archive, and tell what a file is: a version, a changed one, a draft, or unknown."""

import csv
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pikepdf

from livingreview.release.records import Record, read_records
from livingreview.release.stamp import DATA

_OLDEST = datetime(1980, 1, 1, tzinfo=UTC).timestamp()  # a ZIP file knows no earlier time
_INDEX = "index.html"
_VERSION = re.compile(r"\d{4}\.\d+")
_META = re.compile(r'<meta name="\w+-(version|draft|hash)" content="([^"]*)"')
_UNREADABLE = (
    pikepdf.PdfError,
    zipfile.BadZipFile,
    ValueError,
    LookupError,
    AttributeError,
    OSError,
    RecursionError,
)
_KEYWORDS = re.compile(rb"version ([^,<()]{1,40}), evidence ([0-9a-f]{16})")


def published(folder: Path) -> dict[str, Path]:
    """List the files below a folder by path, without the hidden ones: those are notes of Sphinx to itself."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: found[name] for name in sorted(found) if "/." not in f"/{name}"}


def pack(folder: Path, target: Path, seconds: int) -> None:
    """Write the published files of a folder as a ZIP file; each gets the time ``seconds`` since 1970."""
    moment = datetime.fromtimestamp(max(seconds, _OLDEST), UTC).timetuple()[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in published(folder).items():
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, path.read_bytes())


def file_digest(path: Path) -> str:
    """Compute the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(place: Path) -> dict[str, str]:
    """Compute the SHA-256 of each file of a folder or an archive, and of those in its data archive, by path.

    Raises
    ------
    ValueError
        When an archive is damaged.
    """
    found = {}
    if place.is_dir():
        files = ((name, path.read_bytes()) for name, path in published(place).items())
    else:
        files = _members(place.name, place.read_bytes())
    for name, content in files:
        found[name] = hashlib.sha256(content).hexdigest()
        if name.endswith(DATA) and "/" not in name:
            inner = _members(name, content)
            found |= {f"{name}/{member}": hashlib.sha256(data).hexdigest() for member, data in inner}
    return found


def _members(path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from ((name, archive.read(name)) for name in archive.namelist())
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ValueError(f"{path}: damaged ({error}); fetch it again") from error


# ---- what a file is


@dataclass(frozen=True)
class Verdict:
    """What something is: "recorded", "changed" (with a line for each file that is), "draft" or "unknown"."""

    what: str
    verdict: str
    faults: tuple[str, ...] = ()


def verify(path: Path, root: Path) -> Verdict:
    """Compare a file, an archive or a folder of pages with the records in a clone."""
    if not path.exists():
        raise ValueError(f"{path}: not found; expected a file or a folder")
    records, digest = read_records(root), "" if path.is_dir() else file_digest(path)
    for record in records:
        if name := record.document(digest):
            return Verdict(f"{name} of version {record.version}", "recorded")
    label, evidence = inside(path / _INDEX if path.is_dir() else path)
    told = f"{path} names itself version {label}, evidence hash {evidence}"
    if record := next((record for record in records if record.version == label), None):
        faults = _differences(path, record)
        if not faults:
            return Verdict(f"{path}: version {label}", "recorded")
        hint = "" if evidence == record.evidence_hash else f"; recorded: {record.evidence_hash}"
        what = f"{told}{hint}, but differs from the record: damaged or changed"
        return Verdict(what, "changed", tuple(f"{path}: {line}" for line in faults))
    if _VERSION.fullmatch(label):
        return Verdict(f"{told}, of which there is no record here (git pull may bring it)", "unknown")
    if label:
        what = f"{path} is an unreleased draft ({label}, evidence hash {evidence}): no version"
        return Verdict(what, "draft")
    named = [each.version for each in records if path.name in each.builds[0]["documents"]]
    if not named:
        return Verdict(f"{path}: nothing in it names a version of this review", "unknown")
    what = f"{path.name} of version {', '.join(named)}, if its name is right, cannot be read: damaged"
    return Verdict(what, "changed", (f"{path}: its bytes are not those recorded",))


def _differences(path: Path, record: Record) -> list[str]:
    """Compare each file of a folder or an archive, which another library may have packed."""
    try:
        found = digests(path) if path.is_dir() or path.suffix == ".zip" else {}
    except ValueError as error:
        return [str(error)]
    return record.differences(found) if _INDEX in found else ["its bytes are not those recorded"]


def inside(path: Path) -> tuple[str, str]:
    """Read the label of a `Stamp` and the evidence hash that a file carries; empty where it has none."""
    content = path.read_bytes() if path.is_file() else b""
    try:
        return _told(path.suffix, content)
    except _UNREADABLE:
        # A file that cannot be read any more may still have its keywords.
        return _told("", content)


def _told(kind: str, content: bytes) -> tuple[str, str]:
    if kind in (".zip", ".docx"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            name = max({_INDEX, "datapackage.json", "docProps/core.xml"} & set(parts.namelist()), default="")
            kind, content = Path(name).suffix, parts.read(name)
    if kind == ".html":
        found = dict(_META.findall(content.decode("utf-8", "replace")))
        return found.get("version") or found.get("draft", ""), found.get("hash", "")
    if kind in (".json", ".csv"):
        text = content.decode("utf-8")
        found = json.loads(text) if kind == ".json" else next(csv.DictReader(io.StringIO(text)), {})
        return found.get("version") or "", found.get("evidence_hash") or ""
    if kind == ".pdf":
        with pikepdf.open(io.BytesIO(content)) as document:
            content = str(document.docinfo.get("/Keywords", "")).encode()
    found = _KEYWORDS.search(content)
    return (found[1].decode("utf-8", "replace"), found[2].decode()) if found else ("", "")
