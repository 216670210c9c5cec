"""Split Sphinx's single page into the texts of the article, the supplement and the summary.

``lr_documents`` in ``_config.yml`` lists what the article and the summary print, in their order: a whole
page, or ``page#name`` for a section (without the sections below it) or a named block of a page.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from lxml import html
from lxml.html import HtmlElement

# Moved from where it stands in an article's page to the supplement, and left out of every document.
TO_SUPPLEMENT, WEB_ONLY = "tag_supplement", "web-only"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SCREEN_TAGS = {"script", "style", "nav", "button", "input", "svg"}
_SCREEN_CLASSES = {
    "headerlink", "cell_input", "footnotes", "lr-whatif", "lr-reading", "sd-summary-state-marker",
    WEB_ONLY, f"tag_{WEB_ONLY}",
}  # fmt: skip
_LINKS = './/a[starts-with(@href, "#")]'
_NOTHING_LEFT = "<p>The article contains the whole review, so there is nothing to add here.</p>"
_FIRST_HEADING = "Summary"  # of the first page, in the article
_MOVED_HEADING = "Further tables and figures of the article"


def outlines(root: Path, declared: Mapping | None) -> dict:
    """Return ``lr_documents``; unless declared, the article prints every page and the summary the first.

    Parameters
    ----------
    root : folder of the review, whose ``_toc.yml`` lists the pages
    declared : ``lr_documents`` of ``_config.yml``
    """
    path = root / "_toc.yml"
    pages = list(_pages(yaml.safe_load(path.read_text(encoding="utf-8")))) if path.is_file() else []
    return {"article": pages, "summary": pages[:1]} | dict(declared or {})


def _pages(entry) -> Iterator[str]:
    """Walk through a table of contents, each page before those below it; patterns name no page."""
    for key, value in entry.items():
        if key in ("root", "file"):
            yield str(value).removesuffix(".md")
        elif isinstance(value, list):
            for each in value:
                yield from _pages(each)


def printed_at(outline: Sequence[str], page: str, names: Iterable[str]) -> int | None:
    """Return the place of a section in a document, or None where the document leaves it out."""
    entries = (page, *(f"{page}#{name}" for name in names))
    return next((outline.index(entry) for entry in entries if entry in outline), None)


@dataclass
class _Piece:
    """A heading with what stands under it up to the next heading."""

    page: str
    names: list[str]
    level: int
    nodes: list[HtmlElement] = field(default_factory=list)

    def entries(self) -> list[HtmlElement]:
        """The entries of the bibliography that stand here."""
        return [entry for node in self.nodes for entry in _entries(node)]


def split(page: str, outlines: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the plain HTML of the ``article``, the ``supplement`` and the ``summary``.

    Parameters
    ----------
    page : what Sphinx's ``singlehtml`` wrote
    outlines : ``article`` and ``summary``, each with its entries in order

    Raises
    ------
    ValueError
        When an outline names a page, section or block that the book does not have.
    """
    chapters = _chapters(page)
    pieces = [piece for chapter in chapters for piece in _pieces(chapter)]
    article, summary = outlines.get("article", ()), outlines.get("summary", ())
    unknown = [entry for entry in (*article, *summary) if not _named(pieces, entry)]
    if unknown:
        said = ", ".join(unknown)
        raise ValueError(f"_config.yml: lr_documents: expected pages, sections or named blocks, found {said}")
    parts = {"summary": _body(node for entry in summary for node in _nodes(pieces, entry))}
    for heading in parts["summary"].iter(*_HEADINGS):
        heading.tag = "h2"
    moved = _take_moved(pieces, article)
    parts["article"] = _body(_article(pieces, article))
    rest = [*moved, *_left(pieces, article, chapters[0].get("data-document"))]
    contents = [_new("div", class_="lr-contents")]
    parts["supplement"] = _body([*contents, *rest] if rest else [html.fromstring(_NOTHING_LEFT)])
    own = {name: set(body.xpath(".//@id")) for name, body in parts.items()}
    # What a link says on paper, where it leads to a heading or, from the summary, to a report.
    said = {piece.nodes[0].get("id"): piece.nodes[0].text_content() for piece in pieces}
    for entry in (entry for piece in pieces for entry in piece.entries()):
        # A report is named by its address, or by itself where the bibliography has none.
        address = entry.find(".//a[@href]")
        said[entry.get("id")] = (entry if address is None else address).text_content().strip()
    for name, body in parts.items():
        _close(name, body, own, said)
    return {name: inner_html(body) for name, body in parts.items()}


# ---- HTML; lxml reads and writes it many times faster than BeautifulSoup


