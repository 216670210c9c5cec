"""Times the book: cold, with nothing changed, after a changed sentence; and a new review with its first book.

Run it as ``python bench/bench_book.py``, or with ``make bench``; it works on a copy in a temporary folder.
"""

import gzip
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from livingreview.book import build

ROOT = Path(__file__).resolve().parents[1]
UNCOPIED = shutil.ignore_patterns("_build", ".*", "__pycache__", "tests")
LINK = re.compile(r'(?:src|href)="((?!https?:|#|data:|mailto:)[^"#?]+\.(?:js|css))')


def first_page_bytes(pages: Path) -> int:
    """Add up the first page, its scripts and its styles, gzipped; fonts and charts' script apart."""
    page = (pages / "index.html").read_text(encoding="utf-8")
    parts = {pages / name for name in LINK.findall(page)} | {pages / "index.html"}
    return sum(len(gzip.compress(path.read_bytes())) for path in parts if path.is_file())


def timed_build(book: Path, **options) -> str:
    began = perf_counter()
    built = build(book, **options)
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
        with (book / "chapters" / "background.md").open("a", encoding="utf-8") as page:
            page.write("\nOne sentence more.\n")
        print(f"a sentence changed, pages     {timed_build(book, pdf=False)}")
        started = Path(folder) / "new"
        began = perf_counter()
        words = ["-m", "livingreview", "new", str(started), "--module", "newreview"]
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        print(f"a new review                  {perf_counter() - began:6.1f} s  (limit 2)")
        print(f"its first book                {timed_build(started)}  (limit 25)")
        print("```")
