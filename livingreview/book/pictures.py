"""Draws the static pictures of the charts in the pages' own process, where the engine starts once."""

from docutils import nodes
from sphinx.application import Sphinx


def draw_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Complete the figures of a page; the stored page keeps them for every later build."""
    for node in doctree.findall(nodes.raw):
        if "lr-spec" in node.astext():
            # Charts take a while to import, and a build that reads no page draws none.
            from livingreview.charts import with_pictures

            drawn = with_pictures(node.astext())
            node.replace_self(nodes.raw("", drawn, format=node["format"]))