def body_of(page: str) -> HtmlElement:
    """Parse what stands in a page's body."""
    return html.document_fromstring(f"<body>{page}</body>").body


def inner_html(body: HtmlElement) -> str:
    """Write what stands in a body."""
    written = html.tostring(body, encoding="unicode", with_tail=False)
    return written.removeprefix("<body>").removesuffix("</body>")


def _new(tag: str, text: str = "", **attributes: str) -> HtmlElement:
    made = html.Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    made.text = text
    return made


def _append_text(node: HtmlElement, text: str) -> None:
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text


def _give_way(old: HtmlElement, made: HtmlElement) -> None:
    """Put an element in the place of another, whose following text stays."""
    made.tail = None
    old.addprevious(made)
    old.drop_tree()


def _body(nodes: Iterable[HtmlElement]) -> HtmlElement:
    """Copy elements into a body: some stand in two documents."""
    body = _new("body")
    for node in nodes:
        body.append(deepcopy(node))
        body[-1].tail = "\n"
    return body


# ---- the single page as plain chapters


def _chapters(page: str) -> list[HtmlElement]:
    """Take the chapters apart, in order, each with headings of the level it has in the book."""
    # To lxml a source has no end, so that what follows would stand inside of it.
    body = html.document_fromstring(re.sub(r"<source\b[^>]*>", "", page)).find_class("bd-article")[0]
    for node in list(filter(_is_for_screens, body.iterdescendants("*"))):
        node.drop_tree()
    for chart in body.find_class("lr-chart"):
        _give_way(chart, chart.find_class("lr-static")[0])
    first = body.find(".//section")
    first.set("data-document", "index")
    found = [(first, 1)]
    for mark in body.xpath('.//span[starts-with(@id, "document-")]'):
        section = next(mark.itersiblings("section"))
        section.set("data-document", mark.get("id").removeprefix("document-"))
        found.append((section, len(section.xpath("ancestor::section[@data-document]"))))
    for section, level in found:
        headings = list(section.iter(*_HEADINGS))
        shift = level - int(headings[0].tag[1])
        for heading in headings:
            if heading.xpath("ancestor::section[@data-document][1]") == [section]:
                heading.tag = f"h{int(heading.tag[1]) + shift}"
    for chapter, _ in reversed(found):
        chapter.drop_tree()
        for empty in chapter.find_class("toctree-wrapper"):
            empty.drop_tree()
    chapters = [chapter for chapter, _ in found]
    for chapter in chapters:
        _name_rows(chapter)
        _open_details(chapter)
        _place_footnotes(chapter)
        _unwrap_sections(chapter)
    _join_links(chapters)
    return chapters


def _is_for_screens(node: HtmlElement) -> bool:
    """Return whether a node is of no use on paper; closed details are for those who ask for them."""
    closed = node.tag == "details" and "open" not in node.attrib
    label = "label" in node.classes and "citation" in node.getparent().classes
    return node.tag in _SCREEN_TAGS or closed or label or not _SCREEN_CLASSES.isdisjoint(node.classes)


def _name_rows(chapter: HtmlElement) -> None:
    """Put the name of a table's row, or of a term, where pandoc keeps it: around its first words."""
    for row in chapter.xpath(".//tr[@id] | .//dt[@id]"):
        cell = row if row.tag == "dt" else next(row.iter("th", "td"))
        name = _new("span", cell.text, id=row.attrib.pop("id"))
        name.extend(list(cell))
        cell.text = None
        cell.append(name)
    # Typst takes one line for the terms that share a meaning.
    for term in chapter.xpath(".//dt[preceding-sibling::*[1][self::dt]]"):
        first = term.getprevious()
        _append_text(first, f", {term.text or ''}")
        first.extend(list(term))
        term.drop_tree()


def _open_details(chapter: HtmlElement) -> None:
    for notes in chapter.find_class("lr-notes"):
        # Pandoc forgets the class of a list.
        box = _new("div", class_="lr-small")
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
        _give_way(call, text)
    for notes in chapter.find_class("footnote-list"):
        notes.drop_tree()


