"""Runs the chapters' cells, and keeps what they gave as long as nothing they can read has changed."""

import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

from jupyter_cache import get_cache
from myst_nb.core.execute import create_client
from myst_nb.core.execute.base import ExecutionError, NotebookClientBase
from myst_nb.core.read import create_nb_reader
from nbclient.exceptions import CellExecutionError
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from livingreview.evidence.digest import build_digest
from livingreview.schema import Fault

# Holds a description of the kernel that keeps it from warning that it speaks over TCP, on this machine alone.
_KERNELS = Path(__file__).with_name("jupyter")
_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SILENT = SimpleNamespace(info=lambda *_, **__: None, warning=lambda *_, **__: None)
_KEPT = 4


def setup(app: Sphinx) -> None:
    """Run the cells when Sphinx has said which pages it is going to read."""
    os.environ["JUPYTER_PATH"] = os.pathsep.join(
        filter(None, [str(_KERNELS), os.environ.get("JUPYTER_PATH")])
    )
    app.connect("env-before-read-docs", _run_ahead)


def key_cache(app: Sphinx, config: Config) -> None:
    """Point myst-nb at the results that belong to the present evidence and code; keep those used last.

    Notes
    -----
    jupyter-cache compares the cells' text alone, so a changed row of ``data/`` would leave the
    old number on the page (its issue 7).  The changed setting also makes Sphinx read every
    page again, which is what carries the new number into the HTML.
    """
    digest = build_digest(app.srcdir)
    store = Path(app.outdir).parent / ".jupyter_cache"
    config.nb_execution_cache_path = str(store / digest[:16])
    config.lr_build_digest = digest
    # Made before any fork: parallel readers would each try to make the tables.
    get_cache(config.nb_execution_cache_path).list_cache_records()
    (store / digest[:16]).touch()
    used = sorted(store.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in used[_KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def _run_ahead(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Store the results of the pages named, so that Sphinx, which reads one by one, finds them.

    A cell that fails stops the build, with the file, line and error of every chapter that failed.
    """
    clients = {name: client for name in names if (client := _unstored(env, name))}
    # One more than there are cores: a kernel that starts waits for its sockets.
    with ThreadPoolExecutor(os.cpu_count() + 1) as pool:
        running = {pool.submit(_run, client, Path(app.srcdir)): name for name, client in clients.items()}
        for done, future in enumerate(as_completed(running), 1):
            sys.stdout.write(f"ran {running[future]} ({done} of {len(running)})\n")
            sys.stdout.flush()
    faults = [fault for future in running if (fault := future.result())]
    if faults:
        raise ExtensionError("\n".join(["a chapter does not run:", *map(str, sorted(faults))]))


def _unstored(env: BuildEnvironment, name: str) -> NotebookClientBase | None:
    """Return what runs a page; None if it has no cells, or their results are stored."""
    path, config = str(env.doc2path(name)), env.mystnb_config
    text = Path(path).read_text(encoding="utf-8")
    reader = create_nb_reader(path, env.myst_config, config, text)
    if reader is None:
        return None
    notebook = reader.read(text)
    with suppress(KeyError):
        get_cache(config.execution_cache_path).match_cache_notebook(notebook)
        return None
    return create_client(notebook, path, config, _SILENT, reader.read_fmt)


def _run(client: NotebookClientBase, root: Path) -> Fault | None:
    """Run a page and return what its failing cell says; any other trouble is myst-nb's to tell."""
    try:
        with client:
            return None
    except ExecutionError as error:
        return _fault(client, error.__cause__, root)
    except Exception:
        return None


def _fault(client: NotebookClientBase, error: Exception, root: Path) -> Fault:
    """Locate the error of a cell in its chapter."""
    page, notebook = Path(client.path), client.notebook
    # The kernel has counted the cells up to the one that failed.
    failed = max((n for n, cell in enumerate(notebook.cells) if cell.get("execution_count")), default=0)
    fence = notebook.metadata["source_map"][failed]
    code = page.read_text(encoding="utf-8").splitlines()[fence:]
    first = notebook.cells[failed].source.partition("\n")[0]
    line = fence + (code.index(first) if first in code else 0) + 1
    said = str(error).partition("\n")[0]
    if isinstance(error, CellExecutionError):
        said, found = f"{error.ename}: {error.evalue}", _LINE.search(_COLOUR.sub("", error.traceback))
        line += int(found[1]) - 1 if found else 0
    return Fault(page.relative_to(root).as_posix(), line, "cell", said)
