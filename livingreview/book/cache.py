"""Keys the stored results of the chapters' cells on everything a cell can read."""

import shutil
from pathlib import Path

from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.config import Config

from livingreview.evidence.digest import build_digest

KEPT = 4


def key_cache(app: Sphinx, config: Config) -> None:
    """Point myst-nb at the results that belong to the present evidence and code.

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
    prune(store)


def prune(store: Path) -> None:
    """Remove all but the results used last."""
    used = sorted(store.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in used[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)
