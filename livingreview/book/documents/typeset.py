"""Typeset plain HTML: tagged PDFs with pandoc and Typst, and a DOCX with pandoc."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypandoc
import typst
import yaml

from livingreview.book.documents.columns import share_columns
from livingreview.book.documents.markup import body_of, inner_html, new
from livingreview.book.documents.pictures import write_pictures
from livingreview.book.figure_files import draw_pngs
from livingreview.release import Stamp
from livingreview.release.cite import Work, cite

HERE = Path(__file__).parent
_UNSHOWN = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
# In a picture words keep their places, so a character may only give way to one as wide.
IN_PICTURES = "\N{REPLACEMENT CHARACTER}"
NOTE = (
    "Characters that the fonts of this PDF cannot show are written as their Unicode numbers in square "
    f"brackets, such as {{example}}, and in a picture as {IN_PICTURES}; the web pages show them."
)


def set_pdf(
    page: str,
    pictures: Sequence[str],
    target: Path,
    words: Mapping[str, str],
    fonts: Path,
    template: str = "document",
) -> None:
    """Typeset a document as a tagged PDF (PDF/UA-1).

    Parameters
    ----------
    page, pictures : as `split` returns them
    target : the PDF to write; its sources are left in a folder of its name without the ending, beside it
    words : what the template says of the document (see `words_of`)
    fonts : folder of the fonts to use; no others are
    template : ``document``, or ``sheet`` for one page whose type shrinks until it fits

    Raises
    ------
    ValueError
        When Typst cannot set the document.
    """
    folder = target.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(HERE / f"{template}.typ", folder / "template.typ")
    page = write_pictures(page, pictures, folder / "pictures")
    missing: set[str] = set()
    while error := _compile(to_typst(page), folder, target, words, fonts):
        said = str(error.diagnostic or error.message)
        found = unshown(said) - missing
        if not found:
            raise ValueError(f"{target.name} cannot be set: {said}") from error
        missing |= found
        page = spelled_out(page, folder / "pictures", missing)
    _compress(target)


def to_typst(page: str) -> str:
    """Write plain HTML as Typst that uses the template beside it."""
    body = _pandoc(page, "typst", ["--wrap=none"])
    return f'#import "template.typ": *\n#show: book\n\n{body}'


def _pandoc(page: str, form: str, options: Sequence[str], **environment: str) -> str:
    command = [
        pypandoc.get_pandoc_path(),
        "--from=html",
        f"--to={form}",
        f"--lua-filter={HERE / 'typeset.lua'}",
    ]
    done = subprocess.run(
        [*command, *options],
        input=share_columns(page),
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise ValueError(f"pandoc cannot write {form}: {done.stderr.strip()}")
    return done.stdout


def _compile(source: str, folder: Path, target: Path, words: Mapping[str, str], fonts: Path):
    """Set the PDF, or return what Typst says against it."""
    (folder / "document.typ").write_text(source, encoding="utf-8")
    try:
        typst.compile(
            folder / "document.typ",
            output=target,
            root=folder,
            font_paths=[fonts],
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=int(words["seconds"]),
            sys_inputs=dict(words),
        )
    except typst.TypstError as error:
        return error
    return None


def _compress(target: Path) -> None:
    """Pack the many small objects of the tags, which Typst leaves as they are."""
    with pikepdf.open(target, allow_overwriting_input=True) as written:
        packed = pikepdf.ObjectStreamMode.generate
        written.save(target, object_stream_mode=packed, compress_streams=True, deterministic_id=True)


def words_of(root: Path, made: Stamp, title: str = "") -> dict[str, str]:
    """Return what a document says of itself.

    Parameters
    ----------
    root : folder of the review
    made : the version
    title : put before the review's title, such as ``Supplement``
    """
    name, _, subtitle = made.title.partition(": ")
    day = datetime.fromtimestamp(made.seconds, UTC)
    return {
        "full-title": f"{title}: {made.title}" if title else made.title,
        "kind": title,
        "title": name,
        "subtitle": subtitle[:1].upper() + subtitle[1:],
        "authors": ", ".join(made.authors),
        "version": made.label,
        "evidence": made.evidence,
        "citation": cite(Work(made), "apa").strip(),
        "url": made.url,
        "seconds": str(made.seconds),
        "date": made.date,
        "year": str(day.year),
        "month": str(day.month),
        "day": str(day.day),
        "readers": "",
        "unbroken": unbroken(root),
    }


def unbroken(root: Path) -> str:
    """Return a pattern for the names of scales that no line may break at their hyphens, such as SF-36."""
    path = root / "data" / "outcomes.yml"
    known = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {"outcomes": {}}
    words = re.findall(r"\w+(?:-\w+)+", " ".join(str(each["label"]) for each in known["outcomes"].values()))
    names = {word for word in words if re.search("[A-Z0-9]", word)}
    # A pattern without names would match everywhere; this one matches nowhere.
    return "|".join(sorted(names, key=len, reverse=True)) or r"[^\s\S]"


# ---- DOCX


def set_docx(page: str, pictures: Sequence[str], target: Path, words: Mapping[str, str], fonts: Path) -> None:
    """Write a document as DOCX: headings, tables and captions of Word's own, pictures as PNG with alt text.

    ``reference.docx`` is pandoc's own, on A4, in 10 pt and in tables in 8 pt.
    """
    folder = target.with_name(f"{target.stem}-docx")
    shutil.rmtree(folder, ignore_errors=True)
    page = write_pictures(page, pictures, folder / "pictures")
    svgs = sorted((folder / "pictures").glob("*.svg"))
    drawn = draw_pngs([svg.read_text(encoding="utf-8") for svg in svgs], fonts)
    for svg, png in zip(svgs, drawn, strict=True):
        svg.with_suffix(".png").write_bytes(png)
    page = re.sub(r'(src="pictures/[\d-]+)\.svg"', r'\1.png"', page)
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
    # The same bytes each time: pandoc would write the time of the build.
    _pandoc(page, "docx", options, SOURCE_DATE_EPOCH=words["seconds"])


# ---- characters that no font has: no empty box, and no invented spelling


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
    body = body_of(page)
    for node in body.iter("*"):
        node.text, node.tail = (text and in_numbers(text, characters) for text in (node.text, node.tail))
    marks = dict.fromkeys(map(ord, characters), IN_PICTURES)
    for file in pictures.glob("*.svg"):
        svg = file.read_text(encoding="utf-8")
        if not characters.isdisjoint(svg):
            file.write_text(svg.translate(marks), encoding="utf-8")
    if not body.find_class("lr-spelled"):
        note = new("p", NOTE.format(example=in_numbers(min(characters), characters)), class_="lr-spelled")
        body.find(".//h1").addnext(note)
    return inner_html(body)
