"""Number the figures and tables that cells show, draw the figures, and offer each as files."""

import base64
import csv
import hashlib
import io
import re
import shutil
import tempfile
from collections import Counter
from html import escape
from pathlib import Path

import typst
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from livingreview.book.documents.split import TO_SUPPLEMENT, outlines, printed_at
from livingreview.charts.theme import FONTS
from livingreview.formats import MINUS, NO_BREAK, harmless

_FIGURE = '<figure class="lr-figure"'


class NumberedFigure(nodes.General, nodes.Element):
    """A figure that a cell shows: its HTML, its id, and the ``file`` it is offered as."""

    kind = "figure"


class NumberedTable(nodes.General, nodes.Element):
    """A table that a cell shows by itself: its HTML and its id."""

    kind = "table"


_EXHIBITS = (NumberedFigure, NumberedTable)


def setup(app: Sphinx) -> None:
    """Let Sphinx number the figures and tables, and write the figures' files with the pages."""
    app.add_transform(FindExhibits)
    for exhibit in _EXHIBITS:
        app.add_enumerable_node(exhibit, exhibit.kind, _title, html=(_write, None))
    app.add_config_value("lr_documents", {}, "env", dict)
    app.connect("config-inited", _outline)
    app.connect("doctree-read", _draw)
    # Before and after Sphinx gives the numbers.
    app.connect("env-get-updated", _plain_numbers, priority=100)
    app.connect("env-get-updated", _number, priority=800)
    app.connect("build-finished", _finish)


# ---- numbers


class FindExhibits(SphinxTransform):
    """Wrap every figure and table in a node that Sphinx numbers and that a label can name."""

    # After labels have moved to the node that follows them, and before Sphinx collects them.
    default_priority = 840

    def apply(self, **kwargs) -> None:
        """Wrap them, in the order of the page; the label before a cell names the first that it shows."""
        seen: Counter = Counter()
        for cell in self.document.findall(_is_cell):
            for shown in list(cell.findall(nodes.raw)):
                if exhibit := _exhibit(shown.astext()):
                    seen[exhibit] += 1
                    self._wrap(shown, cell, exhibit("", shown.deepcopy()), seen[exhibit])

    def _wrap(self, shown: nodes.raw, cell: nodes.Element, exhibit: nodes.Element, number: int) -> None:
        if cell["ids"]:
            exhibit["ids"], exhibit["names"] = cell["ids"], cell["names"]
            cell["ids"], cell["names"] = [], []
            exhibit["file"] = exhibit["ids"][0].removeprefix("fig-")
        else:
            exhibit["ids"] = [f"{exhibit.kind}-{number}"]
            exhibit["file"] = f"{self.env.docname.rpartition('/')[2]}-{exhibit['ids'][0]}"
        for each in exhibit["ids"]:
            self.document.ids[each] = exhibit
        shown.replace_self(exhibit)


def _is_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and "cell" in node["classes"]


def _exhibit(html: str) -> type[nodes.Element] | None:
    """Say whether a piece of HTML is a figure or a table of ours; None if it is neither."""
    # What a reader plays with is no result to refer to.
    if 'class="lr-whatif"' in html:
        return None
    if _FIGURE in html:
        return NumberedFigure
    return NumberedTable if '<table class="lr-table' in html else None


def _title(node: nodes.Element) -> str:
    """Name an exhibit where a link to it has no words of its own."""
    found = re.search(r"<(fig)?caption>(.*?)</(fig)?caption>", node.astext(), re.S)
    return found[2] if found else ""


