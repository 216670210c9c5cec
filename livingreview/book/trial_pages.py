"""Gives each trial its page: a stub that holds only the trial's id, and a directive that fills it."""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from livingreview.evidence import load_evidence

FOLDER = Path("chapters") / "trials"
# Parts that the supplement does not print: they repeat the data, or the table of all answers on risk of bias.
_WEB_ONLY = {"rows", "queries", "bias"}


class TrialPage(SphinxDirective):
    """Build a trial's page as nodes: no text of the data is ever read as Markdown or as a directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        # Takes a while to import, and a build in which no trial changed does not need it.
        from livingreview.exhibits.trials import trial_parts
        from livingreview.reviews import Review

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


def write_stubs(app: Sphinx, config: Config) -> None:
    """Write a stub for every trial of a book that lists them, and remove those of trials that are gone."""
    root = Path(app.srcdir)
    if f"{FOLDER.as_posix()}/*" not in (root / "_toc.yml").read_text(encoding="utf-8"):
        return
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    stubs = {
        f"{trial_id}.md": f"```{{review-trial}} {trial_id}\n```\n" for trial_id in load_evidence(root).cards
    }
    if not stubs:
        # The list of chapters finds no page of a trial, which is no fault of a review that has no trial yet.
        config.suppress_warnings = [*config.suppress_warnings, "etoc.glob"]
    for left in folder.glob("*.md"):
        if left.name not in stubs:
            left.unlink()
    for name, text in stubs.items():
        path = folder / name
        # Touched only when it is new: Sphinx would read the page again.
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Offer Sphinx the directive, and write the stubs before the list of chapters is read."""
    app.add_directive("review-trial", TrialPage)
    app.connect("config-inited", write_stubs, priority=90)
