"""Books for the tests: the real one, built once, and a small one of two chapters to change at will."""

import fcntl
import os
import shutil
import subprocess
import sys
from copy import copy
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import sync_playwright

from alsreview.book import build
from alsreview.book.serve import server

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHAPTER = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3, language: python}
---
"""
INDEX = f"""{CHAPTER}
# A book of two chapters

The formula is $y_i = x_i^2$, from {{cite:t}}`invented2020`; see [the number](chapters/number.md) [^note].

[^note]: A note with a number, 42.
"""
NUMBER = f"""{CHAPTER}
# The number

```{{code-cell}} python3
:tags: [remove-cell]
from myst_nb import glue
from alsreview.pooling import synthesise
pooled = synthesise("exercise_function")
glue("pooled", pooled.estimate)
```

The pooled difference is {{glue:text}}`pooled:.6f` points.

```{{code-cell}} python3
:tags: [remove-input]
from alsreview.exhibits import forest_figure
forest_figure("exercise_function")
```
"""
TOC = "format: jb-book\nroot: index\nchapters:\n  - file: chapters/number\n  - file: chapters/references\n"
BIB = "@article{invented2020, author={Ada Invented}, title={Nothing}, journal={None}, year={2020}}\n"


class MiniBook:
    """A book of its own: its data, its module, its pages.

    A folder that holds data and references already keeps them; ``analysis`` is the one it shows.
    """

    def __init__(self, root: Path, source: Path, analysis: str = "exercise_function"):
        self.root = root
        own = (root / "data").exists()
        for name in ("alsreview", "_static", *([] if own else ["data"])):
            shutil.copytree(source / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        # The checklist names headings of the real chapters, which this book does not have.
        (root / "data/checklist.yml").unlink(missing_ok=True)
        for name in ("_config.yml", "requirements.txt", "CITATION.cff", "chapters/references.md"):
            (root / name).parent.mkdir(exist_ok=True)
            shutil.copy(source / name, root / name)
        self.write("_toc.yml", TOC)
        references = (source / "references.bib").read_text(encoding="utf-8") + BIB
        self.write("references.bib", (self.read("references.bib") if own else "") + references)
        self.write("index.md", INDEX)
        self.write("chapters/number.md", NUMBER.replace("exercise_function", analysis))

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def run(self, *command: str) -> subprocess.CompletedProcess:
        """Run Python with this book's own module and data."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root)},
            capture_output=True,
            text=True,
        )

    def build(self, **options) -> None:
        done = self.run("-c", f"from alsreview.book import build; build(**{options!r})")
        assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the real review."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def review(tmp_path, root) -> Path:
    """A copy of the invented review, whose trials do not exist, with the real dictionary."""
    copy = tmp_path / "review"
    shutil.copytree(root / "tests" / "invented", copy)
    shutil.copy(root / "data" / "columns.yml", copy / "data")
    return copy


@pytest.fixture
def mini_book(tmp_path, root) -> MiniBook:
    """A fresh copy of the evidence and the module, with two short chapters."""
    return MiniBook(tmp_path, root)


@pytest.fixture(scope="session")
def built_mini_book(tmp_path_factory, root) -> MiniBook:
    """The small book, built once, for tests that only look at it."""
    book = MiniBook(tmp_path_factory.mktemp("book"), root)
    book.build()
    return book


@pytest.fixture
def book_to_change(built_mini_book, tmp_path) -> MiniBook:
    """A copy of the small book as built, to change and build again."""
    book = copy(built_mini_book)
    book.root = shutil.copytree(built_mini_book.root, tmp_path / "book")
    return book


@pytest.fixture(scope="session")
def real_book(root, tmp_path_factory):
    """The real book, built once for the whole run; a second core waits and finds it there."""
    with (tmp_path_factory.getbasetemp().parent / "real_book.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return build(root)


@pytest.fixture(scope="session")
def site(real_book):
    """The address of the real book, served on this machine."""
    with server(real_book.html.parent, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(scope="session")
def browser():
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is not on PATH; install it: apt-get install chromium")
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items):
    """Ask for one core for the tests that share a book, and for those of a file.

    pytest-xdist 3.8 cannot grant it with pytest 9.2, which keeps a test's name elsewhere than it writes it.
    """
    for item in items:
        shared = [name for name in ("real_book", "built_mini_book") if name in item.fixturenames]
        item.add_marker(pytest.mark.xdist_group((shared or [item.path.name])[0]))
