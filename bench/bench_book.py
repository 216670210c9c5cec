"""Times the book: cold, with nothing changed, and what our code costs each chapter.

Run it as ``python bench/bench_book.py``, or with ``make bench``; it works on a copy in a temporary folder.
"""

import gzip
import re
import shutil
import tempfile
from pathlib import Path
from time import perf_counter

import nbformat
from nbclient import NotebookClient

from livingreview.book import build

ROOT = Path(__file__).resolve().parents[1]
UNCOPIED = shutil.ignore_patterns("_build", ".*", "__pycache__", "tests")
CELL = re.compile(r"^```\{code-cell\} python3\n(?::.*\n)*((?:.*\n)*?)```$", re.M)
IMPORT = re.compile(r"^(?:from [\w.]+ import (?:\([^)]*\)|.*)|import .*)$", re.M)
LINK = re.compile(r'(?:src|href)="((?!https?:|#|data:|mailto:)[^"#?]+\.(?:js|css))')


def run_seconds(cells: list[str], folder: Path) -> float:
    """Time cells in a kernel of their own, best of five, since a busy machine only ever adds."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    place, quiet = {"metadata": {"path": str(folder)}}, ["--log-level=ERROR"]
    times = []
    for _ in range(5):
        client = NotebookClient(notebook, kernel_name="python3", resources=place, extra_arguments=quiet)
        began = perf_counter()
        client.execute()
        times.append(perf_counter() - began)
    return min(times)


def chapter_seconds(book: Path) -> dict[str, tuple[float, float]]:
    """Time each chapter's cells, and a bare kernel with the same imports."""
    times = {}
    for page in [book / "index.md", *(book / "chapters").glob("*.md")]:
        cells = CELL.findall(page.read_text(encoding="utf-8"))
        imports = IMPORT.findall("\n".join(cells))
        if cells:
            spent = run_seconds(cells, page.parent), run_seconds(["\n".join(imports)], page.parent)
            times[page.relative_to(book).as_posix()] = spent
    return times


def first_page_bytes(pages: Path) -> int:
    """Add up the first page, its scripts and its styles, gzipped; fonts and charts' script apart."""
    page = (pages / "index.html").read_text(encoding="utf-8")
    parts = {pages / name for name in LINK.findall(page)} | {pages / "index.html"}
    return sum(len(gzip.compress(path.read_bytes())) for path in parts if path.is_file())


def timed_build(book: Path) -> str:
    began = perf_counter()
    built = build(book)
    parts = ", ".join(f"{part} {seconds:.1f}" for part, seconds in built.seconds.items())
    return f"{perf_counter() - began:6.1f} s  ({parts})"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "book"
        shutil.copytree(ROOT, book, ignore=UNCOPIED)
        print("## The book\n\n```")
        print(f"cold book, pages and PDF      {timed_build(book)}")
        print(f"again, nothing changed        {timed_build(book)}")
        print(f"first page, gzipped           {first_page_bytes(book / '_build' / 'html') / 1000:6.0f} kB")
        for name, (ran, bare) in sorted(chapter_seconds(book).items()):
            print(f"{name:<29} {ran:6.2f} s, its imports alone {bare:.2f} s, ours {ran - bare:+.2f} s")
        print("```")
