"""Turn frames into our own accessible HTML tables, and numbers into the text a page prints."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from numbers import Number
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from livingreview.formats import DASH, MINUS, is_missing

Format = str | Callable[[Any], str]
Link = Callable[[Mapping[str, Any]], str | None]

# Screen readers skip a lone dash; the role and the label make them say what it means.
MISSING_HTML = (
    f'<span class="lr-missing" role="img" aria-label="not available" title="not available">{DASH}</span>'
)


# With more columns a table takes the margin of the page as well.
TEXT_COLUMNS = 3
_DATE = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])")


@dataclass(frozen=True)
class Table:
    """Hold the HTML of one table, so that a notebook cell shows it."""

    html: str

    def _repr_html_(self) -> str:
        return self.html


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


def html_table(
    frame: pd.DataFrame,
    *,
    caption: str,
    columns: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
    links: Mapping[str, Link] | None = None,
    row_header: str | None = None,
    row_id: Callable[[Mapping[str, Any]], str] | None = None,
    filters: Mapping[str, str] | None = None,
    classes: str = "lr-table",
) -> Table:
    """Write a frame as an accessible HTML table in which nothing from the data is markup.

    Parameters
    ----------
    frame : one row per table row
        Any columns; the index is not shown.
    caption : the table's caption, and the name of the region it scrolls in.
    columns : column name to heading, in the order shown
        All columns under their own names if None.
    formats : column name to a format spec (``".1f"``) or a function from value to text
        Missing values are never handed to it.  Without one, whole numbers stay as
        they are, other numbers get two decimals and truth values become yes and no.
    links : column name to a function from row (a mapping) to an address or None
        An address that is neither http(s) nor relative gives no link.
    row_header : the column whose cells head their rows; the first one shown if None.
    row_id : a function from row to the id that links lead to.
    filters : column name to how a reader may filter it: "choice" or "least"
        The table is then sortable too, where scripts run.
    classes : the class attribute of the table.

    Returns
    -------
    a Table
        Columns that hold only numbers carry the class ``lr-number``; a missing value
        is a dash that screen readers announce as "not available".
    """
    columns = dict(columns) if columns is not None else {name: str(name) for name in frame.columns}
    absent = [name for name in [*columns, row_header] if name not in frame.columns and name is not None]
    if absent:
        raise ValueError(f"columns: {absent} are not in the frame ({list(frame.columns)})")
    header = row_header if row_header is not None else next(iter(columns), None)
    numeric = {name for name in columns if _holds_numbers(frame[name])}
    filters = filters or {}
    # On a phone a row of many columns becomes a card, in which each cell names its column.
    cards = len(columns) > TEXT_COLUMNS
    heads = "".join(_head(columns[n], n in numeric, filters.get(n, "")) for n in columns)
    classes += " lr-sortable" * bool(filters) + " lr-cards" * cards
    body = "\n".join(
        f"<tr{_id(row, row_id)}>{_row(row, columns, header, numeric, formats or {}, links or {}, cards)}</tr>"
        for row in frame.to_dict("records")
    )
    name, wide = escape(caption), " lr-wide" * (len(columns) > TEXT_COLUMNS)
    return Table(
        f'<div class="lr-scroll{wide}" role="region" tabindex="0" aria-label="{name}">\n'
        f'<table class="{escape(classes)}"><caption>{name}</caption>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _row(row, columns, header, numeric, formats, links, cards: bool) -> str:
    cells = []
    for name in columns:
        content = _content(row[name], formats.get(name))
        linked = name in links and not is_missing(row[name])
        url = safe_url(links[name](row)) if linked else None
        if url:
            content = f'<a href="{escape(url)}">{content}</a>'
        tag, scope = ("th", "row") if name == header else ("td", None)
        cell = _cell(tag, scope, content, name in numeric, name not in numeric)
        named = f' data-label="{escape(columns[name])}"' if cards and name != header else ""
        cells.append(cell.replace(f"<{tag}", f"<{tag}{named}", 1))
    return "".join(cells)


def _id(row, row_id) -> str:
    return f' id="{escape(row_id(row))}"' if row_id else ""


def _head(words: str, numeric: bool, filter_kind: str) -> str:
    cell = _cell("th", "col", escape(words), numeric)
    return cell.replace("<th", f'<th data-filter="{filter_kind}"', 1) if filter_kind else cell


def _cell(tag: str, scope: str | None, content: str, numeric: bool, words: bool = False) -> str:
    scope = f' scope="{scope}"' if scope else ""
    kind = ' class="lr-number"' if numeric else ""
    # A name that is read from the right finds its own direction.
    direction = ' dir="auto"' if words else ""
    return f"<{tag}{scope}{kind}{direction}>{content}</{tag}>"


def _content(value: Any, form: Format | None) -> str:
    return MISSING_HTML if is_missing(value) else _breakable(_text(value, form))


def _breakable(text: str) -> str:
    """Escape a text: keys and addresses may break after a dot, a line or a slash, a date nowhere."""
    broken = re.sub(r"\S+", lambda word: "<wbr>".join(map(escape, _parts(word[0]))), text)
    return _DATE.sub(r"<time>\g<0></time>", broken)


def _parts(word: str) -> list[str]:
    return re.split(r"(?<=[._/])(?=\w)", word) if len(word) >= 20 else [word]


def _text(value: Any, form: Format | None) -> str:
    if callable(form):
        return str(form(value))
    if _is_number(value):
        spec = form or ("" if float(value).is_integer() else "z.2f")
        plain = int(value) if not form and float(value).is_integer() else value
        return format(plain, spec).replace("-", MINUS)
    if form:
        return format(value, form)
    return {"True": "yes", "False": "no"}[str(value)] if _is_truth(value) else str(value)


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")


def _is_number(value: Any) -> bool:
    return isinstance(value, Number) and not _is_truth(value)


def _holds_numbers(column: pd.Series) -> bool:
    seen = [value for value in column if not is_missing(value)]
    return bool(seen) and all(_is_number(value) for value in seen)


def paragraph(text: str) -> str:
    """Write a paragraph; nothing for no text."""
    return f"<p>{escape(text)}</p>" if text else ""


def bullets(texts: list[str]) -> str:
    """Write a list."""
    return f"<ul>{''.join(f'<li>{escape(str(text))}</li>' for text in texts)}</ul>"


def numbered(texts: list[str], kind: str) -> str:
    """Write a numbered list of a class; nothing for no text."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f'<ol class="{kind}">{items}</ol>' if texts else ""
