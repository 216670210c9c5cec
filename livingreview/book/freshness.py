"""Put onto every page how up to date the review is kept; the page's script adds whether that is late."""

from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from livingreview.book import script
from livingreview.evidence import load_evidence
from livingreview.release.freshness import Freshness, freshness


def setup(app: Sphinx) -> None:
    """Tell the readers of every page once the review is retired."""
    app.connect("doctree-read", _say_retired)


def foot(root: Path) -> str:
    """Write the line at the foot of every page; nothing where the protocol promises nothing."""
    found = freshness(load_evidence(root))
    return line(found) if found else ""


def line(found: Freshness) -> str:
    """Write the dates as words for readers, and as attributes for the script."""
    attributes = " ".join(f'data-{name}="{escape(str(value))}"' for name, value in found.told.items())
    return f'<p class="lr-stamp lr-fresh" {attributes}>{escape(found.words)}</p>'


def mark_page(app: Sphinx, context: dict) -> None:
    """Load the script where the line is."""
    if "lr-fresh" in app.config.html_theme_options.get("extra_footer", ""):
        app.add_js_file(script.FRESHNESS, loading_method="defer")


def _say_retired(app: Sphinx, doctree: nodes.document) -> None:
    """Put the notice under the first heading of a page, for the PDF and readers without scripts too."""
    found = freshness(load_evidence(Path(app.srcdir)))
    first = next(iter(doctree.findall(nodes.title)), None)
    if found and found.notice and first is not None:
        box = nodes.container("", nodes.paragraph("", found.notice), classes=["lr-notice", "lr-retired"])
        first.parent.insert(first.parent.index(first) + 1, box)
