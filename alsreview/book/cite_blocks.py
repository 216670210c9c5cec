"""Writes the pieces of HTML from which a reader takes a citation."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import escape, unescape

from alsreview.release.cite import FORMATS, cite, file_name
from alsreview.release.work import Work

_FIGURE = re.compile(r'<figure class="als-figure" id="([^"]*)">(.*?)</figure>', re.S)
_NUMBER = re.compile(r'<figcaption><span class="als-number-of">(.*?)\.</span>')
_TITLES = (re.compile(r"<caption>(.*?)</caption>", re.S), re.compile(r"</span> ([^.<]*)", re.S))
_TAG = re.compile(r"<[^>]*>")
_OPEN = ("apa", "vancouver")  # short enough to be read without asking


def all_forms(work: Work, file_address: Callable[[str], str] | None) -> str:
    """Show every form of a citation, each in a part that opens.

    Parameters
    ----------
    work : what is cited
    file_address : gives the address of a file by its name; None where files cannot be reached
    """
    return "\n".join(_form(work, form, file_address) for form in FORMATS)


def _form(work: Work, form: str, file_address: Callable[[str], str] | None) -> str:
    known, link = FORMATS[form], ""
    if known.suffix and file_address:
        name = file_name(work, form)
        address = escape(file_address(name))
        link = f'<p><a class="als-cite-file" href="{address}" download>Save {escape(name)}</a></p>'
    opened = " open" if form in _OPEN else ""
    return (
        f'<details class="als-cite"{opened}><summary>{known.label}</summary>'
        f"{_text(work, form, known.label)}{link}</details>"
    )


def cite_here(work: Work, page_address: str) -> str:
    """Offer, at the foot of a page, how to cite it.

    Parameters
    ----------
    work : the chapter, or the review on its first page
    page_address : of the page with every form; empty where the book has none
    """
    what = "page" if work.chapter else "review"
    more = (
        f'<p><a class="als-cite-file" href="{escape(page_address)}">Every form, for the whole review</a></p>'
    )
    texts = f"{_text(work, 'apa', 'APA')}{_text(work, 'bibtex', 'BibTeX')}"
    return (
        f'<details class="als-cite als-cite-here"><summary>Cite this {what}</summary>'
        f"{texts}{more if page_address else ''}</details>"
    )


def cite_figures(body: str, work: Work) -> str:
    """Give each numbered figure of a page its citation."""
    return _FIGURE.sub(lambda figure: _cited_figure(*figure.groups(), work), body)


def _cited_figure(mark: str, inside: str, work: Work) -> str:
    label = _NUMBER.search(inside).group(1)
    cited = replace(work, chapter=work.title, figure=_figure_title(inside), mark=mark, label=label)
    return (
        f'<figure class="als-figure" id="{mark}">{inside}'
        '<details class="als-cite als-cite-here"><summary>Cite this figure</summary>'
        f"{_text(cited, 'apa', f'{cited.label}, APA')}"
        f'<p><a class="als-cite-file" href="#{mark}">Link to this figure</a></p></details></figure>'
    )


def _figure_title(inside: str) -> str:
    """Take the title of the figure's table, else the first sentence of its caption."""
    for pattern in _TITLES:
        found = pattern.search(inside)
        if found and (words := unescape(_TAG.sub("", found.group(1))).strip()):
            return words
    return "Figure"


def _text(work: Work, form: str, label: str) -> str:
    """Write a citation as text that a script gives a button to copy it."""
    element = "pre" if FORMATS[form].suffix else "p"
    text = escape(cite(work, form).rstrip("\n"), quote=False)
    return f'<{element} class="als-copy" data-copy="{escape(label)}">{text}</{element}>'
