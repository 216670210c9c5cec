"""Finds the folder of a review and the headings of its chapters, and digests what a page comes from."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

FRONT_PAGE = "index.md"
# Records of what we did, which feed no number.
_NO_NUMBERS = {"releases", "searches", "searches.csv", "candidates.csv"}


def find_root(start: str | Path | None = None) -> Path:
    """Find the review's folder, which holds ``data/protocol.yml``.

    Parameters
    ----------
    start : the folder itself; unless given, the working folder or the nearest one above it
        A chapter's cells run in ``chapters/``, hence the search upwards. A folder that is named is
        used as it is: a slip in a path must not check another review.
    """
    here = Path(start or ".").resolve()
    for folder in (here, *here.parents) if start is None else (here,):
        if (folder / "data" / "protocol.yml").is_file():
            return folder
    raise ValueError(
        f"{here}: {'neither this folder nor one above it holds' if start is None else 'does not hold'} "
        "data/protocol.yml; expected the folder of the review, so change to it or give its path"
    )


def evidence_hash(root: str | Path | None = None) -> str:
    """Digest what the numbers come from, as 16 hexadecimal digits.

    Notes
    -----
    That is ``data/`` (apart from ``releases/``, ``searches/``, ``searches.csv`` and
    ``candidates.csv``, which record what we did and feed no number), the Python files of
    ``livingreview`` and of the review's own package, the dictionary and the other defaults (``.yml``) of
    ``livingreview``, and ``requirements.txt``.
    """
    root = find_root(root)
    told = [name for name in _files(root, "data") if name.split("/")[1] not in _NO_NUMBERS]
    code = {name: path for name, path in _code(root).items() if name.endswith((".py", ".yml"))}
    return digest_files(_at(root, [*told, "requirements.txt"]) | code)[:16]


def build_digest(root: str | Path | None = None) -> str:
    """Digest everything a chapter can read, as 64 hexadecimal digits: the key of stored results.

    Of the other chapters it reads the headings, by which the checklist names its places.
    """
    root = find_root(root)
    single = ["requirements.txt", "CITATION.cff"]
    files = digest_files(_at(root, [*_files(root, "data"), *single]) | _code(root))
    return hashlib.sha256(f"{files}{json.dumps(_written_titles(root))}".encode()).hexdigest()


def data_state(root: Path) -> tuple:
    """Return sizes and times of what evidence is read from: the key under which a kernel keeps the evidence.

    A chapter asks for the evidence hundreds of times; reading every file each time would take seconds.
    """
    names = [*sorted(_files(root, "data")), "references.bib"]
    states = {name: os.stat(f"{root}/{name}") for name in names if os.path.exists(f"{root}/{name}")}
    return tuple((name, state.st_size, state.st_mtime_ns) for name, state in states.items())


def _code(root: Path) -> dict[str, str]:
    """Find the files of this engine, wherever it is installed, and of the packages of the review."""
    engine = Path(__file__).parents[1]
    own = sorted(path.parent.name for path in root.glob("*/__init__.py") if path.parent.name != engine.name)
    # Style, fonts and what starts a new review change no number.
    apart = ("/static/", "/instance/")
    names = [name for name in _files(engine.parent, engine.name) if not any(part in name for part in apart)]
    found = _at(engine.parent, names)
    return found | _at(root, [name for folder in own for name in _files(root, folder)])


def _at(root: Path, names: Iterable[str]) -> dict[str, str]:
    return {name: f"{root}/{name}" for name in names}


def _files(root: Path, folder: str) -> list[str]:
    """List the files below a folder from the root."""
    names: list[str] = []
    if not os.path.isdir(f"{root}/{folder}"):
        return names
    with os.scandir(f"{root}/{folder}") as entries:
        for entry in entries:
            name = f"{folder}/{entry.name}"
            if entry.name.startswith((".", "__pycache__")) or name.endswith(".pyc"):
                continue
            if entry.is_dir(follow_symlinks=False):
                names += _files(root, name)
            elif entry.is_file():
                names.append(name)
    return names


def digest_files(files: Mapping[str, str | Path]) -> str:
    """Digest files, given as the place of each by its name."""
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        if os.path.isfile(path):
            content = Path(path).read_bytes()
            # Name and length frame each file: moving bytes from one to the next changes the digest.
            digest.update(f"{len(name.encode())} {name} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


# ---- The chapters and their headings


def chapter_paths(root: Path) -> list[Path]:
    """List the sources of the book that people write: the front page and the chapters."""
    return [path for path in [root / FRONT_PAGE, *sorted((root / "chapters").glob("*.md"))] if path.is_file()]


def place_titles(root: Path) -> dict[str, str]:
    """Return the title of every page of the book, and the words of every heading by ``page#heading``."""
    # docutils, which names the headings in the built pages, takes longer to import than to use.
    from docutils.nodes import make_id

    found = {}
    for page, titles in _written_titles(root).items():
        # Without the marks of emphasis and code.
        plain = {title: re.sub(r"[*`]", "", title) for title in titles}
        found[page] = plain[titles[0]] if titles else ""
        # Of two headings of one name the address leads to the first.
        found |= {f"{page}#{make_id(title)}": plain[title] for title in reversed(titles)}
    return found


def _written_titles(root: Path) -> dict[str, list[str]]:
    """Return the headings of every page of the book as they are written."""
    found = {}
    for path in chapter_paths(root):
        # A line of code that begins with # is no heading.
        fence = re.compile(r"^(`{3,}|~{3,}|:{3,}).*?^\1", re.MULTILINE | re.DOTALL)
        text = fence.sub("", path.read_text(encoding="utf-8"))
        page = path.relative_to(root).with_suffix("").as_posix()
        found[page] = re.findall(r"^#{1,6} +(.+?) *#*$", text, flags=re.MULTILINE)
    return found
