"""Publish each recorded version that has no GitHub Release yet, in steps that can all be run again.

The workflow runs `prepare`, `draft`, the deployment of the site, and `finish`; each step finds out by itself
what is left to do, so a run that stopped halfway is started again.
"""

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from livingreview.release.archive import file_digest
from livingreview.release.documents import archive_name
from livingreview.release.git import Git, clean_environment
from livingreview.release.rebuild import LOCK, interpreter, obtain, rebuild
from livingreview.release.records import Record, read_records
from livingreview.release.results import FOLDER

Echo = Callable[[str], None]
SUMS = "SHA256SUMS"
NOTES = (
    "The pages of version {version} in one archive, its documents, its data, the packages that it was built "
    "with, and the record with the checksums. CHANGELOG.md describes what changed."
)


def prepare(root: Path, echo: Echo) -> list[str]:
    """Fetch the archives of published versions, and build each other version with what is released with it.

    Returns
    -------
    the versions that are to be published

    Raises
    ------
    ValueError
        When a build has other bytes than recorded, or a published archive is damaged.
    """
    waiting = []
    for record in read_records(root):
        version, place = str(record.version), _folder(root, record)
        if _state(version) == "published":
            if not (place / archive_name(root, version)).is_file():
                _gh(
                    "release",
                    "download",
                    version,
                    "--pattern",
                    archive_name(root, version),
                    "--dir",
                    str(place),
                )
            obtain(root, record, echo)
            continue
        _lay_out(root, record, rebuild(root, version, echo, strict=True), echo)
        waiting.append(version)
    return waiting


def draft(root: Path, echo: Echo) -> None:
    """Draft a release, with its files, for each version that is not published."""
    for record in _waiting(root):
        version, place = str(record.version), _folder(root, record)
        files = sorted(path for path in place.iterdir() if path.is_file())
        if not (place / SUMS).is_file():
            raise ValueError(f"{place / SUMS}: not found; prepare the version first")
        if not _state(version):
            notes = NOTES.format(version=version)
            _gh("release", "create", version, "--draft", "--title", f"Version {version}", "--notes", notes)
        _gh("release", "upload", version, "--clobber", *map(str, files))
        echo(f"version {version}: drafted with {len(files)} files")


def finish(root: Path, echo: Echo) -> None:
    """Push the tag of each drafted version, and publish its release."""
    git = Git(root)
    for record in _waiting(root):
        version = str(record.version)
        if not _state(version):
            raise ValueError(f"version {version}: no release is drafted; draft it first")
        tagged = git.commit(f"refs/tags/{version}")
        if tagged and tagged != record.commit:
            raise ValueError(
                f"tag {version} is on commit {tagged[:12]}, and the record has {record.commit[:12]}"
            )
        if not tagged:
            git("tag", version, record.commit)
        git("push", "--quiet", "origin", f"refs/tags/{version}")
        # The tag first: a release whose target is no tag may need a permission that the workflow lacks.
        _gh("release", "edit", version, "--draft=false", "--tag", version, "--verify-tag")
        echo(f"version {version}: published")


def publish(root: Path, step: str, echo: Echo) -> None:
    """Run one of the steps ``prepare``, ``draft`` and ``finish``."""
    {"prepare": prepare, "draft": draft, "finish": finish}[step](root, echo)


def _waiting(root: Path) -> list[Record]:
    return [record for record in read_records(root) if _state(str(record.version)) != "published"]


def _folder(root: Path, record: Record) -> Path:
    return root / "_build" / "releases" / str(record.version)


def _state(version: str) -> str:
    """Return "published", "draft", or nothing where there is no release of a version."""
    found = json.loads(_gh("release", "list", "--limit", "1000", "--json", "tagName,isDraft"))
    states = {each["tagName"]: "draft" if each["isDraft"] else "published" for each in found}
    return states.get(version, "")


def _gh(*words: str) -> str:
    try:
        done = subprocess.run(["gh", *words], capture_output=True, text=True)
    except FileNotFoundError:
        raise ValueError("gh: not found; publishing needs the command line of GitHub") from None
    if done.returncode:
        raise ValueError(f"gh {' '.join(words[:3])}: {done.stderr.strip()}")
    return done.stdout


def _lay_out(root: Path, record: Record, archive: Path, echo: Echo) -> None:
    """Put beside an archive its documents, its data, its record, its packages and the checksums of all."""
    place, version = archive.parent, record.version
    with zipfile.ZipFile(archive) as pages:
        for name in {name for build in record.builds for name in build.documents} & set(pages.namelist()):
            pages.extract(name, place)
    for suffix in (".yml", ".csv", ".sha256"):
        shutil.copy(root / FOLDER / f"{version}{suffix}", place)
    _pack_wheels(root, record, place / f"wheels-{version}.zip", echo)
    lines = [f"{file_digest(path)}  {path.name}\n" for path in sorted(place.iterdir()) if path.name != SUMS]
    (place / SUMS).write_text("".join(lines), encoding="utf-8")


def _pack_wheels(root: Path, record: Record, target: Path, echo: Echo) -> None:
    """Keep the packages of the lock, so that the version can be built when an index has lost them."""
    echo(f"Fetching the packages of the lock of version {record.version}")
    with TemporaryDirectory() as scratch:
        lock, wheels = Path(scratch) / LOCK, Path(scratch) / "wheels"
        lock.write_bytes(Git(root).bytes("show", f"{record.commit}:{LOCK}"))
        python = interpreter(root, lock, echo)
        wheels.mkdir()
        fetch = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        done = subprocess.run(
            [python, *fetch, "--requirement", lock, "--dest", wheels],
            env=clean_environment(),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise ValueError(f"the packages cannot be fetched: {done.stderr.strip()[-500:]}")
        # Wheels are packed already.
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
            for path in sorted(wheels.iterdir()):
                packed.write(path, path.name)
