"""The PDFs of the real book: tagged, told in words, bookmarked, and with tables that can be read."""

import json
import re
import shutil

import pikepdf
import pytest
import typst
from conftest import ARTICLE, SUPPLEMENT
from pypdf import PdfReader

from livingreview.book.documents.typeset import HERE, to_typst, words_of
from livingreview.charts.theme import FONTS
from livingreview.evidence import evidence_hash
from livingreview.release import stamp


@pytest.fixture(scope="module", params=[ARTICLE, SUPPLEMENT])
def pdf(real_book, request):
    with pikepdf.open(real_book.html.parent / request.param) as opened:
        yield opened


def structure(pdf):
    """Yield every element of the tree that a screen reader walks."""
    waiting, met = [pdf.Root.StructTreeRoot], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting += list(node)
        elif isinstance(node, pikepdf.Dictionary) and node.objgen not in met:
            met |= {node.objgen} if node.is_indirect else set()
            if "/S" in node:
                yield node
            waiting += [node.K] if "/K" in node else []


def test_the_pdf_is_tagged_and_named_and_its_pages_are_walked_in_the_order_of_the_tags(pdf, root):
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.Root.Lang) == "en-GB"
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert "ALS" in str(pdf.docinfo["/Title"])
    assert f"evidence {evidence_hash(root)}" in str(pdf.docinfo["/Keywords"])
    with pdf.open_metadata() as said:
        assert said["pdfuaid:part"] == "1"
    assert {str(page.Tabs) for page in pdf.pages} == {"/S"}


def test_every_figure_and_formula_says_what_it_shows_and_every_figure_is_printed_once(real_book):
    figures = []
    for name in (ARTICLE, SUPPLEMENT):
        with pikepdf.open(real_book.html.parent / name) as opened:
            told = [(str(node.S), str(node.get("/Alt", ""))) for node in structure(opened)]
        assert all(words for kind, words in told if kind == "/Formula")
        figures += [words for kind, words in told if kind == "/Figure"]
    pages = real_book.html.parent.rglob("*.html")
    drawn = sum(page.read_text(encoding="utf-8").count('<figure class="lr-figure"') for page in pages)
    # What is taller than a page is printed in parts, each with words of its own.
    whole = [words for words in figures if not re.match(r"Part (?!1 )\d+ of ", words)]
    assert len(whole) == drawn > 0
    assert all(len(words) > 40 for words in whole)


def test_every_table_of_the_pdf_has_a_head(pdf):
    for table in (node for node in structure(pdf) if str(node.S) == "/Table"):
        assert "/THead" in {str(part.S) for part in table.K if isinstance(part, pikepdf.Dictionary)}


def test_every_link_of_the_pdf_says_where_it_leads_and_belongs_to_its_text(pdf):
    links = [mark for page in pdf.pages for mark in page.get("/Annots", [])]
    assert links and {str(mark.Subtype) for mark in links} == {"/Link"}
    assert all(str(mark.Contents) and "/StructParent" in mark for mark in links)
    assert all("/A" in mark or "/Dest" in mark for mark in links)


def test_the_bookmarks_are_the_chapters_and_their_parts(real_book, root):
    found, parts = [], {}
    for name in (ARTICLE, SUPPLEMENT):
        with pikepdf.open(real_book.html.parent / name) as opened, opened.open_outline() as outline:
            found += [entry.title for entry in outline.root]
            parts |= {entry.title: [part.title for part in entry.children] for entry in outline.root}
    for chapter in (root / "chapters").glob("*.md"):
        text = chapter.read_text(encoding="utf-8")
        title = next(line[2:] for line in text.splitlines() if line.startswith("# "))
        assert title in found, title
    assert "Included studies" in parts["Exercise"]


def table(columns, rows, mark=""):
    cells = "".join(f"<td>specification {n}</td>" for n in range(columns))
    heads = "".join("<th>Characteristics</th>" for _ in range(columns))
    body = f"<tr>{cells}</tr>" * rows
    return f"<div{mark}><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"


def test_the_words_that_name_a_table_go_with_it_onto_its_side():
    named = f'<div><div class="lr-summary">The numbers</div>{table(12, 30)}</div>'
    made = to_typst(named)
    assert made.index("#lying[") < made.index("#told[The numbers]") < made.index("#table")
    upright = to_typst(named.replace(table(12, 30), table(5, 30)))
    assert "#told[The numbers]" in upright and "#lying[" not in upright


