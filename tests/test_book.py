"""The digests, the pages and the PDF: what they must say, and that they cannot say an old number."""

import json
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from jupyter_cache import get_cache
from pypdf import PdfReader
from pypdf.generic import ArrayObject, IndirectObject

from livingreview.evidence import digest, load_evidence
from livingreview.evidence.digest import build_digest, evidence_hash, find_root
from livingreview.release.stamp import documents
from livingreview.statistics import synthesise

JUPYTER_BOOK = ("-c", "from jupyter_book.cli.main import main; main()")
TOC_WITHOUT_NUMBER = "format: jb-book\nroot: index\nchapters:\n  - file: chapters/references\n"


def small_root(folder):
    for name, text in {
        "data/protocol.yml": "a: 1\n",
        "data/arms.csv": "n\n30\n",
        "data/searches.csv": "date\n",
        "ourreview/__init__.py": "x = 1\n",
        "ourreview/page.html": "look\n",
        "requirements.txt": "numpy\n",
        "CITATION.cff": "version: '1'\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_root_is_found_from_a_chapter_and_its_absence_is_explained(tmp_path, monkeypatch):
    root = small_root(tmp_path / "review")
    (root / "chapters").mkdir()
    monkeypatch.chdir(root / "chapters")
    assert find_root() == root.resolve()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"data/protocol\.yml"):
        find_root()


def test_the_digests_do_not_depend_on_the_path(tmp_path):
    one, two = small_root(tmp_path / "one"), small_root(tmp_path / "elsewhere" / "two")
    assert evidence_hash(one) == evidence_hash(two)
    assert build_digest(one) == build_digest(two)
    assert re.fullmatch("[0-9a-f]{16}", evidence_hash(one))
    assert re.fullmatch("[0-9a-f]{64}", build_digest(one))


@pytest.mark.parametrize(
    ("name", "evidence_changes"),
    [
        ("data/arms.csv", True),
        ("data/new.csv", True),
        ("ourreview/extra.py", True),
        ("requirements.txt", True),
        ("data/searches.csv", False),
        ("data/releases/2026.1.csv", False),
        ("ourreview/page.html", False),
        ("CITATION.cff", False),
    ],
)
def test_every_file_changes_the_build_digest_and_the_evidence_only_its_own(tmp_path, name, evidence_changes):
    root = small_root(tmp_path)
    before = evidence_hash(root), build_digest(root)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("something else\n")
    assert (evidence_hash(root) != before[0]) == evidence_changes
    assert build_digest(root) != before[1]


@pytest.mark.parametrize(
    ("name", "evidence_changes"),
    [("evidence/columns.yml", True), ("kernel.py", True), ("book/template.typ", False)],
)
def test_the_files_of_the_engine_change_the_digests(tmp_path, monkeypatch, name, evidence_changes):
    root, engine = small_root(tmp_path / "review"), tmp_path / "installed/livingreview"
    monkeypatch.setattr(digest, "__file__", str(engine / "evidence/digest.py"))
    before = evidence_hash(root), build_digest(root)
    (engine / name).parent.mkdir(parents=True)
    (engine / name).write_text("something\n")
    assert (evidence_hash(root) != before[0]) == evidence_changes
    assert build_digest(root) != before[1]


def test_moving_bytes_between_files_and_renaming_change_the_digests(tmp_path):
    root = small_root(tmp_path)
    (root / "data" / "a.csv").write_text("12")
    (root / "data" / "b.csv").write_text("3")
    before = evidence_hash(root)
    (root / "data" / "a.csv").write_text("1")
    (root / "data" / "b.csv").write_text("23")
    moved = evidence_hash(root)
    (root / "data" / "b.csv").rename(root / "data" / "c.csv")
    assert len({before, moved, evidence_hash(root)}) == 3


def test_compiled_files_and_hidden_ones_are_not_evidence(tmp_path):
    root = small_root(tmp_path)
    before = build_digest(root)
    (root / "ourreview" / "__pycache__").mkdir()
    (root / "ourreview" / "__pycache__" / "kernel.pyc").write_text("x")
    (root / "data" / ".DS_Store").write_text("x")
    assert build_digest(root) == before


