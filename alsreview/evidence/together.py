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
_WAY_OUT = f"give that run up with: rm -r {PLACE}"


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
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"{root}: another run is writing to this review; wait for it to end") from None
        finish(root)
        yield
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
    _keep(part)
    # From here on it will be done: the name appears whole or not at all.
    part.rename(root / PLACE)
    _keep(root)
    finish(root)


def finish(root: Path) -> None:
    """Do what a stopped run had begun; nothing when there is nothing.

    Raises
    ------
    ValueError
        When somebody has changed one of its files since, or its plan cannot be read; the message says
        what to do.
    """
    place = root / PLACE
    if not place.is_dir():
        return
    plan = _read_plan(place)
    for name, old, new in plan:
        if _digest(root / name) not in (old, new):
            raise ValueError(
                f"{name}: changed while a run that writes it was stopped: put it back as it was, "
                f"or {_WAY_OUT}"
            )
    for number, (name, _, _) in enumerate(plan):
        replace_file(root / name, (place / str(number)).read_bytes())
    # Its name goes first, so that nobody takes half of it for a plan.
    gone = root / f"{PLACE}.part"
    shutil.rmtree(gone, ignore_errors=True)
    place.rename(gone)
    _keep(root)
    shutil.rmtree(gone)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, also if the machine stops; no part of it is left after an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        _write(part, content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    _keep(path.parent)


def _read_plan(place: Path) -> list[tuple[str, str | None, str]]:
    """Read what a stopped run was to write: names, with the digests of what they held and shall hold."""
    try:
        told = json.loads((place / _PLAN).read_text(encoding="utf-8"))
        plan = [(_inside(entry["name"]), entry["old"], entry["new"]) for entry in told]
        if [new for _, _, new in plan] != [_digest(place / str(number)) for number in range(len(plan))]:
            raise ValueError("its files are not those of its plan")
    except (OSError, ValueError, TypeError, KeyError) as error:
        found = f"expected the plan of a run that was stopped, found none that can be read ({error})"
        raise ValueError(f"{PLACE}: {found}: {_WAY_OUT}") from error
    return plan


def _inside(name: str) -> str:
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise ValueError(f"{name!r}: expected a path inside the review")
    return name


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there even if the machine stops in the next moment."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep(folder: Path) -> None:
    """Keep the names in a folder even if the machine stops in the next moment."""
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
