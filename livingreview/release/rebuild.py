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
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path

import pandas as pd
import yaml

from livingreview.evidence.citation import read_card
from livingreview.release.archive import (
    archive_digests,
    file_digest,
    folder_digests,
    pack,
    published,
)
from livingreview.release.documents import DATA, archive_name, documents
from livingreview.release.git import Git, clean_environment
from livingreview.release.records import Build, Record, find_record, write_record
from livingreview.release.results import FOLDER

Echo = Callable[[str], None]
LOCK = "requirements.txt"
PAGES = Path("_build") / "html"
CLOSE = 1e-9  # results of two processors agree to this, relative to their size
_BUILD = "build.yml"  # beside an archive: the digests of a build that the record does not list
_WAIT = 60  # seconds for a server's answer
_LONG_AGO = 978_307_200  # 2001-01-01, in seconds since 1970
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


@dataclass(frozen=True)
class Made:
    """What a build made: its entry for the record, the digest of each file, and the archive."""

    build: Build
    files: Mapping[str, str]
    archive: Path


def build_version(root: Path, folder: Path, version, echo: Echo) -> Made:
    """Build a commit that is checked out, and pack its pages.

    Parameters
    ----------
    root : folder of the review, whose ``_build`` keeps the environments
    folder : the commit, checked out
    version : names the archive, which is written beside the pages
    echo : is handed one line per step
    """
    python = interpreter(root, folder / LOCK, echo)
    run_build(python, folder, echo)
    pages, archive = folder / PAGES, folder / "_build" / archive_name(root, version)
    seconds = int(Git(folder)("log", "-1", "--format=%ct"))
    pack(pages, archive, seconds)
    made = [pages / name for name in sorted(documents(folder)) if (pages / name).is_file()]
    build = Build(
        **platform_of(python),
        text_sha256=text_digest(pages),
        documents={
            path.name: {"bytes": path.stat().st_size, "sha256": file_digest(path)}
            for path in [*made, archive]
        },
    )
    return Made(build, folder_digests(pages), archive)


