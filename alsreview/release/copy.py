"""Makes a version in a copy of the repository: commits, builds and packs it there."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from alsreview.release.archive import FOLDER, archive_name, pack, write_sums
from alsreview.release.files import write_release_files
from alsreview.release.git import Git
from alsreview.release.manifest import NAME, Manifest, make_manifest
from alsreview.release.stamp import RELEASE_TITLE, stamp

Echo = Callable[[str], None]
_MAKING = ".making-"


@dataclass(frozen=True)
class Tools:
    """What a release asks of the rest of the program: each raises ValueError when it fails.

    Attributes
    ----------
    build : builds the pages and the PDF of a folder, and returns the folder of the pages
    test : runs the tests of a folder
    """

    build: Callable[[Path], Path]
    test: Callable[[Path], None]


def clone(git: Git, making: Path) -> Git:
    """Copy a repository into a folder that is thrown away."""
    git("clone", "--quiet", "--no-hardlinks", str(git.root), str(making / "review"))
    return Git(making / "review")


def commit_copy(git: Git, version: str, making: Path) -> Git:
    """Commit and tag the version in a copy of the repository."""
    copy = clone(git, making)
    for name in ("user.name", "user.email"):
        copy("config", name, git("config", name))
    write_release_files(copy.root, version, datetime.now(UTC).date().isoformat())
    copy("add", "--all")
    copy("commit", "--quiet", f"--message={RELEASE_TITLE.format(version)}")
    copy("tag", "--annotate", f"--message=Version {version}", version)
    return copy


def checkout_copy(git: Git, version: str, making: Path) -> Git:
    """Copy the repository as it was at a version."""
    copy, tag = clone(git, making), f"refs/tags/{version}"
    copy("fetch", "--quiet", str(git.root), f"+{tag}:{tag}")
    copy("checkout", "--quiet", "--detach", tag)
    return copy


def pack_copy(copy: Git, tools: Tools, making: Path, echo: Echo) -> tuple[Path, Manifest]:
    """Build the copy and put what is published into a folder of its own."""
    said = stamp(copy.root)
    if not said.released:
        raise ValueError(f"the copy does not say that it is version {said.version}, but {said.label}")
    echo("Building the pages and the PDF")
    pages = tools.build(copy.root)
    echo("Packing")
    folder, made = making / "version", making / "made"
    made.mkdir()
    shutil.copytree(pages, folder, ignore=shutil.ignore_patterns(".*"))
    _lay_out_data(folder)
    manifest = make_manifest(folder, said, copy.root / "requirements.txt", _moved(copy.root))
    (folder / NAME).write_text(manifest.to_json(), encoding="utf-8")
    shutil.copy(folder / NAME, made)
    shutil.copy(folder / "als-review.pdf", made / f"als-review-{said.version}.pdf")
    pack(folder, made / archive_name(said.version), said.seconds)
    shutil.copy(folder / "als-review-data.zip", made / f"als-review-{said.version}-data.zip")
    write_sums(made)
    return made, manifest


def _lay_out_data(folder: Path) -> None:
    """Put what is in the bundle beside it, so that each table has an address and a place in the manifest."""
    shutil.unpack_archive(folder / "als-review-data.zip", folder / "export")
    shutil.move(folder / "export" / "data", folder / "data")


def _moved(root: Path) -> dict[str, str]:
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return config.get("sphinx", {}).get("config", {}).get("als_moved") or {}


def sweep(root: Path) -> None:
    """Remove what a stopped run left; no other one is alive."""
    for left in (root / FOLDER).glob(f"{_MAKING}*"):
        shutil.rmtree(left)


@contextmanager
def workshop(root: Path) -> Iterator[Path]:
    """Give a folder beside the archives, so that the finished one only has to be renamed."""
    (root / FOLDER).mkdir(exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=_MAKING, dir=root / FOLDER))
    try:
        yield making
    finally:
        shutil.rmtree(making, ignore_errors=True)