def _unwrap_sections(chapter: HtmlElement) -> None:
    """Give each heading the names of its section: Typst wants headings outside of boxes."""
    for section in [*chapter.iterdescendants("section"), chapter]:
        heading = next(section.iter(*_HEADINGS))
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
    """Give each id a name of its own in the book, and each link the id it meant.

    A link means an id of the page that it names, else of its own page, else the first so named.
    """
    where, first = {}, {}
    for chapter in chapters:
        name = chapter.get("data-document")
        first[f"document-{name}"] = f"{name}:{next(chapter.iter(*_HEADINGS)).get('id')}"
        for node in chapter.findall(".//*[@id]"):
            names = node.get("data-names", node.get("id")).split()
            node.set("id", f"{name}:{node.get('id')}")
            for old in names:
                where[name, old] = node.get("id")
                first.setdefault(old, node.get("id"))
    for chapter in chapters:
        own = chapter.get("data-document")
        for link in chapter.findall(".//a[@href]"):
            page, mark, old = link.get("href").partition("#")
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(own), page)).lstrip("/")
            named = beside.removesuffix(".html") if page else own
            target = first.get(f"document-{named}")
            if mark:
                target = where.get((named, old)) or where.get((own, old)) or first.get(old)
            if target and "://" not in page:
                link.set("href", f"#{target}")
            elif not page.startswith(("http://", "https://", "mailto:")):
                link.drop_tag()


# ---- pieces, and the documents that print them


def _entries(node: HtmlElement) -> list[HtmlElement]:
    return [entry for entry in node.find_class("citation") if entry.get("id")]


def _pieces(chapter: HtmlElement) -> list[_Piece]:
    found: list[_Piece] = []
    for node in chapter.iterchildren("*"):
        if node.tag in _HEADINGS:
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


def _nodes(pieces: list[_Piece], entry: str) -> list[HtmlElement]:
    return [
        node
        for each in _named(pieces, entry)
        for node in (each.nodes if isinstance(each, _Piece) else [each])
    ]


def _take_moved(pieces: list[_Piece], article: Sequence[str]) -> list[HtmlElement]:
    """Take out of the article's pages what they leave to the supplement, in the article's order."""
    moved: list[HtmlElement] = []
    for piece in (each for entry in article for each in _named(pieces, entry) if isinstance(each, _Piece)):
        for node in list(piece.nodes):
            if TO_SUPPLEMENT in node.classes:
                piece.nodes.remove(node)
                moved.append(node)
            else:
                for cell in node.find_class(TO_SUPPLEMENT):
                    cell.drop_tree()
                    moved.append(cell)
    return [_new("h1", _MOVED_HEADING, id="further"), *moved] if moved else []


def _article(pieces: list[_Piece], outline: Sequence[str]) -> Iterator[HtmlElement]:
    """Print the outline's entries; a section of a page stands under that page's title."""
    titled, begun = set(), False
    for entry in outline:
        page, first = entry.partition("#")[0], _named(pieces, entry)[0]
        if isinstance(first, _Piece):
            if not begun:
                yield _new("div", class_="lr-contents")
            begun = True
            if first.level > 1 and page not in titled:
                yield next(piece.nodes[0] for piece in pieces if piece.page == page)
        titled.add(page)
        for node in _nodes(pieces, entry):
            # The title of the book stands above the article.
            yield _new("h1", _FIRST_HEADING, id=node.get("id")) if node is pieces[0].nodes[0] else node


def _left(pieces: list[_Piece], article: Sequence[str], root: str) -> list[HtmlElement]:
    """Print what the article leaves out, with the headings above it; the references stand in both.

    Nothing is printed where the article leaves nothing out.
    """

    def is_printed(piece: _Piece) -> bool:
        return printed_at(article, piece.page, piece.names) is not None

    rest = [piece for piece in pieces if piece.page != root]
    if all(is_printed(piece) or piece.entries() for piece in rest):
        return []
    written, below = [], 0
    for piece in reversed(rest):
        if piece.entries() or not is_printed(piece):
            written[:0], below = piece.nodes, piece.level
        elif piece.level < below:
            written[:0], below = piece.nodes[:1], piece.level
    return written


def _close(name: str, body: HtmlElement, own: Mapping[str, set[str]], said: Mapping[str, str]) -> None:
    """Keep the links that stay in a document, say in words where others lead, drop what it does not cite."""
    linked = {link.get("href")[1:] for link in body.xpath(_LINKS)}
    entries = _entries(body)
    # A document that cites nothing lists every source.
    if any(entry.get("id") in linked for entry in entries):
        for entry in entries:
            if entry.get("id") not in linked:
                entry.drop_tree()
    for link in body.xpath(_LINKS):
        target = link.get("href")[1:]
        cramped = next(link.iterancestors("table", "figcaption", "dl", *_HEADINGS), None) is not None
        if target not in own[name]:
            if not cramped:
                _append_text(link, _where(link, name, target, own, said))
            link.drop_tag()
        elif target in said and ":cite-" not in target and not cramped:
            # On paper a chapter is found by its page; in a table there is no room to say it.
            link.set("class", "lr-page")


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
