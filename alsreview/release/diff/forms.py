"""Writes what moved as plain text, as Markdown or as JSON."""

import json
import re
from dataclasses import asdict

from alsreview.formats import is_missing
from alsreview.release.diff.compare import Diff
from alsreview.release.diff.words import Entry, headline, sections

_LONGEST = 300
_WIDE = 40
_NONE = "(none)"


def to_text(found: Diff) -> str:
    """Write it for a terminal."""
    lines = [headline(found)]
    for title, entries in sections(found).items() if found.moved else ():
        lines += ["", title]
        for entry in entries:
            lines += [f"  {_one_line(entry.title)}", *(f"    {line}" for line in _text_lines(entry))]
    return "\n".join(lines) + "\n"


def _text_lines(entry: Entry) -> list[str]:
    rows = [tuple(map(_shown, row)) for row in entry.rows]
    wide = max((len(place) for place, *_ in rows), default=0)
    lines = [line for row in rows for line in _row_lines(*row, min(wide, _WIDE))]
    return [*lines, *map(_one_line, entry.notes)]


def _row_lines(place: str, old: str, new: str, wide: int) -> list[str]:
    """Set a row on one line, or what is too long for one below its place."""
    if old == new:
        return [f"{place:<{wide}}  {old}"]
    if len(old) + len(new) <= 2 * _WIDE and place != _NONE:
        return [f"{place:<{wide}}  {old} -> {new}"]
    return ([place] if place != _NONE else []) + [f"  was: {old}", f"  is:  {new}"]


def to_markdown(found: Diff) -> str:
    """Write it for a pull request or a changelog; what comes from the data stands in code spans."""
    lines = [_plain(headline(found))]
    for title, entries in sections(found).items() if found.moved else ():
        lines += ["", f"### {title}"]
        for entry in entries:
            lines += ["", f"**{_plain(entry.title)}**" if entry.rows or entry.notes else _plain(entry.title)]
            lines += [f"\n- {_plain(note)}" for note in entry.notes]
            if entry.rows:
                lines += ["", "| | Before | After |", "| --- | --- | --- |"]
                lines += ["| " + " | ".join(map(_cell, row)) + " |" for row in entry.rows]
    return "\n".join(lines) + "\n"


def to_json(found: Diff) -> str:
    """Write it for another program; a number that is missing is null."""
    since = found.since
    told = {
        "since": {"name": since.name, "commit": since.commit, "version": since.kept is not None},
        "moved": found.moved,
        "files": None if found.files is None else [asdict(file) for file in found.files],
        "analyses": [asdict(analysis) for analysis in found.analyses],
        "unmoved": found.still,
        "overturned": None if found.overturned is None else [asdict(each) for each in found.overturned],
    }
    return json.dumps(_without_gaps(told), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


FORMATS = {"text": to_text, "markdown": to_markdown, "json": to_json}


def _without_gaps(value):
    if isinstance(value, dict):
        return {key: _without_gaps(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_gaps(item) for item in value]
    if is_missing(value):
        return None
    # What came out of a frame is a number of numpy's.
    return value.item() if hasattr(value, "item") else value


def _shown(value: str | None) -> str:
    return _NONE if not value else _one_line(value)


def _one_line(text: str) -> str:
    """Print a text of the data on one line, without signs that a terminal would obey."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}\u2026"


def _plain(text: str) -> str:
    """Write a text as Markdown that prints it as it is: no markup, no link, no mention."""
    escaped = re.sub(r"([\\`*_\[\]<>#|~&])", r"\\\1", _one_line(text))
    escaped = escaped.replace("://", ":\\//").replace("www.", "www\\.")
    # A gap that nobody sees, since a mention is looked for in the text that is printed.
    return escaped.replace("@", "@\u2060")


def _cell(value: str | None) -> str:
    """Write a cell of a table as a code span, in which nothing is markup but a bar and a backtick."""
    if not value:
        return ""
    return f"`{_one_line(value).replace('`', chr(0x2BC)).replace('|', chr(0xA6))}`"
