"""Shows citations, formulas and the time that a page takes to read."""

from dataclasses import dataclass, field
from html import escape
from math import ceil

from docutils import nodes
from latex2mathml.converter import convert
from pybtex import plugin
from pybtex.style.template import Node, first_of, optional, tag
from pybtex.style.template import field as entry_field
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

WORDS_A_MINUTE = 200
# What is shorter is read at a glance.
FEWEST = 100


@dataclass
class PersonOrShortTitle(PersonStyle):
    """Name a work without known authors by its short title where it has one."""

    def author_or_editor_or_title(self, full: bool) -> Node:
        """Return the template of the authors, the editors or the short title, else of the title."""
        return first_of[
            optional[self.names("author", full)],
            optional[self.names("editor", full)],
            optional[tag("em")[entry_field("shorttitle")]],
            tag("em")[entry_field("title")],
        ]


@dataclass
class PlainAuthorYear(AuthorYearReferenceStyle):
    """Author and year, and semicolons between works, since a comma stands within each."""

    person: PersonStyle = field(default_factory=lambda: PersonOrShortTitle(other=" and others"))
    bracket_parenthetical: BracketStyle = field(default_factory=lambda: BracketStyle(sep="; "))


def mathml(tex: str, display: str) -> str:
    """Write a TeX formula as MathML that keeps the TeX as its label."""
    markup = convert(tex, display=display)
    return markup.replace("<math ", f'<math aria-label="{escape(tex.strip(), quote=True)}" ', 1)


def _inline(translator, node: nodes.math) -> None:
    translator.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _block(translator, node: nodes.math_block) -> None:
    ids = "".join(f' id="{name}"' for name in node["ids"][:1])
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    formula = mathml(node.astext(), "block")
    translator.body.append(f'<div class="math lr-math"{ids}>{formula}{number}</div>\n')
    raise nodes.SkipNode


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
    """Offer the citation style ``plain_author_year`` and the renderer ``mathml``, and time each page."""
    register_plugin("sphinxcontrib.bibtex.style.referencing", "plain_author_year", PlainAuthorYear)
    # At each citation pybtex would look for it among all installed packages.
    group, name = "pybtex.backends", "plaintext"
    plugin.register_plugin(group, name, plugin.find_plugin(group, name), force=True)
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("html-page-context", _page)
