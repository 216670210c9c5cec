"""Publish each recorded version that has no GitHub Release yet, in steps that can all be run again.

The workflow runs `prepare`, `draft`, the deployment of the site, and `finish`; each step finds out by itself
what is left to do, so a run that stopped halfway is started again.
"""

import json
import shutil
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from livingreview.release.archive import file_digest
from livingreview.release.git import Git, run
from livingreview.release.rebuild import LOCK, Echo, clean_environment, interpreter, obtain, rebuild
from livingreview.release.records import Record, read_records
from livingreview.release.results import FOLDER
from livingreview.release.stamp import archive_path

SUMS = "SHA256SUMS"
NOTES = (
    "The pages of version {version} in one archive, its documents, its data, the packages that it was built "
    "with, and the record with the checksums. CHANGELOG.md describes what changed."
)


def prepare(root: Path, echo: Echo) -> None:
    """Fetch the archives of published versions, and build each other version with what is released with it.

    A build with other bytes than recorded, and a published archive that is damaged, stop this.
    """
    for record, version, state in _states(root):
        if state != "published":
            _lay_out(root, record, rebuild(root, version, echo, strict=True), echo)
            continue
        archive = archive_path(root, version)
        if not archive.is_file():
            _gh(root, "download", version, "--pattern", archive.name, "--dir", str(archive.parent))
        obtain(root, record, echo)


def draft(root: Path, echo: Echo) -> None:
    """Draft a release, with its files, for each version that is not published."""
    for _, version, state in _states(root):
        if state == "published":
            continue
        place = archive_path(root, version).parent
        if not (place / SUMS).is_file():
            raise ValueError(f"{place / SUMS}: not found; prepare the version first")
        if not state:
            told = ("--title", f"Version {version}", "--notes", NOTES.format(version=version))
            _gh(root, "create", version, "--draft", *told)
        files = sorted(path for path in place.iterdir() if path.is_file())
        _gh(root, "upload", version, "--clobber", *map(str, files))
        echo(f"version {version}: drafted with {len(files)} files")


def finish(root: Path, echo: Echo) -> None:
    """Push the tag of each drafted version, and publish its release."""
    git = Git(root)
    for record, version, state in _states(root):
        if state == "published":
            continue
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
        _gh(root, "edit", version, "--draft=false", "--tag", version, "--verify-tag")
        echo(f"version {version}: published")


STEPS = {"prepare": prepare, "draft": draft, "finish": finish}


def _states(root: Path) -> list[tuple[Record, str, str]]:
    """List the records with their versions, and "published", "draft" or nothing where there is no release."""
    listed = json.loads(_gh(root, "list", "--limit", "1000", "--json", "tagName,isDraft"))
    states = {each["tagName"]: "draft" if each["isDraft"] else "published" for each in listed}
    return [(record, record.version, states.get(record.version, "")) for record in read_records(root)]


def _gh(root: Path, *words: str) -> bytes:
    return run("gh", "release", *words, folder=root)


def _lay_out(root: Path, record: Record, archive: Path, echo: Echo) -> None:
    """Put beside an archive its documents, its data, its record, its packages and the checksums of all."""
    place, version = archive.parent, record.version
    with zipfile.ZipFile(archive) as pages:
        for name in {name for build in record.builds for name in build["documents"]} & set(pages.namelist()):
            pages.extract(name, place)
    for suffix in (".yml", ".csv", ".sha256"):
        shutil.copy(root / FOLDER / f"{version}{suffix}", place)
    # The packages of the lock, so that the version can be built when an index has lost them.
    echo(f"Fetching the packages of the lock of version {version}")
    with TemporaryDirectory() as scratch:
        lock, wheels = Path(scratch) / LOCK, Path(scratch) / "wheels"
        lock.write_bytes(Git(root).bytes("show", f"{record.commit}:{LOCK}"))
        wheels.mkdir()
        download = [
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
            lock,
            "--dest",
            wheels,
        ]
        run(str(interpreter(root, lock, echo)), "-m", "pip", *map(str, download), env=clean_environment())
        shutil.make_archive(str(place / f"wheels-{version}"), "zip", wheels)
    lines = [f"{file_digest(path)}  {path.name}\n" for path in sorted(place.iterdir()) if path.name != SUMS]
    (place / SUMS).write_text("".join(lines), encoding="utf-8")
