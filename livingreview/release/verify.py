"""Tell what a file, an archive or a folder is: a recorded version, a changed one, a draft, or unknown."""

import csv
import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from livingreview.release.archive import digests, file_digest
from livingreview.release.records import Record, read_records

_INDEX = "index.html"
_VERSION = re.compile(r"\d{4}\.\d+")
_META = re.compile(r'<meta name="\w+-(version|draft|hash)" content="([^"]*)"')
_KEYWORDS = re.compile(rb"version ([^,<()]{1,40}), evidence ([0-9a-f]{16})")


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
    return _verdict(path, records)


def _verdict(path: Path, records: list[Record]) -> Verdict:
    label, evidence = inside(path / _INDEX if path.is_dir() else path)
    if not label:
        named = [str(each.version) for each in records if path.name in each.builds[0].documents]
        if not named:
            return Verdict(f"{path}: nothing in it names a version of this review", "unknown")
        what = f"{path.name} of version {', '.join(named)}, if its name is right, cannot be read: damaged"
        return Verdict(what, "changed", (f"{path}: its bytes are not those recorded",))
    told = f"{path} names itself version {label}, evidence hash {evidence}"
    record = next((record for record in records if str(record.version) == label), None)
    if record is None and _VERSION.fullmatch(label):
        return Verdict(f"{told}, of which there is no record here (git pull may bring it)", "unknown")
    if record is None:
        return Verdict(
            f"{path} is an unreleased draft ({label}, evidence hash {evidence}): no version", "draft"
        )
    faults = tuple(f"{path}: {line}" for line in _differences(path, record))
    if not faults:
        return Verdict(f"{path}: version {record.version}", "recorded")
    hint = "" if evidence == record.evidence_hash else f"; recorded: {record.evidence_hash}"
    return Verdict(f"{told}{hint}, but differs from the record: damaged or changed", "changed", faults)


def _differences(path: Path, record: Record) -> list[str]:
    """Compare each file of a folder or an archive, which another library may have packed."""
    try:
        found = digests(path) if path.is_dir() or path.suffix == ".zip" else {}
    except ValueError as error:
        return [str(error)]
    return record.differences(found) if _INDEX in found else ["its bytes are not those recorded"]


def inside(path: Path) -> tuple[str, str]:
    """Read the label and the evidence hash that a file carries; empty where it has none.

    A label is that of `Stamp`: a version, or words such as "after 2026.1".
    """
    content = path.read_bytes() if path.is_file() else b""
    readers = {".pdf": _in_pdf, ".html": _in_page, ".csv": _in_table, ".zip": _in_archive, ".docx": _in_docx}
    try:
        return readers.get(path.suffix, _in_text)(content)
    except (pikepdf.PdfError, zipfile.BadZipFile, ValueError, KeyError, OSError, RecursionError):
        return _in_text(content)


def _in_text(content: bytes) -> tuple[str, str]:
    """Look for the keywords in the bytes, also of a file that cannot be read any more."""
    found = _KEYWORDS.search(content)
    return (found[1].decode("utf-8", "replace"), found[2].decode()) if found else ("", "")


def _in_pdf(content: bytes) -> tuple[str, str]:
    with pikepdf.open(io.BytesIO(content)) as document:
        return _in_text(str(document.docinfo.get("/Keywords", "")).encode())


def _in_docx(content: bytes) -> tuple[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return _in_text(parts.read("docProps/core.xml"))


def _in_page(content: bytes) -> tuple[str, str]:
    told = dict(_META.findall(content.decode("utf-8", "replace")))
    return told.get("version") or told.get("draft", ""), told.get("hash", "")


def _in_table(content: bytes) -> tuple[str, str]:
    row = next(csv.DictReader(io.StringIO(content.decode("utf-8"))), {})
    return row.get("version") or "", row.get("evidence_hash") or ""


def _in_archive(content: bytes) -> tuple[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if _INDEX in archive.namelist():
            return _in_page(archive.read(_INDEX))
        told = json.loads(archive.read("datapackage.json"))
        return told["version"], told["evidence_hash"]
