"""Moves a review to another engine, and shows what that changes."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from livingreview.evidence.files import replace_file
from livingreview.facts import review_facts
from livingreview.formats import count
from livingreview.instance.pin import LOCK, lock, moved, read_pin
from livingreview.release.git import Git
from livingreview.release.rebuild import clean_environment
from livingreview.reviews import Review

_OWN = "review.evidence_hash"  # it names the engine itself
_INSTALLED = ".venv/installed"  # what make compares the lock with
_BACK = "to go back: git restore ."


def upgrade(root: Path, to: str, echo: Callable[[str], None]) -> bool:
    """Install another engine, convert the data to its format, pin it, check, and list what differs.

    Parameters
    ----------
    root : folder of the review
    to : a commit, tag or branch of the engine, an address or a folder; empty for its newest commit
    echo : is handed one line per step

    Returns
    -------
    whether the review is well under the new engine

    Raises
    ------
    ValueError
        When nothing was changed: the environment is another one, work is not committed, or there is no such
        engine.
    """
    _refuse(root)
    pin = read_pin(root)
    wanted = moved(pin, to)
    before = {name: str(value) for name, value in review_facts(Review(root)).items()}
    echo(f"Installing {wanted}")
    _install(wanted)
    replace_file(root / LOCK, f"{lock(wanted)}\n".encode())
    (root / _INSTALLED).touch()
    echo(f"{LOCK}: was {pin}")
    for command in ("migrate", "check"):
        said, well = _run(root, command)
        echo(said)
        if not well:
            echo(f"correct this, then run make check; {_BACK}")
            return False
    said, _ = _run(root, "facts")
    after = dict(line.split(maxsplit=1) if " " in line else (line, "") for line in said.splitlines())
    for line in differences(before, after):
        echo(line)
    echo(_BACK)
    return True


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Describe every fact that differs between two engines on the same data."""
    both = [name for name in before if name in after and name != _OWN]
    lines = [f"{name}: {before[name]} → {after[name]}" for name in both if before[name] != after[name]]
    lines.append(f"{count(len(lines), 'fact')} of {len(both)} changed")
    for what, names in (
        ("new", after.keys() - before.keys()),
        ("no longer known", before.keys() - after.keys()),
    ):
        lines += [f"{what}: {', '.join(sorted(names))}"] if names else []
    return lines


def _refuse(root: Path) -> None:
    own = root / ".venv"
    if Path(sys.prefix).resolve() != own.resolve():
        raise ValueError(
            f"this would change the packages of {sys.prefix}, which other work may use; run make upgrade, "
            f"which makes {own} first"
        )
    if (root / ".git").exists() and (changed := Git(root)("status", "--porcelain", "--", "data", LOCK)):
        raise ValueError(f"commit this first, so that git can show what the upgrade changes:\n{changed}")


def _install(wanted: str) -> None:
    """Install an engine by force, since pip takes two states of one version for one, then what it lacks."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    alone = ["--force-reinstall", "--no-deps", "--no-cache-dir"]
    for words in ([*alone, *_build(), wanted], [wanted.split()[0].partition("=")[0]]):
        done = subprocess.run([*pip, *words], env=clean_environment(), capture_output=True, text=True)
        if done.returncode:
            reason = [line for line in done.stderr.splitlines() if "rror" in line] or [done.stderr]
            raise ValueError(f"{wanted} cannot be installed: {reason[-1].strip()}")


def _build() -> list[str]:
    """Build with the setuptools that is installed, if any, so that nothing has to be fetched for that."""
    from importlib.util import find_spec

    return ["--no-build-isolation"] if find_spec("setuptools") else []


def _run(root: Path, command: str) -> tuple[str, bool]:
    words = [sys.executable, "-m", "livingreview", command]
    done = subprocess.run(words, cwd=root, env=clean_environment(), capture_output=True, text=True)
    return (done.stdout + done.stderr).strip(), done.returncode == 0
