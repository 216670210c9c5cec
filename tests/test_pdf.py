"""The PDF of the real book: tagged, told in words, bookmarked, and with tables that can be read."""

import json

import pikepdf
import pytest

from alsreview.book.pdf import to_typst


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
    assert "Does active exercise slow the loss of function?" in top
    assert "What would change our mind" in parts["Does active exercise slow the loss of function?"]


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
