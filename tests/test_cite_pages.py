"""Citations in the pages: what a reference manager finds in the head, and what a reader can take."""

import json
import warnings

import extruct
import pytest
import rispy
import yaml
from bs4 import BeautifulSoup
from cited import HOSTILE, PUBLISHED, chapter, work
from pybtex.database import parse_file

from alsreview.book.cite_blocks import all_forms, cite_figures, cite_here
from alsreview.book.cite_page import write_files
from alsreview.book.metadata import head_tags
from alsreview.evidence.digest import evidence_hash
from alsreview.release.cite import FORMATS, cite
from alsreview.release.past import present_work


def page_of(cited):
    return f"<html><head><title>x</title>{head_tags(cited)}</head><body><p>text</p></body></html>"


def graph(html):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        read = extruct.extract(html, syntaxes=["json-ld"])["json-ld"]
    (data,) = read
    assert data["@context"] == "https://schema.org"
    return {node["@type"]: node for node in data["@graph"]}


def metas(html):
    found = {}
    for tag in BeautifulSoup(html, "lxml").select("head meta[name]"):
        found.setdefault(tag["name"], []).append(tag["content"])
    return found


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_stays_a_title_in_the_head(title):
    html = page_of(work(title=title, names=({"name": title},)))
    page, whole = BeautifulSoup(html, "html5lib"), " ".join(title.split())
    assert len(page.select("script")) == 1 and page.body.get_text() == "text"
    assert not page.select("b, i")
    assert graph(html)["ScholarlyArticle"]["name"] == whole
    assert graph(html)["ScholarlyArticle"]["author"] == [{"@type": "Organization", "name": whole}]
    assert metas(html)["citation_title"] == metas(html)["DC.title"] == [whole]
    assert metas(html)["citation_author"] == [whole]


def test_a_released_chapter_says_all_that_a_reference_manager_asks():
    html = page_of(chapter(card=PUBLISHED))
    tags, data = metas(html), graph(html)
    base = "https://example.org/als/2026.1/"
    assert tags["citation_title"] == ["Does it help?"]
    assert tags["citation_inbook_title"] == ["A review"]
    assert tags["citation_publication_date"] == ["2026/04/03"]
    assert tags["citation_pdf_url"] == [f"{base}als-review.pdf"]
    assert tags["citation_doi"] == ["10.5281/zenodo.11"]
    assert tags["DC.identifier"] == ["doi:10.5281/zenodo.11", f"{base}chapters/help.html"]
    assert tags["DC.rights"] == ["https://creativecommons.org/licenses/by/4.0/"]
    article, evidence = data["ScholarlyArticle"], data["Dataset"]
    assert article["url"] == f"{base}chapters/help.html"
    assert (article["version"], article["datePublished"]) == ("2026.1", "2026-04-03")
    assert article["isPartOf"]["name"] == "A review" and article["isPartOf"]["url"] == base
    # The DOI is the version's: a chapter has none.
    named = {entry["propertyID"]: entry["value"] for entry in article["isPartOf"]["identifier"]}
    assert named == {"evidence hash": "0123456789abcdef", "doi": "10.5281/zenodo.11"}
    assert "doi" not in [entry["propertyID"] for entry in article["identifier"]]
    assert article["isBasedOn"]["@id"] == evidence["@id"]
    assert evidence["identifier"][0]["value"] == "0123456789abcdef"


def test_a_draft_says_so_in_the_head_and_has_no_address_date_of_publication_or_doi():
    html = page_of(work(released=False, version="2026.0", card=PUBLISHED))
    assert metas(html)["citation_title"] == ["A review (draft 2026.0)"]
    article = graph(html)["ScholarlyArticle"]
    assert article["creativeWorkStatus"] == "Draft" and "datePublished" not in article
    assert "example.org" not in html and "zenodo.11" not in html


def test_people_are_people_in_the_head():
    html = page_of(work(names=({"given-names": "Ada", "family-names": "Curie"},)))
    person = {"@type": "Person", "name": "Ada Curie", "givenName": "Ada", "familyName": "Curie"}
    assert graph(html)["ScholarlyArticle"]["author"] == [person]
    assert metas(html)["citation_author"] == ["Curie, Ada"]


def test_each_form_is_text_without_a_script_and_has_its_file():
    page = BeautifulSoup(all_forms(work(title=HOSTILE[3]), lambda name: f"../cite/{name}"), "lxml")
    shown = {part.summary.get_text(): part for part in page.select("details.als-cite")}
    assert list(shown) == [known.label for known in FORMATS.values()]
    for form, known in FORMATS.items():
        text = shown[known.label].select_one(".als-copy").get_text()
        assert text.strip() == cite(work(title=HOSTILE[3]), form).strip()
        assert bool(shown[known.label].select("a[download]")) == bool(known.suffix)
    assert not page.select("script, b, button")
    assert not BeautifulSoup(all_forms(work(), None), "lxml").select("a")


def test_a_page_cites_itself_and_names_the_page_with_every_form_only_if_there_is_one():
    page = BeautifulSoup(cite_here(chapter(), "cite.html"), "lxml")
    assert page.summary.get_text() == "Cite this page"
    assert "Does it help? In A review (Version 2026.1, evidence hash 0123456789abcdef)" in page.get_text()
    assert page.select_one("a")["href"] == "cite.html"
    bare = BeautifulSoup(cite_here(work(), ""), "lxml")
    assert bare.summary.get_text() == "Cite this review" and not bare.select("a")


