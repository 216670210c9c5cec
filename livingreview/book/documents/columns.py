"""Share the width of a page among the columns of a table by what they hold."""

import re
from functools import cache

import numpy as np
from lxml.html import HtmlElement

from livingreview.book.documents.markup import body_of, inner_html, new

UPRIGHT, ON_ITS_SIDE = 482, 728  # the line in points; the template says the same
INSET = 7  # of a cell, left and right together
LANDSCAPE_COLUMNS, LANDSCAPE_ROWS = 10, 12  # from which a table lies on pages of its own
_BREAKS = re.compile(r"[\s\u2013]+|(?<=[-/_.])(?=[A-Za-z])|(?<=[_/])")
_LIST_MARK = re.compile(r"^\s*[-+=/]\s")
WORD_JOINER = "\u2060"
_NARROW, _WIDE, _CAPITALS = set("fijlrtI.,:;()/'-|"), set("mwMW%"), 0.68


def share_columns(page: str) -> str:
    """Give each table that is too wide to be set as it is a width for each of its columns."""
    body = body_of(page)
    for table in body.iter("table"):
        rows = [list(row.iter("th", "td")) for row in table.iter("tr")]
        for cell in (cell for row in rows for cell in row):
            # Typst would read the first sign of a cell as that of a list or a heading.
            text = next(filter(_LIST_MARK.match, cell.xpath(".//text()")), None)
            if text is not None:
                said = f"{WORD_JOINER}{text.lstrip()}"
                setattr(text.getparent(), "text" if text.is_text else "tail", said)
        count = max(map(len, rows), default=0)
        rows = [row for row in rows if len(row) == count]
        if not rows:
            continue
        lies = count >= LANDSCAPE_COLUMNS and len(rows) > LANDSCAPE_ROWS
        line, size = (ON_ITS_SIDE if lies else UPRIGHT), type_size(count)
        if lies:
            table.classes.add("lr-landscape")
        widths = _widths(rows, count, line / size, INSET / size)
        if widths:
            group, caption = new("colgroup"), table.find("caption")
            group.extend(new("col", style=f"width: {100 * width:.2f}%") for width in widths)
            if caption is None:
                table.insert(0, group)
            else:
                caption.addnext(group)
    return inner_html(body)


def type_size(columns: int) -> float:
    """Return the size of a table's letters in points; the template says the same."""
    return 7.0 if columns > 9 else 7.5 if columns > 6 else 8.0


def _widths(rows: list[list[HtmlElement]], count: int, line: float, inset: float) -> list[float]:
    """Return each column's share of the line, or nothing if every text fits; all in sizes of the letters."""
    texts = [[" ".join(cell.text_content().split()) for cell in row] for row in rows]
    lengths = np.array([[_breadth(text) + 0.01 for text in row] for row in texts])
    natural = lengths.max(axis=0) * 1.04
    room = line - count * inset
    if natural.sum() <= 0.97 * room:
        return []
    words = [
        [max((_breadth(part) for part in _BREAKS.split(text) if part), default=0.5) for text in row]
        for row in texts
    ]
    least = np.minimum(np.array(words).max(axis=0) * 1.08, natural)
    if least.sum() >= room:
        widths = least * room / least.sum()
    else:
        # A row is as high as its highest cell.  The sum of the heights is near its least where the width of a
        # column is in proportion to the heights that it decides; the search keeps the best that it meets.
        tried = [_at_least(lengths.mean(axis=0) ** 0.5, least, natural, room)]
        for _ in range(30):
            lines = lengths / tried[-1]
            highest = lines.max(axis=1, keepdims=True)
            decided = (lines / highest) ** 4
            pull = (highest * decided / decided.sum(axis=1, keepdims=True))[highest[:, 0] > 0.9].sum(axis=0)
            wanted = _at_least(pull, least, natural, room)
            tried.append(0.7 * tried[-1] + 0.3 * wanted)
        widths = min(tried, key=lambda each: (np.ceil(1.05 * lengths / each).max(axis=1).sum(), each.max()))
    widths = widths + inset
    return [float(share) for share in widths / widths.sum()]


def _at_least(widths: np.ndarray, least: np.ndarray, most: np.ndarray, room: float) -> np.ndarray:
    """Scale widths to fill the room, none narrower than its words need or wider than its longest text."""
    low, high = 0.0, room
    for _ in range(30):
        scale = (low + high) / 2
        # Of arrays this small, np.clip would take several times as long.
        filled = np.minimum(np.maximum(widths * scale, least), most).sum()
        low, high = (scale, high) if filled < room else (low, scale)
    return np.clip(widths * low, least, most)


def _breadth(text: str) -> float:
    """Return about how wide a text is, in widths of its letters' size."""
    return sum(map(_letter, text))


@cache
def _letter(each: str) -> float:
    if each in _NARROW:
        return 0.36
    if each in _WIDE:
        return 0.9
    if each == " ":
        return 0.27
    return _CAPITALS if each.isupper() else 0.57
