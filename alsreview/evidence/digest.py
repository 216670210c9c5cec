"""Turns the folder of the review into the two digests that say which evidence a page came from."""

import hashlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from alsreview.evidence.checklist import written_titles

_UNSEEN = {"__pycache__"}
_SETTLED = 100_000_000  # nanoseconds after which a file system's clock tells a second change from a first
_known: dict[Path, tuple[tuple, str]] = {}
_UNTOLD = {"releases", "searches", "searches.csv", "candidates.csv"}


def find_root(start: str | Path | None = None) -> Path:
    """Find the review's folder, which holds ``data/columns.yml``.

    Parameters
    ----------
    start : the folder itself; unless given, the working folder or the nearest one above it
        A chapter's cells run in ``chapters/``, hence the search upwards. A folder that is named is
        taken at its word: a slip in a path must not check another review.
    """
    here = Path(start or ".").resolve()
    for folder in (here, *here.parents) if start is None else (here,):
        if (folder / "data" / "columns.yml").is_file():
            return folder
    raise ValueError(
        f"{here}: {'neither this folder nor one above it holds' if start is None else 'does not hold'} "
        "data/columns.yml; expected the folder of the review, so change to it or give its path"
    )


def evidence_hash(root: str | Path | None = None) -> str:
    """Digest what the numbers come from, as 16 hexadecimal digits.

    Notes
    -----
    That is ``data/`` (apart from ``releases/``, ``searches/``, ``searches.csv`` and
    ``candidates.csv``, which record what we did and feed no number), the Python files of
    ``alsreview/``, and ``requirements.txt``.
    """
    root = find_root(root)
    told = [name for name in _files(root, "data") if name.split("/")[1] not in _UNTOLD]
    code = [name for name in _files(root, "alsreview") if name.endswith(".py")]
    return _digest(root, [*told, *code, "requirements.txt"])[:16]


def build_digest(root: str | Path | None = None) -> str:
    """Digest everything a chapter can read, as 64 hexadecimal digits: the key of stored results.

    Of the other chapters it reads the headings, by which the checklist names its places.
    """
    root = find_root(root)
    single = ["requirements.txt", "CITATION.cff"]
    files = _digest(root, [*_files(root, "data"), *_files(root, "alsreview"), *single])
    return hashlib.sha256(f"{files}{json.dumps(written_titles(root))}".encode()).hexdigest()


def data_digest(root: Path) -> str:
    """Digest ``data/`` alone: the key under which a running kernel keeps what it has read.

    A chapter asks some hundred times, so the files are read again only when one of them looks changed,
    or was changed so lately that the next change might look the same.
    """
    names = data_files(root)
    looks = tuple((name, *_look(f"{root}/{name}")) for name in names)
    if _known.get(root, (None,))[0] != looks:
        digest = _digest(root, names)
        if max((look[1] for look in looks), default=0) > time.time_ns() - _SETTLED:
            return digest
        _known[root] = looks, digest
    return _known[root][1]


def data_files(root: Path) -> list[str]:
    """Name every file of ``data/`` from the root, in order."""
    return sorted(_files(root, "data"))


def _look(path: str) -> tuple[int, int, int, int]:
    seen = os.stat(path)
    return max(seen.st_mtime_ns, seen.st_ctime_ns), seen.st_mtime_ns, seen.st_size, seen.st_ino


def _files(root: Path, folder: str) -> list[str]:
    """Name the files below a folder from the root; plain strings, as every load of evidence asks."""
    names: list[str] = []
    if not os.path.isdir(f"{root}/{folder}"):
        return names
    with os.scandir(f"{root}/{folder}") as entries:
        for entry in entries:
            name = f"{folder}/{entry.name}"
            if entry.name.startswith(".") or entry.name in _UNSEEN or name.endswith(".pyc"):
                continue
            if entry.is_dir(follow_symlinks=False):
                names += _files(root, name)
            elif entry.is_file():
                names.append(name)
    return names


def _digest(root: Path, names: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(name for name in names if os.path.isfile(f"{root}/{name}")):
        with open(f"{root}/{name}", "rb") as file:
            content = file.read()
        # Name and length frame each file: moving bytes from one to the next changes the digest.
        digest.update(f"{len(name.encode())} {name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
