"""Tell on each page which version it is and how to cite it, and lead on from pages that moved.

The words are put in when a page is written, since the version is not known when it is read.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from pathlib import Path

from docutils import nodes
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from livingreview.release.cite import FORMATS, Work, cite, file_name, status
from livingreview.release.stamp import inverted

PAGE, HEADING = "chapters/versions", "#how-to-cite"
FILES = "cite"
_CITING = {"forms": FORMATS, "cite": cite, "file_name": file_name}
_TERMS = {"CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/"}


@lru_cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(name: str, **told) -> str:
    """Fill a template; what it is told is escaped."""
    return _templates().get_template(name).render(**told)


class LateNode(nodes.General, nodes.Element):
    """The place of words that come when the page is written."""


class LateDirective(SphinxDirective):
    """``review-status`` tells whether this text is a version or a draft, ``review-cite`` how to cite it."""

    def run(self) -> list[nodes.Node]:
        return [LateNode(what=self.name)]


def setup(app: Sphinx) -> None:
    """Offer the directives, give each page its citation, and know the pages that moved."""
    app.add_config_value("lr_moved", {}, "", dict)
    app.add_directive("review-status", LateDirective)
    app.add_directive("review-cite", LateDirective)
    app.add_node(LateNode, html=(_write_late, None))
    app.connect("env-updated", _check_moved)
    app.connect("html-collect-pages", _redirects)
    app.connect("html-page-context", _cite_here)
    app.connect("build-finished", _write_files)


def mark_page(app: Sphinx, pagename: str, context: dict) -> None:
    """Write into a page's head what it is and which version, and link the list of all from its foot."""
    made, page = app.config.lr_stamp, app.builder.get_target_uri(pagename)
    tags = head_tags(_work(app, pagename), page)
    context["metatags"] = f"{context.get('metatags', '')}\n{tags}"
    app.add_js_file("lr-versions.js", loading_method="defer")
    if made.released:
        # For readers without scripts too.
        link = f'<p class="lr-stamp lr-all-versions"><a href="{_site(page)}versions/">All versions</a></p>'
        context["theme_extra_footer"] = context.get("theme_extra_footer", "") + link


def _write_late(writer, node: LateNode) -> None:
    builder, app = writer.builder, writer.builder.app
    if node["what"] == "review-status":
        words = status(Path(app.srcdir), app.config.lr_stamp)
        words = re.sub("`(.+?)`", r'<code class="literal">\1</code>', escape(words))
        writer.body.append(f"<p>{words}</p>\n")
    else:
        # Documents are set from the single page, and have no files beside them.
        folder = f"{'../' * builder.current_docname.count('/')}{FILES}/" if builder.name == "html" else ""
        writer.body.append(all_forms(_work(app), folder, app.config.lr_version_before))
    raise nodes.SkipNode


# ---- which version a page is


def _site(page: str) -> str:
    """Go from a page to the folder that holds all versions."""
    return "../" * (page.count("/") + 1)


def _check_moved(app: Sphinx, env: BuildEnvironment) -> None:
    """Refuse a page that is said to have moved but is here, or whose successor never was."""
    moved, here = app.config.lr_moved, env.found_docs
    faults = [f"{old} is still a page" for old in moved if old in here]
    faults += [f"{old}: no page {new}" for old, new in moved.items() if new not in here and new not in moved]
    faults += [f"{old} moves in a circle" for old in moved if not successor(old, moved)]
    if faults:
        raise ExtensionError(f"_config.yml: lr_moved: {'; '.join(sorted(faults))}")


def _redirects(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Yield a page that leads on to its successor for each page that moved."""
    for old in app.config.lr_moved if app.builder.name == "html" else ():
        new = successor(old, app.config.lr_moved)
        way = app.builder.get_relative_uri(old, new)
        onward = f'<meta http-equiv="refresh" content="0; url={escape(way)}" />'
        told = {"title": "This page has moved", "onward": way, "metatags": onward}
        yield old, told | {"to": app.env.titles[new].astext()}, "moved.html"


def successor(page: str, moved: Mapping[str, str]) -> str:
    """Follow a page that moved to where it is now; one that moves in a circle is nowhere."""
    for _ in moved:
        page = moved.get(page, page)
    return "" if page in moved else page


# ---- how to cite it


def _work(app: Sphinx, pagename: str = "") -> Work:
    """Return what a page holds: a chapter, or the review as a whole."""
    if pagename not in app.env.found_docs or pagename == app.config.root_doc:
        return Work(app.config.lr_stamp)
    return Work(app.config.lr_stamp, chapter=app.env.titles[pagename].astext(), page=pagename)


def all_forms(work: Work, folder: str = "", last: Work | None = None) -> str:
    """Show every form of a citation.

    ``folder`` has the files, if any, and ``last`` is the version before a draft.
    """
    return render("versions/cite.html", **_CITING, work=work, last=last, folder=folder, here=False)


def _cite_here(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Offer at the foot of a page how to cite it, with a link to the page that has every form."""
    if doctree is None or app.builder.name != "html":
        return
    told = {"work": _work(app, pagename), "last": app.config.lr_version_before, "here": True}
    has_all = PAGE in app.env.found_docs
    told["more"] = app.builder.get_relative_uri(pagename, PAGE) + HEADING if has_all else ""
    context["body"] += render("versions/cite.html", **_CITING, **told)
    app.add_js_file("lr-cite.js", loading_method="defer")


def _write_files(app: Sphinx, error: Exception | None) -> None:
    """Write the files for reference managers, and leave nothing of an earlier version beside them."""
    if error is None and app.builder.name == "html":
        folder, work = Path(app.outdir) / FILES, _work(app)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for form in [form for form, known in FORMATS.items() if known.suffix]:
            path = folder / file_name(work, form)
            path.write_text(cite(work, form), encoding="utf-8", newline="\n")


# ---- what only machines read


def head_tags(work: Work, page: str = "") -> str:
    """Describe what a page holds, and which version; ``page`` is its path inside the version."""
    # The licence of text and data stands first.
    known = work.stamp.card.get("license") or ""
    name = known if isinstance(known, str) else known[0]
    licence = _TERMS.get(name, name and f"https://spdx.org/licenses/{name}.html")
    told = {"work": work, "stamp": work.stamp, "page": page, "up": _site(page), "licence": licence}
    return render("versions/head.html", inverted=inverted, **told)
