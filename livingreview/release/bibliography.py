"""Write entries for reference managers: BibTeX, in LaTeX as it was given, and RIS."""

import re

import rispy
from pybtex.database import BibliographyData, Entry
from pybtex.database.output.bibtex import Writer

# A brace counts in BibTeX even behind a backslash, so each sign has its command instead.
_COMMANDS = {
    "\\": "textbackslash", "{": "textbraceleft", "}": "textbraceright", "~": "textasciitilde",
    "^": "textasciicircum", "<": "textless", ">": "textgreater", '"': "textquotedbl",
}  # fmt: skip
_TEX = str.maketrans(
    {sign: f"\\{sign}" for sign in "&%$#_"} | {sign: f"{{\\{name}}}" for sign, name in _COMMANDS.items()}
)


class _AsWritten(Writer):
    """Writes fields as they are: they are LaTeX already."""

    def _encode(self, text: str) -> str:
        return text


def tex(text: str) -> str:
    """Write a plain text as LaTeX, which prints it as it is."""
    return text.translate(_TEX)


def bibtex_text(key: str, entry: Entry) -> str:
    """Write an entry as BibTeX."""
    return _AsWritten().to_string(BibliographyData({key: entry}))


def ris_text(record: dict) -> str:
    """Write a record as RIS; rispy numbers it, but a number belongs to none."""
    return re.sub(r"(?m)^\d+\.\n", "", rispy.dumps([record], skip_unknown_tags=True))


def one_line(text: str) -> str:
    """Join the lines of a text: a line break would let a field of RIS begin a record of its own."""
    return " ".join(text.split())
