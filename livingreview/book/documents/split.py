"""Split Sphinx's single page into the texts of the article, the supplement and the summary.

``lr_documents`` in ``_config.yml`` lists what the article and the summary print, in their order: a whole
page, or ``page#name`` for a section (without the sections below it) or a named block of a page.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import html
from lxml.html import HtmlElement

from livingreview.book.documents.markup import (
    HEADINGS,
    append_text,
    body_of,
    classes,
    inner_html,
    new,
    outer_html,
)

# Moved from where it stands in an article's page to the supplement, and left out of every document.
TO_SUPPLEMENT, WEB_ONLY = "tag_supplement", "web-only"
_SCREEN_TAGS = {"script", "style", "nav", "button", "input", "svg"}
_SCREEN_CLASSES = {
    "headerlink", "cell_input", "footnotes", "lr-whatif", "lr-reading", "sd-summary-state-marker",
    WEB_ONLY, f"tag_{WEB_ONLY}",
}  # fmt: skip
PICTURE = "picture:"
_PICTURE = re.compile(r'src="data:image/svg\+xml;base64,([^"]*)"')
_SOURCE = re.compile(r"<source\b[^>]*>")
_LINKS = './/a[starts-with(@href, "#")]'
_CONTENTS = '<div class="lr-contents"></div>'
_NO_SUPPLEMENT = "<p>The article contains the whole review, so there is nothing to add here.</p>"
_MOVED_HEADING = "Further tables and figures of the article"


def printed_at(outline: Sequence[str], page: str, names: Iterable[str]) -> int | None:
    """Return the place of a section in a document, or None where the document leaves it out."""
    for entry in (page, *(f"{page}#{name}" for name in names)):
        if entry in outline:
            return outline.index(entry)
    return None


@dataclass
class _Piece:
    """A heading with what stands under it up to the next heading."""

    page: str
    names: list[str]
    level: int
    nodes: list[HtmlElement] = field(default_factory=list)

    @property
    def html(self) -> str:
        return "\n".join(map(outer_html, self.nodes))

    @property
    def cited(self) -> list[HtmlElement]:
        """The entries of the bibliography that stand here."""
        return [entry for node in self.nodes for entry in _entries(node)]


def split(page: str, outlines: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], list[str]]:
    """Return the plain HTML of the ``article``, the ``supplement`` and the ``summary``, and their pictures.

    Parameters
    ----------
    page : what Sphinx's ``singlehtml`` wrote
    outlines : ``article`` and ``summary``, each with its entries in order

    Returns
    -------
    the texts by name, and the static charts as SVG in base64
        ``src="picture:3"`` in a text means the chart at place 3.

    Raises
    ------
    ValueError
        When an outline names a page, section or block that the book does not have.
    """
    # Long pictures would be read again with every piece.
    pictures: list[str] = []
    page = _PICTURE.sub(
        lambda found: pictures.append(found[1]) or f'src="{PICTURE}{len(pictures) - 1}"', page
    )
    body = html.document_fromstring(_SOURCE.sub("", page)).find_class("bd-article")[0]
    for node in list(filter(_is_for_screens, body.iterdescendants("*"))):
        node.drop_tree()
    for chart in body.find_class("lr-chart"):
        for image in chart.find_class("lr-static"):
            _replace(chart, image)
        chart.drop_tree()
    chapters = _chapters(body)
    for chapter in chapters:
        _name_rows(chapter)
        _open_details(chapter)
        _place_footnotes(chapter)
        _unwrap_sections(chapter)
    _join_links(chapters)
    pieces = [piece for chapter in chapters for piece in _pieces(chapter)]
    article, summary = outlines.get("article", ()), outlines.get("summary", ())
    unknown = [entry for entry in (*article, *summary) if not _named(pieces, entry)]
    if unknown:
        said = ", ".join(unknown)
        raise ValueError(f"_config.yml: lr_documents: expected pages, sections or named blocks, found {said}")
    printed = [piece for piece in pieces if piece.cited]
    parts = {"summary": re.sub(r"<(/?)h[1-6]\b", r"<\1h2", _block_html(pieces, summary))}
    moved = _move(pieces, article)
    parts["article"] = "\n".join(_article(pieces, article))
    left = _supplement(pieces, article, chapters[0].get("data-document"), printed)
    parts["supplement"] = "\n".join([_CONTENTS, *moved, *left]) if moved or left else _NO_SUPPLEMENT
    own = {name: set(re.findall(r'\bid="([^"]*)"', text)) for name, text in parts.items()}
    # What a link says on paper, where it leads to a heading or, from the summary, to a report.
    said = {piece.nodes[0].get("id"): piece.nodes[0].text_content() for piece in pieces}
    said |= {entry.get("id"): _address(entry) for piece in printed for entry in piece.cited}
    return {name: _closed(name, text, own, said) for name, text in parts.items()}, pictures


def _is_for_screens(node: HtmlElement) -> bool:
    """Return whether a node is of no use on paper; closed details are for those who ask for them."""
    own = classes(node)
    closed = node.tag == "details" and "open" not in node.attrib
    label = "label" in own and "citation" in classes(node.getparent())
    return node.tag in _SCREEN_TAGS or closed or label or not _SCREEN_CLASSES.isdisjoint(own)


# ---- pieces, and the documents that print them


def _entries(node: HtmlElement) -> list[HtmlElement]:
    return [entry for entry in node.find_class("citation") if entry.get("id")]


def _pieces(chapter: HtmlElement) -> list[_Piece]:
    found: list[_Piece] = []
    for node in chapter.iterchildren("*"):
        if node.tag in HEADINGS:
            names = node.attrib.pop("data-names", "").split()
            found.append(_Piece(chapter.get("data-document"), names, int(node.tag[1])))
        found[-1].nodes.append(node)
    return found


def _named(pieces: list[_Piece], entry: str) -> list[_Piece | HtmlElement]:
    """Find what an entry of an outline means: a page's pieces, a section, or a block with a name."""
    page, mark, name = entry.partition("#")
    own = [piece for piece in pieces if piece.page == page]
    if not mark:
        return own
    sections = [piece for piece in own if name in piece.names]
    found = (node.get_element_by_id(f"{page}:{name}", None) for piece in own for node in piece.nodes)
    return sections or [block for block in found if block is not None][:1]


