"""Sets the marked blocks of the front page on one printed page."""

import json
import re
from pathlib import Path

import typst
from pybtex.database import parse_file

from alsreview.book.pdf import FONTS, HERE, inputs
from alsreview.facts import Facts, review_facts
from alsreview.release import Stamp
from alsreview.reviews import Review

PAGE = "index.md"
BEGIN, END = "% sheet", "% end of sheet"
_MARKED = re.compile(rf"^{BEGIN}$(.*?)^{END}$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^[ \t]*:{3,}.*\n", re.MULTILINE)
_OPTION = re.compile(r"^:[\w-]+:.*\n", re.MULTILINE)
_FACT = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_CITATION = re.compile(r"\{cite(?::[tp])?\}`([^`]+)`")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_EMPHASIS = re.compile(r"(?<!\\)[*`]")
_ESCAPE = re.compile(r"\\(\W)")


def make_sheet(root: Path, target: Path, stamp: Stamp) -> None:
    """Set the sheet; its type shrinks until it holds on one page of A4.

    Parameters
    ----------
    root : folder of the review
    target : the PDF to write
    stamp : what its foot says

    Raises
    ------
    ValueError
        When nothing on the front page is marked for the sheet, or it is too long even in the smallest type.
    """
    words = inputs(stamp) | {"blocks": json.dumps(sheet_blocks(root)), "url": stamp.url}
    try:
        typst.compile(
            HERE / "sheet.typ",
            output=target,
            root=HERE,
            font_paths=[root / FONTS],
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=stamp.seconds,
            sys_inputs=words,
        )
    except typst.TypstError as error:
        raise ValueError(f"the printed page cannot be set: {error.diagnostic or error.message}") from error


def sheet_blocks(root: Path) -> list[dict]:
    """Read the blocks that the front page marks for the sheet, with the facts in their places.

    Returns
    -------
    blocks in order, each with its ``kind`` ("heading", "item" or "text") and its ``runs``, pairs of a text
    and whether it is bold

    Raises
    ------
    ValueError
        When nothing is marked.
    """
    marked = _MARKED.findall((root / PAGE).read_text(encoding="utf-8"))
    if not marked:
        raise ValueError(f"{PAGE}: expected text between the lines {BEGIN!r} and {END!r}, found none")
    facts = review_facts(Review(root))
    return [block for text in marked for block in _blocks(_plain(text, facts, root))]


def _plain(text: str, facts: Facts, root: Path) -> str:
    """Fill in the facts and the papers cited, and leave out fences, options and the addresses of links.

    Statements that follow one another without a blank line make one paragraph here.
    """
    text = _OPTION.sub("", _FENCE.sub("", text))
    text = _FACT.sub(lambda match: str(facts[match[1]]), text)
    text = _CITATION.sub(lambda match: f"({cited(root, re.split(r', *', match[1]))})", text)
    return _LINK.sub(r"\1", text)


def _blocks(text: str) -> list[dict]:
    """Part a text into headings, items of lists with all that is indented below them, and paragraphs."""
    found: list[tuple[str, list[str]]] = []
    after_blank = True
    for line in text.splitlines():
        words = line.strip()
        if not words:
            after_blank = True
            continue
        if words.startswith("#"):
            found.append(("heading", [words.lstrip("# ")]))
        elif words.startswith("- "):
            found.append(("item", [words[2:]]))
        elif found and (line.startswith(" ") or not after_blank):
            found[-1][1].append(words)
        else:
            found.append(("text", [words]))
        after_blank = words.startswith("#")
    return [{"kind": kind, "runs": _runs(" ".join(lines))} for kind, lines in found]


def _runs(text: str) -> list[tuple[str, bool]]:
    """Part a text into pieces that are bold and pieces that are not."""
    pieces = _BOLD.split(text)
    plain = [(_ESCAPE.sub(r"\1", _EMPHASIS.sub("", each)), n % 2 == 1) for n, each in enumerate(pieces)]
    return [(each, bold) for each, bold in plain if each]


def cited(root: Path, keys: list[str]) -> str:
    """Name papers by first author and year, and where they can be found, as paper allows it."""
    entries = parse_file(str(root / "references.bib"), "bibtex").entries if keys else {}
    return "; ".join(_paper(entries[key]) for key in keys)


def _paper(entry) -> str:
    people, fields = entry.persons["author"], entry.fields
    others = " and others" if len(people) > 1 else ""
    place = f"doi:{fields['doi']}" if "doi" in fields else fields.get("url", "")
    return f"{' '.join(people[0].last_names)}{others} {fields['year']}, {place}"
