"""Replaces a folder by a new one only when every file of the new one is written."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = "versions.json"  # every site has it, so a folder without it is somebody else's


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """Give an empty folder that takes another one's place at the end, if all went well.

    Parameters
    ----------
    folder : the site; it may be missing

    Raises
    ------
    ValueError
        When the folder holds something else than a site, when it is being made already, or when a
        file cannot be written; in each case it stays as it was.
    """
    new, old = (folder.with_name(f".{folder.name}-{word}") for word in ("new", "old"))
    _refuse_others(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if old.exists() and not folder.exists():  # a run was stopped between the two renames
            old.rename(folder)
        new.mkdir(exist_ok=True)
        with _alone(new):
            _empty(new)
            yield new
            _swap(new, folder, old)
    except OSError as error:
        raise ValueError(f"{folder}: not written, so it is as it was: {error}") from error


def _refuse_others(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: is a file; expected a folder for the site")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise ValueError(f"{folder}: holds something else than a site; name a new or empty folder")


@contextmanager
def _alone(new: Path) -> Iterator[None]:
    """Keep a second run out for as long as this one lasts; whatever happens, leave nothing behind."""
    import fcntl  # not on every system, and nothing else here needs it

    held = os.open(new, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise ValueError(f"{new}: another run is making the site; wait for it to end") from None
    try:
        yield
    finally:
        shutil.rmtree(new, ignore_errors=True)
        os.close(held)


def _empty(folder: Path) -> None:
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def _swap(new: Path, folder: Path, old: Path) -> None:
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