def run_build(python: Path, folder: Path, echo: Echo, umask: int = -1, **variables: str) -> None:
    """Run the ``build`` command of the code in a folder."""
    # Versions from before this engine had a package of their own.
    own = [path.parent.name for path in sorted(folder.glob("*/__main__.py"))]
    module = "livingreview" if "livingreview" in own or not own else own[0]
    running = subprocess.Popen(
        [python, "-m", module, "build"],
        cwd=folder,
        env=clean_environment(PYTHONPATH=str(folder), **variables),
        umask=umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    said = []
    try:
        for line in running.stdout:
            said.append(line)
            if not line.startswith("warning:"):
                echo(f"  {line.rstrip()}")
    except BaseException:
        running.kill()
        raise
    finally:
        running.wait()
    if running.returncode:
        raise ValueError(f"the commit does not build:\n{''.join(said[-40:]).strip()}")


def interpreter(root: Path, lock: Path, echo: Echo) -> Path:
    """Return a Python that has the packages of a lock; the running one where the lock is the present one.

    Raises
    ------
    ValueError
        When the packages have to be installed and cannot be.
    """
    if (root / LOCK).is_file() and lock.read_bytes() == (root / LOCK).read_bytes():
        return Path(sys.executable)
    digest = file_digest(lock)
    place = root / "_build" / "environments" / f"{digest[:16]}-py{sys.version_info[0]}.{sys.version_info[1]}"
    python, complete = place / "bin" / "python", place / "complete"
    if complete.is_file():
        return python
    echo(f"Installing the packages of its own lock in {place} (once; 1 to 3 minutes, 1.4 GB)")
    shutil.rmtree(place, ignore_errors=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # A lock that names a commit of the engine has no hashes, since pip knows none of a commit.
    pip += ["--require-hashes"] if b"--hash=" in lock.read_bytes() else []
    for command in ([sys.executable, "-m", "venv", place], [*pip, "--requirement", lock]):
        done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(place, ignore_errors=True)
            reason = [line for line in done.stderr.splitlines() if "ERROR" in line or "rror:" in line][-1:]
            raise ValueError(
                f"the packages of its lock cannot be installed: {''.join(reason) or done.stderr[-300:]}\n"
                "Connect to a package index, or let PIP_FIND_LINKS name a folder with the wheels that are "
                "published with the version, or put its archive into _build/releases"
            )
    complete.touch()
    return python


def platform_of(python: Path) -> dict[str, str]:
    """Return Python, system with processor, and libraries of an interpreter."""
    return json.loads(subprocess.check_output([python, "-c", _PLATFORM], env=clean_environment()))


def text_digest(pages: Path) -> str:
    """Digest the words of all pages, without markup, scripts and pictures."""
    digest = hashlib.sha256()
    for name, path in published(pages).items():
        if name.endswith(".html"):
            words = html.unescape(_UNSEEN.sub(" ", path.read_text(encoding="utf-8"))).split()
            digest.update(f"{name}\n{' '.join(words)}\n".encode())
    return digest.hexdigest()


def agreement(root: Path, record: Record, made: Made) -> str:
    """Describe how a build agrees with the record.

    Raises
    ------
    ValueError
        When it does not agree: on the same platform each byte, elsewhere the text and the results.
    """
    version, differing = record.version, record.differences(made.files)
    if not differing:
        return f"version {version}: the same bytes as recorded"
    platforms = [build.platform for build in record.builds]
    faults = []
    if made.build.platform in platforms:
        faults = ["a build on the same platform is the same in each byte"]
    else:
        if made.build.text_sha256 not in {build.text_sha256 for build in record.builds}:
            faults.append("the text of the pages differs")
        faults += [f"{name}: on one side alone" for name in sorted(made.files.keys() ^ record.files.keys())]
        faults += results_differences(root, record, made.archive)
    if faults:
        told = "\n".join(f"  {line}" for line in [*faults, *differing])
        raise ValueError(f"version {version}: what was built is not what was recorded:\n{told}")
    return (
        f"version {version}: the same text, and the same results to {CLOSE:g}, but other bytes in "
        f"{len(differing)} of {len(made.files)} files, built with {made.build.platform} "
        f"(recorded: {'; '.join(platforms)})"
    )


def results_differences(root: Path, record: Record, archive: Path) -> list[str]:
    """Describe each result in the data of an archive that differs from those recorded."""
    kept = pd.read_csv(root / FOLDER / f"{record.version}.csv", dtype=str).set_index("analysis_id")
    with zipfile.ZipFile(archive) as pages:
        (bundle,) = [name for name in pages.namelist() if name.endswith(DATA) and "/" not in name]
        with pages.open(bundle) as packed, zipfile.ZipFile(packed) as data:
            text = data.read("results.csv").decode("utf-8")
    built = pd.read_csv(StringIO(text), dtype=str).set_index("analysis_id")
    if set(kept.index) != set(built.index):
        return ["results.csv: other analyses than recorded"]
    # The export adds the version; the record adds the day and the conclusions as published.
    apart = ("version", "date", "bottom_line")
    columns = [name for name in kept.columns if name in built.columns and name not in apart]
    return [
        f"results.csv: {analysis_id}: {name}: recorded {one}, built {other}"
        for analysis_id in kept.index
        for name in columns
        if not _agree(one := kept.at[analysis_id, name], other := built.at[analysis_id, name])
    ]


def _agree(one, other) -> bool:
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    try:
        first, second = float(one), float(other)
    except ValueError:
        return one == other
    return abs(first - second) <= CLOSE * max(1, abs(first), abs(second))


def rebuild(root: Path, version: str, echo: Echo, *, strict: bool = False) -> Path:
    """Build a recorded version again, compare it with its record, and keep its archive.

    Parameters
    ----------
    root, version : folder of the review, and a version with a record
    echo : is handed one line per step
    strict : refuse a build whose bytes the record does not list

    Returns
    -------
    the archive in ``_build/releases``

    Raises
    ------
    ValueError
        When it does not agree with the record.
    """
    record, git = find_record(root, version), Git(root)
    if not git.commit(record.commit):
        raise ValueError(
            f"commit {record.commit[:12]} of version {version} is missing here; fetch the history: "
            "git fetch --unshallow"
        )
    echo(f"Building version {version} from commit {record.commit[:12]}, with its own code (1 to 3 minutes)")
    with git.worktree(record.commit, root / "_build" / "worktrees" / version) as folder:
        made = build_version(root, folder, version, echo)
        echo(agreement(root, record, made))
        recorded = not record.differences(made.files)
        archive = keep(root, version, made, recorded=recorded)
    if strict and not recorded:
        raise ValueError(
            f"version {version}: the record lists no build with these bytes. Nothing is published until it "
            f"does: take {archive.parent / _BUILD} to a clone, run "
            f"python -m livingreview rebuild {version} --add {_BUILD} there, commit and push"
        )
    return archive


def keep(root: Path, version, made: Made, *, recorded: bool) -> Path:
    """Put an archive and its documents into ``_build/releases``, as a whole or not at all."""
    place = root / "_build" / "releases" / str(version)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".") as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        shutil.copy(made.archive, fresh)
        if not recorded:
            told = {"build": asdict(made.build), "files": dict(made.files)}
            (fresh / _BUILD).write_text(yaml.safe_dump(told, sort_keys=False, width=1000), encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        os.replace(fresh, place)
    return place / archive_name(root, version)


def add_build(root: Path, version: str, path: Path) -> Record:
    """Add to a record the digests of a build on another platform, as `rebuild` wrote them."""
    record = find_record(root, version)
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        build, files = Build(**told["build"]), told["files"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not the digests of a build ({error})") from error
    if build.text_sha256 not in {each.text_sha256 for each in record.builds}:
        raise ValueError(f"{path}: another text than recorded for version {version}; it is not added")
    added = record.with_build(build, files)
    write_record(root, added)
    return added


def obtain(root: Path, record: Record, echo: Echo) -> Path:
    """Return the archive of a version: kept here, downloaded, or built again.

    Raises
    ------
    ValueError
        When none of these gives the files that are recorded.
    """
    version = str(record.version)
    archive = root / "_build" / "releases" / version / archive_name(root, version)
    if archive.is_file():
        _check(record, archive, str(archive))
        return archive
    if address := _address(root, version):
        echo(f"Downloading {address}")
        if _download(record, address, archive, echo):
            return archive
    return rebuild(root, version, echo)


def _check(record: Record, archive: Path, where: str) -> None:
    found, own = archive_digests(archive), archive.with_name(_BUILD)
    if own.is_file() and yaml.safe_load(own.read_text(encoding="utf-8"))["files"] == found:
        return  # it agreed with the record when it was built here, on another platform
    if faults := record.differences(found):
        raise ValueError(
            "\n  ".join([f"{where}: not as recorded; delete it to have it made again:", *faults])
        )


def _address(root: Path, version: str) -> str:
    """Return where the publishing workflow put the archive; empty without a known repository."""
    repository = str(read_card(root).get("repository-code", "")).rstrip("/").removesuffix(".git")
    return f"{repository}/releases/download/{version}/{archive_name(root, version)}" if repository else ""


def _download(record: Record, address: str, archive: Path, echo: Echo) -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        fetched = Path(scratch) / archive.name
        try:
            with urllib.request.urlopen(address, timeout=_WAIT) as answer, fetched.open("wb") as file:
                shutil.copyfileobj(answer, file)
        except OSError as error:
            echo(f"  {error}; it is built from its commit instead")
            return False
        _check(record, fetched, address)
        archive.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(fetched, archive)
    return True


# What differs from one machine to the next.  Fourteen hours ahead and twelve behind UTC, the two clocks never
# show the same day.
_HERE = {"TZ": "<+14>-14", "PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8"}
_THERE = {"TZ": "<-12>12", "PYTHONHASHSEED": "2", "LC_ALL": "C", "OMP_NUM_THREADS": "1"}


def differences_between_builds(root: Path, echo: Echo) -> list[str]:
    """Build the present commit in two places, and once more over the results of another text.

    Returns
    -------
    one line for each file that differs; empty when the build is reproducible
    """
    git, python = Git(root), Path(sys.executable)
    if changed := git("status", "--porcelain"):
        raise ValueError(f"files differ from the last commit; commit them first:\n{changed}")
    with tempfile.TemporaryDirectory(prefix="reproducible-") as place:
        one, other = Path(place) / "a", Path(place) / "another folder" / "with a longer name"
        with git.worktree("HEAD", one), git.worktree("HEAD", other):
            for path in published(other).values():
                os.utime(path, (_LONG_AGO, _LONG_AGO))
            echo("Building the commit in two places, on two days (2 to 5 minutes)")
            run_build(python, one, lambda line: None, 0o022, **_HERE)
            run_build(python, other, lambda line: None, 0o077, **_THERE)
            found = [f"built elsewhere: {line}" for line in _differences(one / PAGES, other / PAGES)]
            echo("Building it again over the results of another text")
            index, stray = other / "index.md", other / "_static" / "astray.txt"
            committed = index.read_bytes()
            index.write_bytes(committed + b"\n## Astray\n\nAstrayish words.\n")
            stray.write_text("astray\n")
            run_build(python, other, lambda line: None, 0o077, **_THERE)
            index.write_bytes(committed)
            stray.unlink()
            run_build(python, other, lambda line: None, 0o077, **_THERE)
            return found + [f"built again: {line}" for line in _differences(one / PAGES, other / PAGES)]


def _differences(one: Path, other: Path) -> list[str]:
    first, second = folder_digests(one), folder_digests(other)
    return [
        f"{name}: differs" for name in sorted(first.keys() | second) if first.get(name) != second.get(name)
    ]
