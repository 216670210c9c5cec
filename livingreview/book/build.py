"""Build web pages and documents from the folder of the review, and say how long each took."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from livingreview.book.documents import make_documents
from livingreview.book.documents.current import FOLDER, NOTE, PAGES_READ, are_stale, note_inputs
from livingreview.evidence.digest import find_root
from livingreview.release.stamp import ARTICLE, documents, review_name, stamp

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(r"Debugger warning|frozen modules|^0\.00s|^\s*$")


@dataclass(frozen=True)
class Built:
    """Where the book is, and how long each part took; the documents count from when the pages are written."""

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
    began, stale = time.perf_counter(), pdf and are_stale(root)
    echo("Running the chapters and writing the pages")
    with ThreadPoolExecutor(1) as pool, tempfile.TemporaryDirectory() as made:
        making: list[Future] = []

        def hear(line: str) -> None:
            if line.startswith("ran "):
                echo(f"  {line.rstrip()}")
            elif line.rstrip() == PAGES_READ:
                making.append(pool.submit(_documents, root, Path(made)))

        _sphinx(root, "html", *(["documents"] if stale else []), hear=hear)
        seconds = {"html": time.perf_counter() - began}
        if stale:
            echo("Setting the documents and packing the data")
            if making:
                making[0].result()
            else:
                # No page had to be read again.
                _documents(root, Path(made))
            # Only now: a page that cannot be written leaves no new document beside the old pages.
            for name in documents(root):
                shutil.move(Path(made) / name, root / FOLDER / name)
            note_inputs(root)
        elif pdf:
            echo("The documents are up to date")
    if pdf:
        seconds["documents"] = time.perf_counter() - began - seconds["html"]
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


def _documents(root: Path, target: Path) -> None:
    """Make the documents from the chapters that Sphinx has read, while it still writes the pages."""
    _sphinx(root, "singlehtml")
    make_documents(root, root / "_build" / "singlehtml" / "index.html", target, stamp(root))


def _sphinx(root: Path, *arguments: str, hear: Callable[[str], None] = lambda line: None) -> None:
    """Build with a builder, handing on each line that it says."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as wrong:
        running = subprocess.Popen(
            [sys.executable, "-m", "livingreview.book.run", str(root), *arguments],
            cwd=root,
            # The pages must come from the module that their hash names: the one in this folder.
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])},
            stdout=subprocess.PIPE,
            stderr=wrong,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        said = []
        for line in running.stdout:
            said.append(line)
            hear(line)
        if running.wait():
            wrong.seek(0)
            raise ValueError(_complaint(root, wrong.read() or "".join(said)))


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