def _block_html(pieces: list[_Piece], outline: Sequence[str]) -> str:
    found = (each for entry in outline for each in _named(pieces, entry))
    return "\n".join(each.html if isinstance(each, _Piece) else outer_html(each) for each in found)


def _move(pieces: list[_Piece], article: Sequence[str]) -> list[str]:
    """Take out of the article's pages what they leave to the supplement, in the article's order."""
    moved: list[str] = []
    for entry in article:
        for piece in (each for each in _named(pieces, entry) if isinstance(each, _Piece)):
            for node in list(piece.nodes):
                for cell in [node] if TO_SUPPLEMENT in classes(node) else node.find_class(TO_SUPPLEMENT):
                    moved.append(outer_html(cell))
                    if cell is node:
                        piece.nodes.remove(node)
                    else:
                        cell.drop_tree()
    return [f'<h1 id="further">{_MOVED_HEADING}</h1>', *moved] if moved else []


def _article(pieces: list[_Piece], outline: Sequence[str]) -> list[str]:
    """Print the outline's entries; a section of a page stands under that page's title."""
    written, titled = [], set()
    for entry in outline:
        page = entry.partition("#")[0]
        found = _named(pieces, entry)
        if isinstance(found[0], _Piece) and _CONTENTS not in written:
            written.append(_CONTENTS)
        if isinstance(found[0], _Piece) and found[0].level > 1 and page not in titled:
            written.append(outer_html(next(piece.nodes[0] for piece in pieces if piece.page == page)))
        titled.add(page)
        written += [each.html if isinstance(each, _Piece) else outer_html(each) for each in found]
    return written