def _write(writer, node: nodes.Element) -> None:
    """Write an exhibit with its id and, before its caption, its number; a page offers a figure's files."""
    builder, mark, html = writer.builder, node["ids"][0], node.astext()
    page = f"{writer.docnames[-1]}/{node.kind}" if builder.name == "singlehtml" else node.kind
    number = builder.fignumbers.get(page, {}).get(mark, ("",))[-1]
    title = f"{node.kind.capitalize()} {number}".strip()
    if node.kind == "figure":
        html = html.replace(_FIGURE, f'{_FIGURE} id="{mark}"', 1)
    else:
        html = f'<div class="lr-exhibit" id="{mark}">{html}</div>'
    caption = "<figcaption>" if node.kind == "figure" else "<caption>"
    html = html.replace(caption, f'{caption}<span class="lr-number-of">{title}.</span> ', 1)
    # The PDF is set from the single page, and has no files beside it.
    if node.kind == "figure" and builder.name == "html":
        file = f"{'../' * builder.current_docname.count('/')}{FOLDER}/{node['file']}"
        html = _with_files(html, escape(file), escape(title))
    writer.body.append(html)
    raise nodes.SkipNode


def _outline(app: Sphinx, config) -> None:
    config.lr_documents = outlines(Path(app.confdir), config.lr_documents)


def _plain_numbers(app: Sphinx, env) -> list[str]:
    """Hand Sphinx back its own numbers: it rewrites the pages where they differ from its new ones."""
    env.toc_fignumbers = getattr(env, "lr_plain_numbers", env.toc_fignumbers)
    return []


def _number(app: Sphinx, env) -> list[str]:
    """Count the article's exhibits 1, 2, ... in its order, and all others S1, S2, ... in that of the book.

    Every page is written again when a number moved: any of them may refer to it.
    """
    env.lr_plain_numbers, article = env.toc_fignumbers, app.config.lr_documents["article"]
    found, numbers = [], {page: dict(kinds) for page, kinds in env.toc_fignumbers.items()}
    for page in [page for page, kinds in numbers.items() if {"figure", "table"} & kinds.keys()]:
        for exhibit in env.get_doctree(page).findall(lambda node: isinstance(node, _EXHIBITS)):
            above = list(_above(exhibit))
            section = next(node for node in above if isinstance(node, nodes.section))
            place = printed_at(article, page, section["ids"])
            moved = any(TO_SUPPLEMENT in node.get("classes", ()) for node in above)
            rank = (moved or place is None, place is None, place or 0)
            found.append((rank, page, exhibit))
    counts: Counter = Counter()
    for (supplement, *_), page, exhibit in sorted(found, key=lambda each: each[0]):
        counts[supplement, exhibit.kind] += 1
        number = f"{'S' * supplement}{counts[supplement, exhibit.kind]}"
        numbers[page][exhibit.kind] = numbers[page][exhibit.kind] | {exhibit["ids"][0]: (number,)}
    before, env.lr_numbers, env.toc_fignumbers = getattr(env, "lr_numbers", None), numbers, dict(numbers)
    return [] if before == numbers else sorted(env.found_docs)


def _above(node: nodes.Node):
    while (node := node.parent) is not None:
        if isinstance(node, nodes.Element):
            yield node


# ---- pictures

_POINTS_PER_INCH = 192  # two points for each px of the chart


def _draw(app: Sphinx, doctree: nodes.document) -> None:
    """Complete the figures of a page with their static pictures; the stored page keeps them."""
    for node in doctree.findall(nodes.raw):
        if "lr-spec" in node.astext():
            # Charts take a while to import, and a build that reads no page draws none.
            from livingreview.charts import with_pictures

            drawn = with_pictures(node.astext())
            node.replace_self(nodes.raw("", drawn, format=node["format"]))


def draw_pngs(svgs: list[str]) -> list[bytes]:
    """Draw SVGs as PNG; equal pictures give equal bytes on every machine.

    Notes
    -----
    Typst draws with our own fonts alone.  vl-convert would take the machine's own font of the same name
    first, and another one for the signs which that lacks.
    """
    if not svgs:
        return []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number, svg in enumerate(svgs):
            (folder / f"{number}.svg").write_text(svg, encoding="utf-8")
        page = '#set page(width: auto, height: auto, margin: 0pt)\n#image("{}.svg")\n'
        source = "#pagebreak()\n".join(page.format(number) for number in range(len(svgs)))
        (folder / "pages.typ").write_text(source, encoding="utf-8")
        fonts = {"font_paths": [FONTS], "ignore_system_fonts": True}
        options = {"root": folder, "format": "png", "ppi": _POINTS_PER_INCH}
        drawn = typst.compile(folder / "pages.typ", **options, **fonts)
    return [drawn] if isinstance(drawn, bytes) else drawn