def pages(book):
    found = sorted((book / "_build" / "html").rglob("*.html"))
    assert found
    return [(path, BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")) for path in found]


def test_a_heading_that_the_checklist_prints_changes_the_build_digest_and_a_sentence_does_not(tmp_path):
    root = small_root(tmp_path)
    chapter = root / "chapters" / "one.md"
    chapter.parent.mkdir(exist_ok=True)
    chapter.write_text("# A title\n\nA sentence.\n")
    before = build_digest(root)
    chapter.write_text("# A title\n\nAnother sentence.\n")
    assert build_digest(root) == before
    chapter.write_text("# A *title*\n\nA sentence.\n")
    assert build_digest(root) != before


def test_every_page_carries_the_evidence_hash_in_its_head_and_foot(built_mini_book):
    expected = evidence_hash(built_mini_book.root)
    for path, page in pages(built_mini_book.root):
        assert page.find("meta", {"name": "evidence-hash"})["content"] == expected, path
        assert expected in page.select_one(".lr-stamp").get_text(), path


def test_no_page_loads_anything_from_another_host(real_book, root):
    for path, page in pages(root):
        loaded = [node["src"] for node in page.select("[src]")]
        loaded += [node["href"] for node in page.select("link[href]") if node.get("rel") != ["canonical"]]
        away = [address for address in loaded if re.match(r"(https?:)?//", address)]
        assert not away, path
        assert "@import" not in "".join(style.get_text() for style in page.select("style")), path


def test_the_script_of_the_charts_is_one_of_ours_and_only_where_a_chart_is(built_mini_book):
    script = built_mini_book.root / "_build" / "html" / "_static" / "lr-charts.js"
    text = script.read_text(encoding="utf-8")
    assert text.startswith("(()=>{") and "lr-static" in text
    for path, page in pages(built_mini_book.root):
        named = bool(page.select('script[src*="lr-charts.js"]'))
        assert named == bool(page.select(".lr-chart")), path


def test_formulas_are_mathml_and_not_a_script(built_mini_book):
    page = BeautifulSoup(built_mini_book.read("_build/html/index.html"), "lxml")
    assert page.select_one("math msub") is not None
    assert "mathjax" not in " ".join(node["src"] for node in page.select("script[src]")).lower()


def outline_titles(entries):
    for entry in entries:
        if isinstance(entry, list):
            yield from outline_titles(entry)
        else:
            yield entry.title


def pdf_text(path):
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def test_the_pdf_is_tagged_and_has_language_title_outline_and_fonts_of_ours(built_mini_book):
    reader = PdfReader(built_mini_book.root / "_build" / "html" / "als-review.pdf")
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/StructTreeRoot"]["/K"]
    assert catalog["/Lang"].startswith("en")
    assert "ALS" in reader.metadata.title
    assert {"A book of two chapters", "The number"} <= set(outline_titles(reader.outline))
    assert b"pdfuaid" in catalog["/Metadata"].get_data()
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert all(name.startswith(("NotoSans", "NewCMMath", "DejaVuSansMono")) for name in fonts), fonts


def test_the_title_page_of_the_pdf_holds_the_evidence_hash_unbroken(built_mini_book):
    reader = PdfReader(built_mini_book.root / "_build" / "html" / "als-review.pdf")
    assert evidence_hash(built_mini_book.root) in reader.pages[0].extract_text()


def test_the_pdf_holds_the_footnote_and_links_the_citation_to_its_entry(built_mini_book):
    path = built_mini_book.root / "_build" / "html" / "als-review.pdf"
    reader = PdfReader(path)
    assert "A note of its own." in pdf_text(path)
    (caller,) = (page for page in reader.pages if "A note of its own" in page.extract_text())
    (entry,) = (page for page in reader.pages if "Ada Invented. Nothing." in page.extract_text())
    links = [mark.get_object() for mark in caller["/Annots"]]
    places = [link["/Dest"] for link in links if isinstance(link.get("/Dest"), IndirectObject | ArrayObject)]
    assert entry.indirect_reference in [place[0] for place in places]


def shown_number(book):
    text = BeautifulSoup(book.read("_build/html/chapters/number.html"), "lxml").get_text()
    return re.search(r"pooled difference is (-?\d+\.\d{6}) points", text).group(1)


def first_spec(book):
    page = BeautifulSoup(book.read("_build/html/chapters/number.html"), "lxml")
    return json.loads(page.select_one("script.lr-spec").string)


def raise_a_mean(book):
    """Raise the first mean behind the pooled difference."""
    trials = synthesise("exercise_function", load_evidence(book.root)).trials
    place = next(place for rows in trials.rows for place in rows if "arms.csv" in place)
    path, _, line = place.rpartition(":")
    lines = book.read(path).splitlines(keepends=True)
    column = lines[0].split(",").index("mean")
    cells = lines[int(line) - 1].split(",")
    cells[column] = f"{float(cells[column]) + 0.1:.2f}"
    lines[int(line) - 1] = ",".join(cells)
    book.write(path, "".join(lines))


def test_a_changed_mean_changes_text_chart_and_pdf_and_the_old_number_is_gone(book_to_change):
    book = book_to_change
    old, old_spec = shown_number(book), first_spec(book)
    raise_a_mean(book)
    book.build()
    new = shown_number(book)
    assert new != old
    assert first_spec(book) != old_spec
    pdf = pdf_text(book.root / "_build" / "html" / "als-review.pdf")
    assert new in pdf and old not in pdf
    for path in (book.root / "_build" / "html").rglob("*.html"):
        assert old not in path.read_text(encoding="utf-8"), path


def test_plain_jupyter_book_gives_the_same_pages_and_is_as_safe(mini_book, built_mini_book):
    done = mini_book.run(*JUPYTER_BOOK, "build", ".")
    assert done.returncode == 0, done.stderr[-3000:]
    for path in sorted((built_mini_book.root / "_build" / "html").rglob("*.html")):
        name = path.relative_to(built_mini_book.root).as_posix()
        assert mini_book.read(name) == path.read_text(encoding="utf-8"), name
    # A PDF from before the change must not stay beside pages that say something else.
    pdf = mini_book.root / "_build" / "html" / "als-review.pdf"
    shutil.copy(built_mini_book.root / "_build" / "html" / "als-review.pdf", pdf)
    shutil.copy(built_mini_book.root / "_build" / ".document-inputs", mini_book.root / "_build")
    old = shown_number(mini_book)
    raise_a_mean(mini_book)
    mini_book.run(*JUPYTER_BOOK, "build", ".")
    assert shown_number(mini_book) != old
    assert not pdf.exists()


def dead_links(pages: Path) -> list[str]:
    """List the links and embedded files of all pages that lead to no file beside them."""
    found = []
    for page in sorted(pages.rglob("*.html")):
        for tag in BeautifulSoup(page.read_text(encoding="utf-8"), "lxml").select("[href], [src]"):
            to = urlsplit(tag.get("href") or tag.get("src"))
            if to.path and not to.scheme and not to.netloc and not (page.parent / unquote(to.path)).is_file():
                found.append(f"{page.relative_to(pages)}: {to.path}")
    return found


def test_plain_jupyter_book_links_the_documents_only_while_they_hold(book_to_change):
    book, pages = book_to_change, book_to_change.root / "_build" / "html"
    links = "".join(f'\n- <a href="{name}">The file {name}</a>\n' for name in documents(book.root))
    book.write("index.md", book.read("index.md") + links)
    number = book.read("chapters/number.md")
    always = dead_links(pages)  # this book has no pages of trials

    def named() -> list[str]:
        page = BeautifulSoup(book.read("_build/html/index.html"), "lxml")
        return [item.get_text() for item in page.select("article li") if "The file" in item.get_text()]

    linked = [f"The file {name}" for name in documents(book.root)]
    unlinked = [f"{words} (made by make book)" for words in linked]
    book.build(pdf=False)
    assert (named(), dead_links(pages)) == (unlinked, always)
    assert not any((pages / name).exists() for name in documents(book.root))
    book.build()
    assert (named(), dead_links(pages)) == (linked, always)
    # Nothing has changed, so the documents hold.
    assert book.run(*JUPYTER_BOOK, "build", ".").returncode == 0
    assert (named(), dead_links(pages)) == (linked, always)
    # The page with the links has not changed, but what the documents say has.
    book.write("chapters/number.md", number + "\nOne sentence more.\n")
    assert book.run(*JUPYTER_BOOK, "build", ".").returncode == 0
    assert (named(), dead_links(pages)) == (unlinked, always)
    assert not any((pages / name).exists() for name in documents(book.root))


def test_a_changed_style_and_a_removed_chapter_reach_the_pages(book_to_change):
    book = book_to_change
    book.write(
        "livingreview/book/static/review.css",
        book.read("livingreview/book/static/review.css") + "/* a new rule */",
    )
    book.write("_toc.yml", TOC_WITHOUT_NUMBER)
    book.write("index.md", "# Short {cite:t}`invented2020`\n")
    book.write("chapters/typed_numbers.yml", "[]\n")
    (book.root / "chapters" / "number.md").unlink()
    book.build(pdf=False)
    assert "a new rule" in book.read("_build/html/_static/review.css")
    assert not (book.root / "_build" / "html" / "chapters" / "number.html").exists()


def test_the_old_address_of_a_page_leads_to_its_successor(book_to_change):
    book = book_to_change
    moved = "lr_moved: {chapters/oldest: chapters/old, chapters/old: chapters/number}"
    book.write("_config.yml", book.read("_config.yml").replace("lr_moved: {}", moved))
    done = book.run(*JUPYTER_BOOK, "build", ".")
    assert done.returncode == 0, done.stderr[-3000:]
    for name in ("old", "oldest"):
        page = BeautifulSoup(book.read(f"_build/html/chapters/{name}.html"), "lxml")
        (refresh,) = page.select('meta[http-equiv="refresh"]')
        assert refresh["content"] == "0; url=number.html"
        (link,) = page.select('article a[href="number.html"]')
        assert link.get_text() == "The number"
    assert "chapters/old" not in book.read("_build/html/searchindex.js")


def chapters_run(book) -> set:
    """Give each run of a chapter that is kept: the store, a number and the chapter."""
    stores = list((book.root / "_build" / ".jupyter_cache").iterdir())
    return {
        (store.name, kept.pk, Path(kept.uri).name)
        for store in stores
        for kept in get_cache(store).list_cache_records()
    }


def test_an_edited_sentence_runs_no_chapter_again(book_to_change):
    book = book_to_change
    before = chapters_run(book)
    assert {name for _, _, name in before} == {"index.md", "number.md"}
    book.write("chapters/number.md", book.read("chapters/number.md") + "\nOne sentence more.\n")
    book.build(pdf=False)
    assert "One sentence more." in book.read("_build/html/chapters/number.html")
    assert chapters_run(book) == before


def test_a_failing_cell_is_located_in_every_build_without_its_other_lines(mini_book):
    text = mini_book.read("chapters/number.md").replace("glue(", "gleu(")
    mini_book.write("chapters/number.md", text)
    mini_book.write("index.md", mini_book.read("index.md") + "\n```{code-cell} python3\n1 / 0\n```\n")
    lines = [
        f"chapters/number.md:{line_of(text, 'gleu(')}: cell: NameError: name 'gleu' is not defined",
        f"index.md:{line_of(mini_book.read('index.md'), '1 / 0')}: cell: ZeroDivisionError: division by zero",
    ]
    for _ in range(2):
        done = mini_book.run("-m", "livingreview", "build", "--no-pdf")
        assert done.returncode == 1
        assert "\n".join(lines) in done.stderr
        assert "Traceback" not in done.stderr and "import" not in done.stderr
    done = mini_book.run(*JUPYTER_BOOK, "build", ".")
    assert done.returncode != 0
    assert "\n".join(lines) in done.stderr and "from myst_nb import" not in done.stderr


def line_of(text: str, beginning: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(beginning))
