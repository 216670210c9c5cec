"""Replaces several files of the review in one step, which a run that was stopped has taken or not."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

# Beside data/ and hidden, so that no digest, check or page sees it.
PLACE = ".alsreview-changes"
_PLAN = "plan.json"


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep a second writer out for as long as the block lasts, and finish what a stopped one began.

    Raises
    ------
    ValueError
        When another run is writing, or as `finish` does.
    """
    import fcntl  # not on every system, and nothing else here needs it

    folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finish(root)
        yield
    except BlockingIOError:
        raise ValueError(f"{root}: another run is writing to this review; wait for it to end") from None
    finally:
        os.close(folder)


def replace_together(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files so that whoever is stopped at any moment has written none, or writes the rest next time.

    Parameters
    ----------
    root : folder of the review
    files : path from the root to content
    """
    part = root / f"{PLACE}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    plan = []
    for number, (name, content) in enumerate(files.items()):
        _write(part / str(number), content)
        plan.append({"name": _inside(name), "old": _digest(root / name), "new": _digest(part / str(number))})
    _write(part / _PLAN, json.dumps(plan).encode())
    # From here on it will be done: the name appears whole or not at all.
    part.rename(root / PLACE)
    finish(root)


def finish(root: Path) -> None:
    """Do what a stopped run had begun; nothing when there is nothing.

    Raises
    ------
    ValueError
        When somebody has changed one of its files since; the message says what to do.
    """
    place = root / PLACE
    if not place.is_dir():
        return
    plan = json.loads((place / _PLAN).read_text(encoding="utf-8"))
    for entry in plan:
        if _digest(root / _inside(entry["name"])) not in (entry["old"], entry["new"]):
            raise ValueError(
                f"{entry['name']}: changed while a run that writes it was stopped: put it back as it was, or "
                f"give that run up with: rm -r {PLACE}"
            )
    for number, entry in enumerate(plan):
        _put(root / entry["name"], (place / str(number)).read_bytes())
    # Its name goes first, so that nobody takes half of it for a plan.
    gone = root / f"{PLACE}.part"
    shutil.rmtree(gone, ignore_errors=True)
    place.rename(gone)
    shutil.rmtree(gone)


def _inside(name: str) -> str:
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise ValueError(f"{name!r}: expected a path inside the review")
    return name


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    _write(part, content)
    os.replace(part, path)


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there even if the machine stops in the next moment."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
