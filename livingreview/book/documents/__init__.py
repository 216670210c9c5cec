"""Make the documents that readers download: article, supplement and summary as PDF, article as DOCX, data.

No page links a document that says something else than the page: only a whole build makes the documents, and
any other build removes those that are out of date and names them without a link.
"""

import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from livingreview.evidence.digest import build_digest, digest_files
from livingreview.release.stamp import ARTICLE, DATA, SUMMARY, SUPPLEMENT, WORD, documents, stamp

FOLDER = Path("_build") / "html"
NOTE = Path("_build") / ".document-inputs"
_SOURCES = ("*.md", "*.yml", "*.bib", "chapters/**/*.md")
PAGES_READ = "read all pages"  # what a build says from which documents follow
_HOW = " (made by <code>make book</code>)"


def make_documents(root: Path, single: Path, target: Path) -> None:
    """Make every document.

    Parameters
    ----------
    root : folder of the review
    single : the page that Sphinx's ``singlehtml`` wrote
    target : folder that takes the documents

    Raises
    ------
    ValueError
        When a document cannot be set; its message names the document and the reason.
    """
    # What only these need takes a while to import.
    from livingreview.book.documents.split import outlines, split
    from livingreview.book.documents.typeset import set_docx, set_pdf, words_of
    from livingreview.release.export import pack_data

    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    printed = outlines(root, config.get("sphinx", {}).get("config", {}).get("lr_documents"))
    made = stamp(root)
    words, extra = words_of(made), words_of(made, "Supplement")
    sheet = words_of(made, "In plain words") | {"readers": printed.get("readers", "")}
    with ThreadPoolExecutor() as pool:
        new, name = target, made.name
        data = pool.submit(pack_data, root, new / (name + DATA), made)
        parts = split(single.read_text(encoding="utf-8"), printed)
        running = [
            pool.submit(set_pdf, parts["supplement"], new / (name + SUPPLEMENT), extra),
            pool.submit(set_pdf, parts["article"], new / (name + ARTICLE), words),
            pool.submit(set_docx, parts["article"], new / (name + WORD), words),
            pool.submit(set_pdf, parts["summary"], new / (name + SUMMARY), sheet, "sheet"),
            data,
        ]
        for each in running:
            each.result()


def keep_documents(root: Path, made: Path) -> None:
    """Move the documents beside the pages that say the same, and link them."""
    for name in documents(root):
        shutil.move(made / name, root / FOLDER / name)
    (root / NOTE).write_text(_inputs(root))
    settle_links(root)


def are_stale(root: Path) -> bool:
    """Return whether a document is missing, or anything that they are made from has changed."""
    note = root / NOTE
    there = all((root / FOLDER / name).is_file() for name in documents(root))
    return not (there and note.is_file() and note.read_text() == _inputs(root))


def _inputs(root: Path) -> str:
    """Return what changes with anything that the documents are made from."""
    texts = {str(path.relative_to(root)): path for pattern in _SOURCES for path in root.glob(pattern)}
    return f"{build_digest(root)} {digest_files(texts)} {stamp(root)}"


def settle_links(root: Path) -> None:
    """Remove documents that say something else than the pages, and link those that are there."""
    names = documents(root)
    there = not are_stale(root)
    if not there:
        for name in names:
            (root / FOLDER / name).unlink(missing_ok=True)
    # A link to what is not there stands in the page as a comment, until it is.
    link = rf'a\b[^>]*\bhref="(?:\.\./)*(?:{"|".join(map(re.escape, names))})"[^>]*'
    made, missing = (r"<\1>\2</a>", rf"<!--\1-->\2<!--/a-->{_HOW}")
    pattern = rf"<!--({link})-->(.*?)<!--/a-->{re.escape(_HOW)}" if there else rf"<({link})>(.*?)</a>"
    for path in (root / FOLDER).rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        settled = re.sub(pattern, made if there else missing, page, flags=re.S)
        if settled != page:
            path.write_text(settled, encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> None:
    """Keep the documents in agreement with the pages, and the links of the single page whole."""
    app.add_config_value("lr_documents_follow", False, "", bool)
    app.connect("env-check-consistency", _say_read)
    app.connect("doctree-resolved", _keep_pages_of_links)
    app.connect("build-finished", _finish)


def _say_read(app: Sphinx, env: BuildEnvironment) -> None:
    """Say that the pages are read and stored, so that another builder finds them."""
    if app.config.lr_documents_follow:
        sys.stdout.write(f"{PAGES_READ}\n")
        sys.stdout.flush()


def _keep_pages_of_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep in the links of the single page the page that they lead to, which Sphinx drops."""
    if app.builder.name == "singlehtml":
        for link in doctree.findall(nodes.reference):
            page, mark, name = link.get("refuri", "").removeprefix("#document-").partition("#")
            if mark and link["refuri"].startswith("#document-"):
                link["refuri"] = f"/{page}.html#{name}"


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        settle_links(Path(app.srcdir))
