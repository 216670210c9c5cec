"""Tells of a file, an archive, a folder or a site which version it is and which bytes differ."""

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

from alsreview.release.archive import FOLDER, archived_manifest, archived_versions, check_sums, unpack
from alsreview.release.manifest import NAME, Manifest, file_digest, read_manifest

Echo = Callable[[str], None]
_WAIT = 30  # seconds for a server's answer
_AT_ONCE = 8
_SAYS = re.compile(rb"\b[Vv]ersion ([0-9]{4}\.[0-9]{1,4})\b")


@dataclass(frozen=True)
class Verdict:
    """What something is, and what is wrong with it.

    Attributes
    ----------
    what : in words, such as ``"als-review.pdf of version 2026.1"``
    faults : one line per file that differs, is missing or was added; empty when nothing does
    """

    what: str
    faults: tuple[str, ...] = ()


def verify(target: str, root: Path | None = None, *, echo: Echo | None = None) -> list[Verdict]:
    """Compare what somebody has with what was released.

    Parameters
    ----------
    target : a file, an archive, a folder of a version, of its release files or of a whole site, or the
        address of a version's folder (``http://...``)
    root : folder of the review whose ``_releases`` and built site say what single files should be
    echo : is handed a line for every version looked at

    Returns
    -------
    one verdict per version found

    Raises
    ------
    ValueError
        When nothing here knows what it is.
    """
    echo = echo or (lambda line: None)
    if target.startswith(("http://", "https://")):
        return [_verify_address(target.rstrip("/") + "/")]
    path = Path(target)
    if not path.exists():
        raise ValueError(f"{target}: not found; expected a file, a folder or an address")
    if path.is_dir():
        return [_verify_folder(folder, echo) for folder in _folders(path)]
    if path.suffix == ".zip" and not _known(path, root):
        return [_verify_archive(path)]
    return [_verify_file(path, root)]


def _folders(path: Path) -> list[Path]:
    """Find what to compare in a folder: the version it is, or the versions that it holds."""
    here = [path] if (path / NAME).is_file() else []
    below = sorted(found.parent for found in path.glob(f"*/{NAME}"))
    if not here and not below:
        raise ValueError(f"{path}: no {NAME} here or one level below; expected a version or a site")
    return here or below


def _verify_folder(folder: Path, echo: Echo) -> Verdict:
    manifest = read_manifest((folder / NAME).read_bytes(), str(folder / NAME))
    echo(f"{folder}: {len(manifest.files)} files of version {manifest.version}")
    if (folder / "SHA256SUMS").is_file():
        return Verdict(f"the release files of version {manifest.version}", tuple(check_sums(folder)))
    faults = manifest.differences(folder)
    return Verdict(f"version {manifest.version}", tuple(f"{folder}/{fault}" for fault in faults))


def _verify_archive(path: Path) -> Verdict:
    version = archived_manifest(path).version
    try:
        with tempfile.TemporaryDirectory() as folder:
            unpack(path, Path(folder))
    except ValueError as error:
        return Verdict(f"the archive of version {version}", tuple(str(error).splitlines()))
    return Verdict(f"the archive of version {version}")


def _verify_file(path: Path, root: Path | None) -> Verdict:
    """Name the versions that hold these very bytes; failing that, the ones that have a file of that name."""
    known = _known(path, root)
    if known:
        return Verdict(", ".join(known))
    named = [
        f"differs from {name} of version {manifest.version}"
        for manifest in _manifests(root)
        for name in manifest.files
        if path.name in (Path(name).name, f"als-review-{manifest.version}{Path(name).suffix}")
    ]
    said = _SAYS.search(path.read_bytes())
    if not named and not said:
        raise ValueError(
            f"{path}: no version known here has such a file; fetch the version's {NAME} into "
            f"{FOLDER}/<version>/, or give the folder it came in"
        )
    what = f"says that it is version {said[1].decode()}, and " if said else ""
    named = named or ["these bytes are in no version known here"]
    return Verdict(f"{what}is in no version known here", tuple(f"{path}: {each}" for each in named))


def _known(path: Path, root: Path | None) -> list[str]:
    """List, in words, where the bytes of a file were released."""
    digest = file_digest(path)
    found = [
        f"{name} of version {manifest.version}"
        for manifest in _manifests(root)
        for name, known in manifest.files.items()
        if known == digest
    ]
    if root:
        for sums in sorted((root / FOLDER).glob("*/SHA256SUMS")):
            for line in sums.read_text(encoding="utf-8").splitlines():
                if line.startswith(digest):
                    found.append(f"{line[66:]} of version {sums.parent.name}")
    return found


def _manifests(root: Path | None) -> Iterable[Manifest]:
    """Read every manifest at hand: of the archives, and of a site that was built."""
    if root is None:
        return []
    loose = [*root.glob(f"{FOLDER}/*/{NAME}"), *root.glob(f"_build/site/*/{NAME}")]
    found = {}
    for path in sorted(loose):
        manifest = read_manifest(path.read_bytes(), str(path))
        found[manifest.version, manifest.commit] = manifest
    for path in archived_versions(root).values():
        manifest = archived_manifest(path)
        found[manifest.version, manifest.commit] = manifest
    return [found[key] for key in sorted(found)]


def _verify_address(address: str) -> Verdict:
    """Fetch a version's manifest and then every file that it names."""
    try:
        manifest = read_manifest(_fetch(address + NAME), address + NAME)
    except OSError as error:
        raise ValueError(f"{address}{NAME}: {error}; expected the folder of a version") from error

    def fault(name: str) -> str:
        try:
            digest = hashlib.sha256(_fetch(address + quote(name))).hexdigest()
        except HTTPError as error:
            return f"{name}: answers {error.code}"
        except OSError as error:
            return f"{name}: {error}"
        return "" if digest == manifest.files[name] else f"{name}: differs from version {manifest.version}"

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        faults = [f"{address}{said}" for said in pool.map(fault, manifest.files) if said]
    return Verdict(f"version {manifest.version}", tuple(faults))


def _fetch(address: str) -> bytes:
    with urlopen(address, timeout=_WAIT) as answer:
        return answer.read()