def _supplement(pieces: list[_Piece], article: Sequence[str], root: str, cited: list[_Piece]) -> list[str]:
    """Print what the article leaves out, with the headings above it; the references stand in both.

    Nothing is printed where the article leaves nothing out.
    """
    written: list[str] = []
    rest = [piece for piece in pieces if piece.page != root]
    printed = [printed_at(article, piece.page, piece.names) is not None for piece in rest]
    taken = [inside and piece not in cited for inside, piece in zip(printed, rest, strict=True)]
    if all(inside or piece in cited for inside, piece in zip(printed, rest, strict=True)):
        return []
    for place, piece in enumerate(rest):
        if not taken[place]:
            written.append(piece.html)
            continue
        for after, gone in zip(rest[place + 1 :], taken[place + 1 :], strict=True):
            if after.level <= piece.level:
                break
            if not gone:
                written.append(outer_html(piece.nodes[0]))
                break
    return written


def _closed(name: str, page: str, own: Mapping[str, set[str]], said: Mapping[str, str]) -> str:
    """Keep the links that stay in a document, say in words where others lead, drop what it does not cite."""
    body = body_of(page)
    linked = {link.get("href")[1:] for link in body.xpath(_LINKS)}
    for entry in _entries(body):
        if entry.get("id") not in linked:
            entry.drop_tree()
    for link in body.xpath(_LINKS):
        target = link.get("href")[1:]
        cramped = next(link.iterancestors("table", "figcaption", "dl", *HEADINGS), None) is not None
        if target in own[name]:
            # On paper a chapter is found by its page; in a table there is no room to say it.
            if target in said and ":cite-" not in target and not cramped:
                link.set("class", "lr-page")
            continue
        if not cramped:
            append_text(link, _where(link, name, target, own, said))
        link.drop_tag()
    return inner_html(body)


def _where(
    link: HtmlElement, name: str, target: str, own: Mapping[str, set[str]], said: Mapping[str, str]
) -> str:
    """Return the words that tell where a link into another document leads."""
    if name == "summary":
        return f", {said[target]}" if ":cite-" in target else ""
    other = next((each for each in ("article", "supplement") if target in own[each]), None)
    if other is None:
        return ""
    if link.find_class("std-numref"):
        return "" if other == "supplement" else " of the article"
    if target not in said:
        return ""
    same = link.text_content().strip().lower() == said[target].strip().lower()
    words = other if same else f"{other}, {said[target]}"
    before = "".join(link.xpath("preceding-sibling::text()"))
    return f": {words}" if before.count("(") > before.count(")") else f" ({words})"


def _address(entry: HtmlElement) -> str:
    """Return where a report is found, or the entry itself where the bibliography has no address."""
    link = entry.find(".//a[@href]")
    return entry.text_content().strip() if link is None else link.text_content()


# ---- the single page as plain chapters


def _chapters(article: HtmlElement) -> list[HtmlElement]:
    """Take the chapters apart, in order, each with headings of the level it has in the book."""
    first = article.find(".//section")
    first.set("data-document", "index")
    found = [(first, 1)]
    for mark in article.xpath('.//span[starts-with(@id, "document-")]'):
        section = next(mark.itersiblings("section"))
        section.set("data-document", mark.get("id").removeprefix("document-"))
        found.append((section, len(section.xpath("ancestor::section[@data-document]"))))
    for section, level in found:
        headings = list(section.iter(*HEADINGS))
        shift = level - int(headings[0].tag[1])
        for heading in headings:
            if heading.xpath("ancestor::section[@data-document][1]") == [section]:
                heading.tag = f"h{int(heading.tag[1]) + shift}"
    for chapter, _ in reversed(found):
        chapter.drop_tree()
        for empty in chapter.find_class("toctree-wrapper"):
            empty.drop_tree()
    return [chapter for chapter, _ in found]


