"""Split Sphinx's single page into the texts of the article, the supplement and the summary.

``lr_documents`` in ``_config.yml`` lists what the article and the summary print, in their order: a whole
page, or ``page#name`` for a section (without the sections below it) or a named block of a page.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, NavigableString, Tag

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
_HEADING = re.compile(r"^h[1-6]$")
_CONTENTS = '<div class="lr-contents"></div>'
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
    nodes: list[Tag] = field(default_factory=list)

    @property
    def html(self) -> str:
        return "\n".join(map(str, self.nodes))

    @property
    def cited(self) -> list[Tag]:
        """The entries of the bibliography that stand here."""
        return [entry for node in self.nodes for entry in node.find_all(class_="citation", id=True)]


def split(html: str, outlines: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], list[str]]:
    """Return the plain HTML of the ``article``, the ``supplement`` and the ``summary``, and their pictures.

    Parameters
    ----------
    html : what Sphinx's ``singlehtml`` wrote
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
    html = _PICTURE.sub(
        lambda found: pictures.append(found[1]) or f'src="{PICTURE}{len(pictures) - 1}"', html
    )
    body = BeautifulSoup(_SOURCE.sub("", html), "lxml").select_one("article.bd-article")
    for node in body.find_all(_is_for_screens):
        if not node.decomposed:
            node.decompose()
    for chart in body.find_all(class_="lr-chart"):
        chart.replace_with(*chart.select("img.lr-static"))
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
    parts["supplement"] = "\n".join(
        [_CONTENTS, *moved, *_supplement(pieces, article, chapters[0]["data-document"], printed)]
    )
    own = {name: set(re.findall(r'\bid="([^"]*)"', text)) for name, text in parts.items()}
    # What a link says on paper, where it leads to a heading or, from the summary, to a report.
    said = {piece.nodes[0]["id"]: piece.nodes[0].get_text() for piece in pieces}
    said |= {entry["id"]: _address(entry) for piece in printed for entry in piece.cited}
    return {name: _closed(name, text, own, said) for name, text in parts.items()}, pictures


def _is_for_screens(node: Tag) -> bool:
    """Return whether a node is of no use on paper; closed details are for those who ask for them."""
    classes = node.get("class", ())
    closed = node.name == "details" and "open" not in node.attrs
    label = "label" in classes and "citation" in node.parent.get("class", ())
    return node.name in _SCREEN_TAGS or closed or label or not _SCREEN_CLASSES.isdisjoint(classes)


# ---- pieces, and the documents that print them


def _pieces(chapter: Tag) -> list[_Piece]:
    found: list[_Piece] = []
    for node in [child for child in chapter.children if isinstance(child, Tag)]:
        if _HEADING.match(node.name):
            names = node.attrs.pop("data-names", "").split()
            found.append(_Piece(chapter["data-document"], names, int(node.name[1])))
        found[-1].nodes.append(node)
    return found


def _named(pieces: list[_Piece], entry: str) -> list[_Piece | Tag]:
    """Find what an entry of an outline means: a page's pieces, a section, or a block with a name."""
    page, mark, name = entry.partition("#")
    own = [piece for piece in pieces if piece.page == page]
    if not mark:
        return own
    sections = [piece for piece in own if name in piece.names]
    blocks = (found for piece in own for node in piece.nodes if (found := _by_id(node, f"{page}:{name}")))
    return sections or list(blocks)[:1]


def _by_id(node: Tag, name: str) -> Tag | None:
    return node if node.get("id") == name else node.find(id=name)


def _block_html(pieces: list[_Piece], outline: Sequence[str]) -> str:
    found = (each for entry in outline for each in _named(pieces, entry))
    return "\n".join(each.html if isinstance(each, _Piece) else str(each) for each in found)


