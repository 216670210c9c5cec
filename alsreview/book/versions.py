"""Gives a released page its lasting address and the way to the other versions; a draft has neither.

A page that moved leaves a redirect at its old address.
"""

from collections.abc import Iterator, Mapping
from html import escape
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from alsreview.book import script
from alsreview.release import Stamp


class StatusNode(nodes.General, nodes.Element):
    """The place where a page says whether it is a version."""


class StatusDirective(SphinxDirective):
    """Says whether this text is a version, a draft or later work; the words come when it is written."""

    def run(self) -> list[nodes.Node]:
        return [StatusNode()]


def setup(app: Sphinx) -> None:
    """Offer the directive, and know the pages that moved."""
    app.add_config_value("als_moved", {}, "", dict)
    app.add_directive("als-status", StatusDirective)
    app.add_node(StatusNode, html=(_write_status, None))
    app.connect("env-updated", _check_moved)
    app.connect("html-collect-pages", redirects)


def mark_page(app: Sphinx, pagename: str, context: dict) -> None:
    """Say in a page's head which version it is, and link the list of all versions at its foot."""
    made, page = app.config.als_stamp, app.builder.get_target_uri(pagename)
    context["metatags"] = context.get("metatags", "") + head(made, page)
    if made.released:
        context["theme_extra_footer"] = context.get("theme_extra_footer", "") + foot(page)
        app.add_js_file(script.VERSIONS, loading_method="defer")


def head(made: Stamp, page: str) -> str:
    """Write what only machines read of a page's version.

    Parameters
    ----------
    made : what the page says of itself
    page : its path inside the version, such as ``chapters/methods.html``
    """
    if not made.released:
        return '\n<meta name="robots" content="noindex" />'
    # Relative unless the address is known, so that the copy in latest/ points to the version too.
    address = f"{made.url or _site(page)}{made.version}/{quote(page)}"
    return (
        f'\n<meta name="als-version" content="{escape(made.version)}" />'
        f'\n<link rel="canonical" href="{escape(address)}" />'
    )


def foot(page: str) -> str:
    """Link the list of all versions, for readers without scripts too."""
    return f'<p class="als-stamp als-all-versions"><a href="{_site(page)}versions/">All versions</a></p>'


def status(made: Stamp) -> str:
    """Say in a sentence whether a text is a version."""
    if made.released:
        return f"This is version {made.version}. Its address and its text do not change."
    if made.version.endswith(".0"):
        return "This is the draft before the first release. Releases have addresses that do not change."
    where = "" if made.url else ", which has no public address yet,"
    known = f"This text is newer than version {made.version}{where} and may still change"
    return f"{known}: cite it with its date and its evidence hash."


def _write_status(writer, node: StatusNode) -> None:
    writer.body.append(f"<p>{escape(status(writer.builder.app.config.als_stamp))}</p>\n")
    raise nodes.SkipNode


def _site(page: str) -> str:
    """Go from a page to the folder that holds all versions."""
    return "../" * (page.count("/") + 1)


def _check_moved(app: Sphinx, env: BuildEnvironment) -> None:
    """Refuse a page that is said to have moved but is here, or whose successor never was."""
    moved, here = app.config.als_moved, env.found_docs
    faults = [f"{old} is still a page" for old in moved if old in here]
    faults += [f"{old}: no page {new}" for old, new in moved.items() if new not in here and new not in moved]
    faults += [f"{old} moves in a circle" for old in moved if not successor(old, moved)]
    if faults:
        raise ExtensionError(f"_config.yml: als_moved: {'; '.join(sorted(faults))}")


def redirects(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """Give a page that leads on to its successor for each page that moved."""
    if app.builder.name != "html":
        return
    for old in app.config.als_moved:
        new = successor(old, app.config.als_moved)
        way = app.builder.get_relative_uri(old, new)
        title = app.env.titles[new].astext()
        onward = f'<meta http-equiv="refresh" content="0; url={escape(way)}" />'
        yield (
            old,
            {"title": "This page has moved", "onward": way, "to": title, "metatags": onward},
            "moved.html",
        )


def successor(page: str, moved: Mapping[str, str]) -> str:
    """Follow a page that moved to where it is now; one that moves in a circle is nowhere."""
    seen = {page}
    while page in moved:
        page = moved[page]
        if page in seen:
            return ""
        seen.add(page)
    return page
