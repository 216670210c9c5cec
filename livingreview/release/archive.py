"""Pack the pages of a version into one file that is the same for the same content, and digest files."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from livingreview.release.stamp import DATA

_OLDEST = datetime(1980, 1, 1, tzinfo=UTC).timestamp()  # a ZIP file knows no earlier time


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
        When an archive is damaged, or names a path outside of itself.
    """
    files = published(place).items() if place.is_dir() else _members(place.name, place.read_bytes())
    found = {}
    for name, content in files:
        content = content.read_bytes() if isinstance(content, Path) else content
        found[name] = hashlib.sha256(content).hexdigest()
        if name.endswith(DATA) and "/" not in name:
            inside = _members(name, content)
            found |= {f"{name}/{member}": hashlib.sha256(data).hexdigest() for member, data in inside}
    return found


def _members(path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                parts = name.split("/")
                if "\\" in name or ":" in parts[0] or {"", ".", ".."} & set(parts):
                    raise ValueError(f"{path}: {name!r} is not a path inside a version")
                yield name, archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ValueError(f"{path}: damaged ({error}); fetch it again") from error
