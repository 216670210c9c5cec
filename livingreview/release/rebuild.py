"""Build a commit with its own code and its own packages, and compare what comes out with its record.

Everything is kept below ``_build``: archives of versions in ``releases``, environments in ``environments``
(one for each lock, about 1.4 GB), and commits that are being built in ``worktrees``.
"""

import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import venv
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

from livingreview.evidence.citation import read_card
from livingreview.release.archive import digests, file_digest, pack, published
from livingreview.release.git import Git, run
from livingreview.release.records import Record, find_record, platform_words, write_record
from livingreview.release.results import CLOSE, COLUMNS, FOLDER, differing, from_text
from livingreview.release.stamp import DATA, archive_path, documents

Echo = Callable[[str], None]
LOCK = "requirements.txt"
PAGES = Path("_build") / "html"
_BUILD = "build.yml"  # beside an archive: the digests of a build that the record does not list
_WAIT = 60  # seconds for a server's answer
_UNCLEAN = {"SOURCE_DATE_EPOCH", "DRAFT", "PYTHONPATH", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
_PLATFORM = """
import json, platform, sqlite3, zlib, numpy
told = numpy.show_config(mode="dicts")
blas = told["Build Dependencies"]["blas"]
found = told.get("SIMD Extensions", {}).get("found", [])
print(json.dumps({
    "python": platform.python_version(),
    "system": " ".join([platform.system(), platform.machine(), *found[-1:]]),
    "libraries": f"numpy {numpy.__version__}, {blas['name']} {blas['version']}, "
    f"zlib {zlib.ZLIB_RUNTIME_VERSION}, sqlite {sqlite3.sqlite_version}",
}))
"""
# For the words of a page: an expression that stays the same for ever, where parsers of HTML change.
_UNSEEN = re.compile(r"<(script|style|svg)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.S | re.I)


class Made(NamedTuple):
    """What a build made: its entry for the record, the digest of each file, and the archive."""

    build: dict
    files: Mapping[str, str]
    archive: Path


def build_version(root: Path, folder: Path, version, echo: Echo) -> Made:
    """Build a commit that is checked out in a folder, and pack its pages into an archive beside them.

    Environments are kept in the ``_build`` of ``root``; ``echo`` is handed one line per step.
    """
    python = interpreter(root, folder / LOCK, echo)
    run_build(python, folder, echo)
    pages, archive = folder / PAGES, folder / "_build" / archive_path(root, version).name
    pack(pages, archive, int(Git(folder)("log", "-1", "--format=%ct")))
    paths = [*(path for name in sorted(documents(folder)) if (path := pages / name).is_file()), archive]
    made = {path.name: {"bytes": path.stat().st_size, "sha256": file_digest(path)} for path in paths}
    build = platform_of(python) | {"text_sha256": text_digest(pages), "documents": made}
    return Made(build, digests(pages), archive)


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without what would change the result of a build."""
    return {name: value for name, value in os.environ.items() if name not in _UNCLEAN} | more


def run_build(python: Path, folder: Path, echo: Echo, umask: int = -1, **variables: str) -> None:
    """Run the ``build`` command of the code in a folder."""
    # Versions from before this engine had a package of their own.
    own = [path.parent.name for path in sorted(folder.glob("*/__main__.py"))]
    module = "livingreview" if "livingreview" in own or not own else own[0]
    environment, said = clean_environment(PYTHONPATH=str(folder), **variables), []
    with subprocess.Popen(
        [python, "-m", module, "build"],
        cwd=folder,
        env=environment,
        umask=umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as running:
        for line in running.stdout:
            said.append(line)
            if not line.startswith("warning:"):
                echo(f"  {line.rstrip()}")
    if running.returncode:
        raise ValueError(f"the commit does not build:\n{''.join(said[-40:]).strip()}")


def interpreter(root: Path, lock: Path, echo: Echo) -> Path:
    """Return a Python that has the packages of a lock; the running one where the lock is the present one."""
    if (root / LOCK).is_file() and lock.read_bytes() == (root / LOCK).read_bytes():
        return Path(sys.executable)
    name = f"{file_digest(lock)[:16]}-py{sys.version_info[0]}.{sys.version_info[1]}"
    place = root / "_build" / "environments" / name
    python, complete = place / "bin" / "python", place / "complete"
    if complete.is_file():
        return python
    echo(f"Installing the packages of its own lock in {place} (once; 1 to 3 minutes, 1.4 GB)")
    shutil.rmtree(place, ignore_errors=True)
    try:
        venv.create(place, with_pip=True, symlinks=True)
        # pip knows no hash of a commit, by which the lock of a review can name its engine.
        hashes = ["--require-hashes"] if b"--hash=" in lock.read_bytes() else []
        install = ["install", "--quiet", "--disable-pip-version-check", *hashes, "--requirement", str(lock)]
        run(str(python), "-m", "pip", *install, env=clean_environment())
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(place, ignore_errors=True)
        raise ValueError(
            f"the packages of its lock cannot be installed: {error}\n"
            "Connect to a package index, or put the archive of the version into _build/releases"
        ) from error
    complete.touch()
    return python


def platform_of(python: Path) -> dict[str, str]:
    """Return Python, system with processor, and libraries of an interpreter."""
    return json.loads(run(str(python), "-c", _PLATFORM, env=clean_environment()))


def text_digest(pages: Path) -> str:
    """Digest the words of all pages, without markup, scripts and pictures."""
    digest = hashlib.sha256()
    for name, path in published(pages).items():
        if name.endswith(".html"):
            words = html.unescape(_UNSEEN.sub(" ", path.read_text(encoding="utf-8"))).split()
            digest.update(f"{name}\n{' '.join(words)}\n".encode())
    return digest.hexdigest()


# ---- comparing


def agreement(root: Path, record: Record, made: Made) -> str:
    """Describe how a build agrees with its record: in each byte, or elsewhere in the text and the results."""
    version, differing_files = record.version, record.differences(made.files)
    if not differing_files:
        return f"version {version}: the same bytes as recorded"
    platforms, faults = [platform_words(build) for build in record.builds], []
    if platform_words(made.build) in platforms:
        faults = ["a build on the same platform is the same in each byte"]
    else:
        if made.build["text_sha256"] not in {build["text_sha256"] for build in record.builds}:
            faults.append("the text of the pages differs")
        faults += [f"{name}: on one side alone" for name in sorted(made.files.keys() ^ record.files.keys())]
        faults += results_differences(root, record, made.archive)
    if faults:
        told = "\n".join(f"  {line}" for line in [*faults, *differing_files])
        raise ValueError(f"version {version}: what was built is not what was recorded:\n{told}")
    return (
        f"version {version}: the same text, and the same results to {CLOSE:g}, but other bytes in "
        f"{len(differing_files)} of {len(made.files)} files, built with {platform_words(made.build)} "
        f"(recorded: {'; '.join(platforms)})"
    )


def results_differences(root: Path, record: Record, archive: Path) -> list[str]:
    """Describe each result in the data of an archive that differs from those recorded."""
    with zipfile.ZipFile(archive) as pages:
        (bundle,) = [name for name in pages.namelist() if name.endswith(DATA) and "/" not in name]
        with pages.open(bundle) as packed, zipfile.ZipFile(packed) as data:
            built = data.read("results.csv").decode("utf-8")
    recorded = (root / FOLDER / f"{record.version}.csv").read_text(encoding="utf-8")
    frames = [from_text(text) for text in (recorded, built)]
    if set(frames[0].analysis_id) != set(frames[1].analysis_id):
        return ["results.csv: other analyses than recorded"]
    # The record adds the day and the conclusions as published.
    heads = [{*text.partition("\n")[0].split(",")} - {"date", "bottom_line"} for text in (recorded, built)]
    found = differing(*frames, [name for name in COLUMNS if name in heads[0] & heads[1]])
    return [
        f"results.csv: {analysis_id}: {name}: recorded {one}, built {other}"
        for analysis_id, moved in found.items()
        for name, (one, other) in moved.items()
    ]


def differences_between_builds(root: Path, echo: Echo) -> list[str]:
    """Build the present commit in two places, and return one line for each file that differs."""
    git, python = Git(root), Path(sys.executable)
    if changed := git("status", "--porcelain"):
        raise ValueError(f"files differ from the last commit; commit them first:\n{changed}")
    with tempfile.TemporaryDirectory(prefix="reproducible-") as place:
        one, other = Path(place) / "a", Path(place) / "another folder" / "with a longer name"
        with git.worktree("HEAD", one), git.worktree("HEAD", other):
            echo("Building the commit in two places, on two days (1 to 4 minutes)")
            # What differs from one machine to the next.  Fourteen hours ahead and twelve behind UTC, the two
            # clocks never show the same day.
            here = {"TZ": "<+14>-14", "PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8"}
            there = {"TZ": "<-12>12", "PYTHONHASHSEED": "2", "LC_ALL": "C", "OMP_NUM_THREADS": "1"}
            run_build(python, one, lambda line: None, 0o022, **here)
            run_build(python, other, lambda line: None, 0o077, **there)
            first, second = digests(one / PAGES), digests(other / PAGES)
    names = sorted(first.keys() | second)
    return [f"{name}: differs" for name in names if first.get(name) != second.get(name)]


# ---- having the archive of a version


def rebuild(root: Path, version: str, echo: Echo, *, strict: bool = False) -> Path:
    """Build a recorded version again, compare it with its record, and keep and return its archive.

    A build that does not agree with the record is refused; with ``strict`` also one whose bytes the record
    does not list.
    """
    record, git = find_record(root, version), Git(root)
    echo(f"Building version {version} from commit {record.commit[:12]}, with its own code (1 to 3 minutes)")
    with git.worktree(record.commit, root / "_build" / "worktrees" / version) as folder:
        made = build_version(root, folder, version, echo)
        echo(agreement(root, record, made))
        archive = keep(root, record, made)
    if strict and archive.with_name(_BUILD).is_file():
        raise ValueError(
            f"version {version}: the record lists no build with these bytes. Nothing is published until it "
            f"does: take {archive.parent / _BUILD} to a clone, run "
            f"python -m livingreview rebuild {version} --add {_BUILD} there, commit and push"
        )
    return archive


def keep(root: Path, record: Record, made: Made) -> Path:
    """Put an archive into ``_build/releases``, as a whole or not at all; with its digests if not recorded."""
    place = archive_path(root, record.version).parent
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".") as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        shutil.copy(made.archive, fresh)
        if record.differences(made.files):
            told = {"build": made.build, "files": dict(made.files)}
            (fresh / _BUILD).write_text(yaml.safe_dump(told, sort_keys=False, width=1000), encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        os.replace(fresh, place)
    return place / made.archive.name


def add_build(root: Path, version: str, path: Path) -> None:
    """Add to a record the digests of a build on another platform, as `rebuild` wrote them."""
    record = find_record(root, version)
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        build, files, text = told["build"], told["files"], told["build"]["text_sha256"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not the digests of a build ({error})") from error
    if text not in {each["text_sha256"] for each in record.builds}:
        raise ValueError(f"{path}: another text than recorded for version {version}; it is not added")
    write_record(root, record.with_build(build, files))


def obtain(root: Path, record: Record, echo: Echo) -> Path:
    """Return the archive of a version: kept here, downloaded, or built again; each is checked."""
    version, archive = record.version, archive_path(root, record.version)
    if archive.is_file():
        return _checked(record, archive, str(archive))
    # Where the publishing workflow put it.
    repository = read_card(root).get("repository-code", "").rstrip("/").removesuffix(".git")
    if repository:
        address = f"{repository}/releases/download/{version}/{archive.name}"
        echo(f"Downloading {address}")
        with tempfile.TemporaryDirectory() as scratch:
            fetched = Path(scratch) / archive.name
            try:
                with urllib.request.urlopen(address, timeout=_WAIT) as answer, fetched.open("wb") as file:
                    shutil.copyfileobj(answer, file)
            except OSError as error:
                echo(f"  {error}; it is built from its commit instead")
            else:
                archive.parent.mkdir(parents=True, exist_ok=True)
                return Path(shutil.move(_checked(record, fetched, address), archive))
    return rebuild(root, version, echo)


def _checked(record: Record, archive: Path, where: str) -> Path:
    found, own = digests(archive), archive.with_name(_BUILD)
    # A build on another platform agreed with the record when it was made here.
    agreed = own.is_file() and yaml.safe_load(own.read_text(encoding="utf-8"))["files"] == found
    if not agreed and (faults := record.differences(found)):
        told = "\n  ".join([f"{where}: not as recorded; delete it to have it made again:", *faults])
        raise ValueError(told)
    return archive
