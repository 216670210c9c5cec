"""Pins the engine of a review with every package it needs, and moves the review to another engine."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from livingreview.evidence.citation import CARD
from livingreview.evidence.files import replace_file
from livingreview.facts import review_facts
from livingreview.formats import count
from livingreview.release.git import run
from livingreview.release.rebuild import clean_environment
from livingreview.reviews import Review

ENGINE = "livingreview"
LOCK = "requirements.txt"
PIN = re.compile(rf"^{ENGINE} *(?:@|==).*$", re.MULTILINE)
_ADDRESS = re.compile(r"git\+(?:https|ssh|file)://\S+@[^\s@/]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HERE = """# This address leads to a folder of one computer.  Others need a public one:
#   make upgrade TO=git+https://HOST/OWNER/NAME@COMMIT
"""
_OWN = "review.evidence_hash"  # it names the engine itself
_INSTALLED = ".venv/installed"  # what make compares the lock with
_BACK = "to go back: git restore ."


# ---- The pin


def engine_here() -> str:
    """Return the requirement that pins the engine that runs."""
    folder = Path(__file__).parents[2]
    if (folder / "pyproject.toml").is_file():
        return f"{ENGINE} @ {_address_of(folder)}"
    installed = metadata.distribution(ENGINE)
    told = json.loads(installed.read_text("direct_url.json") or "{}")
    if commit := told.get("vcs_info", {}).get("commit_id"):
        return f"{ENGINE} @ git+{told['url']}@{commit}"
    return f"{ENGINE} @ {told['url']}" if "url" in told else f"{ENGINE}=={installed.version}"


def engine_at(place: str) -> str:
    """Return the requirement that pins the engine at an address or in a folder.

    Raises
    ------
    ValueError
        When it is neither.
    """
    if _ADDRESS.fullmatch(place):
        return f"{ENGINE} @ {place}"
    folder = Path(place)
    if (folder / ENGINE / "__init__.py").is_file() and (folder / "pyproject.toml").is_file():
        return f"{ENGINE} @ {_address_of(folder.resolve())}"
    raise ValueError(
        f"expected the folder of the engine, or git+https://HOST/OWNER/NAME@COMMIT, found {place!r}"
    )


def _address_of(folder: Path) -> str:
    """Return the address of a checkout: of its repository where its citation names that, with its commit."""
    if not (folder / ".git").exists():
        return folder.as_uri()
    card = folder / CARD
    told = yaml.load(card.read_bytes(), yaml.BaseLoader) if card.is_file() else {}
    # Older versions of pip refuse an address without a host.
    address = told.get("repository-code") or folder.as_uri().replace("file:///", "file://localhost/", 1)
    return f"git+{address}@{_git('-C', str(folder), 'rev-parse', 'HEAD')}"


def moved(pin: str, to: str) -> str:
    """Return the requirement for another state of the engine.

    Parameters
    ----------
    pin : the requirement as it is
    to : a commit, tag or branch of the same repository, an address or a folder; empty for its newest commit
    """
    if _ADDRESS.fullmatch(to) or to and Path(to).is_dir():
        return engine_at(to)
    address, at, _ = pin.partition("@")[2].strip().rpartition("@")
    if not (at and address.startswith("git+")):
        raise ValueError(
            f"TO: expected a folder or git+https://HOST/OWNER/NAME@COMMIT, since the pin is {pin!r}"
        )
    if _COMMIT.fullmatch(to):
        return f"{ENGINE} @ {address}@{to}"
    place = address.removeprefix("git+")
    said = dict(line.split("\t")[::-1] for line in _git("ls-remote", place).splitlines())
    names = [f"refs/tags/{to}^{{}}", f"refs/tags/{to}", f"refs/heads/{to}"] if to else ["HEAD"]
    commit = next((said[name] for name in names if name in said), "")
    if not commit:
        raise ValueError(f"{place}: no tag or branch {to!r}; give one, or all 40 digits of a commit")
    return f"{ENGINE} @ {address}@{commit}"


def read_pin(root: Path) -> str:
    """Read the pin of a review.

    Raises
    ------
    ValueError
        When there is not exactly one.
    """
    path = root / LOCK
    found = PIN.findall(path.read_text(encoding="utf-8")) if path.is_file() else []
    if len(found) != 1:
        raise ValueError(f"{LOCK}: expected one line that begins with '{ENGINE} @', found {len(found)}")
    return found[0]


def lock(engine: str) -> str:
    """Write the lock: the engine, and the packages that the one installed here runs with."""
    lines = [
        "# The engine, pinned here and nowhere else; make upgrade moves the pin.",
        *(_HERE.splitlines() if "file:" in engine else []),
        engine,
        "# The packages that it needs, with the versions that it ran with when the pin was set.",
        *(f"{name}=={version}" for name, version in sorted(_packages().items())),
    ]
    return "\n".join(lines)


def _packages() -> dict[str, str]:
    """Find the installed packages that the engine needs, and those that they need."""
    found: dict[str, str] = {}
    seen, waiting = set(), [(ENGINE, "")]
    while waiting:
        name, extra = waiting.pop()
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # one that only other systems need
        found[canonicalize_name(name)] = package.version
        for needed in map(Requirement, package.requires or ()):
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                wanted = {(needed.name, each) for each in ("", *needed.extras)} - seen
                seen |= wanted
                waiting += sorted(wanted)
    found.pop(ENGINE, None)
    return found


def _git(*words: str) -> str:
    return run("git", *words).decode().strip()


# ---- Another engine


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
    own = root / ".venv"
    if Path(sys.prefix).resolve() != own.resolve():
        raise ValueError(
            f"this would change the packages of {sys.prefix}, which other work may use; run make upgrade, "
            f"which makes {own} first"
        )
    if (root / ".git").exists():
        if changed := _git("-C", str(root), "status", "--porcelain", "--", "data", LOCK):
            raise ValueError(f"commit this first, so that git can show what the upgrade changes:\n{changed}")
    pin = read_pin(root)
    wanted = moved(pin, to)
    before = {name: str(value) for name, value in review_facts(Review(root)).items()}
    echo(f"Installing {wanted}")
    _install(wanted)
    replace_file(root / LOCK, f"{lock(wanted)}\n".encode())
    (root / _INSTALLED).touch()
    echo(f"{LOCK}: was {pin}")
    for command in ("migrate", "check"):
        done = _run("-m", ENGINE, command, cwd=root)
        echo((done.stdout + done.stderr).strip())
        if done.returncode:
            echo(f"correct this, then run make check; {_BACK}")
            return False
    lines = _run("-m", ENGINE, "facts", cwd=root).stdout.splitlines()
    for line in _differences(before, dict((*line.split(maxsplit=1), "")[:2] for line in lines)):
        echo(line)
    echo(_BACK)
    return True


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Describe every fact that differs between two engines on the same data."""
    both = [name for name in before if name in after and name != _OWN]
    lines = [f"{name}: {before[name]} → {after[name]}" for name in both if before[name] != after[name]]
    lines.append(f"{count(len(lines), 'fact')} of {len(both)} changed")
    gained, lost = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    lines += [f"new: {', '.join(gained)}"] if gained else []
    return lines + ([f"no longer known: {', '.join(lost)}"] if lost else [])


def _install(wanted: str) -> None:
    """Install an engine by force, since pip takes two states of one version for one, then what it lacks."""
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    alone = ["--force-reinstall", "--no-deps", "--no-cache-dir"]
    # With the setuptools that is installed, if any, nothing has to be fetched to build the engine.
    alone += ["--no-build-isolation"] if find_spec("setuptools") else []
    for words in ([*alone, wanted], [ENGINE]):
        done = _run(*pip, *words)
        if done.returncode:
            reason = [line for line in done.stderr.splitlines() if "rror" in line] or [done.stderr]
            raise ValueError(f"{wanted} cannot be installed: {reason[-1].strip()}")


def _run(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """Run Python as the review has it."""
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=clean_environment(), capture_output=True, text=True
    )