def _move(pieces: list[_Piece], article: Sequence[str]) -> list[str]:
    """Take out of the article's pages what they leave to the supplement, in the article's order."""
    moved: list[str] = []
    for entry in article:
        for piece in (each for each in _named(pieces, entry) if isinstance(each, _Piece)):
            for node in list(piece.nodes):
                cells = (
                    [node] if TO_SUPPLEMENT in node.get("class", ()) else node.find_all(class_=TO_SUPPLEMENT)
                )
                for cell in cells:
                    moved.append(str(cell))
                    if cell is node:
                        piece.nodes.remove(node)
                    else:
                        cell.decompose()
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
            written.append(str(next(piece.nodes[0] for piece in pieces if piece.page == page)))
        titled.add(page)
        written += [each.html if isinstance(each, _Piece) else str(each) for each in found]
    return written


def _supplement(pieces: list[_Piece], article: Sequence[str], root: str, cited: list[_Piece]) -> list[str]:
    """Print what the article leaves out, with the headings above it; the references stand in both."""
    shared, written = {piece.page for piece in cited}, []
    rest = [piece for piece in pieces if piece.page != root]
    taken = [
        piece.page not in shared and printed_at(article, piece.page, piece.names) is not None
        for piece in rest
    ]
    for place, piece in enumerate(rest):
        if not taken[place]:
            written.append(piece.html)
            continue
        for after, gone in zip(rest[place + 1 :], taken[place + 1 :], strict=True):
            if after.level <= piece.level:
                break
            if not gone:
                written.append(str(piece.nodes[0]))
                break
    return written


def _closed(name: str, html: str, own: Mapping[str, set[str]], said: Mapping[str, str]) -> str:
    """Keep the links that stay in a document, say in words where others lead, drop what it does not cite."""
    soup = BeautifulSoup(html, "lxml")
    links = soup.find_all("a", href=re.compile("^#"))
    linked = {link["href"][1:] for link in links}
    for entry in soup.find_all(class_="citation", id=True):
        if entry["id"] not in linked:
            entry.decompose()
    for link in (each for each in links if not each.decomposed):
        target, cramped = link["href"][1:], link.find_parent(["table", "figcaption", "dl", _HEADING])
        if target in own[name]:
            # On paper a chapter is found by its page; in a table there is no room to say it.
            if target in said and ":cite-" not in target and not cramped:
                link["class"] = "lr-page"
            continue
        if not cramped:
            link.append(_where(link, name, target, own, said))
        link.unwrap()
    return soup.body.decode_contents() if soup.body else ""


def _where(link: Tag, name: str, target: str, own: Mapping[str, set[str]], said: Mapping[str, str]) -> str:
    """Return the words that tell where a link into another document leads."""
    if name == "summary":
        return f", {said[target]}" if ":cite-" in target else ""
    other = next((each for each in ("article", "supplement") if target in own[each]), None)
    if other is None:
        return ""
    if link.find(class_="std-numref"):
        return "" if other == "supplement" else " of the article"
    if target not in said:
        return ""
    same = link.get_text().strip().lower() == said[target].strip().lower()
    words = other if same else f"{other}, {said[target]}"
    before = "".join(str(each) for each in link.previous_siblings if isinstance(each, NavigableString))
    return f": {words}" if before.count("(") > before.count(")") else f" ({words})"


def _address(entry: Tag) -> str:
    """Return where a report is found, or the entry itself where the bibliography has no address."""
    link = entry.find("a", href=True)
    return link.get_text() if link else entry.get_text().strip()


# ---- the single page as plain chapters


def _chapters(article: Tag) -> list[Tag]:
    """Take the chapters apart, in order, each with headings of the level it has in the book."""
    first = article.find("section")
    first["data-document"] = "index"
    found = [(first, 1)]
    for mark in article.select('span[id^="document-"]'):
        section = mark.find_next_sibling("section")
        section["data-document"] = mark["id"].removeprefix("document-")
        found.append((section, len(section.find_parents("section", {"data-document": True}))))
    for section, level in found:
        headings = section.find_all(_HEADING)
        shift = level - int(headings[0].name[1])
        for heading in headings:
            if heading.find_parent("section", {"data-document": True}) is section:
                heading.name = f"h{int(heading.name[1]) + shift}"
    chapters = [section.extract() for section, _ in reversed(found)][::-1]
    for chapter in chapters:
        for empty in chapter.find_all(class_="toctree-wrapper"):
            empty.decompose()
    return chapters


