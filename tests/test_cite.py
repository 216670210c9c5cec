"""Citations: what a reference manager reads back is what was cited, whatever characters a title holds."""

import json
import re
import shutil
import warnings

import pytest
import rispy
import yaml
from bs4 import BeautifulSoup
from jsonschema import Draft7Validator
from made_up import FIRST, ROOT, SECOND, THIRD
from pybtex.database import parse_string

from livingreview.__main__ import main
from livingreview.book.versions import all_forms, head_tags
from livingreview.evidence import evidence_hash
from livingreview.evidence.citation import CARD, citation_faults, parse_card
from livingreview.release import Stamp, stamp
from livingreview.release.cite import FORMATS, Work, cite
from livingreview.release.stamp import inverted

SCHEMA = json.loads((ROOT / "tests" / "reference" / "cff-1.2.0.schema.json").read_text(encoding="utf-8"))
ORGANISATION = "The group of arms and legs, {North} & South"
HOSTILE = [
    "A & B of 50% {braces} with_under # and $",
    "Quotes \"double\" and 'single' and a back\\slash",
    "An open { brace, then ~ and ^",
    "</script><!-- <b>bold</b> <i>",
    "Greek αβγ, 中文标题, é, minus −1",
    "Two\nlines\r\nER  - \nTY  - BOOK",
]
PUBLISHED = {
    "url": "https://example.org/als",
    "doi": "10.5281/zenodo.11",
    "identifiers": [{"type": "doi", "value": "10.5281/zenodo.10", "description": "All versions."}],
}
TEX = {
    "{\\textbackslash}": "\\", "{\\textbraceleft}": "{", "{\\textbraceright}": "}", "{\\textasciitilde}": "~",
    "{\\textasciicircum}": "^", "{\\textless}": "<", "{\\textgreater}": ">", "{\\textquotedbl}": '"',
    "\\&": "&", "\\%": "%", "\\$": "$", "\\#": "#", "\\_": "_",
}  # fmt: skip
PEOPLE = (
    {"given-names": "Ada Marie", "family-names": "Curie"},
    {"given-names": "Leonard", "name-particle": "van den", "family-names": "Berg"},
)


def work(*, released=True, title="A review", names=({"name": ORGANISATION},), card=None, **more):
    told = {"cff-version": "1.2.0", "message": "Cite it.", "type": "dataset", "title": title}
    told |= {"authors": list(names), "version": "2026.1", "keywords": ["one", "two"]}
    told |= {"license": ["CC-BY-4.0", "MIT"], **(card or {})}
    # 3 April 2026 in UTC
    return Work(Stamp(told, "0123456789abcdef", 1775200000, "c" * 40, released), **more)


def plain(tex):
    for command, sign in TEX.items():
        tex = tex.replace(command, sign)
    return tex


def graph(html):
    import extruct

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        (data,) = extruct.extract(html, syntaxes=["json-ld"])["json-ld"]
    return {node["@type"]: node for node in data["@graph"]}


def metas(html):
    found = {}
    for tag in BeautifulSoup(html, "lxml").select("head meta[name]"):
        found.setdefault(tag["name"], []).append(tag["content"])
    return found


# ---- what reference managers read


