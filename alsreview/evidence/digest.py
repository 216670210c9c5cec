"""Turns the folder of the review into the two digests that say which evidence a page came from."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

_UNSEEN = {"__pycache__"}


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
    That is ``data/`` (apart from ``releases/`` and ``searches.csv``, which record what we did
    and feed no number), the Python files of ``alsreview/``, and ``requirements.txt``.
    """
    root = find_root(root)
    told = [
        path
        for path in _files(root / "data")
        if path.relative_to(root / "data").parts[0] not in {"releases", "searches.csv"}
    ]
    code = [path for path in _files(root / "alsreview") if path.suffix == ".py"]
    return _digest(root, [*told, *code, root / "requirements.txt"])[:16]


def build_digest(root: str | Path | None = None) -> str:
    """Digest everything a chapter can read, as 64 hexadecimal digits: the key of stored results."""
    root = find_root(root)
    single = [root / "requirements.txt", root / "CITATION.cff"]
    return _digest(root, [*_files(root / "data"), *_files(root / "alsreview"), *single])


def _files(folder: Path) -> Iterable[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _UNSEEN]
        yield from (Path(here, name) for name in names if not name.startswith(".") and name[-4:] != ".pyc")


def _digest(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    named = {path.relative_to(root).as_posix(): path for path in paths if path.is_file()}
    for name in sorted(named):
        content = named[name].read_bytes()
        # Name and length frame each file: moving bytes from one to the next changes the digest.
        digest.update(f"{len(name.encode())} {name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
