"""Puts citations into the pages when they are written: the version is not known when they are read."""

import shutil
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from alsreview.book import script
from alsreview.book.cite_blocks import all_forms, cite_figures, cite_here
from alsreview.book.metadata import head_tags
from alsreview.evidence.citation import read_card
from alsreview.release.cite import FORMATS, cite, file_name
from alsreview.release.work import Work

PAGE, HEADING = "chapters/versions", "#how-to-cite"
FILES = "cite"


class CiteNode(nodes.General, nodes.Element):
    """The place of every form of the review's citation."""


class CiteDirective(SphinxDirective):
    """Shows how to cite the version that the page belongs to."""

    def run(self) -> list[nodes.Node]:
        """Leave a mark; the words come when the page is written."""
        return [CiteNode()]


def setup(app: Sphinx) -> None:
    """Register the directive and what every page gets."""
    app.add_config_value("als_card", None, "html")
    app.add_directive("als-cite", CiteDirective)
    app.add_node(CiteNode, html=(_write_forms, None))
    app.connect("config-inited", _configure)
    app.connect("html-page-context", _page)
    app.connect("build-finished", _finish)


def _configure(app: Sphinx, config: Config) -> None:
    config.als_card = read_card(Path(app.srcdir))


def _work(app: Sphinx, pagename: str = "") -> Work:
    """Say what a page holds: a chapter, or the review as a whole."""
    review = Work(app.config.als_stamp, app.config.als_card)
    if pagename not in app.env.found_docs or pagename == app.config.root_doc:
        return review
    return Work(review.stamp, review.card, chapter=app.env.titles[pagename].astext(), page=pagename)


def head(app: Sphinx, pagename: str) -> str:
    """Write what the head of a page says of it."""
    return head_tags(_work(app, pagename))


def _write_forms(writer, node: CiteNode) -> None:
    builder = writer.builder
    up = "../" * builder.current_docname.count("/")
    # The PDF is set from the single page, and has no files beside it.
    address = (lambda name: f"{up}{FILES}/{name}") if builder.name == "html" else None
    writer.body.append(all_forms(_work(builder.app), address))
    raise nodes.SkipNode


def _page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    if doctree is None or app.builder.name != "html":
        return
    work = _work(app, pagename)
    known = PAGE in app.env.found_docs
    address = app.builder.get_relative_uri(pagename, PAGE) + HEADING if known else ""
    context["body"] = cite_figures(context["body"], work) + cite_here(work, address)
    app.add_js_file(script.CITE, loading_method="defer")


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        write_files(Path(app.outdir) / FILES, _work(app))


def write_files(folder: Path, work: Work) -> None:
    """Write the files for reference managers, and leave nothing of an earlier version beside them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for form, known in FORMATS.items():
        if known.suffix:
            (folder / file_name(work, form)).write_text(cite(work, form), encoding="utf-8", newline="\n")
