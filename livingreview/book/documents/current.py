"""Keep documents and pages in agreement: no page links a document that says something else than the page.

Only a whole build makes the documents.  Any other build removes those that are out of date, and names them
without a link.
"""

import hashlib
import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from livingreview.evidence.digest import build_digest
from livingreview.release.stamp import documents, stamp

FOLDER = Path("_build") / "html"
NOTE = Path("_build") / ".document-inputs"
PAGES_READ = "read all pages"  # what a build says from which documents follow
_SOURCES = ("*.md", "*.yml", "*.bib", "chapters/**/*.md")


def document_inputs(root: Path) -> str:
    """Return a digest of everything that the documents are made from."""
    digest = hashlib.sha256(f"{build_digest(root)} {stamp(root)}".encode())
    for path in sorted({path for pattern in _SOURCES for path in root.glob(pattern)}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def are_stale(root: Path) -> bool:
    """Return whether a document is missing, or anything that they are made from has changed."""
    note = root / NOTE
    there = all((root / FOLDER / name).is_file() for name in documents(root))
    return not (there and note.is_file() and note.read_text() == document_inputs(root))


def note_inputs(root: Path) -> None:
    """Remember what the documents have just been made from."""
    (root / NOTE).write_text(document_inputs(root))


def setup(app: Sphinx) -> None:
    """Link the documents on the pages where they exist, and remove them where they are out of date."""
    # True where the documents are made as soon as the pages are read.
    app.add_config_value("lr_documents_follow", False, "", bool)
    app.connect("builder-inited", _see_documents)
    app.connect("env-updated", _pages_to_write)
    app.connect("env-check-consistency", _say_read)
    app.connect("html-page-context", _page)
    app.connect("build-finished", _drop_stale)


def keep_pages_of_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep in the links of the single page the page that they lead to, which Sphinx drops."""
    if app.builder.name == "singlehtml":
        for link in doctree.findall(nodes.reference):
            page, mark, name = link.get("refuri", "").removeprefix("#document-").partition("#")
            if mark and link["refuri"].startswith("#document-"):
                link["refuri"] = f"/{page}.html#{name}"


def _see_documents(app: Sphinx) -> None:
    app.lr_link = _links(root := Path(app.srcdir))
    app.lr_linked = app.config.lr_documents_follow or not are_stale(root)


def _pages_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """List the unchanged pages that link documents which are gone, or name documents which are back."""
    if app.builder.name != "html":
        return []
    linking = [name for name in sorted(env.found_docs) if app.lr_link.search(_text(Path(env.doc2path(name))))]
    pages = {name: _text(Path(app.builder.get_outfilename(name))) for name in linking}
    return [name for name, page in pages.items() if bool(app.lr_link.search(page)) != app.lr_linked]


def _say_read(app: Sphinx, env: BuildEnvironment) -> None:
    """Say that the pages are read and stored, so that another builder finds them."""
    if app.config.lr_documents_follow:
        sys.stdout.write(f"{PAGES_READ}\n")
        sys.stdout.flush()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    if doctree is not None and app.builder.name == "html" and not app.lr_linked:
        context["body"] = without_links(context["body"], app.lr_link)


def _links(root: Path) -> re.Pattern:
    """Return what finds the links to the documents, of which a name begins like another."""
    names = "|".join(map(re.escape, documents(root)))
    return re.compile(rf'<a\b[^>]*\bhref="(?:\.\./)*(?:{names})"[^>]*>(?P<words>.*?)</a>', re.S)


def without_links(body: str, link: re.Pattern) -> str:
    """Name the documents without a link, and say how they are made."""
    return link.sub(r"\g<words> (made by <code>make book</code>)", body)


def _drop_stale(app: Sphinx, error: Exception | None) -> None:
    """Remove documents that say something else than the pages."""
    root = Path(app.srcdir)
    if error is None and app.builder.name == "html" and are_stale(root):
        for name in documents(root):
            (root / FOLDER / name).unlink(missing_ok=True)
