"""Pins the engine of a review, with every package it needs, in ``requirements.txt``."""

import json
import re
import subprocess
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from livingreview.evidence.citation import CARD

ENGINE = "livingreview"
LOCK = "requirements.txt"
PIN = re.compile(rf"^{ENGINE} *(?:@|==).*$", re.MULTILINE)
_ADDRESS = re.compile(r"git\+(?:https|ssh|file)://\S+@[^\s@/]+")
_HERE = """# This address leads to a folder of one computer.  Others need a public one:
#   make upgrade TO=git+https://HOST/OWNER/NAME@COMMIT
"""
_COMMIT = re.compile(r"[0-9a-f]{40}")


def engine_here() -> str:
    """Return the requirement that pins the engine that runs."""
    folder = Path(__file__).parents[2]
    if (folder / "pyproject.toml").is_file():
        return f"{ENGINE} @ {address_of(folder)}"
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
        return f"{ENGINE} @ {address_of(folder.resolve())}"
    raise ValueError(
        f"expected the folder of the engine, or git+https://HOST/OWNER/NAME@COMMIT, found {place!r}"
    )


def address_of(folder: Path) -> str:
    """Return the address of a checkout: of its repository where its citation names that, with its commit."""
    card = folder / CARD
    told = yaml.load(card.read_bytes(), yaml.BaseLoader) if card.is_file() else {}
    address = told.get("repository-code", "")
    commit = _git("-C", str(folder), "rev-parse", "HEAD") if (folder / ".git").exists() else ""
    if not commit:
        return folder.as_uri()
    # Older versions of pip refuse an address without a host.
    return f"git+{address or folder.as_uri().replace('file:///', 'file://localhost/', 1)}@{commit}"


def moved(pin: str, to: str) -> str:
    """Return the requirement for another state of the engine.

    Parameters
    ----------
    pin : the requirement as it is
    to : a commit, tag or branch of the same repository, an address or a folder; empty for its newest commit
    """
    if _ADDRESS.fullmatch(to) or Path(to).is_dir() and to:
        return engine_at(to)
    address, at, _ = pin.partition("@")[2].strip().rpartition("@")
    if not (at and address.startswith("git+")):
        raise ValueError(
            f"TO: expected a folder or git+https://HOST/OWNER/NAME@COMMIT, since the pin is {pin!r}"
        )
    return f"{ENGINE} @ {address}@{_commit(address.removeprefix('git+'), to)}"


def _commit(address: str, name: str) -> str:
    """Look up the commit that a tag or a branch stands for; a commit stands for itself."""
    if _COMMIT.fullmatch(name):
        return name
    said = dict(line.split("\t")[::-1] for line in _git("ls-remote", address).splitlines())
    names = ["HEAD"] if not name else [f"refs/tags/{name}^{{}}", f"refs/tags/{name}", f"refs/heads/{name}"]
    found = next((said[each] for each in names if each in said), "")
    if not found:
        raise ValueError(f"{address}: no tag or branch {name!r}; give one, or all 40 digits of a commit")
    return found


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
        for text in package.requires or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                wanted = {(needed.name, each) for each in ("", *needed.extras)} - seen
                seen |= wanted
                waiting += sorted(wanted)
    found.pop(ENGINE, None)
    return found


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True)
    except FileNotFoundError:
        raise ValueError("git was not found; install it, or give the commit with its address") from None
    if done.returncode:
        raise ValueError(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()