def _name_rows(chapter: Tag) -> None:
    """Put the name of a table's row, or of a term, where pandoc keeps it: around its first words."""
    for row in chapter.find_all(["tr", "dt"], id=True):
        cell = row if row.name == "dt" else row.find(["th", "td"])
        name = BeautifulSoup("", "lxml").new_tag("span", id=row.attrs.pop("id"))
        name.extend(list(cell.contents))
        cell.append(name)
    # Typst takes one line for the terms that share a meaning.
    for term in chapter.select("dt + dt"):
        first = term.find_previous_sibling("dt")
        first.extend([", ", *list(term.contents)])
        term.decompose()


def _open_details(chapter: Tag) -> None:
    for notes in chapter.find_all("ol", class_="lr-notes"):
        # Pandoc forgets the class of a list.
        notes.wrap(BeautifulSoup("", "lxml").new_tag("div", attrs={"class": "lr-small"}))
    for details in chapter.find_all("details"):
        summary = details.find("summary")
        if summary:
            summary.name = "div"
            summary.attrs = {"class": "lr-summary"}
        details.name = "div"
        details.attrs = {}


def _place_footnotes(chapter: Tag) -> None:
    """Put each note's text where it is called, from where Typst takes it to the page's foot."""
    for call in chapter.find_all("a", class_="footnote-reference"):
        note = chapter.find(id=call["href"].partition("#")[2])
        text = BeautifulSoup(str(note.find("p")), "lxml").p
        text.name, text.attrs = "span", {"class": "lr-footnote"}
        call.replace_with(text)
    for notes in chapter.find_all("aside", class_="footnote-list"):
        notes.decompose()


def _unwrap_sections(chapter: Tag) -> None:
    """Give each heading the names of its section: Typst wants headings outside of boxes."""
    for section in [*chapter.find_all("section"), chapter]:
        heading = section.find(_HEADING)
        names = [section.get("id", "")]
        for mark in section.find_all("span", id=True, recursive=False):
            if not mark.get_text():
                names.append(mark["id"])
                mark.decompose()
        heading["id"], heading["data-names"] = names[0], " ".join(names)
        if section is not chapter:
            section.unwrap()


def _join_links(chapters: list[Tag]) -> None:
    """Give each id a name of its own in the book, and each link the id it meant."""
    where, first = {}, {}
    for chapter in chapters:
        name = chapter["data-document"]
        first[f"document-{name}"] = f"{name}:{chapter.find(_HEADING)['id']}"
        for node in chapter.find_all(id=True):
            names = node.get("data-names", node["id"]).split()
            node["id"] = f"{name}:{node['id']}"
            for old in names:
                where[name, old] = node["id"]
                first.setdefault(old, node["id"])
    for chapter in chapters:
        for link in chapter.find_all("a", href=True):
            target = _target(link["href"], chapter["data-document"], where, first)
            if target and "://" not in link["href"]:
                link["href"] = f"#{target}"
            elif not link["href"].startswith(("http://", "https://", "mailto:")):
                link.unwrap()


def _target(href: str, own: str, where: dict, first: dict) -> str | None:
    """Find the id that a link means: on the page that it names, else on its own, else the first so named."""
    page, mark, old = href.partition("#")
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(own), page)).lstrip("/")
    named = beside.removesuffix(".html") if page else own
    if not mark:
        return first.get(f"document-{named}")
    return where.get((named, old)) or where.get((own, old)) or first.get(old)
