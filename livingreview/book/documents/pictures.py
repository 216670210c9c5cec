"""Write the pictures of a document's charts as files, those too tall for a page in parts."""

import base64
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from lxml.html import HtmlElement

from livingreview.book.documents.markup import body_of, inner_html, new
from livingreview.book.documents.split import PICTURE

TALLEST = 950  # px; at the page's width this, a heading and a caption fill a page
SEARCH = 80  # px above that within which the widest gap between two lines is looked for
_MOVED = re.compile(r"translate\(\s*[-\d.e]+[ ,]+([-\d.e]+)")
_OPENING = re.compile(r'<svg\b[^>]*?width="([\d.]+)" height="([\d.]+)" viewBox="0 0 [\d.]+ [\d.]+"')


def write_pictures(page: str, pictures: Sequence[str], folder: Path) -> str:
    """Write each picture that a page shows as SVG, and return the page that names the files.

    Parameters
    ----------
    page, pictures : as `split` returns them
    folder : takes the files; the page names them relative to its parent

    Notes
    -----
    A picture that no page holds becomes several, one after the other, the last with the caption.
    """
    folder.mkdir(parents=True, exist_ok=True)
    body = body_of(page)
    for image in body.xpath(f'.//img[starts-with(@src, "{PICTURE}")]'):
        number = int(image.get("src").removeprefix(PICTURE))
        parts = in_parts(base64.b64decode(pictures[number]).decode())
        files = [
            folder / (f"{number}.svg" if len(parts) == 1 else f"{number}-{n}.svg") for n in range(len(parts))
        ]
        for file, part in zip(files, parts, strict=True):
            file.write_text(part, encoding="utf-8")
        _show(image, [f"{folder.name}/{file.name}" for file in files])
    return inner_html(body)


def in_parts(svg: str) -> list[str]:
    """Cut a picture that is too tall for a page between two lines of its words."""
    opening = _OPENING.match(svg)
    if not opening or float(opening[2]) <= TALLEST:
        return [svg]
    edges = [0.0, *_cuts(svg, float(opening[2])), float(opening[2])]
    parts = []
    for top, bottom in pairwise(edges):
        size = f'height="{bottom - top:g}" viewBox="0 {top:g} {opening[1]} {bottom - top:g}"'
        parts.append(re.sub(r'height="[^"]*" viewBox="[^"]*"', size, opening[0]) + svg[opening.end() :])
    return parts


def _cuts(svg: str, height: float) -> list[float]:
    lines = sorted(_heights(ElementTree.fromstring(svg)))
    cuts, top = [], 0.0
    while height - top > TALLEST:
        end = top + TALLEST
        near = [end - SEARCH, *(y for y in lines if end - SEARCH < y < end), end]
        above, below = max(pairwise(near), key=lambda pair: pair[1] - pair[0])
        top = (above + below) / 2
        cuts.append(top)
    return cuts


def _heights(node: ElementTree.Element, moved: float = 0.0) -> set[float]:
    """Gather the heights of all words below an element."""
    found = _MOVED.match(node.get("transform", ""))
    moved += float(found[1]) if found else 0.0
    # A baseline lies below the middle of its line.
    own = {moved - 4.0} if node.tag.endswith("}text") and "".join(node.itertext()).strip() else set()
    return own.union(*(_heights(child, moved) for child in node))


def _show(image: HtmlElement, sources: list[str]) -> None:
    """Show a picture's files in its place; a figure stays on one page, so only the last part stands in it."""
    figure, alt = next(image.iterancestors("figure"), image), image.get("alt")
    if len(sources) > 1:
        figure.classes.add("lr-parts")
    for number, source in enumerate(sources[:-1], start=1):
        said = f"Part {number} of {len(sources)}."
        box = new("p")
        box.append(new("img", src=source, alt=f"{said} {alt}" if number == 1 else said))
        figure.addprevious(box)
    alt = alt if len(sources) == 1 else f"Part {len(sources)} of {len(sources)}."
    image.attrib.clear()
    image.attrib.update({"src": sources[-1], "alt": alt})
