"""Build web pages and documents from the folder of the review, and say how long each took."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from livingreview.book.documents import make_documents
from livingreview.book.documents.current import FOLDER, NOTE, are_stale, note_inputs
from livingreview.evidence.digest import find_root
from livingreview.release.stamp import ARTICLE, review_name, stamp

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(r"Debugger warning|frozen modules|^0\.00s|^\s*$")


@dataclass(frozen=True)
class Built:
    """Where the book is, and how long each part took."""

    html: Path
    pdf: Path | None
    seconds: Mapping[str, float]


def build(root=None, *, pdf: bool = True, echo: Callable[[str], None] | None = None) -> Built:
    """Build the web pages and the documents.

    Parameters
    ----------
    root : folder of the review; found upwards from the working folder unless given
    pdf : False leaves the documents out
    echo : is handed one line per step, such as ``print``
    """
    root, echo = find_root(root), echo or (lambda line: None)
    seconds = {}
    echo("Running the chapters and writing the pages")
    stale = pdf and are_stale(root)
    seconds["html"], single = _sphinx(root, "html", *(["singlehtml"] if stale else []), echo=echo)
    if stale:
        echo("Setting the documents and packing the data")
        seconds["documents"] = single + _timed(lambda: _documents(root))
    elif pdf:
        echo("The documents are up to date")
        seconds["documents"] = 0.0
    pages = root / FOLDER
    return Built(pages / "index.html", pages / f"{review_name(root)}{ARTICLE}" if pdf else None, seconds)


def build_html(root=None) -> Path:
    """Build the web pages alone and return the first of them."""
    return build(root, pdf=False).html


def build_pdf(root=None) -> Path:
    """Build the pages and, whether or not anything changed, the documents; return the article."""
    root = find_root(root)
    (root / NOTE).unlink(missing_ok=True)
    return build(root).pdf


def _documents(root: Path) -> None:
    make_documents(root, root / "_build" / "singlehtml" / "index.html", root / FOLDER, stamp(root))
    note_inputs(root)


def _timed(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _sphinx(root: Path, *builders: str, echo: Callable[[str], None]) -> tuple[float, float]:
    """Build, saying which chapters have run; return the seconds of the first builder and of the others."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as wrong:
        running = subprocess.Popen(
            [sys.executable, "-m", "livingreview.book.run", str(root), *builders],
            cwd=root,
            # The pages must come from the module that their hash names: the one in this folder.
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])},
            stdout=subprocess.PIPE,
            stderr=wrong,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        said = [_told(line, echo) for line in running.stdout]
        if running.wait():
            wrong.seek(0)
            raise ValueError(_complaint(root, wrong.read() or "".join(said)))
    whole = time.perf_counter() - began
    others = sum(float(took) for took in re.findall(r"^took singlehtml ([\d.]+)$", "".join(said), re.M))
    return whole - others, others


def _told(line: str, echo: Callable[[str], None]) -> str:
    if line.startswith("ran "):
        echo(f"  {line.rstrip()}")
    return line


def _complaint(root: Path, text: str) -> str:
    """Keep what a writer can act on, with paths from the root."""
    crash = re.search(r"traceback has been saved in (\S+\.log)", text)
    if crash:
        log = Path(crash.group(1))
        text = text[: text.find("Exception occurred")] + log.read_text("utf-8")
        log.unlink()
    lines = [_COLOUR.sub("", line).replace(f"{root}/", "") for line in text.splitlines()]
    kept = [line for line in lines if not _NOISE.search(line)]
    return "\n".join(["the book does not build:", *kept[-60:]])
