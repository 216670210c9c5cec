"""Cites papers in the text in plain English: "Drory and others, 2001"."""

from dataclasses import dataclass, field

from pybtex import plugin
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


@dataclass
class PlainAuthorYear(AuthorYearReferenceStyle):
    """Author and year; a list of authors that we shorten reads like one that a source shortened."""

    person: PersonStyle = field(default_factory=lambda: PersonStyle(other=" and others"))


def setup() -> None:
    """Offer the bibliography the style called ``plain_author_year``."""
    register_plugin("sphinxcontrib.bibtex.style.referencing", "plain_author_year", PlainAuthorYear)
    # At each citation pybtex would look for it among all installed packages.
    group, name = "pybtex.backends", "plaintext"
    plugin.register_plugin(group, name, plugin.find_plugin(group, name), force=True)
