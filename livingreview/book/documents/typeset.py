"""Typeset plain HTML: tagged PDFs with pandoc and Typst, and a DOCX with pandoc."""

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pikepdf
import pypandoc
import typst
from lxml import etree, html
from lxml.html import HtmlElement
from scipy.optimize import brentq

from livingreview.book.documents.split import body_of, inner_html
from livingreview.book.figures import draw_pngs
from livingreview.charts.theme import FONTS
from livingreview.formats import NO_BREAK
from livingreview.release import Stamp
from livingreview.release.cite import Work, cite

HERE = Path(__file__).parent
_PICTURE = "data:image/svg+xml;base64,"
TALLEST = 1.3  # height of a picture by its width, with which a heading and a caption fill a page
_ROOM = 830  # px of a page that these leave
_LEAST = 0.8  # of its size to which a taller picture shrinks; one that is taller still is cut
_SEARCH = 80  # px above that in which the widest gap between two lines is looked for
_MOVED = re.compile(r"translate\(\s*[-\d.e]+[ ,]+([-\d.e]+)")


def words_of(made: Stamp, title: str = "") -> dict[str, str]:
    """Return what a document says of itself.

    Parameters
    ----------
    made : the version
    title : put before the review's title, such as ``Supplement``
    """
    name, _, subtitle = made.title.partition(": ")
    return {
        "full-title": f"{title}: {made.title}" if title else made.title,
        "kind": title,
        "title": name,
        "subtitle": subtitle[:1].upper() + subtitle[1:],
        "authors": ", ".join(made.names),
        "version": made.label,
        "evidence": made.evidence,
        "citation": cite(Work(made), "apa").strip(),
        "url": made.url,
        "seconds": str(made.seconds),
        "date": made.date,
        "readers": "",
    }


def set_pdf(page: str, target: Path, words: Mapping[str, str], template: str = "document") -> None:
    """Typeset a document as a tagged PDF (PDF/UA-1), in our own fonts alone.

    Parameters
    ----------
    page : a text, as `split` returns it
    target : the PDF to write; its sources are left in a folder of its name without the ending, beside it
    words : what the template says of the document (see `words_of`)
    template : ``document``, or ``sheet`` for one page whose type shrinks until it fits

    Raises
    ------
    ValueError
        When Typst cannot set the document.
    """
    folder = target.with_suffix("")
    page = _with_files(page, folder)
    shutil.copy(HERE / f"{template}.typ", folder / "template.typ")
    missing: set[str] = set()
    while error := _compile(to_typst(page), folder, target, words):
        found = _unshown(str(error.diagnostic)) - missing
        if not found:
            reason = error.message.removeprefix("assertion failed: ")
            raise ValueError(f"{target.name} cannot be set: {reason}") from error
        missing |= found
        page = _spelled_out(page, folder, missing)
    # Typst leaves the many small objects of the tags as they are.
    with pikepdf.open(target, allow_overwriting_input=True) as written:
        packed = pikepdf.ObjectStreamMode.generate
        written.save(target, object_stream_mode=packed, compress_streams=True, deterministic_id=True)


def set_docx(page: str, target: Path, words: Mapping[str, str]) -> None:
    """Write a document as DOCX: headings, tables and captions of Word's own, pictures as PNG with alt text.

    ``reference.docx`` is pandoc's own, on A4 with page numbers, in 10 pt and in tables in 7.5 pt.
    Its table cells have the margins of the PDFs, for which the widths of columns are computed.
    """
    folder = target.with_name(f"{target.stem}-docx")
    page = _with_files(page, folder)
    svgs = sorted(folder.glob("*.svg"))
    drawn = draw_pngs([svg.read_text(encoding="utf-8") for svg in svgs])
    for svg, png in zip(svgs, drawn, strict=True):
        svg.with_suffix(".png").write_bytes(png)
    told = {
        "title": words["full-title"],
        "author": words["authors"],
        "date": f"Version {words['version']}, {words['date']}. Evidence hash {words['evidence']}.",
        "keywords": [f"version {words['version']}", f"evidence {words['evidence']}"],
        "lang": "en-GB",
    }
    (folder / "about.json").write_text(json.dumps(told), encoding="utf-8")
    options = [f"--metadata-file={folder / 'about.json'}", f"--resource-path={folder}"]
    options += [f"--reference-doc={HERE / 'reference.docx'}", f"--output={target}"]
    page = re.sub(r'(src="[\d-]+)\.svg"', r'\1.png"', page)
    # The same bytes each time: pandoc would write the time of the build.
    _pandoc(page, "docx", options, SOURCE_DATE_EPOCH=words["seconds"])


