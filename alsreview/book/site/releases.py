"""Unpacks the archived versions, and lets none in of which a byte differs."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from alsreview.release.archive import FOLDER, archive_name, check_sums, unpack
from alsreview.release.manifest import Manifest
from alsreview.release.results import FOLDER as RESULTS
from alsreview.release.results import from_text
from alsreview.release.versions import parse_version

_NO_PAGES = ("data/", "_static/")  # their files are not chapters


@dataclass(frozen=True)
class Released:
    """One version of the review, unpacked.

    Attributes
    ----------
    manifest : what it is made of
    results : its analyses, one row each
    """

    manifest: Manifest
    results: pd.DataFrame

    @property
    def version(self) -> str:
        """Its name, such as ``2026.1``."""
        return self.manifest.version

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(self.manifest.sizes.values())

    @property
    def pages(self) -> list[str]:
        """Its pages, as paths inside the version; a redirect to where a page moved is none."""
        named = (name for name in self.manifest.files if name.endswith(".html"))
        moved = self.manifest.moved
        return [
            name
            for name in named
            if not name.startswith(_NO_PAGES) and name.removesuffix(".html") not in moved
        ]


def unpack_releases(root: Path, target: Path) -> list[Released]:
    """Unpack every archive into a folder named after its version, newest version first.

    Raises
    ------
    ValueError
        With every archive that is missing, misplaced, damaged or changed.
    """
    archives, faults = _archives(root)
    found = []
    for archive in archives:
        try:
            found.append(_unpack_one(archive, target))
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise ValueError("\n".join(faults))
    return sorted(found, key=lambda released: parse_version(released.version), reverse=True)


def _archives(root: Path) -> tuple[list[Path], list[str]]:
    """List the archives, and what is wrong with the folders that should hold one each."""
    archives, faults = [], []
    # A release in the making has a folder whose name begins with a dot.
    for folder in sorted((root / FOLDER).glob("[!.]*/")):
        expected = folder / archive_name(folder.name)
        others = {path for path in folder.glob("als-review-*.zip") if not path.stem.endswith("-data")}
        faults += [f"{path}: expected {expected.name} alone in this folder" for path in others - {expected}]
        if not _is_version(folder.name):
            faults += [f"{folder}: not named after a version, such as 2026.1"] if not others else []
        elif expected in others:
            archives.append(expected)
        else:
            faults.append(f"{expected}: not found; fetch it again, or remove its folder")
    return archives, faults


def _is_version(name: str) -> bool:
    try:
        parse_version(name)
    except ValueError:
        return False
    return True


def _unpack_one(archive: Path, target: Path) -> Released:
    if faults := check_sums(archive.parent):
        raise ValueError("\n".join(faults))
    version = archive.parent.name
    manifest = unpack(archive, target / version)
    if manifest.version != version:
        raise ValueError(f"{archive}: holds version {manifest.version}, expected {version}")
    kept = target / version / RESULTS / f"{version}.csv"
    if not kept.is_file():
        raise ValueError(f"{archive}: no {(RESULTS / kept.name).as_posix()}; expected what the version said")
    return Released(manifest, from_text(kept.read_text(encoding="utf-8")))
