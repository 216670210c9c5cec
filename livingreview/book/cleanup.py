"""Remove from the folder of pages what earlier builds left, so that no page depends on it."""

import shutil
from pathlib import Path

from myst_nb.sphinx_ext import add_global_html_resources
from sphinx.application import Sphinx
from sphinx.builders.html import BuildInfo
from sphinx.search import js_index

_COPIED = ("_static", "_images", "_downloads")
_INDEX = "searchindex.js"


def start_clean(app: Sphinx) -> None:
    """Remove what Sphinx copies beside the pages, if it is going to write all of them anew."""
    if app.builder.format != "html":
        return
    out = Path(app.outdir)
    if _all_anew(app, out / ".buildinfo"):
        for name in _COPIED:
            shutil.rmtree(out / name, ignore_errors=True)
        (out / _INDEX).unlink(missing_ok=True)
    # myst-nb copies its style last, so that only a second build found its checksum for the address.
    (out / "_static").mkdir(parents=True, exist_ok=True)
    add_global_html_resources(app, None)


def _all_anew(app: Sphinx, note: Path) -> bool:
    if not note.is_file():
        return False
    with note.open(encoding="utf-8") as lines:
        return BuildInfo.load(lines) != app.builder.build_info


def drop_words(app: Sphinx, error: Exception | None) -> None:
    """Take the words that are on no page any more out of the search index; Sphinx keeps them."""
    path = Path(app.outdir) / _INDEX
    if error is not None or app.builder.name != "html" or not path.is_file():
        return
    index = js_index.loads(path.read_text(encoding="utf-8"))
    for part in ("terms", "titleterms"):
        index[part] = {word: pages for word, pages in index[part].items() if pages != []}
    path.write_text(js_index.dumps(index), encoding="utf-8")


def drop_pages(app: Sphinx, error: Exception | None) -> None:
    """Delete the pages of chapters that are gone: they would go on showing their old numbers."""
    if error is not None or app.builder.format != "html":
        return
    out, docs = Path(app.outdir), app.env.found_docs | set(app.config.lr_moved)
    for folder in {Path(doc).parent for doc in docs} - {Path(".")}:
        for page in (out / folder).glob("*.html"):
            if page.relative_to(out).with_suffix("").as_posix() not in docs:
                page.unlink()
