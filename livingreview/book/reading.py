"""Says at the head of a page how long it takes to read."""

from math import ceil

from docutils import nodes
from sphinx.application import Sphinx

WORDS_A_MINUTE = 200
# What is shorter is read at a glance.
FEWEST = 100


def word_count(doctree: nodes.document) -> int:
    """Count the words of the sentences on a page; tables and figures are looked at, not read."""
    return sum(len(paragraph.astext().split()) for paragraph in doctree.findall(nodes.paragraph))


def reading_time(words: int) -> str:
    """Say the minutes that words take; nothing for a few."""
    if words < FEWEST:
        return ""
    minutes = ceil(words / WORDS_A_MINUTE)
    unit = "minute" if minutes == 1 else "minutes"
    return f"About {minutes} {unit} to read, at {WORDS_A_MINUTE} words a minute"


def _page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    said = "" if doctree is None or app.builder.name != "html" else reading_time(word_count(doctree))
    if said:
        context["body"] = context["body"].replace("</h1>", f'</h1>\n<p class="lr-reading">{said}</p>', 1)


def setup(app: Sphinx) -> None:
    """Put the reading time below the title of every page that is long enough."""
    app.connect("html-page-context", _page)
