"""Build web pages and documents from the folder of the review, and show them on this machine."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from livingreview.book.documents import FOLDER, PAGES_READ, are_stale, keep_documents, make_documents
from livingreview.evidence.digest import find_root
from livingreview.release.stamp import ARTICLE, review_name

Echo = Callable[[str], None]
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(r"Debugger warning|frozen modules|^0\.00s|^\s*$")


@dataclass(frozen=True)
class Built:
    """Where the book is, and how long each part took."""

    html: Path
    pdf: Path | None
    seconds: Mapping[str, float]


def build(root=None, *, pdf: bool = True, echo: Echo = lambda line: None) -> Built:
    """Build the web pages and the documents.

    Parameters
    ----------
    root : folder of the review; found upwards from the working folder unless given
    pdf : False leaves the documents out
    echo : is handed one line per step, such as ``print``
    """
    root, began = find_root(root), time.perf_counter()
    stale, making = pdf and are_stale(root), []
    echo("Running the chapters and writing the pages")
    with ThreadPoolExecutor(1) as pool, tempfile.TemporaryDirectory() as made:

        def hear(line: str) -> None:
            if line.startswith("ran "):
                echo(f"  {line.rstrip()}")
            elif line.rstrip() == PAGES_READ:
                making.append(pool.submit(_documents, root, Path(made)))

        _sphinx(root, "html", hear, follow=stale)
        seconds = {"html": time.perf_counter() - began}
        if stale:
            echo("Setting the documents and packing the data")
            if making:
                making[0].result()
            else:
                _documents(root, Path(made))  # no page had to be read again
            # Only now: a page that cannot be written leaves no new document beside the old pages.
            keep_documents(root, Path(made))
        elif pdf:
            echo("The documents are up to date")
    if pdf:
        seconds["documents"] = time.perf_counter() - began - seconds["html"]
    pages = root / FOLDER
    return Built(pages / "index.html", pages / f"{review_name(root)}{ARTICLE}" if pdf else None, seconds)


def _documents(root: Path, target: Path) -> None:
    """Make the documents from the chapters that Sphinx has read, while it still writes the pages."""
    _sphinx(root, "singlehtml", lambda line: None)
    make_documents(root, root / "_build" / "singlehtml" / "index.html", target)


def _sphinx(root: Path, builder: str, hear: Echo, *, follow: bool = False) -> None:
    """Run a builder in a process of its own, handing on each line that it says.

    A process apart keeps docutils' global registers, the kernels' chatter and the environment of a build away
    from the caller.
    """
    code = f"from livingreview.book.build import run; run({str(root)!r}, {builder!r}, {follow!r})"
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as wrong:
        running = subprocess.Popen(
            [sys.executable, "-c", code],
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


def run(root: str, builder: str, follow: bool) -> None:
    """Build the book as ``jupyter-book build -W -n --keep-going`` does, and exit with 0 when it is clean."""
    from jupyter_book.sphinx import build_sphinx

    # What jupyter-book's command line passes on, so that both keep the same stored pages.
    options = {
        "external_toc_path": (Path(root) / "_toc.yml").as_posix(),
        "latex_individualpages": False,
        "nitpicky": True,
        "lr_documents_follow": follow,
    }
    result = build_sphinx(
        Path(root),
        Path(root) / "_build" / builder,
        path_config=Path(root) / "_config.yml",
        noconfig=True,
        confoverrides=options,
        builder=builder,
        warningiserror=True,
        keep_going=True,
        quiet=True,
    )
    sys.exit(result if isinstance(result, int) else 2)


def _complaint(root: Path, text: str) -> str:
    """Keep what a writer can act on, with paths from the root."""
    crash = re.search(r"traceback has been saved in (\S+\.log)", text)
    if crash:
        log = Path(crash[1])
        text = text[: text.find("Exception occurred")] + log.read_text("utf-8")
        log.unlink()
    lines = [_COLOUR.sub("", line).replace(f"{root}/", "") for line in text.splitlines()]
    kept = [line for line in lines if not _NOISE.search(line)]
    return "\n".join(["the book does not build:", *kept[-60:]])


# ---- to look at it


def serve(root=None, port: int = 8000, *, site: bool = False, echo: Echo = lambda line: None) -> None:
    """Serve ``_build/html``, or the site of all versions, until interrupted."""
    name, what, command = ("site", "site", "make site") if site else ("html", "book", "make book")
    pages = find_root(root) / "_build" / name
    if not (pages / "index.html").is_file():
        raise ValueError(f"_build/{name}/index.html: not found; build it first: {command}")
    with server(pages, port) as running:
        echo(f"The {what} is at http://localhost:{running.server_port} (stop it with Ctrl-C)")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            pass


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Make a server of one folder, on this machine only; port 0 takes a free one."""
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    except OSError as error:
        raise ValueError(f"port {port}: {error.strerror}; take another: make serve PORT={port + 1}") from None


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args) -> None:
        pass

    def end_headers(self) -> None:
        # A page built anew must not be taken from the browser's memory.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def list_directory(self, path):
        # GitHub Pages shows no listings either.
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_error(self, code, message=None, explain=None) -> None:
        page = Path(self.directory) / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            return super().send_error(code, message, explain)
        content = page.read_bytes()
        self.send_response(code, message)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
