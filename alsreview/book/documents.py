"""Links the PDFs and the data archive only while they say what the pages say.

Only a whole build makes them.  Any other
build removes those that are out of date, and names them without a link.
"""

import hashlib
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from alsreview.evidence.digest import build_digest
from alsreview.release import stamp

PDF = Path("_build") / "html" / "als-review.pdf"
SHEET = Path("_build") / "html" / "als-review-summary.pdf"
DATA = Path("_build") / "html" / "als-review-data.zip"
NOTE = Path("_build") / ".pdf-inputs"
MADE = (PDF, SHEET, DATA)
_NAMES = "|".join(re.escape(made.name) for made in MADE)
_LINK = re.compile(rf'<a\b[^>]*\bhref="(?:\.\./)*(?:{_NAMES})"[^>]*>(?P<words>.*?)</a>', re.S)
_SOURCES = ("*.md", "*.yml", "*.bib", "chapters/**/*.md", "_static/fonts/*.ttf")


def pdf_inputs(root: Path) -> str:
    """Digest everything the PDF is made from."""
    digest = hashlib.sha256(f"{build_digest(root)} {stamp(root)}".encode())
    for path in sorted({path for pattern in _SOURCES for path in root.glob(pattern)}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def pdf_is_stale(root: Path) -> bool:
    """Say whether one of them is missing, or anything they are made from has changed."""
    note = root / NOTE
    there = all((root / made).is_file() for made in MADE)
    return not (there and note.is_file() and note.read_text() == pdf_inputs(root))


def note_pdf(root: Path) -> None:
    """Remember what the PDF has just been made from."""
    (root / NOTE).write_text(pdf_inputs(root))


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
