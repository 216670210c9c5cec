"""Packs a version's folder into one file, and unpacks it only if no byte differs."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

from alsreview.release.manifest import NAME, Manifest, check_name, file_digest, read_manifest

SUMS = "SHA256SUMS"
FOLDER = "_releases"
_OLDEST = datetime(1980, 1, 1, tzinfo=UTC).timestamp()  # a ZIP file knows no earlier time


def archive_name(version: str) -> str:
    """Name the archive of a version."""
    return f"als-review-{version}.zip"


def pack(folder: Path, target: Path, seconds: int) -> None:
    """Write a folder as a ZIP file that is the same for the same content.

    Parameters
    ----------
    folder : what to pack; its files stand at the archive's root
    target : the file to write
    seconds : time that every entry is given, seconds since 1970
    """
    moment = datetime.fromtimestamp(max(seconds, _OLDEST), UTC).timetuple()[:6]
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[name].read_bytes())


def archived_manifest(path: Path) -> Manifest:
    """Read the manifest inside an archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return read_manifest(archive.read(NAME), f"{path.name}/{NAME}")
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise ValueError(f"{path}: not the archive of a version ({error})") from error


def unpack(path: Path, folder: Path) -> Manifest:
    """Unpack an archive into a new folder and check every byte against its manifest.

    Raises
    ------
    ValueError
        When the archive is damaged or holds anything but its manifest's files; the message names them.
    """
    manifest = archived_manifest(path)
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                check_name(name, path.name)
            archive.extractall(folder)
    except (zipfile.BadZipFile, zipfile.zlib.error, EOFError) as error:
        raise ValueError(f"{path}: damaged ({error}); fetch it again") from error
    faults = manifest.differences(folder)
    if faults:
        raise ValueError("\n".join(f"{path}: {fault}" for fault in faults))
    return manifest


def write_sums(folder: Path) -> None:
    """Write the checksums of a folder's files in the form that ``sha256sum --check`` reads."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != SUMS)
    (folder / SUMS).write_text("".join(f"{file_digest(path)}  {path.name}\n" for path in files))


def check_sums(folder: Path) -> list[str]:
    """Name each file of a release that its checksums do not fit, or that they do not know."""
    sums = folder / SUMS
    if not sums.is_file():
        return [f"{folder}: no {SUMS}; fetch it again"]
    lines = [line.partition("  ") for line in sums.read_text(encoding="utf-8").splitlines() if line]
    told = {name: digest for digest, _, name in lines}
    here = {path.name: path for path in folder.iterdir() if path.is_file() and path.name != SUMS}
    faults = [f"{folder / name}: missing" for name in told if name not in here]
    faults += [f"{folder / name}: not in {SUMS}" for name in here if name not in told]
    return faults + [
        f"{folder / name}: its checksum is not the one in {SUMS}; fetch it again"
        for name, digest in told.items()
        if name in here and file_digest(here[name]) != digest
    ]


def archived_versions(root: Path) -> dict[str, Path]:
    """Find the archives of a review: version to file, in no order."""
    found = {}
    for path in sorted((root / FOLDER).glob("*/als-review-*.zip")):
        if path.name == archive_name(path.parent.name):
            found[path.parent.name] = path
    return found
