"""Put citations into the pages when they are written: the version is not known when they are read."""

import shutil
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from livingreview.book import metadata, script
from livingreview.release.cite import FORMATS, Work, cite, file_name

PAGE, HEADING = "chapters/versions", "#how-to-cite"
FILES = "cite"
_OPEN = ("apa", "vancouver")  # short enough to be read without asking


class CiteNode(nodes.General, nodes.Element):
    """The place of every form of the review's citation."""


class CiteDirective(SphinxDirective):
    """Shows how to cite the text that the page belongs to; the words come when the page is written."""

    def run(self) -> list[nodes.Node]:
        return [CiteNode()]


def setup(app: Sphinx) -> None:
    """Register the directive and what every page gets."""
    app.add_directive("review-cite", CiteDirective)
    app.add_node(CiteNode, html=(_write_forms, None))
    app.connect("html-page-context", _page)
    app.connect("build-finished", _write_files)


def head(app: Sphinx, pagename: str) -> str:
    """Write what the head of a page says of it."""
    return metadata.head_tags(_work(app, pagename))


def _work(app: Sphinx, pagename: str = "") -> Work:
    """Return what a page holds: a chapter, or the review as a whole."""
    if pagename not in app.env.found_docs or pagename == app.config.root_doc:
        return Work(app.config.lr_stamp)
    return Work(app.config.lr_stamp, chapter=app.env.titles[pagename].astext(), page=pagename)


def _write_forms(writer, node: CiteNode) -> None:
    builder = writer.builder
    # Documents are set from the single page, and have no files beside them.
    folder = f"{'../' * builder.current_docname.count('/')}{FILES}/" if builder.name == "html" else ""
    writer.body.append(all_forms(_work(builder.app), folder))
    raise nodes.SkipNode


def all_forms(work: Work, folder: str) -> str:
    """Show every form of a citation, each in a part that opens; ``folder`` has the files, if any."""
    found = []
    for form, known in FORMATS.items():
        link, name = "", escape(file_name(work, form))
        if known.suffix and folder:
            link = f'<p><a class="lr-cite-file" href="{folder}{name}" download>Save {name}</a></p>'
        found.append(
            f'<details class="lr-cite"{" open" if form in _OPEN else ""}><summary>{known.label}</summary>'
            f"{_text(work, form)}{link}</details>"
        )
    return "\n".join(found)


def cite_here(work: Work, page_address: str) -> str:
    """Offer, at the foot of a page, how to cite it; ``page_address`` is that of the page with every form."""
    formats = "All citation formats for the whole review"
    more = f'<p><a class="lr-cite-file" href="{escape(page_address)}">{formats}</a></p>'
    return (
        f'<details class="lr-cite lr-cite-here"><summary>Cite this {"page" if work.chapter else "review"}'
        f"</summary>{_text(work, 'apa')}{_text(work, 'bibtex')}{more if page_address else ''}</details>"
    )


def _text(work: Work, form: str) -> str:
    """Write a citation as text that a script gives a button to copy it."""
    element = "pre" if FORMATS[form].suffix else "p"
    text = escape(cite(work, form).rstrip("\n"), quote=False)
    return f'<{element} class="lr-copy" data-copy="{FORMATS[form].label}">{text}</{element}>'


def _page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    if doctree is not None and app.builder.name == "html":
        known = PAGE in app.env.found_docs
        address = app.builder.get_relative_uri(pagename, PAGE) + HEADING if known else ""
        context["body"] += cite_here(_work(app, pagename), address)
        app.add_js_file(script.CITE, loading_method="defer")


def _write_files(app: Sphinx, error: Exception | None) -> None:
    """Write the files for reference managers, and leave nothing of an earlier version beside them."""
    if error is None and app.builder.name == "html":
        folder, work = Path(app.outdir) / FILES, _work(app)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for form, known in FORMATS.items():
            if known.suffix:
                path = folder / file_name(work, form)
                path.write_text(cite(work, form), encoding="utf-8", newline="\n")
