"""Turns the folder of the review into web pages and a PDF, and says how long each took."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alsreview.book.documents import DATA, NOTE, PDF, SHEET, note_pdf, pdf_is_stale
from alsreview.evidence.digest import find_root
from alsreview.release import stamp

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(r"Debugger warning|frozen modules|^0\.00s|^\s*$")


@dataclass(frozen=True)
class Built:
    """Where the book is, and how long each part took."""

    html: Path
    pdf: Path | None
    seconds: Mapping[str, float]


def build(root=None, *, pdf: bool = True, echo: Callable[[str], None] | None = None) -> Built:
    """Build the web pages and the PDF.

    Parameters
    ----------
    root : folder of the review; found upwards from the working folder unless given
    pdf : False leaves the PDF out
    echo : is handed one line per step, such as ``print``
    """
    root, echo = find_root(root), echo or (lambda line: None)
    seconds = {}
    echo("Running the chapters and writing the pages")
    stale = pdf and pdf_is_stale(root)
    seconds["html"], single = _sphinx(root, "html", *(["singlehtml"] if stale else []), echo=echo)
    if stale:
        echo("Setting the PDF and packing the data")
        seconds["pdf"] = single + _timed(lambda: _set_pdf(root))
    elif pdf:
        echo("The PDF is up to date")
        seconds["pdf"] = 0.0
    return Built(root / "_build" / "html" / "index.html", root / PDF if pdf else None, seconds)


def build_html(root=None) -> Path:
    """Build the web pages alone and return the first of them."""
    return build(root, pdf=False).html


def build_pdf(root=None) -> Path:
    """Build the pages and, whether or not anything changed, the PDF."""
    root = find_root(root)
    (root / NOTE).unlink(missing_ok=True)
    return build(root).pdf


def _set_pdf(root: Path) -> None:
    # What only these need takes a while to import.
    from alsreview.book.pdf import make_pdf
    from alsreview.book.sheet import make_sheet
    from alsreview.release.export import pack_data

    made = stamp(root)
    make_pdf(root, root / "_build" / "singlehtml", root / PDF, made)
    make_sheet(root, root / SHEET, made)
    pack_data(root, root / DATA, made)
    note_pdf(root)


def _timed(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _sphinx(root: Path, *builders: str, echo: Callable[[str], None]) -> tuple[float, float]:
    """Build, saying which chapters have run; return the seconds of the first builder and of the others."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as wrong:
        running = subprocess.Popen(
            [sys.executable, "-m", "alsreview.book.run", str(root), *builders],
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