@pytest.mark.parametrize("title", HOSTILE)
def test_every_file_gives_back_the_title_and_keeps_an_organisation_whole(title):
    whole = " ".join(title.split())
    for cited in (work(title=title, card=PUBLISHED), work(title="T", chapter=title, page="chapters/x")):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ((key, entry),) = parse_string(cite(cited, "bibtex"), "bibtex").entries.items()
        (author,) = entry.persons["author"]
        assert key == cited.key and plain(entry.fields["title"][1:-1]) == whole
        assert not author.first_names and plain(author.last_names[0][1:-1]) == ORGANISATION
        (record,) = rispy.loads(cite(cited, "ris"))
        assert record["title"] == cited.stamp.title and record["authors"] == [f"{ORGANISATION},"]
        assert (record["year"], record["date"]) == ("2026", "2026/04/03/")
        (item,) = json.loads(cite(cited, "csl-json"))
        assert item["title"] == whole and item["author"] == [{"literal": ORGANISATION}]
        assert item["issued"] == {"date-parts": [[2026, 4, 3]]} and "0123456789abcdef" in item["note"]
        card = yaml.load(cite(cited, "cff"), Loader=yaml.BaseLoader)
        Draft7Validator(SCHEMA).validate(card)
        assert card["title"] == cited.stamp.title and card["authors"] == [{"name": ORGANISATION}]
        for form in ("apa", "vancouver"):
            assert whole in cite(cited, form) and ORGANISATION in cite(cited, form)
    # It stays a title in the head and on the page.
    cited = work(title=title, names=({"name": title},))
    html = f"<html><head>{head_tags(cited)}</head><body>{all_forms(cited, 'cite/')}</body></html>"
    page = BeautifulSoup(html, "html5lib")
    assert len(page.select("script")) == 1 and not page.select("b, i")
    assert graph(html)["ScholarlyArticle"]["name"] == whole
    assert metas(html)["citation_title"] == metas(html)["citation_author"] == [whole]
    shown = [text.get_text().strip() for text in page.select(".lr-copy")]
    assert shown == [" ".join(cite(cited, form).split("\r")).strip() for form in FORMATS]


# ---- what people read


def test_apa_and_vancouver_have_version_date_hash_and_address():
    described = "Version 2026.1, 3 April 2026, evidence hash 0123456789abcdef"
    assert cite(work()) == f"{ORGANISATION}. (2026). A review ({described})."
    part = work(chapter="Does it help?", page="chapters/help", names=PEOPLE, card=PUBLISHED)
    assert cite(part) == (
        "Curie, A. M., & van den Berg, L. (2026). Does it help? "
        f"In A review ({described}). https://doi.org/10.5281/zenodo.11"
    )
    assert cite(part, "vancouver") == (
        f"Curie AM, van den Berg L. Does it help? In: A review [Internet]. {described}. 2026. "
        "Available from: https://example.org/als/2026.1/chapters/help.html doi:10.5281/zenodo.11"
    )


def test_a_draft_is_cited_as_one_and_has_neither_address_nor_doi():
    draft = work(released=False, card=PUBLISHED)
    assert "(Unreleased draft after version 2026.1, 3 April 2026, evidence hash 0123" in cite(draft)
    told = "".join([head_tags(draft), *(cite(draft, form) for form in FORMATS)])
    assert 'content="noindex"' in told and "canonical" not in told
    assert "zenodo.11" not in told and "example.org" not in told and "datePublished" not in told


def test_the_command_cites_a_past_version_and_names_how_to_get_it(three_versions, tmp_path, capsys):
    root = shutil.copytree(three_versions, tmp_path / "review")

    def told(*words):
        code = main(["cite", *words, "--root", str(root)])
        return code, *capsys.readouterr()

    code, out, err = told(FIRST)
    assert code == 0 and f"(Version {FIRST}, " in out and "evidence hash" in out
    assert f"_build/site/{FIRST}" in err and "git checkout" in err
    code, out, err = told()
    assert f"Unreleased draft after version {THIRD}" in out and f"Please cite version {THIRD}." in err
    with (root / CARD).open("a") as card:
        card.write("url: https://example.org/als\n")
    code, out, err = told(FIRST, "--format", "ris")
    (record,) = rispy.loads(out)
    # Where versions are kept is known to the present, not to the commit of then.
    assert record["urls"] == [f"https://example.org/als/{FIRST}/"] and "https://example.org" in err
    code, out, err = told("2031.7")
    assert code == 1 and f"recorded: {FIRST}, {SECOND}, {THIRD}" in err


# ---- faults of the citation file


