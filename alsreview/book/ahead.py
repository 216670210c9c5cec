"""Runs the chapters whose results are not stored, one kernel for each core, before any is read."""

import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

from myst_nb.core.execute import create_client
from myst_nb.core.read import create_nb_reader
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

RAN = re.compile(r"^ran (\S+) ([\d.]+)$")
_SILENT = SimpleNamespace(info=lambda *_, **__: None, warning=lambda *_, **__: None)


def run_ahead(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Store the results of the pages named, so that Sphinx, which reads one by one, finds them.

    Notes
    -----
    A cell that fails stores nothing: myst-nb runs its page again and says what is wrong, as ever.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda name: _run(env, name), names):
            pass


def _run(env: BuildEnvironment, name: str) -> None:
    path = str(env.doc2path(name))
    text = Path(path).read_text(encoding="utf-8")
    reader = create_nb_reader(path, env.myst_config, env.mystnb_config, text)
    if reader is None:
        return
    began = time.perf_counter()
    client = create_client(reader.read(text), path, env.mystnb_config, _SILENT, reader.read_fmt)
    with suppress(Exception), client:
        sys.stdout.write(f"ran {name} {time.perf_counter() - began:.3f}\n")


def setup(app: Sphinx) -> None:
    """Run them when Sphinx has said which pages it is going to read."""
    app.connect("env-before-read-docs", run_ahead)
