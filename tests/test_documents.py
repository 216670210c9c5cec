"""The article, the supplement and the summary: each prints its part, and no link leads nowhere."""

from html import escape
from pathlib import Path

import docx
import pytest
from bs4 import BeautifulSoup
from conftest import WORD

from livingreview.book.documents.split import split
from livingreview.book.documents.typeset import set_docx

SINGLE = Path(__file__).with_name("single_page.html").read_text(encoding="utf-8")
OUTLINES = {
    "article": ["index#status", "methods", "other#taken", "references"],
    "summary": ["index#status", "index#key"],
}


@pytest.fixture
def parts():
    texts = split(SINGLE, OUTLINES)
    return {name: BeautifulSoup(text, "lxml") for name, text in texts.items()}


def words(soup) -> str:
    return " ".join(soup.get_text().split())


def headings(soup) -> list[str]:
    return [f"{node.name} {node.get_text()}" for node in soup.find_all(["h1", "h2", "h3"])]


def test_each_document_prints_its_part_under_the_headings_of_its_pages_and_nothing_for_screens(parts):
    assert headings(parts["article"]) == ["h1 Methods", "h2 Same", "h1 Other", "h2 Taken", "h1 References"]
    assert headings(parts["supplement"]) == [
        "h1 Further tables and figures of the article", "h1 Other", "h2 Same", "h1 References",
    ]  # fmt: skip
    assert words(parts["summary"]) == "StatusA draft. Key The answer [X 2020, doi:10.1/x]."
    assert words(parts["article"]).startswith("StatusA draft.")
    assert "moved" in words(parts["supplement"]) and "moved" not in words(parts["article"])
    for soup in parts.values():
        assert not {"only here", "Numbers", "3 minutes"} & set(soup.stripped_strings)


def test_links_stay_inside_a_document_and_say_in_words_what_is_in_the_other(parts):
    for name, soup in parts.items():
        for link in soup.select('a[href^="#"]'):
            assert soup.find(id=link["href"][1:]), (name, link)
    said = words(parts["article"])
    assert "here, there (supplement, Same), Other, (more), Table S2, X 2020 and file" in said
    linked = [link.get_text() for link in parts["article"].select("p a")]
    assert linked == ["here", "Other", "more", "X 2020", "doi:10.1/x"]
    said = "See Methods (article), taken (article), Figure 1 of the article and Y."
    assert said in words(parts["supplement"])


def test_an_outline_is_of_pages_that_are_there_and_may_leave_nothing_to_the_supplement():
    with pytest.raises(ValueError, match="_config.yml: lr_documents: .* found methods#gone, nowhere"):
        split(SINGLE, {"article": ["methods#gone", "nowhere"], "summary": []})
    page = SINGLE.replace("tag_supplement", "")
    texts = split(page, {"article": ["index", "methods", "other", "references"], "summary": ["index"]})
    made = BeautifulSoup(texts["supplement"], "lxml")
    assert words(made) == "The article contains the whole review, so there is nothing to add here."


# The real book


def test_the_word_file_has_headings_tables_captions_and_pictures_with_alt_text(real_book, pdf_pages):
    article_docx = docx.Document(real_book.html.parent / WORD)
    styles = [paragraph.style.name for paragraph in article_docx.paragraphs]
    heads = [p.text for p in article_docx.paragraphs if p.style.name == "Heading 1"]
    assert {"Abstract", "Methods", "Discussion", "References"} <= set(heads)
    said = " ".join(" ".join(pdf_pages).split())
    captions = [p.text for p in article_docx.paragraphs if p.style.name in ("Table Caption", "Image Caption")]
    assert len(captions) > 10 and all(" ".join(text.split()[:4]) in said for text in captions)
    assert styles.count("Table Caption") <= len(article_docx.tables)
    assert "PAGE" in article_docx.sections[0].footer._element.xml
    shapes = article_docx.inline_shapes
    assert len(shapes) == styles.count("Image Caption") > 3
    for shape in shapes:
        assert len(shape._inline.docPr.get("descr")) > 40
        part = article_docx.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed]
        assert part.content_type == "image/png"
    assert f"evidence {said.partition('evidence hash ')[2][:16]}" in article_docx.core_properties.keywords


ODD = [
    "Δοκιμή της άσκησης",
    "试验一",
    "تجربة",
    '"quoted" <b>bold</b> $x^2$ a|b {c} \\d `e`',
    "N" + "a very long name " * 12,
]


def test_odd_names_stand_in_the_word_file_as_they_are(tmp_path):
    rows = "".join(f"<tr><td>{escape(name)}</td><td>1</td></tr>" for name in ODD)
    page = f"<h1>A</h1><table><thead><tr><th>Trial</th><th>n</th></tr></thead><tbody>{rows}</tbody></table>"
    about = {"full-title": "T", "authors": "A", "version": "1", "evidence": "0" * 16, "date": "d"}
    about["seconds"] = "1770000000"
    for name in ("one", "two"):
        set_docx(page, tmp_path / f"{name}.docx", about)
    (table,) = docx.Document(tmp_path / "one.docx").tables
    assert [row.cells[0].text.strip() for row in table.rows[1:]] == [name.strip() for name in ODD]
    assert (tmp_path / "one.docx").read_bytes() == (tmp_path / "two.docx").read_bytes()
