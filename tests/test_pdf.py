"""The PDF of the real book: tagged, told in words, bookmarked, and with tables that can be read."""

import json
import re
import shutil

import pikepdf
import pytest
import typst
from pypdf import PdfReader

from alsreview.book.pdf import FONTS, HERE, inputs, to_typst
from alsreview.release import stamp


@pytest.fixture(scope="module")
def pdf(real_book):
    with pikepdf.open(real_book.pdf) as opened:
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


def test_the_pdf_is_tagged_and_named_and_its_pages_are_walked_in_the_order_of_the_tags(pdf):
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.Root.Lang) == "en-GB"
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert "ALS" in str(pdf.docinfo["/Title"])
    with pdf.open_metadata() as said:
        assert said["pdfuaid:part"] == "1"
    assert {str(page.Tabs) for page in pdf.pages} == {"/S"}


def test_every_figure_and_formula_of_the_pdf_says_what_it_shows(pdf, real_book):
    told = [node for node in structure(pdf) if str(node.S) in ("/Figure", "/Formula")]
    pages = real_book.html.parent.rglob("*.html")
    drawn = sum(page.read_text(encoding="utf-8").count('<img class="als-static') for page in pages)
    figures = [str(node.get("/Alt", "")) for node in told if str(node.S) == "/Figure"]
    assert len(figures) == drawn > 0
    assert all(len(words) > 40 for words in figures)
    assert all(str(node.get("/Alt", "")) for node in told)


def test_every_table_of_the_pdf_has_a_head(pdf):
    for table in (node for node in structure(pdf) if str(node.S) == "/Table"):
        assert "/THead" in {str(part.S) for part in table.K if isinstance(part, pikepdf.Dictionary)}


def test_every_link_of_the_pdf_says_where_it_leads_and_belongs_to_its_text(pdf):
    links = [mark for page in pdf.pages for mark in page.get("/Annots", [])]
    assert links and {str(mark.Subtype) for mark in links} == {"/Link"}
    assert all(str(mark.Contents) and "/StructParent" in mark for mark in links)
    assert all("/A" in mark or "/Dest" in mark for mark in links)


def test_the_bookmarks_of_the_pdf_are_the_chapters_and_their_parts(pdf, root):
    with pdf.open_outline() as outline:
        top = [entry.title for entry in outline.root]
        parts = {entry.title: [part.title for part in entry.children] for entry in outline.root}
    for chapter in [root / "index.md", *(root / "chapters").glob("*.md")]:
        text = chapter.read_text(encoding="utf-8")
        title = next(line[2:] for line in text.splitlines() if line.startswith("# "))
        assert title in top, title
    assert "Included studies" in parts["Exercise"]


def table(columns, rows, mark=""):
    cells = "".join(f"<td>specification {n}</td>" for n in range(columns))
    heads = "".join("<th>Characteristics</th>" for _ in range(columns))
    body = f"<tr>{cells}</tr>" * rows
    return f"<div{mark}><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"


@pytest.mark.parametrize(("columns", "rows", "lies"), [(12, 30, True), (12, 3, False), (5, 30, False)])
def test_a_long_table_of_many_columns_lies_on_its_side(columns, rows, lies):
    assert ("#lying[" in to_typst(table(columns, rows))) == lies


def test_the_words_that_name_a_table_go_with_it_onto_its_side():
    named = f'<div><div class="als-summary">The numbers</div>{table(12, 30)}</div>'
    made = to_typst(named)
    assert made.index("#lying[") < made.index("#told[The numbers]") < made.index("#table")
    upright = to_typst(named.replace(table(12, 30), table(5, 30)))
    assert "#told[The numbers]" in upright and "#lying[" not in upright


def test_a_table_on_its_side_keeps_its_name_and_leaves_its_box():
    made = to_typst(table(12, 30, ' id="a:table-1"'))
    side = made.index("#lying[")
    assert "#block[" not in made[:side]
    assert made.index(json.dumps("a:table-1")) > side


