"""Runs the chapters whose results are not stored, one kernel for each core, before any is read."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

from jupyter_cache import get_cache
from myst_nb.core.execute import create_client
from myst_nb.core.execute.base import NotebookClientBase
from myst_nb.core.read import create_nb_reader
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

_SILENT = SimpleNamespace(info=lambda *_, **__: None, warning=lambda *_, **__: None)


def run_ahead(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Store the results of the pages named, so that Sphinx, which reads one by one, finds them.

    Notes
    -----
    A cell that fails stores nothing: myst-nb runs its page again and says what is wrong, as ever.
    """
    clients = {name: client for name in names if (client := _unstored(env, name))}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(_run, client): name for name, client in clients.items()}
        for done, future in enumerate(as_completed(running), 1):
            sys.stdout.write(f"ran {running[future]} ({done} of {len(running)})\n")
            sys.stdout.flush()


def _unstored(env: BuildEnvironment, name: str) -> NotebookClientBase | None:
    """Give what runs a page; None if it has no cells, or their results are stored."""
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


def _run(client: NotebookClientBase) -> None:
    with suppress(Exception), client:
        pass


def setup(app: Sphinx) -> None:
    """Run them when Sphinx has said which pages it is going to read."""
    app.connect("env-before-read-docs", run_ahead)