def _replace(old: HtmlElement, made: HtmlElement) -> None:
    """Put an element before the one that is going to give way to it."""
    made.tail = None
    old.addprevious(made)


def _name_rows(chapter: HtmlElement) -> None:
    """Put the name of a table's row, or of a term, where pandoc keeps it: around its first words."""
    for row in chapter.xpath(".//tr[@id] | .//dt[@id]"):
        cell = row if row.tag == "dt" else next(row.iter("th", "td"))
        name = new("span", cell.text, id=row.attrib.pop("id"))
        name.extend(list(cell))
        cell.text = None
        cell.append(name)
    # Typst takes one line for the terms that share a meaning.
    for term in chapter.xpath(".//dt[preceding-sibling::*[1][self::dt]]"):
        first = term.getprevious()
        append_text(first, f", {term.text or ''}")
        first.extend(list(term))
        term.drop_tree()


def _open_details(chapter: HtmlElement) -> None:
    for notes in chapter.find_class("lr-notes"):
        # Pandoc forgets the class of a list.
        box = new("div", class_="lr-small")
        notes.addprevious(box)
        box.append(notes)
        box.tail, notes.tail = notes.tail, None
    for details in list(chapter.iter("details")):
        summary = details.find(".//summary")
        if summary is not None:
            summary.tag = "div"
            summary.attrib.clear()
            summary.set("class", "lr-summary")
        details.tag = "div"
        details.attrib.clear()


def _place_footnotes(chapter: HtmlElement) -> None:
    """Put each note's text where it is called, from where Typst takes it to the page's foot."""
    for call in chapter.find_class("footnote-reference"):
        text = deepcopy(chapter.get_element_by_id(call.get("href").partition("#")[2]).find(".//p"))
        text.tag = "span"
        text.attrib.clear()
        text.set("class", "lr-footnote")
        _replace(call, text)
        call.drop_tree()
    for notes in chapter.find_class("footnote-list"):
        notes.drop_tree()


def _unwrap_sections(chapter: HtmlElement) -> None:
    """Give each heading the names of its section: Typst wants headings outside of boxes."""
    for section in [*chapter.iterdescendants("section"), chapter]:
        heading = next(section.iter(*HEADINGS))
        names = [section.get("id", "")]
        for mark in section.findall("span[@id]"):
            if not mark.text_content():
                names.append(mark.get("id"))
                mark.drop_tree()
        heading.set("id", names[0])
        heading.set("data-names", " ".join(names))
        if section is not chapter:
            section.drop_tag()


def _join_links(chapters: list[HtmlElement]) -> None:
    """Give each id a name of its own in the book, and each link the id it meant."""
    where, first = {}, {}
    for chapter in chapters:
        name = chapter.get("data-document")
        first[f"document-{name}"] = f"{name}:{next(chapter.iter(*HEADINGS)).get('id')}"
        for node in chapter.findall(".//*[@id]"):
            names = node.get("data-names", node.get("id")).split()
            node.set("id", f"{name}:{node.get('id')}")
            for old in names:
                where[name, old] = node.get("id")
                first.setdefault(old, node.get("id"))
    for chapter in chapters:
        for link in chapter.findall(".//a[@href]"):
            href = link.get("href")
            target = _target(href, chapter.get("data-document"), where, first)
            if target and "://" not in href:
                link.set("href", f"#{target}")
            elif not href.startswith(("http://", "https://", "mailto:")):
                link.drop_tag()


def _target(href: str, own: str, where: dict, first: dict) -> str | None:
    """Find the id that a link means: on the page that it names, else on its own, else the first so named."""
    page, mark, old = href.partition("#")
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(own), page)).lstrip("/")
    named = beside.removesuffix(".html") if page else own
    if not mark:
        return first.get(f"document-{named}")
    return where.get((named, old)) or where.get((own, old)) or first.get(old)
