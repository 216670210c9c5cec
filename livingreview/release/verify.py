"""Tell what a file, an archive or a folder is: a recorded version, a changed one, a draft, or unknown."""

import csv
import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from livingreview.release.archive import archive_digests, file_digest, folder_digests
from livingreview.release.records import Record, parse_version, read_records

_INDEX = "index.html"
_META = re.compile(r'<meta name="\w+-(version|draft|hash)" content="([^"]*)"')
_KEYWORDS = re.compile(rb"version ([^,<()]{1,40}), evidence ([0-9a-f]{16})")


@dataclass(frozen=True)
class Verdict:
    """What something is.

    Attributes
    ----------
    what : in words, such as "review.pdf of version 2026.1"
    verdict : "recorded", "changed", "draft" or "unknown"
    faults : one line for each file that differs, is missing or was added
    """

    what: str
    verdict: str
    faults: tuple[str, ...] = ()


def verify(path: Path, root: Path) -> list[Verdict]:
    """Compare what somebody has with the records in a clone.

    Parameters
    ----------
    path : a document, a CSV file, an archive, a folder of pages, or a site of several versions
    root : folder of the review

    Returns
    -------
    one verdict, or one for each version of a site
    """
    if not path.exists():
        raise ValueError(f"{path}: not found; expected a file or a folder")
    records = read_records(root)
    if not path.is_dir():
        return [_file(path, records)]
    versions = sorted(each.parent for each in path.glob(f"*/{_INDEX}") if _is_version(each.parent.name))
    return [_folder(folder, records) for folder in versions or [path]]


def _file(path: Path, records: list[Record]) -> Verdict:
    digest = file_digest(path)
    for record in records:
        if name := record.document(digest):
            return Verdict(f"{name} of version {record.version}", "recorded")
    label, evidence = inside(path)
    record = _recorded(label, records)
    named = [str(each.version) for each in records if path.name in each.builds[0].documents]
    if named and not label:
        told = f"has the name of a document of version {', '.join(named)}"
        what = f"{path.name} {told}, but cannot be read: damaged"
        return Verdict(what, "changed", (f"{path}: its bytes are not those recorded",))
    if record and path.suffix == ".zip":
        # The same files may be packed by another library.
        return _compared(f"the archive {path.name}", record, _archive_files(path), evidence, str(path))
    return _verdict(path.name, label, evidence, record, (f"{path}: its bytes are not those recorded",))


def _folder(folder: Path, records: list[Record]) -> Verdict:
    index = folder / _INDEX
    label, evidence = inside(index) if index.is_file() else ("", "")
    record = _recorded(label, records)
    if record:
        return _compared(f"the pages in {folder}", record, folder_digests(folder), evidence, str(folder))
    return _verdict(f"the folder {folder}", label, evidence, record, ())


def _compared(what: str, record: Record, files: dict[str, str], evidence: str, place: str) -> Verdict:
    faults = tuple(f"{place}: {line}" for line in record.differences(files))
    if faults:
        return _verdict(what, str(record.version), evidence, record, faults)
    return Verdict(f"{what}: version {record.version}", "recorded")


def _verdict(what: str, label: str, evidence: str, record: Record | None, faults: tuple) -> Verdict:
    told = f"{what} names itself version {label}" + (f", evidence hash {evidence}" if evidence else "")
    if record:
        hint = "" if evidence in ("", record.evidence_hash) else f"; recorded: {record.evidence_hash}"
        return Verdict(f"{told}{hint}, but differs from the record: damaged or changed", "changed", faults)
    if not label:
        return Verdict(f"{what}: nothing in it names a version of this review", "unknown")
    if _is_version(label):
        return Verdict(f"{told}, of which there is no record here (git pull may bring it)", "unknown")
    return Verdict(f"{what} is an unreleased draft ({label}, evidence hash {evidence}): no version", "draft")


def _archive_files(path: Path) -> dict[str, str]:
    try:
        return archive_digests(path)
    except ValueError:
        return {}  # every file then counts as missing


def _recorded(label: str, records: list[Record]) -> Record | None:
    return next((record for record in records if str(record.version) == label), None)


def _is_version(label: str) -> bool:
    try:
        return bool(parse_version(label))
    except ValueError:
        return False


def inside(path: Path) -> tuple[str, str]:
    """Read the label and the evidence hash that a file carries; empty where it has none.

    A label is that of `Stamp`: a version, or words such as "after 2026.1".
    """
    content = path.read_bytes()
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
