"""Turn rows into our own accessible HTML tables, in which nothing from the data is markup."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from numbers import Number
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from livingreview.formats import DASH, MINUS, is_missing

Row = Mapping[str, Any]
Fill = str | Callable[[Row], Any]

# Screen readers skip a lone dash; the role and the label make them say what it means.
MISSING_HTML = (
    f'<span class="lr-missing" role="img" aria-label="not available" title="not available">{DASH}</span>'
)
# With more columns a table takes the margin of the page as well, and on a phone each row becomes a card.
TEXT_COLUMNS = 3
LONG_HEAD = 30  # letters of a heading that has, in a card, a line of its own
# Dates and intervals, in which no line breaks.
_WHOLE = re.compile(
    r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])|\b\d{1,2} [A-Z][a-z]+ \d{4}\b"
    r"|(?<!\w)\u2212?[\d.]+ to \u2212?[\d.]*\d"
)


@dataclass(frozen=True)
class Table:
    """Hold the HTML of one table, so that a notebook cell shows it."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


@dataclass(frozen=True)
class Column:
    """Tell what fills a column of a table, how it is printed and where it leads.

    Attributes
    ----------
    fill : a name in the rows, or a function of a row
    form : a format spec (``".1f"``) or a function from value to text
        Missing values are never handed to it.  Without one, whole numbers stay as they are, other numbers
        get two decimals and truth values become yes and no.
    link : a function from row to an address or None
        An address that is neither http(s) nor relative gives no link.
    filter : how a reader may filter the rows: "choice" or "least"
        The table is then sortable too, where scripts run.
    """

    fill: Fill
    form: str | Callable[[Any], str] | None = None
    link: Callable[[Row], str | None] | None = None
    filter: str = ""


def table(
    caption: str,
    rows: pd.DataFrame | Iterable[Row],
    columns: Mapping[str, Fill | Column],
    *,
    row_id: Callable[[Row], str] | None = None,
    classes: str = "lr-table",
) -> Table:
    """Write rows as an accessible HTML table.

    Parameters
    ----------
    caption : the table's caption, and the name of the region it scrolls in
    rows : a frame with one row per row of the table, or records, in which what a record lacks is missing
    columns : heading to what fills the column, in the order shown; the first one heads the rows
    row_id : a function from row to the id that links lead to
    classes : the class attribute of the table

    Returns
    -------
    a Table
        A missing value is a dash that screen readers announce as "not available".
    """
    shown = {head: fill if isinstance(fill, Column) else Column(fill) for head, fill in columns.items()}
    if isinstance(rows, pd.DataFrame):
        absent = {column.fill for column in shown.values() if isinstance(column.fill, str)} - {*rows}
        if absent:
            raise ValueError(f"columns: {sorted(absent)} are not in the frame ({list(rows)})")
    rows = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else list(rows)
    values = {
        head: [row.get(column.fill) if isinstance(column.fill, str) else column.fill(row) for row in rows]
        for head, column in shown.items()
    }
    many = len(shown) > TEXT_COLUMNS
    heads = [
        _cell("th", escape(head), {"data-filter": column.filter, "scope": "col"})
        for head, column in shown.items()
    ]
    lines = []
    for i, row in enumerate(rows):
        cells = []
        for j, (head, column) in enumerate(shown.items()):
            # A name that is read from the right finds its own direction.
            attributes = {"dir": "auto"} | ({"data-label": head if many else ""} if j else {"scope": "row"})
            attributes["class"] = "lr-long" if many and j and len(head) > LONG_HEAD else ""
            cells.append(_cell("td" if j else "th", _content(values[head][i], column, row), attributes))
        name = f' id="{escape(row_id(row))}"' if row_id else ""
        lines.append(f"<tr{name}>{''.join(cells)}</tr>")
    name, body = escape(caption), "\n".join(lines)
    classes += " lr-sortable" * any(column.filter for column in shown.values()) + " lr-cards" * many
    return Table(
        f'<div class="lr-scroll{" lr-wide" * many}" role="region" tabindex="0" aria-label="{name}">\n'
        f'<table class="{escape(classes)}"><caption>{name}</caption>\n'
        f"<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _cell(tag: str, content: str, attributes: dict[str, str]) -> str:
    written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value)
    return f"<{tag}{written}>{content}</{tag}>"


def _content(value: Any, column: Column, row: Row) -> str:
    if is_missing(value):
        return MISSING_HTML
    content = _breakable(_text(value, column.form))
    url = safe_url(column.link(row)) if column.link else None
    return f'<a href="{escape(url)}">{content}</a>' if url else content


def _breakable(text: str) -> str:
    """Escape a text: keys and addresses may break after a dot, a line or a slash, dates and intervals not."""
    broken = re.sub(r"\S+", lambda word: "<wbr>".join(map(escape, _parts(word[0]))), text)
    return _WHOLE.sub(r'<span class="lr-whole">\g<0></span>', broken)


def _parts(word: str) -> list[str]:
    return re.split(r"(?<=[._/])(?=\w)", word) if len(word) >= 20 else [word]


def _text(value: Any, form: str | Callable[[Any], str] | None) -> str:
    if callable(form):
        return form(value)
    if _is_number(value):
        whole = not form and float(value).is_integer()
        return format(int(value) if whole else value, form or ("" if whole else "z.2f")).replace("-", MINUS)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return format(value, form or "")


def _is_number(value: Any) -> bool:
    return isinstance(value, Number) and not isinstance(value, bool)


def safe_url(url: str | None) -> str | None:
    """Return the address if it is http(s), a fragment or a page of this book, else None."""
    if not url or re.search(r"[\x00-\x20\x7f\\]", url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    remote = parts.scheme in ("http", "https") and parts.netloc
    local = not parts.scheme and not parts.netloc
    return url if remote or local else None


def paragraph(text: str) -> str:
    """Write a paragraph; nothing for no text."""
    return f"<p>{escape(text)}</p>" if text else ""


def bullets(texts: list[str]) -> str:
    """Write a list."""
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"


def numbered(texts: list[str], kind: str) -> str:
    """Write a numbered list of a class; nothing for no text."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ol class="{kind}">{items}</ol>' if texts else ""
