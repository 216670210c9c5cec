"""Turns Sphinx's single page into the plain HTML that the PDF is set from."""

import base64
import posixpath
import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag

_SCREEN_ONLY = (
    "script, style, nav, button, input, svg, a.headerlink, details.hide, .cell_input, "
    "hr.footnotes, .citation > .label, .sd-summary-state-marker"
)
_HEADING = re.compile(r"^h[1-6]$")


def plain_page(html: str, pictures: Path) -> str:
    """Write the chapters one after the other, without what only a screen needs.

    Parameters
    ----------
    html : what Sphinx's ``singlehtml`` wrote
    pictures : folder that takes the charts; the page names them relative to its parent
    """
    article = BeautifulSoup(html, "lxml").select_one("article.bd-article")
    _draw_charts(article, pictures)
    for node in article.select(_SCREEN_ONLY):
        if not node.decomposed:
            node.decompose()
    chapters = _chapters(article)
    for chapter in chapters:
        _name_rows(chapter)
        _open_details(chapter)
        _place_footnotes(chapter)
        _unwrap_sections(chapter)
    _join_links(chapters)
    return "\n".join(chapter.decode_contents() for chapter in chapters)


def _draw_charts(article: Tag, pictures: Path) -> None:
    """Leave of each chart its static picture, as a file beside the page."""
    pictures.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(article.select('img[src^="data:image/"]')):
        kind, data = re.match(r"data:image/([a-z]+)[^,]*;base64,(.*)", image["src"], re.S).groups()
        file = pictures / f"{number}.{kind}"
        file.write_bytes(base64.b64decode(data))
        image["src"] = f"{pictures.name}/{file.name}"
    for figure in article.select("figure.als-figure"):
        # A figure stays on one page; its table may not fit there, so it follows.
        for table in reversed(figure.select("details.als-data")):
            figure.insert_after(table.extract())
    for chart in article.select(".als-chart, .als-whatif-static picture"):
        chart.replace_with(*chart.select("img.als-static"))


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
        for empty in chapter.select(".toctree-wrapper"):
            empty.decompose()
    return chapters


def _name_rows(chapter: Tag) -> None:
    """Put the name of a table's row, or of a term, where pandoc keeps it: around its first words."""
    for row in chapter.select("tr[id], dt[id]"):
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
    for details in chapter.select("details"):
        summary = details.find("summary")
        if summary:
            summary.name = "div"
            summary.attrs = {"class": "als-summary"}
        details.name = "div"
        details.attrs = {}


def _place_footnotes(chapter: Tag) -> None:
    """Put each note's text where it is called, from where Typst takes it to the page's foot."""
    for call in chapter.select("a.footnote-reference"):
        note = chapter.find(id=call["href"].partition("#")[2])
        text = BeautifulSoup(str(note.find("p")), "lxml").p
        text.name, text.attrs = "span", {"class": "als-footnote"}
        call.replace_with(text)
    for notes in chapter.select("aside.footnote-list"):
        notes.decompose()


def _unwrap_sections(chapter: Tag) -> None:
    """Give each heading the name of its section: Typst wants headings outside of boxes."""
    for section in [*chapter.select("section"), chapter]:
        heading = section.find(_HEADING)
        heading["id"] = section.get("id", "")
        for mark in section.find_all("span", id=True, recursive=False):
            if not mark.get_text():
                heading["data-also"] = f"{heading.get('data-also', '')} {mark['id']}".strip()
                mark.decompose()
        if section is not chapter:
            section.unwrap()


def _join_links(chapters: list[Tag]) -> None:
    """Give each id a name of its own in the book, and each link the id it meant."""
    where, first = {}, {}
    for chapter in chapters:
        name = chapter["data-document"]
        first[f"document-{name}"] = f"{name}:{chapter.find(_HEADING)['id']}"
        for node in chapter.select("[id]"):
            names = [node["id"], *node.attrs.pop("data-also", "").split()]
            node["id"] = f"{name}:{node['id']}"
            for old in names:
                where[name, old] = node["id"]
                first.setdefault(old, node["id"])
    headings = {heading["id"] for chapter in chapters for heading in chapter.find_all(_HEADING, id=True)}
    for chapter in chapters:
        for link in chapter.select("a[href]"):
            target = _target(link["href"], chapter["data-document"], where, first)
            if target and "://" not in link["href"]:
                link["href"] = f"#{target}"
                # On paper a chapter is found by its page; in a table there is no room to say it.
                if target in headings and not link.find_parent(["table", "figcaption"]):
                    link["class"] = "als-page"
            elif not link["href"].startswith(("http://", "https://", "mailto:")):
                link.unwrap()


def _target(href: str, own: str, where: dict, first: dict) -> str | None:
    """Find the id that a link means: on the page that it names, else on its own, else the first so named."""
    page, mark, old = href.partition("#")
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(own), page))
    named = beside.removesuffix(".html") if page else own
    if not mark:
        return first.get(f"document-{named}")
    return where.get((named, old)) or where.get((own, old)) or first.get(old)
