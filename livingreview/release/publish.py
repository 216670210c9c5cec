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
from livingreview.release.git import Git
from livingreview.release.rebuild import LOCK, interpreter, obtain, pip, rebuild
from livingreview.release.records import Record, read_records
from livingreview.release.results import FOLDER
from livingreview.release.stamp import archive_name

Echo = Callable[[str], None]
SUMS = "SHA256SUMS"
NOTES = (
    "The pages of version {version} in one archive, its documents, its data, the packages that it was built "
    "with, and the record with the checksums. CHANGELOG.md describes what changed."
)


def prepare(root: Path, echo: Echo) -> None:
    """Fetch the archives of published versions, and build each other version with what is released with it.

    A build with other bytes than recorded, and a published archive that is damaged, stop this.
    """
    states = _states()
    for record in read_records(root):
        version, place = str(record.version), _folder(root, record)
        if states.get(version) != "published":
            _lay_out(root, record, rebuild(root, version, echo, strict=True), echo)
            continue
        name = archive_name(root, version)
        if not (place / name).is_file():
            _gh("release", "download", version, "--pattern", name, "--dir", str(place))
        obtain(root, record, echo)


def draft(root: Path, echo: Echo) -> None:
    """Draft a release, with its files, for each version that is not published."""
    for record, state in _waiting(root):
        version, place = str(record.version), _folder(root, record)
        if not (place / SUMS).is_file():
            raise ValueError(f"{place / SUMS}: not found; prepare the version first")
        if not state:
            notes = NOTES.format(version=version)
            _gh("release", "create", version, "--draft", "--title", f"Version {version}", "--notes", notes)
        files = sorted(path for path in place.iterdir() if path.is_file())
        _gh("release", "upload", version, "--clobber", *map(str, files))
        echo(f"version {version}: drafted with {len(files)} files")


def finish(root: Path, echo: Echo) -> None:
    """Push the tag of each drafted version, and publish its release."""
    git = Git(root)
    for record, state in _waiting(root):
        version = str(record.version)
        if not state:
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


STEPS = {"prepare": prepare, "draft": draft, "finish": finish}


def _waiting(root: Path) -> list[tuple[Record, str]]:
    """List the versions that are not published, each with "draft", or nothing where it has no release."""
    states = _states()
    told = [(record, states.get(str(record.version), "")) for record in read_records(root)]
    return [(record, state) for record, state in told if state != "published"]


def _states() -> dict[str, str]:
    """Return for each release of GitHub whether it is "published" or a "draft"."""
    found = json.loads(_gh("release", "list", "--limit", "1000", "--json", "tagName,isDraft"))
    return {each["tagName"]: "draft" if each["isDraft"] else "published" for each in found}


def _folder(root: Path, record: Record) -> Path:
    return root / "_build" / "releases" / str(record.version)


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
        wheels.mkdir()
        pip(interpreter(root, lock, echo), "download", lock, "--dest", str(wheels))
        # Wheels are packed already.
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
            for path in sorted(wheels.iterdir()):
                packed.write(path, path.name)
