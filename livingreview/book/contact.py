"""Links the ways to reach the authors, on every page and where the text asks; says so if none is set."""

from html import escape
from pathlib import Path
from urllib.parse import quote, urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from livingreview.evidence.citation import CARD, read_card
from livingreview.tables import safe_url

BRANCH = "main"
NOT_SET = (
    "No contact and no repository have been named yet, so the authors cannot be reached at present. "
    "Both will be listed here."
)
_REPORTS = {"Report an error": "Error: ", "Suggest a trial": "Trial: "}


def setup(app: Sphinx) -> None:
    """Offer the directive that lists the ways."""
    app.add_directive("review-contact", Contact)


def ways(card: dict, source: str = "") -> dict[str, str]:
    """Name the ways to reach the authors that CITATION.cff has, each with its address.

    ``source`` is the file of a page that can be edited. Issues and editing have addresses of the form that
    GitHub gives them; a repository elsewhere is linked as a whole, and reports go to the first e-mail.
    """
    code = (card.get("repository-code") or "").strip().rstrip("/").removesuffix(".git")
    code = code if safe_url(code) and urlsplit(code).netloc else ""
    mail = next((entry["email"] for entry in card.get("contact") or () if entry.get("email")), "")
    issues, mailto = urlsplit(code).netloc == "github.com", f"mailto:{quote(mail, safe='@')}"
    found = {"Repository": code} if code else {}
    if issues or mail:
        to = f"{code}/issues/new?title=" if issues else f"{mailto}?subject="
        found |= {words: to + quote(title, safe="") for words, title in _REPORTS.items()}
    if issues and source:
        found["Edit this page"] = f"{code}/edit/{BRANCH}/{quote(source)}"
    return found | ({"Write to us": mailto} if mail else {})


def foot(root: Path, source: str) -> str:
    """Write the line at the foot of a page."""
    found = ways(read_card(root), source)
    links = " \u00b7 ".join(f'<a href="{escape(to)}">{escape(words)}</a>' for words, to in found.items())
    return f'<p class="lr-stamp lr-ways">{links or escape(NOT_SET)}</p>'


def source_of(app: Sphinx, page: str) -> str:
    """Find the file behind a page: its chapter, or the card of its trial; none for a page without text."""
    root, trial = Path(app.srcdir), f"data/trials/{Path(page).name}/trial.yml"
    if page not in app.env.found_docs:
        return ""
    return next((file for file in (f"{page}.md", trial) if (root / file).is_file()), "")


class Contact(SphinxDirective):
    """List the ways to reach the authors, or say that they are not set."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(Path(self.env.app.srcdir) / CARD))
        found = ways(read_card(Path(self.env.app.srcdir)))
        if not found:
            return [nodes.paragraph("", NOT_SET)]
        links = [nodes.reference("", words, refuri=to, internal=False) for words, to in found.items()]
        items = [nodes.list_item("", nodes.paragraph("", "", link)) for link in links]
        return [nodes.bullet_list("", *items)]
