"""Show citations, formulas, the terms of the glossary and the time that a page takes to read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from math import ceil
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from pybtex import plugin
from pybtex.style.template import Node, first_of, optional, tag
from pybtex.style.template import field as entry_field
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


def setup(app: Sphinx) -> None:
    """Offer the citation style ``plain_author_year`` and the renderer ``mathml``; mark terms and times."""
    register_plugin("sphinxcontrib.bibtex.style.referencing", "plain_author_year", _PlainAuthorYear)
    # At each citation pybtex would look for it among all installed packages.
    group, name = "pybtex.backends", "plaintext"
    plugin.register_plugin(group, name, plugin.find_plugin(group, name), force=True)
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("html-page-context", _show_time)
    glossary = _Glossary()
    # A changed glossary writes every page anew.
    app.add_config_value("lr_glossary", "", "html", str)
    app.connect("config-inited", _note_glossary)
    app.connect("env-updated", glossary.read)
    # Late: the references of the text are resolved, so that a link is never put inside one.
    app.connect("doctree-resolved", glossary.mark, priority=900)


# ---- citations


@dataclass
class _PersonOrShortTitle(PersonStyle):
    """Name a work without known authors by its short title where it has one."""

    def author_or_editor_or_title(self, full: bool) -> Node:
        return first_of[
            optional[self.names("author", full)],
            optional[self.names("editor", full)],
            optional[tag("em")[entry_field("shorttitle")]],
            tag("em")[entry_field("title")],
        ]


@dataclass
class _PlainAuthorYear(AuthorYearReferenceStyle):
    """Author and year, and semicolons between works, since a comma stands within each."""

    person: PersonStyle = field(default_factory=lambda: _PersonOrShortTitle(other=" and others"))
    bracket_parenthetical: BracketStyle = field(default_factory=lambda: BracketStyle(sep="; "))


# ---- formulas


def _mathml(tex: str, display: str) -> str:
    """Write a TeX formula as MathML that keeps the TeX as its label."""
    markup = convert(tex, display=display)
    return markup.replace("<math ", f'<math aria-label="{escape(tex.strip(), quote=True)}" ', 1)


def _inline(translator, node: nodes.math) -> None:
    translator.body.append(_mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _block(translator, node: nodes.math_block) -> None:
    ids = "".join(f' id="{name}"' for name in node["ids"][:1])
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    formula = _mathml(node.astext(), "block")
    translator.body.append(f'<div class="math lr-math"{ids}>{formula}{number}</div>\n')
    raise nodes.SkipNode


# ---- the time that a page takes

_WORDS_A_MINUTE = 200
_FEWEST = 100  # what is shorter is read at a glance


def _show_time(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Say how long the sentences of a page take; tables and figures are looked at, not read."""
    if doctree is None or app.builder.name != "html":
        return
    words = sum(len(paragraph.astext().split()) for paragraph in doctree.findall(nodes.paragraph))
    if words >= _FEWEST:
        minutes = ceil(words / _WORDS_A_MINUTE)
        unit = "minute" if minutes == 1 else "minutes"
        said = f"About {minutes} {unit} to read, at {_WORDS_A_MINUTE} words a minute"
        context["body"] = context["body"].replace("</h1>", f'</h1>\n<p class="lr-reading">{said}</p>', 1)


# ---- the glossary: the first use of each of its terms on a page is a link to it

_PAGE = "chapters/glossary"
# A link, code, formula or title stays as it is, and so does what others wrote.
_LEFT_ALONE = (
    nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.math, nodes.raw, nodes.term,
    nodes.citation, nodes.footnote, nodes.footnote_reference, addnodes.glossary, addnodes.pending_xref,
)  # fmt: skip
_ABBREVIATION = re.compile(r"[\w-]*[A-Z]{2}[\w-]*")


@dataclass(frozen=True)
class _Term:
    """An entry of the glossary: its name in the page's address, and what its first words say."""

    mark: str
    says: str


class _Glossary:
    """The terms of the book that is being built."""

    def read(self, app: Sphinx, env: BuildEnvironment) -> None:
        """Read the entries; a book without a glossary has none."""
        found = dict(_entries(env.get_doctree(_PAGE))) if _PAGE in env.found_docs else {}
        # An abbreviation counts only in its own letters.
        self.short = {form: term for form, term in found.items() if _ABBREVIATION.fullmatch(form)}
        self.long = {form.lower(): term for form, term in found.items() if form not in self.short}
        # The longest first: one term may begin another.  Any blank, also one that does not break, is a blank.
        forms = (r"\s".join(map(re.escape, form.split())) for form in sorted(found, key=len, reverse=True))
        self.pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(forms) or '(?!)'})(?![\w-])", re.IGNORECASE)

    def mark(self, app: Sphinx, doctree: nodes.document, docname: str) -> None:
        """Make a link of the first use of each term in the sentences of a page."""
        if app.builder.format != "html" or docname == _PAGE:
            return
        address, used = app.builder.get_relative_uri(docname, _PAGE), set()
        for text in [node for node in doctree.findall(nodes.Text) if _may_change(node)]:
            pieces = list(self._pieces(text, address, used))
            if len(pieces) > 1 or not isinstance(pieces[0], nodes.Text):
                text.parent.replace(text, pieces)

    def _pieces(self, text: nodes.Text, address: str, used: set[str]) -> Iterator[nodes.Node]:
        """Cut a text at the terms that the page has not used yet."""
        words, start = text.astext(), 0
        for found in self.pattern.finditer(words):
            written = " ".join(found[0].split())
            term = self.short.get(written) or self.long.get(written.lower())
            if term is None or term.mark in used:
                continue
            used.add(term.mark)
            if found.start() > start:
                yield nodes.Text(words[start : found.start()])
            yield _link(found[0], term, address, said=words[: found.start()].endswith("("))
            start = found.end()
        if start < len(words) or not words:
            yield nodes.Text(words[start:])


def _entries(page: nodes.document) -> Iterator[tuple[str, _Term]]:
    """Yield the forms of each entry with its mark and the first sentence of what it says.

    The sentence comes without what it cites and without its full stop.
    """
    cited = (addnodes.pending_xref, nodes.citation_reference)
    for glossary in page.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            meaning = next(iter(item.findall(nodes.paragraph)))
            words = "".join(text.astext() for text in meaning.findall(nodes.Text) if not _inside(text, cited))
            says = re.split(r"\.(?:\s|$)", words.strip(), maxsplit=1)[0].strip()
            names = [child for child in item.children if isinstance(child, nodes.term)]
            for name in names:
                yield name.astext(), _Term(names[0]["ids"][0], says)


def _link(written: str, term: _Term, address: str, *, said: bool) -> nodes.reference:
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


def _inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def _note_glossary(app: Sphinx, config: Config) -> None:
    path = Path(app.srcdir) / f"{_PAGE}.md"
    config.lr_glossary = path.read_text(encoding="utf-8") if path.is_file() else ""
