"""Links the PDFs and the data archive only while they say what the pages say.

Only a whole build makes them.  Any other
build removes those that are out of date, and names them without a link.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from alsreview.book.documents import MADE, pdf_is_stale

_NAMES = "|".join(re.escape(made.name) for made in MADE)
_LINK = re.compile(rf'<a\b[^>]*\bhref="(?:\.\./)*(?:{_NAMES})"[^>]*>(?P<words>.*?)</a>', re.S)


def setup(app: Sphinx) -> None:
    """Link the documents on the pages where they exist, and remove them where they are out of date."""
    # True where the documents are made after the pages.
    app.add_config_value("als_documents_follow", False, "", bool)
    app.connect("builder-inited", _see_documents)
    app.connect("env-updated", _pages_to_write)
    app.connect("html-page-context", _page)
    app.connect("build-finished", _drop_stale)


def _see_documents(app: Sphinx) -> None:
    app.als_documents = app.config.als_documents_follow or not pdf_is_stale(Path(app.srcdir))


def _pages_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """List the unchanged pages that link documents which are gone, or name documents which are back."""
    if app.builder.name != "html":
        return []
    linking = [name for name in sorted(env.found_docs) if _LINK.search(_text(Path(env.doc2path(name))))]
    pages = {name: _text(Path(app.builder.get_outfilename(name))) for name in linking}
    return [name for name, page in pages.items() if bool(_LINK.search(page)) != app.als_documents]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    if doctree is not None and app.builder.name == "html" and not app.als_documents:
        context["body"] = without_links(context["body"])


def without_links(body: str) -> str:
    """Name the documents without a link, and say how they are made."""
    return _LINK.sub(r"\g<words> (made by <code>make book</code>)", body)


def _drop_stale(app: Sphinx, error: Exception | None) -> None:
    """Remove documents that say something else than the pages."""
    root = Path(app.srcdir)
    if error is None and app.builder.name == "html" and pdf_is_stale(root):
        for made in MADE:
            (root / made).unlink(missing_ok=True)
