"""Hands the facts to the chapters, and refuses to build a book whose statements no longer hold."""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from livingreview.exhibits.forest import interval_figure
from livingreview.facts import FACTS, Facts, kept_facts
from livingreview.reviews import Review
from livingreview.statements import is_draft, is_true, statement_faults


class Holds(SphinxDirective):
    """Render a statement as ordinary paragraphs; in a draft, mark one that is false at present."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        box = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, box)
        if is_draft() and not is_true(self.arguments[0], facts_of(self.env.app)):
            box["classes"].append("lr-false")
            return [box]
        return box.children


class IntervalFigure(SphinxDirective):
    """Draw the estimate of an analysis as a small plot; words beside it give its numbers."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        review = Review(Path(self.env.app.srcdir))
        name = self.arguments[0]
        if name not in review:
            raise self.error(f"lr-interval: no analysis {name!r}; known: {', '.join(review)}")
        return [nodes.raw("", interval_figure(review[name]), format="html")]


def facts_of(app: Sphinx) -> Facts:
    """Return the facts of the book that is being built, computed once for all builds on the same evidence."""
    if not hasattr(app, "lr_facts"):
        root, kept = Path(app.srcdir), Path(app.outdir).parent / FACTS
        app.lr_facts = kept_facts(root, kept)
    return app.lr_facts


def _hand_over(app: Sphinx, config: Config) -> None:
    # Chapters read {{ name.attribute }} from here; no kernel runs for it.
    config.myst_substitutions = {**config.myst_substitutions, **facts_of(app).tree()}
    # A draft marks what is false, so that its pages are read anew when it begins and when it ends.
    config.lr_draft = "draft" if is_draft() else ""


def _check(app: Sphinx) -> None:
    """Stop the build: a warning alone would pass the second, incremental one."""
    faults = statement_faults(Path(app.srcdir), facts_of(app), truth=not is_draft())
    if faults:
        raise ExtensionError("\n".join(["the text does not hold:", *map(str, faults)]))


def setup(app: Sphinx) -> None:
    """Offer Sphinx the directive and the facts, and check every statement before a page is read."""
    app.add_directive("holds", Holds)
    app.add_directive("review-interval", IntervalFigure)
    app.add_config_value("lr_draft", "", "env", str)
    app.connect("config-inited", _hand_over, priority=100)
    app.connect("builder-inited", _check, priority=50)
