"""Times the book: cold, with nothing changed, after a changed sentence; and a new review with its first book.

Run it as ``python bench/bench_book.py``, or with ``make bench``; it works on a copy in a temporary folder.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from livingreview.book import build

ROOT = Path(__file__).resolve().parents[1]
UNCOPIED = shutil.ignore_patterns("_build", ".*", "__pycache__", "tests")


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