# ---- files

FOLDER = "figures"
_NOTE = ".figure-inputs"  # what the files were drawn from: fonts, code and figures
_FORMS = ("svg", "png", "csv")
_PICTURE = re.compile(r'<img class="lr-static" src="data:image/svg\+xml;base64,([^"]*)"')
_SIZE = re.compile(r'width="[\d.]+" height="[\d.]+"')
_ONE = r"-?\d+(?:\.\d+)?"
_SPAN = rf"{_ONE}(?: to {_ONE})?(?: (?:%|[a-z]+))?"
# What we print of a number and nothing after it: a spreadsheet runs "-1 =HYPERLINK(...)".
_NUMBER = re.compile(rf"{_SPAN}(?: \({_SPAN}\))?")


def _with_files(html: str, file: str, title: str) -> str:
    """Offer a figure's files, one of them in place of the picture, so that a page weighs less.

    A script that draws the chart hides the picture, and one far from the window is then never asked for.
    """
    svg = base64.b64decode(_PICTURE.search(html)[1]).decode()
    # With its size, so that the text below stays where it is when the picture comes.
    size = _SIZE.search(svg)[0]
    html = _PICTURE.sub(f'<img class="lr-static" loading="lazy" {size} src="{file}.svg"', html)
    links = "".join(
        f'<a class="lr-file" href="{file}.{form}" download '
        f'aria-label="Download {title} as {form.upper()}">{form.upper()}</a>'
        for form in _FORMS
    )
    offer = f'<p class="lr-files"><span aria-hidden="true">Download as</span>{links}</p>'
    return html.replace("</figcaption>", f"</figcaption>{offer}", 1)


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name != "html":
        return
    shown = {
        figure["file"]: figure.astext()
        for page in sorted(app.env.found_docs)
        for figure in app.env.get_doctree(page).findall(NumberedFigure)
    }
    folder, note = Path(app.outdir) / FOLDER, Path(app.outdir).parent / _NOTE
    made = hashlib.sha256(f"{app.config.lr_static} {shown}".encode()).hexdigest()
    there = all((folder / f"{file}.{form}").is_file() for file in shown for form in _FORMS)
    if not (there and note.is_file() and note.read_text() == made):
        write_files(folder, shown)
        note.write_text(made)


def write_files(folder: Path, shown: dict[str, str]) -> None:
    """Write the files of all figures, and leave nothing of an earlier text beside them.

    Parameters
    ----------
    folder : takes the files
    shown : name of the files to the figure's HTML, with its static picture
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    svgs = [base64.b64decode(_PICTURE.search(html)[1]).decode() for html in shown.values()]
    for (file, html), svg, png in zip(shown.items(), svgs, draw_pngs(svgs), strict=True):
        (folder / f"{file}.svg").write_text(svg, encoding="utf-8", newline="\n")
        (folder / f"{file}.png").write_bytes(png)
        (folder / f"{file}.csv").write_text(table_csv(html), encoding="utf-8", newline="\n")


def table_csv(html: str) -> str:
    """Write the table under a figure as CSV: its words and its digits.

    Notes
    -----
    What was not seen is an empty cell, a number's minus sign is a hyphen, and a text that a spreadsheet
    would run is made harmless.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    for row in BeautifulSoup(html, "lxml").select("details.lr-data table tr"):
        writer.writerow([_cell(cell) for cell in row.find_all(["th", "td"])])
    return written.getvalue()


def _cell(cell) -> str:
    if cell.select_one(".lr-missing"):
        return ""
    text = " ".join(cell.get_text().replace(NO_BREAK, " ").split())
    plain = text.replace(MINUS, "-")
    return plain if _NUMBER.fullmatch(plain) else harmless(text)
