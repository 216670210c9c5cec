"""Fill the chapters: facts and checked statements, small plots, trials' pages, the notice of retirement."""

from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from livingreview.evidence import load_evidence
from livingreview.exhibits.forest import interval_figure
from livingreview.facts import FACTS, Facts, kept_facts
from livingreview.release.freshness import Freshness, freshness
from livingreview.reviews import Review
from livingreview.statements import is_draft, is_true, statement_faults

_TRIALS = Path("chapters") / "trials"
# Parts that the supplement does not print: they repeat the data, or the table of all answers on risk of bias.
_WEB_ONLY = {"rows", "queries", "bias"}


def setup(app: Sphinx) -> None:
    """Offer Sphinx the directives and the facts, and check every statement before a page is read."""
    app.add_directive("holds", _Holds)
    app.add_directive("review-interval", _IntervalFigure)
    app.add_directive("review-trial", _TrialPage)
    app.add_config_value("lr_draft", "", "env", str)
    # Before the list of chapters is read.
    app.connect("config-inited", _write_stubs, priority=90)
    app.connect("config-inited", _hand_over, priority=100)
    app.connect("builder-inited", _check, priority=50)
    app.connect("doctree-read", _say_retired)


# ---- facts and statements


def _facts_of(app: Sphinx) -> Facts:
    """Return the facts of the book that is being built, computed once for all builds on the same evidence."""
    if not hasattr(app, "lr_facts"):
        app.lr_facts = kept_facts(Path(app.srcdir), Path(app.outdir).parent / FACTS)
    return app.lr_facts


def _hand_over(app: Sphinx, config: Config) -> None:
    # Chapters read {{ name.attribute }} from here; no kernel runs for it.
    config.myst_substitutions = {**config.myst_substitutions, **_facts_of(app).tree()}
    # A draft marks what is false, so that its pages are read anew when it begins and when it ends.
    config.lr_draft = "draft" if is_draft() else ""


def _check(app: Sphinx) -> None:
    """Stop the build: a warning alone would pass the second, incremental one."""
    faults = statement_faults(Path(app.srcdir), _facts_of(app), truth=not is_draft())
    if faults:
        raise ExtensionError("\n".join(["the text does not hold:", *map(str, faults)]))


class _Holds(SphinxDirective):
    """Render a statement as ordinary paragraphs; in a draft, mark one that is false at present."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        box = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, box)
        if is_draft() and not is_true(self.arguments[0], _facts_of(self.env.app)):
            box["classes"].append("lr-false")
            return [box]
        return box.children


class _IntervalFigure(SphinxDirective):
    """Draw the estimate of an analysis as a small plot; words beside it give its numbers."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        review = Review(Path(self.env.app.srcdir))
        name = self.arguments[0]
        if name not in review:
            raise self.error(f"lr-interval: no analysis {name!r}; known: {', '.join(review)}")
        return [nodes.raw("", interval_figure(review[name]), format="html")]


# ---- the trials' pages: a stub that holds only the trial's id, and a directive that fills it


class _TrialPage(SphinxDirective):
    """Build a trial's page as nodes: no text of the data is ever read as Markdown or as a directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        # Takes a while to import, and a build in which no trial changed does not need it.
        from livingreview.exhibits.trials import trial_parts

        trial_id, review = self.arguments[0], Review(Path(self.env.srcdir))
        cards = review.evidence.cards
        if trial_id not in cards:
            raise self.error(f"no trial {trial_id!r} in data/trials")
        page = self._section(trial_id, cards[trial_id]["label"])
        for part in trial_parts(review, trial_id):
            section = self._section(f"{trial_id}-{part.name}", part.heading)
            if part.name in _WEB_ONLY:
                section["classes"].append("web-only")
            section += nodes.raw("", part.html, format="html")
            page += section
        return [page]

    def _section(self, name: str, heading: str) -> nodes.section:
        section = nodes.section("", nodes.title("", heading), ids=[name], names=[name])
        self.state.document.note_explicit_target(section)
        return section


def _write_stubs(app: Sphinx, config: Config) -> None:
    """Write a stub for every trial of a book that lists them, and remove those of trials that are gone."""
    root = Path(app.srcdir)
    if f"{_TRIALS.as_posix()}/*" not in (root / "_toc.yml").read_text(encoding="utf-8"):
        return
    (root / _TRIALS).mkdir(exist_ok=True)
    trials = load_evidence(root).cards
    if not trials:
        # The list of chapters finds no page of a trial, which is no fault of a review that has no trial yet.
        config.suppress_warnings = [*config.suppress_warnings, "etoc.glob"]
    for left in (root / _TRIALS).glob("*.md"):
        if left.stem not in trials:
            left.unlink()
    for trial_id in trials:
        path, text = root / _TRIALS / f"{trial_id}.md", f"```{{review-trial}} {trial_id}\n```\n"
        # Touched only when it is new: Sphinx would read the page again.
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


# ---- how up to date the review is kept; the page's script adds whether that is late


def freshness_foot(found: Freshness | None) -> str:
    """Write the dates as words for readers and as attributes for the script, where any are promised."""
    if found is None:
        return ""
    attributes = " ".join(f'data-{name}="{escape(str(value))}"' for name, value in found.told.items())
    return f'<p class="lr-stamp lr-fresh" {attributes}>{escape(found.words)}</p>'


def _say_retired(app: Sphinx, doctree: nodes.document) -> None:
    """Put the notice under the first heading of a page, for the PDF and readers without scripts too."""
    found = freshness(load_evidence(Path(app.srcdir)))
    first = next(iter(doctree.findall(nodes.title)), None)
    if found and found.notice and first is not None:
        box = nodes.container("", nodes.paragraph("", found.notice), classes=["lr-notice", "lr-retired"])
        first.parent.insert(first.parent.index(first) + 1, box)
