"""Spells out in the PDF what its fonts cannot show, and says so: no empty box, and no invented spelling."""

import re
from pathlib import Path

from bs4 import BeautifulSoup

_UNSHOWN = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
# In a picture words keep their places, so a character may only give way to one as wide.
IN_PICTURES = "\N{REPLACEMENT CHARACTER}"
NOTE = (
    "Characters that the fonts of this PDF cannot show are replaced by their Unicode numbers in square "
    f"brackets, such as {{example}}, and in a picture as {IN_PICTURES}; the web pages show them."
)


def unshown(message: str) -> set[str]:
    """Read from an error of Typst the characters that it could not show."""
    found = "".join(_UNSHOWN.findall(message))
    return set(_ESCAPED.sub(lambda code: chr(int(code[1], 16)), found))


def in_numbers(text: str, characters: set[str]) -> str:
    """Write each run of such characters as their Unicode numbers, ``[U+8BD5 U+9A8C]``."""
    runs = re.compile(f"[{re.escape(''.join(sorted(characters)))}]+")
    return runs.sub(lambda run: f"[{' '.join(f'U+{ord(each):04X}' for each in run[0])}]", text)


def spelled_out(page: str, pictures: Path, characters: set[str]) -> str:
    """Spell characters out in the words of a page and of its pictures, with a note under the first heading.

    What a picture is called for those who do not see it keeps its characters: nothing draws them.
    """
    soup = BeautifulSoup(page, "lxml")
    for words in soup.find_all(string=lambda text: not characters.isdisjoint(text)):
        words.replace_with(in_numbers(words, characters))
    marks = dict.fromkeys(map(ord, characters), IN_PICTURES)
    for file in pictures.glob("*.svg"):
        svg = file.read_text(encoding="utf-8")
        if not characters.isdisjoint(svg):
            file.write_text(svg.translate(marks), encoding="utf-8")
    if not soup.find(class_="als-spelled"):
        note = soup.new_tag("p", attrs={"class": "als-spelled"})
        note.string = NOTE.format(example=in_numbers(min(characters), characters))
        soup.find("h1").insert_after(note)
    return soup.body.decode_contents()