LONG = "What was done in the weeks between the first visit and the last one, as the report tells it"


def shares(heads, cells):
    """Give the part of the line that each column gets."""
    rows = "".join(f"<tr>{''.join(f'<{tag}>{text}</{tag}>' for text in texts)}</tr>" for tag, texts in cells)
    head = "".join(f"<th>{text}</th>" for text in heads)
    made = to_typst(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
    return [float(share) for share in re.findall(r"([\d.]+)%", re.search(r"columns: \((.*)\)", made)[1])]


def test_a_column_holds_the_longest_word_of_its_head():
    heads = ["Comparison", "Measurement", *["Note"] * 5]
    found = shares(heads, [("td", [LONG, "–", *[LONG] * 5])])
    # Eleven bold letters of 7.5 points and the inset, on a line of 464 points.
    assert found[1] > 100 * (11 * 0.6 * 7.5 + 8) / 464
    assert sum(found) == pytest.approx(100, abs=0.5)


def test_a_column_holds_a_number_that_cannot_be_cut_and_not_all_of_one_that_can():
    whole = shares(["A"] * 7, [("td", ["ACTRN12608000238370", *[LONG * 3] * 6])])
    cut = shares(["A"] * 7, [("td", ["actrn.1260/8000.pub2/38370", *[LONG * 3] * 6])])
    assert whole[0] > 100 * (19 * 0.6 * 7.5 + 8) / 464 > cut[0]


def pages(root, folder, body, styles):
    """Set a text in our template and give the lines of each page."""
    shutil.copy(HERE / "template.typ", folder)
    opening = f'#import "template.typ": *\n#set text(font: "Noto Sans", hyphenate: true)\n{styles}\n'
    (folder / "a.typ").write_text(opening + body, encoding="utf-8")
    target, said = folder / "a.pdf", inputs(stamp(root))
    fonts = {"font_paths": [root / FONTS], "ignore_system_fonts": True}
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
    fillers = [f"#pagebreak()#v({height}pt)\n\n/ term: #block[Its meaning.]" for height in range(660, 710, 4)]
    narrow = "#pagebreak()" + "".join(f"#block(width: {width}pt)[on ALSFRS-R]" for width in range(50, 90, 2))
    found = pages(root, tmp_path, "\n\n".join([*fillers, narrow]), "#show: book")
    assert any("term" in lines for lines in found)
    assert all(("term" in lines) == ("Its meaning." in lines) for lines in found)
    assert " ".join(found[-1]).count("ALSFRS-R") == 20


def test_a_short_table_and_the_words_before_a_list_are_not_parted_by_the_end_of_a_page(root, tmp_path):
    rows = "".join(f"[row {row}]," for row in range(5))
    table = f"#table(columns: 1, table.header([head]), {rows})"
    led = to_typst("<p>led:</p><ul><li>first</li></ul>")
    heights = range(600, 715, 8)
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
        assert any(line.endswith("-") for line in pages(root, tmp_path, body, "#show: book")[-1]) == cut


def test_a_chapter_that_the_text_names_is_on_the_page_that_stands_beside_it(pdf_pages):
    # Links of the same name may lead to a chapter and to its parts.
    named = {
        "Sensitivity": ["Sensitivity analyses"],
        "Methods": ["Methods", "Certainty", "Differences between protocol and review"],
    }
    for name, titles in named.items():
        pages = {int(n) for text in pdf_pages for n in re.findall(rf"{name}\s+\(p\.\s+(\d+)\)", text)}
        heads = {title for page in pages for title in titles if f"\n{title}\n" in pdf_pages[page - 1]}
        assert sorted(heads) == sorted(titles) and len(pages) == len(titles), (name, pages)
    assert not re.search(r"\(p\.", to_typst('<p><a href="#a">a</a></p>'))
