"""Draws the pictures of the figures, and offers each as files beside its page."""

import base64
import csv
import hashlib
import io
import re
import shutil
import tempfile
from html import escape
from pathlib import Path

import typst
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx

from livingreview.charts.theme import FONTS
from livingreview.formats import MINUS, NO_BREAK, harmless

POINTS_PER_INCH = 192  # two points for each px of the chart
_PAGE = '#set page(width: auto, height: auto, margin: 0pt)\n#image("{}.svg")\n'

FOLDER = "figures"
NOTE = ".figure-inputs"  # what the files were drawn from: fonts, code and figures

FORMS = ("svg", "png", "csv")
_ONE = r"-?\d+(?:\.\d+)?"
_SPAN = rf"{_ONE}(?: to {_ONE})?(?: (?:%|[a-z]+))?"
# What we print of a number and nothing after it: a spreadsheet runs "-1 =HYPERLINK(...)".
_NUMBER = re.compile(rf"{_SPAN}(?: \({_SPAN}\))?")
_PICTURE = re.compile(r'<img class="lr-static" src="data:image/svg\+xml;base64,([^"]*)"')


def download_links(file: str, title: str, up: str) -> str:
    """Offer a figure's files.

    Parameters
    ----------
    file : name of the files, without their ending
    title : what the figure is called on the page, such as ``Figure 3``
    up : leads from the page to the first page
    """
    links = "".join(
        f'<a class="lr-file" href="{escape(f"{up}{FOLDER}/{file}.{form}")}" download '
        f'aria-label="Download {escape(title)} as {form.upper()}">{form.upper()}</a>'
        for form in FORMS
    )
    return f'<p class="lr-files"><span aria-hidden="true">Download as</span>{links}</p>'


def without_picture(html: str, file: str, up: str) -> str:
    """Show the figure's file in place of the picture within its HTML, so that a page weighs less.

    A script that draws the chart hides the picture, and one far from the window is then never asked for.
    """
    address = escape(f"{up}{FOLDER}/{file}.svg")
    return _PICTURE.sub(f'<img class="lr-static" loading="lazy" src="{address}"', html)


def table_csv(html: str) -> str:
    """Write the table under a figure as CSV: its words and its digits.

    Notes
    -----
    What was not seen is an empty cell, a number's minus sign is a hyphen, and a text that a spreadsheet
    would run is made harmless.
    """
    table = BeautifulSoup(html, "lxml").select_one("details.lr-data table")
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for row in table.select("tr") if table else []:
        writer.writerow([_cell(cell) for cell in row.find_all(["th", "td"])])
    return written.getvalue()


def _cell(cell) -> str:
    if cell.select_one(".lr-missing"):
        return ""
    text = " ".join(cell.get_text().replace(NO_BREAK, " ").split())
    plain = text.replace(MINUS, "-")
    return plain if _NUMBER.fullmatch(plain) else harmless(text)


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        shown = {
            figure["file"]: figure.astext()
            for page in sorted(app.env.found_docs)
            for figure in app.env.get_doctree(page).findall(_is_figure)
        }
        folder, note = Path(app.outdir) / FOLDER, Path(app.outdir).parent / NOTE
        made = hashlib.sha256(f"{getattr(app.config, 'lr_static', '')} {shown}".encode()).hexdigest()
        if not (_all_there(folder, shown) and note.is_file() and note.read_text() == made):
            write_files(folder, shown, FONTS)
            note.write_text(made)


def _all_there(folder: Path, shown: dict[str, str]) -> bool:
    return all((folder / f"{file}.{form}").is_file() for file in shown for form in FORMS)


def _is_figure(node: nodes.Node) -> bool:
    return node.tagname == "NumberedFigure"


def write_files(folder: Path, shown: dict[str, str], fonts: Path) -> None:
    """Write the files of all figures, and leave nothing of an earlier text beside them.

    Parameters
    ----------
    folder : takes the files
    shown : name of the files to the figure's HTML, with its static picture
    fonts : folder of the fonts that the pictures are drawn with
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    svgs = {file: _svg(html) for file, html in shown.items()}
    drawn = zip(svgs.items(), draw_pngs(list(svgs.values()), fonts), strict=True)
    for (file, svg), png in drawn:
        (folder / f"{file}.svg").write_text(svg, encoding="utf-8", newline="\n")
        (folder / f"{file}.png").write_bytes(png)
        (folder / f"{file}.csv").write_text(table_csv(shown[file]), encoding="utf-8", newline="\n")


def _svg(html: str) -> str:
    return base64.b64decode(_PICTURE.search(html).group(1)).decode()


def setup(app: Sphinx) -> None:
    """Write the files when the pages are written."""
    app.connect("build-finished", _finish)


def draw_pngs(svgs: list[str], fonts: Path) -> list[bytes]:
    """Draw SVGs as PNG; equal pictures give equal bytes on every machine.

    Parameters
    ----------
    svgs : the pictures
    fonts : folder of the fonts to draw with

    Notes
    -----
    Typst draws with these fonts alone.  vl-convert would take the machine's own font of the same name
    first, and another one for the signs which that lacks.
    """
    if not svgs:
        return []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number, svg in enumerate(svgs):
            (folder / f"{number}.svg").write_text(svg, encoding="utf-8")
        source = folder / "pages.typ"
        pages = [_PAGE.format(number) for number in range(len(svgs))]
        source.write_text("#pagebreak()\n".join(pages), encoding="utf-8")
        drawn = typst.compile(
            source,
            root=folder,
            font_paths=[fonts],
            ignore_system_fonts=True,
            format="png",
            ppi=POINTS_PER_INCH,
        )
    return [drawn] if isinstance(drawn, bytes) else drawn


def draw_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Complete the figures of a page; the stored page keeps them for every later build."""
    for node in doctree.findall(nodes.raw):
        if "lr-spec" in node.astext():
            # Charts take a while to import, and a build that reads no page draws none.
            from livingreview.charts import with_pictures

            drawn = with_pictures(node.astext())
            node.replace_self(nodes.raw("", drawn, format=node["format"]))