def test_a_table_on_its_side_keeps_its_name_and_leaves_its_box():
    made = to_typst(table(12, 30, ' id="a:table-1"'))
    side = made.index("#lying[")
    assert "#block[" not in made[:side]
    assert made.index(json.dumps("a:table-1")) > side


def pages(root, folder, body, styles):
    """Set a text in our template and give the lines of each page."""
    shutil.copy(HERE / "document.typ", folder / "template.typ")
    opening = f'#import "template.typ": *\n#set text(font: "Noto Sans", hyphenate: true)\n{styles}\n'
    (folder / "a.typ").write_text(opening + body, encoding="utf-8")
    target, said = folder / "a.pdf", words_of(root, stamp(root))
    fonts = {"font_paths": [FONTS], "ignore_system_fonts": True}
    typst.compile(folder / "a.typ", output=target, sys_inputs=said, **fonts)
    texts = [page.extract_text() for page in PdfReader(target).pages]
    return [[line.strip() for line in text.split("\n")] for text in texts]


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("arms.\\*.randomized.locator", ["arms.*.", "randomized.", "locator"]),
        ("alsadotorg.wordpress.com", ["alsadotorg.", "wordpress.", "com"]),
        ("bmjopen-2021-056323", ["bmjopen-", "2021-", "056323"]),
        ("e.g.", ["e.g."]),
    ],
)
def test_a_key_and_an_address_take_no_hyphens(root, tmp_path, word, parts):
    assert pages(root, tmp_path, f"#block(width: 50pt)[{word}]", "#show key: in-key") == [parts]


def test_a_term_stays_with_its_meaning_and_the_scale_keeps_its_letter(root, tmp_path):
    # Down to the last lines of a page, where a term alone would find room.
    fillers = [f"#pagebreak()#v({height}pt)\n\n/ term: #block[Its meaning.]" for height in range(690, 745, 4)]
    narrow = "#pagebreak()" + "".join(f"#block(width: {width}pt)[on ALSFRS-R]" for width in range(50, 90, 2))
    found = pages(root, tmp_path, "\n\n".join([*fillers, narrow]), "#show: book")
    assert any("term" in lines for lines in found)
    assert all(("term" in lines) == ("Its meaning." in lines) for lines in found)
    assert " ".join(found[-1]).count("ALSFRS-R") == 20


def test_a_short_table_and_the_words_before_a_list_are_not_parted_by_the_end_of_a_page(root, tmp_path):
    rows = "".join(f"[row {row}]," for row in range(5))
    table = f"#table(columns: 1, table.header([head]), {rows})"
    led = to_typst("<p>led:</p><ul><li>first</li></ul>")
    heights = range(640, 750, 8)
    parts = [f"#pagebreak()#v({height}pt)\n\n{body}" for body in (table, led) for height in heights]
    found = pages(root, tmp_path, "\n\n".join(parts), "#show: book")
    assert all(("row 0" in lines) == ("row 4" in lines) for lines in found)
    assert all(("led:" in lines) == any("first" in line for line in lines) for lines in found)
    assert sum("row 4" in lines for lines in found) == sum("led:" in lines for lines in found) == len(heights)


def test_a_name_is_not_cut_and_nothing_in_front_of_a_row_is(root, tmp_path):
    for word, place, cut in (
        ("randomization", 0, False),
        ("randomization", 1, True),
        ("Groenestijn", 1, False),
    ):
        cells = ["", ""]
        cells[place] = f"a very {word}"
        body = f"#table(columns: (70pt, 70pt), table.header([a], [b]), [{cells[0]}], [{cells[1]}])"
        body = f"#pagebreak()\n{body}"
        assert any(line.endswith("-") for line in pages(root, tmp_path, body, "#show: book")[-1]) == cut


def test_a_chapter_that_the_text_names_is_on_the_page_that_stands_beside_it(pdf_pages):
    found = {int(n) for text in pdf_pages for n in re.findall(r"Discussion\s+\(p\.\s+(\d+)\)", text)}
    assert found and all(re.search(r"\nDiscussion|\nParticipants studied", pdf_pages[n - 1]) for n in found)
    assert not re.search(r"\(p\.", to_typst('<p><a href="#a">a</a></p>'))