def to_typst(page: str) -> str:
    """Write plain HTML as Typst that uses the template beside it."""
    body = _pandoc(page, "typst", ["--wrap=none"])
    return f'#import "template.typ": *\n#show: book\n\n{body}'


def _pandoc(page: str, form: str, options: Sequence[str], **environment: str) -> str:
    command = [pypandoc.get_pandoc_path(), "--from=html", f"--to={form}"]
    done = subprocess.run(
        [*command, f"--lua-filter={HERE / 'typeset.lua'}", *options],
        input=_share_columns(page),
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise ValueError(f"pandoc cannot write {form}: {done.stderr.strip()}")
    return done.stdout


def _compile(source: str, folder: Path, target: Path, words: Mapping[str, str]) -> typst.TypstError | None:
    """Set the PDF, or return what Typst says against it."""
    (folder / "document.typ").write_text(source, encoding="utf-8")
    try:
        typst.compile(
            folder / "document.typ",
            output=target,
            root=folder,
            font_paths=[FONTS],
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=int(words["seconds"]),
            sys_inputs=dict(words),
        )
    except typst.TypstError as error:
        return error
    return None


def _with_files(page: str, folder: Path) -> str:
    """Write each picture within a page as files into an empty folder; the page then names the files.

    A picture that no page holds goes on over several: each part has a figure of its own, with the caption.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    body = body_of(page)
    for number, image in enumerate(body.xpath(f'.//img[starts-with(@src, "{_PICTURE}")]')):
        parts = in_parts(base64.b64decode(image.get("src").removeprefix(_PICTURE)))
        figure, alt = next(image.iterancestors("figure"), image), image.get("alt")
        for place, part in enumerate(parts, start=1):
            name = f"{number}-{place}.svg"
            (folder / name).write_bytes(part)
            shown = deepcopy(figure)
            drawn = shown.xpath("descendant-or-self::img")[0]
            drawn.attrib.clear()
            drawn.attrib.update({"src": name, "alt": alt})
            if len(parts) > 1:
                told = f"part {place} of {len(parts)}"
                drawn.set("alt", f"{alt} ({told})" if place == 1 else told.capitalize())
                etree.SubElement(shown.find("figcaption"), "span").text = f" ({told})"
            if place > 1:
                shown.attrib.pop("id", None)
            figure.addprevious(shown)
        figure.drop_tree()
    return inner_html(body)


def in_parts(svg: bytes) -> list[bytes]:
    """Cut a picture that is too tall for a page between its lines; a part holds no words of the others."""
    whole = etree.fromstring(svg)
    width, height = float(whole.get("width")), float(whole.get("height"))
    if height <= TALLEST * width:
        return [svg]
    if height * _LEAST <= TALLEST * width:
        whole.set("width", f"{width * _ROOM / height:g}")
        whole.set("height", f"{_ROOM}")
        return [etree.tostring(whole)]
    lines, edges = sorted(_heights(whole).values()), [0.0]
    while height - edges[-1] > TALLEST * width:
        end = edges[-1] + TALLEST * width
        near = [end - _SEARCH, *(line for line in lines if end - _SEARCH < line < end), end]
        edges.append(sum(max(pairwise(near), key=lambda gap: gap[1] - gap[0])) / 2)
    parts = []
    for top, bottom in pairwise([*edges, height]):
        part = deepcopy(whole)
        for text, line in _heights(part).items():
            if not top <= line < bottom:
                text.getparent().remove(text)
        part.set("height", f"{bottom - top:g}")
        part.set("viewBox", f"0 {top:g} {width:g} {bottom - top:g}")
        parts.append(etree.tostring(part))
    return parts


def _heights(svg: etree._Element) -> dict[etree._Element, float]:
    """Return how far down in a picture the middle of each of its words is."""
    moved = {
        text: [_MOVED.match(node.get("transform", "")) for node in (text, *text.iterancestors())]
        for text in svg.iter("{*}text")
    }
    # A baseline lies below the middle of its line.
    return {text: sum(float(each[1]) for each in found if each) - 4 for text, found in moved.items()}


# ---- characters that no font has: no empty box, and no invented spelling

_UNSHOWN = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_NOTE = (
    '<p class="lr-spelled">Characters that the fonts of this PDF cannot show are written as their Unicode '
    "numbers in square brackets, such as {}, and in a picture as \N{REPLACEMENT CHARACTER}; the web pages "
    "show them.</p>"
)


def _unshown(message: str) -> set[str]:
    """Read from an error of Typst the characters that it could not show."""
    return set(_ESCAPED.sub(lambda code: chr(int(code[1], 16)), "".join(_UNSHOWN.findall(message))))


def _spelled_out(page: str, folder: Path, characters: set[str]) -> str:
    """Spell characters out in the words of a page and of its pictures, with a note under the first heading.

    What a picture is called for those who do not see it keeps its characters: nothing draws them.
    """
    runs = re.compile(f"[{re.escape(''.join(sorted(characters)))}]+")

    def spelled(text: str | None) -> str | None:
        return text and runs.sub(lambda run: f"[{' '.join(f'U+{ord(each):04X}' for each in run[0])}]", text)

    body = body_of(page)
    for node in body.iter("*"):
        node.text, node.tail = spelled(node.text), spelled(node.tail)
    # In a picture words keep their places, so a character may only give way to one as wide.
    marks = dict.fromkeys(map(ord, characters), "\N{REPLACEMENT CHARACTER}")
    for file in folder.glob("*.svg"):
        file.write_text(file.read_text(encoding="utf-8").translate(marks), encoding="utf-8")
    if not body.find_class("lr-spelled"):
        note = _NOTE.format(spelled(min(characters)))
        body.find(".//h1").addnext(html.fragment_fromstring(note))
    return inner_html(body)


# ---- the width of a page, shared among the columns of a table by what they hold

UPRIGHT, ON_ITS_SIDE = 482, 728  # the line in points; the template says the same
INSET = 7  # of a cell, left and right together
LANDSCAPE_COLUMNS, LANDSCAPE_ROWS = 10, 12  # from which a table lies on pages of its own
_BREAKS = re.compile(r"[ \u2013]+|(?<=[-/_.])(?=[A-Za-z])|(?<=[_/])")
_LIST_MARK = re.compile(r"^\s*[-+=/]\s")
_WORD_JOINER = "\u2060"


def _share_columns(page: str) -> str:
    """Give each table that is too wide to be set as it is a width for each of its columns."""
    body = body_of(page)
    for table in body.iter("table"):
        rows = [list(row.iter("th", "td")) for row in table.iter("tr")]
        for whole in table.find_class("lr-whole"):
            whole.text = whole.text.replace(" ", NO_BREAK)
        for cell in (cell for row in rows for cell in row):
            # Typst would read the first sign of a cell as that of a list or a heading.
            text = next(filter(_LIST_MARK.match, cell.xpath(".//text()")), None)
            if text is not None:
                said = f"{_WORD_JOINER}{text.lstrip()}"
                setattr(text.getparent(), "text" if text.is_text else "tail", said)
        count = max(map(len, rows), default=0)
        rows = [row for row in rows if len(row) == count]
        lies = count >= LANDSCAPE_COLUMNS and len(rows) > LANDSCAPE_ROWS
        if lies:
            table.classes.add("lr-landscape")
        if rows and (widths := _widths(rows, count, ON_ITS_SIDE if lies else UPRIGHT)):
            group = html.Element("colgroup")
            group.extend(html.Element("col", style=f"width: {100 * width:.2f}%") for width in widths)
            caption = table.find("caption")
            table.insert(0 if caption is None else table.index(caption) + 1, group)
    return inner_html(body)


def _widths(rows: list[list[HtmlElement]], count: int, line: float) -> list[float]:
    """Return each column's share of the line, or nothing if every text fits.

    None is narrower than its longest word or wider than its longest text.  Between these a column grows with
    what its cells hold, the long texts most; on our tables the power 0.7 gives the fewest lines.
    """
    # The size of the letters in points; the template says the same.
    size = 7.0 if count > 9 else 7.5 if count > 6 else 8.0
    texts = [[re.sub(r"[ \n]+", " ", cell.text_content()).strip(" ") for cell in row] for row in rows]
    lengths = np.array([[size * _breadth(text) + 0.1 for text in row] for row in texts])
    natural, room = lengths.max(axis=0) * 1.04, line - count * INSET
    if natural.sum() <= 0.97 * room:
        return []
    words = [[max(map(_breadth, _BREAKS.split(text))) for text in row] for row in texts]
    room = min(room, 0.999 * natural.sum())
    least = np.minimum(size * np.array(words).max(axis=0) * 1.08, natural)
    if least.sum() >= room:
        widths = least * room / least.sum()
    else:
        wanted = (lengths**2).mean(axis=0) ** (0.7 / 2)

        def filled(scale: float) -> np.ndarray:
            return np.clip(scale * wanted, least, natural)

        widths = filled(brentq(lambda scale: filled(scale).sum() - room, 0, (natural / wanted).max()))
    return list((widths + INSET) / (widths + INSET).sum())


@cache
def _breadth(text: str) -> float:
    """Return about how wide a text is, in widths of its letters' size."""
    if len(text) != 1:
        return sum(map(_breadth, text))
    if text in "fijlrtI.,:;()/'-|":
        return 0.36
    if text in "mwMW%":
        return 0.9
    return 0.27 if text == " " else 0.68 if text.isupper() else 0.57
