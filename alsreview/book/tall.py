"""Cuts a picture that is taller than a page of the PDF into parts, between two lines of its words."""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from bs4 import BeautifulSoup, Tag

TALLEST = 950  # px; at the page's width this, a heading and a caption fill a page
SEARCH = 80  # px above that within which the widest gap between two lines is looked for
_MOVED = re.compile(r"translate\(\s*[-\d.e]+[ ,]+([-\d.e]+)")
_OPENING = re.compile(r'<svg\b[^>]*?width="([\d.]+)" height="([\d.]+)" viewBox="0 0 [\d.]+ [\d.]+"')


def in_parts(page: str, pictures: Path) -> str:
    """Show each picture that no page holds as parts, one after the other, the last with the caption.

    Parameters
    ----------
    page : plain HTML; its pictures are files
    pictures : the folder of those files, which takes the parts
    """
    tall = {f"{pictures.name}/{file.name}" for file in pictures.glob("*.svg") if _cut(file)}
    if not tall:
        return page
    soup = BeautifulSoup(page, "lxml")
    for image in soup.find_all("img", src=lambda src: src in tall):
        _replace(image, pictures, soup)
    return soup.body.decode_contents()


def _cut(file: Path) -> list[float]:
    """Say at which heights a picture is cut; nowhere if it fits."""
    svg = file.read_text(encoding="utf-8")
    opening = _OPENING.match(svg)
    height = float(opening[2]) if opening else 0.0
    lines = sorted(_heights(ElementTree.fromstring(svg))) if height > TALLEST else []
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


def _replace(image: Tag, pictures: Path, soup: BeautifulSoup) -> None:
    parts = _write_parts(pictures / Path(image["src"]).name)
    figure = image.find_parent("figure") or image
    for number, part in enumerate(parts, start=1):
        said = f"Part {number} of {len(parts)}."
        alt = f"{said} {image['alt']}" if number == 1 else said
        shown = soup.new_tag("img", src=f"{pictures.name}/{part.name}", alt=alt)
        if number == len(parts):
            image.replace_with(shown)
        else:
            # A figure stays on one page, so only its last part stands in it.
            box = soup.new_tag("p")
            box.append(shown)
            figure.insert_before(box)


def _write_parts(file: Path) -> list[Path]:
    svg = file.read_text(encoding="utf-8")
    opening = _OPENING.match(svg)
    edges = [0.0, *_cut(file), float(opening[2])]
    parts = []
    for number, (top, bottom) in enumerate(pairwise(edges), start=1):
        size = f'height="{bottom - top:g}" viewBox="0 {top:g} {opening[1]} {bottom - top:g}"'
        seen = re.sub(r'height="[^"]*" viewBox="[^"]*"', size, opening[0])
        parts.append(file.with_stem(f"{file.stem}-part{number}"))
        parts[-1].write_text(seen + svg[opening.end() :], encoding="utf-8")
    return parts