FAULTY = {
    "[": "1: file: malformed YAML: ",
    "- a list": "1: file: expected a YAML mapping",
    "title: 5\nauthors: [{name: A}]": "1: version: expected this key, found none",
    "title: T\nversion: '1'\nauthors: [{orcid: x}]": "3: authors: expected a name or family-names for each",
    "title: T\nversion: '1'\nauthors: [{name: A}]\ndate-released: soon": "4: date-released: expected a date",
}


@pytest.mark.parametrize("text", FAULTY)
def test_a_citation_file_that_cannot_be_cited_is_a_fault_with_its_place(text, tmp_path):
    with pytest.raises(ValueError, match=f"^here:{re.escape(FAULTY[text])}"):
        parse_card(text, "here")
    (tmp_path / CARD).write_text(text)
    assert any(str(fault).startswith(f"{CARD}:{FAULTY[text]}") for fault in citation_faults(tmp_path))


# ---- pages


def test_a_released_chapter_tells_all_that_a_reference_manager_asks():
    cited = work(chapter="Does it help?", page="chapters/help", names=PEOPLE, card=PUBLISHED)
    html = f"<html><head>{head_tags(cited, cited.page + '.html')}</head></html>"
    tags, data = metas(html), graph(html)
    base = "https://example.org/als/2026.1/"
    assert f'<link rel="canonical" href="{base}chapters/help.html"' in html
    assert tags["review-version"] == ["2026.1"]
    assert tags["citation_title"] == ["Does it help?"] and tags["citation_inbook_title"] == ["A review"]
    assert tags["citation_author"] == ["Curie, Ada Marie", "van den Berg, Leonard"]
    assert tags["citation_publication_date"] == ["2026/04/03"]
    assert tags["citation_pdf_url"] == [f"{base}review.pdf"]
    article, evidence = data["ScholarlyArticle"], data["Dataset"]
    assert article["url"] == f"{base}chapters/help.html" and article["isPartOf"]["url"] == base
    # The DOI is the version's: a chapter has none.
    assert "10.5281/zenodo.11" in [entry["value"] for entry in article["isPartOf"]["identifier"]]
    assert "doi" not in [entry["propertyID"] for entry in article["identifier"]]
    assert article["isBasedOn"]["@id"] == evidence["@id"]


def test_every_page_of_a_book_cites_itself_and_can_be_read_by_a_reference_manager(built_mini_book):
    root = built_mini_book.root
    authors = [inverted(author) for author in stamp(root).authors]
    pages = sorted((root / "_build/html").rglob("*.html"))
    assert len(pages) >= 4
    for path in pages:
        html = path.read_text(encoding="utf-8")
        assert graph(html)["Dataset"]["identifier"][0]["value"] == evidence_hash(root), path
        assert metas(html)["citation_author"] == authors, path
    page = BeautifulSoup(built_mini_book.read("_build/html/chapters/number.html"), "lxml")
    here = page.select_one("article.bd-article > details.lr-cite-here")
    assert here.summary.get_text() == "Cite this page" and evidence_hash(root) in here.get_text()
    # This book has no page with every form, so nothing may lead there.
    assert not here.select("a")


def test_page_pdf_and_files_have_the_same_citations(real_book, pdf_pages, root):
    folder, now = root / "_build/html", Work(stamp(root))
    page = BeautifulSoup((folder / "chapters" / "versions.html").read_text(encoding="utf-8"), "lxml")
    shown = [text.get_text().strip() for text in page.select("#how-to-cite .lr-copy")]
    # A draft first asks to cite the version before it.
    assert shown[-len(FORMATS) :] == [cite(now, form).strip() for form in FORMATS]
    linked = {(folder / "chapters" / a["href"]).resolve() for a in page.select("#how-to-cite a[download]")}
    assert linked == set((folder / "cite").resolve().iterdir()) and len(linked) == 4
    printed = re.sub(r"\W", "", "".join(pdf_pages))
    assert re.sub(r"\W", "", cite(now)) in printed
