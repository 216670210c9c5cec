"""Tell on each page whether it is a version, and lead from pages that moved to their successors."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from livingreview.book import script
from livingreview.release import Stamp
from livingreview.release.cite import where_to_get


class StatusNode(nodes.General, nodes.Element):
    """The place where a page tells whether it is a version."""


class StatusDirective(SphinxDirective):
    """Tells whether this text is a version or a draft; the words come when the page is written."""

    def run(self) -> list[nodes.Node]:
        return [StatusNode()]


def setup(app: Sphinx) -> None:
    """Offer the directive, and know the pages that moved."""
    app.add_config_value("lr_moved", {}, "", dict)
    app.add_directive("review-status", StatusDirective)
    app.add_node(StatusNode, html=(_write_status, None))
    app.connect("env-updated", _check_moved)
    app.connect("html-collect-pages", _redirects)


def mark_page(app: Sphinx, pagename: str, context: dict) -> None:
    """Write into a page's head which version it is, and link the list of all versions from its foot."""
    made, page = app.config.lr_stamp, app.builder.get_target_uri(pagename)
    context["metatags"] = context.get("metatags", "") + head(made, page)
    app.add_js_file(script.VERSIONS, loading_method="defer")
    if made.released:
        context["theme_extra_footer"] = context.get("theme_extra_footer", "") + foot(page)


def head(made: Stamp, page: str) -> str:
    """Write what only machines read of a page's version; ``page`` is its path inside the version."""
    if not made.released:
        label = f'<meta name="review-draft" content="{escape(made.label)}" />'
        return f'\n<meta name="robots" content="noindex" />\n{label}'
    # Relative unless the address is known, so that the copy in latest/ points to the version too.
    address = f"{made.url or _site(page)}{made.version}/{quote(page)}"
    return (
        f'\n<meta name="review-version" content="{escape(made.version)}" />'
        f'\n<link rel="canonical" href="{escape(address)}" />'
    )


def foot(page: str) -> str:
    """Link the list of all versions, for readers without scripts too."""
    return f'<p class="lr-stamp lr-all-versions"><a href="{_site(page)}versions/">All versions</a></p>'


def status(made: Stamp, where: str) -> str:
    """Tell whether a text is a version; ``where`` tells how to obtain the version, or the last one."""
    obtain = f"Its address is {where}" if where.startswith("http") else where
    if made.released:
        return f"This is version {made.version}; it will not change. {obtain}".strip()
    if made.version.endswith(".0"):
        return "This is an unreleased draft. No version has been released yet."
    return (
        f"This is an unreleased draft, newer than version {made.version}, and may still change. "
        f"Please cite version {made.version}. {obtain}"
    ).strip()


def _write_status(writer, node: StatusNode) -> None:
    app = writer.builder.app
    words = status(app.config.lr_stamp, where_to_get(Path(app.srcdir), app.config.lr_stamp))
    words = re.sub("`(.+?)`", r'<code class="literal">\1</code>', escape(words))
    writer.body.append(f"<p>{words}</p>\n")
    raise nodes.SkipNode


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