FIGURE = (
    '<figure class="als-figure" id="fig-{0}"><div class="als-chart"></div><figcaption>'
    '<span class="als-number-of">Figure {0}.</span> What to see. And more.</figcaption>'
    "<details>{1}</details></figure>"
)


def test_each_figure_cites_itself_with_version_and_hash():
    titled = FIGURE.format(1, "<table><caption>A &lt;b&gt; &amp; <i>c</i></caption></table>")
    body = cite_figures(
        f"<p>a</p>{titled}{FIGURE.format(2, '')}<figure>other</figure>", chapter(card=PUBLISHED)
    )
    first, second, other = BeautifulSoup(body, "lxml").select("figure")
    assert not other.select(".als-copy")
    text = first.select_one(".als-copy").get_text()
    assert "A <b> & c [Figure 1]. In Does it help? In A review (Version 2026.1, evidence hash 0123" in text
    assert "What to see [Figure 2]." in second.select_one(".als-copy").get_text()
    assert second.select_one("a")["href"] == "#fig-2"


# The built book


def built(book_root):
    return book_root / "_build" / "html"


def test_every_page_of_a_book_can_be_read_by_a_reference_manager(built_mini_book):
    hash_, now = evidence_hash(built_mini_book.root), present_work(built_mini_book.root)
    pages = sorted(built(built_mini_book.root).rglob("*.html"))
    assert len(pages) >= 4
    for path in pages:
        html = path.read_text(encoding="utf-8")
        data, tags = graph(html), metas(html)
        assert data["Dataset"]["identifier"][0]["value"] == hash_, path
        assert data["ScholarlyArticle"]["version"] == now.stamp.label, path
        assert tags["citation_author"] == [author.inverted for author in now.authors], path
        assert tags["citation_title"] and tags["citation_publication_date"], path
    chapter_page = metas((built(built_mini_book.root) / "chapters" / "number.html").read_text("utf-8"))
    assert chapter_page["citation_title"] == [f"The number ({now.edition.lower()})"]
    assert chapter_page["citation_inbook_title"] == [now.review]


def test_every_page_and_figure_of_a_book_cites_itself(built_mini_book):
    for name, what in (("index", "review"), ("chapters/number", "page"), ("chapters/references", "page")):
        page = BeautifulSoup(built_mini_book.read(f"_build/html/{name}.html"), "lxml")
        here = page.select_one("article.bd-article > details.als-cite-here")
        assert here.summary.get_text() == f"Cite this {what}", name
        assert page.select('script[src*="als-cite.js"][defer]'), name
        # This book has no page with every form, so nothing may lead there.
        assert not here.select("a"), name
        figures = page.select("figure.als-figure")
        assert [figure["id"] for figure in figures] == [f"figure-{n + 1}" for n in range(len(figures))]
        assert all(len(figure.select("details.als-cite-here")) == 1 for figure in figures)
    assert BeautifulSoup(built_mini_book.read("_build/html/chapters/number.html"), "lxml").select("#figure-1")


def test_the_cite_page_shows_what_its_files_hold(real_book, root):
    folder, now = built(root), present_work(root)
    page = BeautifulSoup((folder / "chapters" / "versions.html").read_text(encoding="utf-8"), "lxml")
    assert [text.get_text().strip() for text in page.select("#how-to-cite .als-copy")] == [
        cite(now, form).strip() for form in FORMATS
    ]
    links = [link["href"] for link in page.select("#how-to-cite a[download]")]
    files = [folder / "chapters" / link for link in links]
    assert len(files) == 4 and all(path.is_file() for path in files)
    assert {path.resolve() for path in files} == set((folder / "cite").resolve().iterdir())
    assert list(parse_file(str(next((folder / "cite").glob("*.bib"))), "bibtex").entries) == [now.key]
    (record,) = rispy.loads(next((folder / "cite").glob("*.ris")).read_text(encoding="utf-8"))
    (item,) = json.loads(next((folder / "cite").glob("*.json")).read_text(encoding="utf-8"))
    card = yaml.safe_load((folder / "cite" / "CITATION.cff").read_text(encoding="utf-8"))
    assert record["title"] == item["title"] == card["title"] == now.review
    index = BeautifulSoup((folder / "index.html").read_text(encoding="utf-8"), "lxml")
    assert index.select('article a[href^="chapters/versions.html"]')


def test_the_pdf_has_the_citations_and_nothing_that_needs_a_screen(pdf_pages, root):
    text = "\n".join(pdf_pages)
    assert present_work(root).key in text and "How to cite" in text
    for screen in ("Save als-review", "Save CITATION", "Link to this figure", "Every form, for"):
        assert screen not in text


def test_the_files_of_an_earlier_version_do_not_stay(tmp_path):
    folder = tmp_path / "cite"
    write_files(folder, work())
    write_files(folder, work(version="2026.2"))
    assert sorted(path.name for path in folder.iterdir()) == [
        "CITATION.cff",
        "als-review-2026.2.bib",
        "als-review-2026.2.json",
        "als-review-2026.2.ris",
    ]


def test_an_organisation_is_kept_whole_in_every_form_on_the_page():
    text = BeautifulSoup(all_forms(work(names=({"name": "A and B, of C"},)), None), "lxml").get_text()
    assert text.count("A and B, of C") >= len(FORMATS)
