"""The digests, the pages and the PDF: what they must say, and that they cannot say an old number."""

import re
import shutil

import pytest
from bs4 import BeautifulSoup
from invented_review import edit
from made_up import DOCUMENTS
from pypdf import PdfReader
from pypdf.generic import ArrayObject, IndirectObject

from livingreview.evidence import digest
from livingreview.evidence.digest import build_digest, evidence_hash

FOLDER = "_build/html"


@pytest.fixture
def small_root(tmp_path, monkeypatch):
    """A review of some lines, and an engine apart from it."""
    monkeypatch.setattr(digest, "__file__", str(tmp_path / "installed/livingreview/evidence/digest.py"))
    for name, text in {
        "data/protocol.yml": "a: 1\n",
        "data/arms.csv": "n\n30\n",
        "data/searches.csv": "date\n",
        "ourreview/__init__.py": "x = 1\n",
        "ourreview/page.html": "look\n",
        "requirements.txt": "numpy\n",
        "CITATION.cff": "version: '1'\n",
        "chapters/heading.md": "# A heading\n",
    }.items():
        (tmp_path / "review" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "review" / name).write_text(text)
    return tmp_path / "review"


def digests(root) -> tuple[str, str]:
    return evidence_hash(root), build_digest(root)


def test_every_file_changes_the_build_digest_and_the_evidence_only_its_own(small_root):
    met = [digests(small_root)]
    assert [len(each) for each in met[0] if re.fullmatch("[0-9a-f]+", each)] == [16, 64]
    for name, evidence_changes in {
        "review/data/arms.csv": True,
        "review/data/new.csv": True,
        "review/ourreview/extra.py": True,
        "review/requirements.txt": True,
        "installed/livingreview/evidence/columns.yml": True,
        "installed/livingreview/kernel.py": True,
        "installed/livingreview/book/template.typ": False,
        "review/data/searches.csv": False,
        "review/data/releases/2026.1.csv": False,
        "review/ourreview/page.html": False,
        "review/CITATION.cff": False,
        "review/chapters/heading.md": False,  # the checklist prints headings
    }.items():
        path = small_root.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# something else\n")
        now = digests(small_root)
        assert (now[0] != met[-1][0]) == evidence_changes and now[1] not in [each[1] for each in met], name
        met.append(now)
    # Other sentences, what Python compiled and a place elsewhere change nothing.
    path.write_text("# something else\n\nA sentence.\n")
    for name in ("ourreview/__pycache__/kernel.pyc", "data/.DS_Store"):
        (small_root / name).parent.mkdir(exist_ok=True)
        (small_root / name).write_text("x")
    assert digests(small_root.rename(small_root.with_name("elsewhere"))) == met[-1]


def test_bytes_that_move_between_files_and_a_renamed_file_change_the_evidence(small_root):
    found = set()
    for one, other, second in (("12", "3", "b"), ("1", "23", "b"), ("1", "23", "c")):
        (small_root / "data/a.csv").write_text(one)
        (small_root / f"data/{second}.csv").write_text(other)
        found.add(evidence_hash(small_root))
        (small_root / f"data/{second}.csv").unlink()
    assert len(found) == 3


def test_every_page_has_the_evidence_hash_a_policy_and_the_script_of_charts_only_with_charts(pages, root):
    # That no page asks another host is seen in a browser.
    expected = evidence_hash(root)
    for path, page in pages.items():
        assert page.find("meta", {"name": "evidence-hash"})["content"] == expected, path
        assert expected in page.select_one(".lr-stamp").get_text(), path
        (tag,) = page.select('meta[http-equiv="Content-Security-Policy"]')
        assert [node.name for node in tag.find_previous_siblings()] == ["meta"], path
        policy = dict(part.split(" ", 1) for part in tag["content"].split("; "))
        assert "unsafe" not in policy["script-src"] and "http" not in tag["content"], path
        assert bool(page.select("script[src*='lr-charts.js']")) == bool(page.select(".lr-chart")), path
    assert any(page.select(".lr-chart") for page in pages.values())


def test_the_pdf_holds_the_footnote_the_hash_unbroken_fonts_of_ours_and_links_the_citation(built_mini_book):
    assert shown(built_mini_book, "index").select_one("math msub")
    reader = PdfReader(built_mini_book.root / FOLDER / "review.pdf")
    assert evidence_hash(built_mini_book.root) in reader.pages[0].extract_text()
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert all(name.startswith(("NotoSans", "NewCMMath", "DejaVuSansMono")) for name in fonts), fonts
    (caller,) = (page for page in reader.pages if "A note of its own." in page.extract_text())
    (entry,) = (page for page in reader.pages if "Ada Invented. Nothing." in page.extract_text())
    links = [mark.get_object() for mark in caller["/Annots"]]
    places = [link["/Dest"] for link in links if isinstance(link.get("/Dest"), IndirectObject | ArrayObject)]
    assert entry.indirect_reference in [place[0] for place in places]


def shown(book, name) -> BeautifulSoup:
    return BeautifulSoup(book.read(f"{FOLDER}/{name}.html"), "lxml")


def shown_number(book) -> str:
    return re.search(r"pooled difference is (-?\d+\.\d{6}) points", shown(book, "chapters/number").text)[1]


