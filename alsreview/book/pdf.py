"""Turns the single page into a tagged PDF: pandoc writes Typst, Typst sets it."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypandoc
import typst

from alsreview.book.glyphs import spelled_out, unshown
from alsreview.book.page import plain_page
from alsreview.book.tall import in_parts
from alsreview.release import Stamp

HERE = Path(__file__).parent
FONTS = Path("_static") / "fonts"


def make_pdf(root: Path, single: Path, target: Path, stamp: Stamp) -> None:
    """Set the PDF.

    Parameters
    ----------
    root : folder of the review, for its fonts
    single : folder that Sphinx's ``singlehtml`` wrote
    target : the PDF to write
    stamp : what the title page says
    """
    pictures = single / "_charts"
    page = plain_page((single / "index.html").read_text(encoding="utf-8"), pictures)
    page = in_parts(page, pictures)
    shutil.copy(HERE / "template.typ", single)
    missing: set[str] = set()
    while error := _set(root, single, page, target, stamp):
        said = str(error.diagnostic or error.message)
        found = unshown(said) - missing
        if not found:
            raise ValueError(f"the PDF cannot be set: {said}") from error
        missing |= found
        page = spelled_out(page, pictures, missing)
    _compress(target)


def _compress(target: Path) -> None:
    """Pack the many small objects of the tags, which Typst leaves as they are."""
    with pikepdf.open(target, allow_overwriting_input=True) as written:
        packed = pikepdf.ObjectStreamMode.generate
        written.save(target, object_stream_mode=packed, compress_streams=True, deterministic_id=True)


def _set(root: Path, single: Path, page: str, target: Path, stamp: Stamp) -> typst.TypstError | None:
    """Set the PDF, or return what Typst says against it."""
    source = single / "review.typ"
    source.write_text(to_typst(page), encoding="utf-8")
    try:
        typst.compile(
            source,
            output=target,
            root=single,
            font_paths=[root / FONTS],
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=stamp.seconds,
            sys_inputs=inputs(stamp),
        )
    except typst.TypstError as error:
        return error
    return None


def to_typst(page: str) -> str:
    """Write plain HTML as Typst that uses our template."""
    options = ["--wrap=none", f"--lua-filter={HERE / 'pdf.lua'}"]
    body = pypandoc.convert_text(page, "typst", format="html", extra_args=options)
    return f'#import "template.typ": *\n#show: book\n\n{body}'


def inputs(stamp: Stamp) -> dict[str, str]:
    """Hand the title page its words."""
    title, _, subtitle = stamp.title.partition(": ")
    day = datetime.fromtimestamp(stamp.seconds, UTC)
    return {
        "full-title": stamp.title,
        "title": title,
        "subtitle": subtitle[:1].upper() + subtitle[1:],
        "authors": ", ".join(stamp.authors),
        "version": stamp.label,
        "evidence": stamp.evidence,
        "date": stamp.date,
        "citation": re.sub(r"\s+", " ", stamp.citation),
        "year": str(day.year),
        "month": str(day.month),
        "day": str(day.day),
    }
