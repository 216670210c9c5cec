"""Builds one commit under circumstances that must not matter, and names each file that differs."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from alsreview.release.git import Git

PAGES = Path("_build") / "html"
_LONG_AGO = 978_307_200  # 2001-01-01, in seconds since 1970


@dataclass(frozen=True)
class Surroundings:
    """What differs from one machine to the next: the variables, and the rights of new files."""

    variables: dict[str, str]
    umask: int


# Fourteen hours ahead and twelve behind UTC: the two clocks never show the same day.
HERE = Surroundings({"TZ": "<+14>-14", "PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8"}, 0o022)
THERE = Surroundings({"TZ": "<-12>12", "PYTHONHASHSEED": "2", "LC_ALL": "C", "OMP_NUM_THREADS": "1"}, 0o077)


def differences(one: Path, other: Path) -> list[str]:
    """Compare two folders of pages, byte by byte.

    Parameters
    ----------
    one, other : the folders; hidden files in them are Sphinx's notes to itself, which nobody publishes

    Returns
    -------
    one line for each file that only one of them holds, or that differs
    """
    first, second = _published(one), _published(other)
    found = [f"{name}: only in {one}" for name in first.keys() - second.keys()]
    found += [f"{name}: only in {other}" for name in second.keys() - first.keys()]
    for name in first.keys() & second.keys():
        place = _first_difference(first[name].read_bytes(), second[name].read_bytes())
        if place is not None:
            found.append(f"{name}: differs from byte {place}")
    return sorted(found)


def rebuild(root: Path, *, echo: Callable[[str], None] | None = None) -> list[str]:
    """Build the present commit in two places, then once more over old results, and compare the pages.

    Parameters
    ----------
    root : folder of the review, a git repository without uncommitted changes
    echo : is handed one line per step, such as ``print``

    Returns
    -------
    one line for each file that differs; nothing when the build is reproducible

    Raises
    ------
    ValueError
        When files differ from the commit, or the book does not build.
    """
    echo = echo or (lambda line: None)
    git = Git(root)
    _check_clean(git)
    with tempfile.TemporaryDirectory(prefix="reproducible-") as place:
        one, other = Path(place) / "a", Path(place) / "another folder" / "with a longer name"
        echo("Building the commit, here and elsewhere on another day")
        _age(_clone(git, other))
        with ThreadPoolExecutor() as both:
            list(both.map(_build, (_clone(git, one), other), (HERE, THERE)))
        found = [f"built elsewhere: {line}" for line in differences(one / PAGES, other / PAGES)]
        echo("Building it again over the results of another text")
        _stray(other)
        return found + [f"built again: {line}" for line in differences(one / PAGES, other / PAGES)]


def _check_clean(git: Git) -> None:
    changed = git("status", "--porcelain")
    if changed:
        raise ValueError(f"files differ from the last commit; commit them first:\n{changed}")


def _clone(git: Git, folder: Path) -> Path:
    git("clone", "--quiet", str(git.root), str(folder))
    return folder


def _build(folder: Path, where: Surroundings, what: str = "build") -> None:
    variables = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    done = subprocess.run(
        [sys.executable, "-c", f"from alsreview.book import {what}; {what}({str(folder)!r})"],
        cwd=folder,
        env={**variables, **where.variables, "PYTHONPATH": str(folder)},
        umask=where.umask,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        raise ValueError(done.stderr.strip())


def _age(folder: Path) -> None:
    """Date every source back, as a checkout on another day would."""
    for path in folder.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(folder).parts:
            os.utime(path, (_LONG_AGO, _LONG_AGO))


def _stray(folder: Path) -> None:
    """Build with another text and another style file, put both back, and build again."""
    index, added = folder / "index.md", folder / "_static" / "astray.txt"
    committed = index.read_bytes()
    index.write_bytes(committed + b"\n## Astray\n\nAstrayish words.\n")
    added.write_text("astray\n")
    _build(folder, THERE, "build_html")
    index.write_bytes(committed)
    added.unlink()
    _build(folder, THERE)


def _published(folder: Path) -> dict[str, Path]:
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {
        name.as_posix(): path
        for name, path in files.items()
        if not any(part.startswith(".") for part in name.parts)
    }


def _first_difference(one: bytes, other: bytes) -> int | None:
    """Find the first byte, counted from 1 as ``cmp`` does, at which two contents part."""
    if one == other:
        return None
    pairs = enumerate(zip(one, other, strict=False), start=1)
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)) + 1)
