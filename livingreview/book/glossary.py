"""Makes a link to the glossary of the first use of each of its terms on a page, and expands abbreviations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

PAGE = "chapters/glossary"
# A link, code, formula or title stays as it is, and so does what others wrote.
_LEFT_ALONE = (
    nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.math, nodes.raw, nodes.term,
    nodes.citation, nodes.footnote, nodes.footnote_reference, addnodes.glossary, addnodes.pending_xref,
)  # fmt: skip
_ABBREVIATION = re.compile(r"[\w-]*[A-Z]{2}[\w-]*")


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: its name in the page's address, and what its first words say."""

    mark: str
    says: str


class Glossary:
    """Knows the terms of the book that is being built."""

    def __init__(self):
        self.terms: dict[str, Term] = {}
        self.pattern: re.Pattern | None = None

    def read(self, app: Sphinx, env: BuildEnvironment) -> None:
        """Read the entries; a book without a glossary has none."""
        found = env.get_doctree(PAGE) if PAGE in env.found_docs else None
        self.terms = {} if found is None else dict(entries(found))
        # The longest first: one term may begin another.
        forms = "|".join(_spaced(form) for form in sorted(self.terms, key=len, reverse=True))
        self.pattern = re.compile(rf"(?<![\w-])(?:{forms})(?![\w-])", re.IGNORECASE) if forms else None

    def mark(self, app: Sphinx, doctree: nodes.document, docname: str) -> None:
        """Make a link of the first use of each term in the sentences of a page."""
        if self.pattern is None or app.builder.format != "html" or docname == PAGE:
            return
        address, used = app.builder.get_relative_uri(docname, PAGE), set()
        for text in [node for node in doctree.findall(nodes.Text) if _may_change(node)]:
            pieces = list(self._pieces(text, address, used))
            if len(pieces) > 1 or not isinstance(pieces[0], nodes.Text):
                text.parent.replace(text, pieces)

    def _pieces(self, text: nodes.Text, address: str, used: set[str]) -> Iterator[nodes.Node]:
        """Cut a text at the terms that the page has not used yet."""
        words, start = text.astext(), 0
        for found in self.pattern.finditer(words):
            term = self._term(found[0])
            if term is None or term.mark in used:
                continue
            used.add(term.mark)
            if found.start() > start:
                yield nodes.Text(words[start : found.start()])
            yield link(found[0], term, address, said=words[: found.start()].endswith("("))
            start = found.end()
        if start < len(words) or not words:
            yield nodes.Text(words[start:])

    def _term(self, written: str) -> Term | None:
        """Find the term of a word; an abbreviation counts only in its own letters."""
        written = " ".join(written.split())
        if written in self.terms:
            return self.terms[written]
        lower = {form.lower(): form for form in self.terms if not _ABBREVIATION.fullmatch(form)}
        return self.terms.get(lower.get(written.lower(), ""))


def entries(page: nodes.document) -> Iterator[tuple[str, Term]]:
    """Yield the forms of each entry with its mark and the first sentence of what it says."""
    for glossary in page.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            names = [child for child in item.children if isinstance(child, nodes.term)]
            says = _first_sentence(next(iter(item.findall(nodes.paragraph))))
            for name in names:
                yield name.astext(), Term(names[0]["ids"][0], says)


def _first_sentence(meaning: nodes.paragraph) -> str:
    """Give the first sentence without what it cites and without its full stop."""
    cited = (addnodes.pending_xref, nodes.citation_reference)
    words = [text.astext() for text in meaning.findall(nodes.Text) if not _inside(text, cited)]
    return re.split(r"\.(?:\s|$)", "".join(words).strip(), maxsplit=1)[0].strip()


def _inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def _spaced(form: str) -> str:
    """Write a form as a pattern in which any blank, also one that does not break, is a blank."""
    return r"\s".join(map(re.escape, form.split()))


def link(written: str, term: Term, address: str, *, said: bool = False) -> nodes.reference:
    """Write a link to an entry that shows the entry's first words; an abbreviation is expanded too.

    If it is ``said`` just before, as in "a long name (ALN)", paper does not say it again.
    """
    short = _ABBREVIATION.fullmatch(written)
    content = nodes.abbreviation("", written, explanation=term.says) if short else nodes.Text(written)
    classes = ["lr-term"] + ["lr-said"] * said
    made = nodes.reference("", "", content, internal=True, refuri=f"{address}#{term.mark}", classes=classes)
    if not short:
        made["reftitle"] = term.says
    return made


def _may_change(text: nodes.Text) -> bool:
    return _inside(text, (nodes.paragraph,)) and not _inside(text, _LEFT_ALONE)


def _note(app: Sphinx, config: Config) -> None:
    path = Path(app.srcdir) / f"{PAGE}.md"
    config.lr_glossary = path.read_text(encoding="utf-8") if path.is_file() else ""


def setup(app: Sphinx) -> None:
    """Mark the terms when pages are written; a changed glossary writes every page anew."""
    glossary = Glossary()
    app.add_config_value("lr_glossary", "", "html", str)
    app.connect("config-inited", _note)
    app.connect("env-updated", glossary.read)
    # Late: the references of the text are resolved, so that a link is never put inside one.
    app.connect("doctree-resolved", glossary.mark, priority=900)