def drawn(book) -> str:
    return shown(book, "chapters/number").select_one(".lr-spec").string


def chapter_runs(book) -> dict:
    """Give each run of a chapter that is kept, with its time."""
    kept = (book.root / "_build/.jupyter_cache").rglob("*.ipynb")
    return {path: path.stat().st_mtime_ns for path in kept}


def are_linked(book) -> bool:
    """Tell whether every document is linked and there, or none is and the page says why."""
    items = [item for item in shown(book, "index").select("article li") if "The file" in item.get_text()]
    (there,) = {(book.root / FOLDER / name).exists() for name in DOCUMENTS}
    assert [bool(item.a) for item in items] == [there] * len(DOCUMENTS)
    assert ["(made by make book)" in item.get_text() for item in items] == [not there] * len(DOCUMENTS)
    return there


def test_a_changed_mean_leaves_no_old_number_and_documents_are_linked_only_while_they_hold(book_to_change):
    book = book_to_change
    old, old_chart = shown_number(book), drawn(book)
    assert are_linked(book)
    edit(
        book.root / "data/trials/alpha2001/arms.csv", "training,score,26,16,20,", "training,score,26,16,20.1,"
    )
    # What does not fit on the printed page stops the build once the pages are written.
    index, printed = book.read("index.md"), "What the printed page says."
    book.write("index.md", index.replace(printed, f"{printed} " * 900))
    done = book.build()
    assert done.returncode == 1
    assert done.stderr.startswith("review-summary.pdf cannot be set: the text does not fit on one page")
    assert done.stderr.endswith("; shorten what lr_documents in _config.yml lists as summary\n")
    new, runs = shown_number(book), chapter_runs(book)
    assert new != old and drawn(book) != old_chart and not are_linked(book) and runs
    # A sentence runs no chapter.
    book.write("index.md", index)
    book.write("chapters/number.md", book.read("chapters/number.md") + "\nOne sentence more.\n")
    done = book.build()
    assert done.returncode == 0 and are_linked(book) and chapter_runs(book) == runs, done.stderr
    assert "One sentence more." in book.read(f"{FOLDER}/chapters/number.html")
    pdf = "\n".join(page.extract_text() for page in PdfReader(book.root / FOLDER / "review.pdf").pages)
    assert new in pdf and old not in pdf
    for path in (book.root / FOLDER).rglob("*.html"):
        assert old not in path.read_text(encoding="utf-8"), path


def test_plain_jupyter_book_gives_the_same_pages_and_keeps_the_documents_that_hold(
    book_to_change, built_mini_book
):
    book = book_to_change
    for left in (".doctrees", ".jupyter_cache"):
        shutil.rmtree(book.root / "_build" / left)
    for path in (book.root / FOLDER).rglob("*.html"):
        path.unlink()
    done = book.plain()
    assert done.returncode == 0, done.stderr[-3000:]
    for path in sorted((built_mini_book.root / FOLDER).rglob("*.html")):
        name = path.relative_to(built_mini_book.root)
        assert book.read(name) == path.read_text(encoding="utf-8"), name
    assert are_linked(book)


def test_a_changed_style_and_a_removed_chapter_reach_the_pages_and_its_address_leads_on(book_to_change):
    book, style = book_to_change, "livingreview/book/static/review.css"
    book.write(style, book.read(style) + "/* a new rule */")
    book.write("_toc.yml", "format: jb-book\nroot: index\nchapters:\n  - file: chapters/references\n")
    book.write("index.md", "# Short {cite:t}`invented2020`\n")
    (book.root / "chapters/number.md").unlink()
    config = book.read("_config.yml").replace("chapters/number, ", "").replace("index#printed", "index")
    moved = "lr_moved: {chapters/oldest: chapters/old, chapters/old: chapters/references}"
    book.write("_config.yml", config.replace("lr_moved: {}", moved))
    done = book.build("--no-pdf")
    assert done.returncode == 0, done.stderr
    assert "a new rule" in book.read(f"{FOLDER}/_static/review.css")
    assert not (book.root / FOLDER / "chapters/number.html").exists()
    for name in ("old", "oldest"):
        page = shown(book, f"chapters/{name}")
        (refresh,) = page.select('meta[http-equiv="refresh"]')
        assert refresh["content"] == "0; url=references.html"
        (link,) = page.select('article a[href="references.html"]')
        assert link.get_text() == "References"
    assert "chapters/old" not in book.read(f"{FOLDER}/searchindex.js")


def test_failing_cells_are_all_located_without_their_other_lines(book_to_change):
    book = book_to_change
    number = book.read("chapters/number.md").replace("glue(", "gleu(")
    head = number[: number.index("# The number")]
    index = head + book.read("index.md") + "\n```{code-cell} python3\n1 / 0\n```\n"
    book.write("chapters/number.md", number)
    book.write("index.md", index)
    line = 1 + number[: number.index("\ngleu(") + 1].count("\n")
    faults = [
        f"chapters/number.md:{line}: cell: NameError: name 'gleu' is not defined",
        f"index.md:{len(index.splitlines()) - 1}: cell: ZeroDivisionError: division by zero",
    ]
    done = book.build("--no-pdf")
    assert done.returncode == 1 and "\n".join(faults) in done.stderr
    assert "from myst_nb import" not in done.stderr and "Traceback" not in done.stderr
