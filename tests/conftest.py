"""Books for the tests: the real one, built once, and a small one of an invented review to change at will.

What takes a while to import is imported where it is used: every process of a run reads this file, and the one
that hands out the tests needs none of it.
"""

import fcntl
import gc
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).resolve().parent.parent
collect_ignore = ["instance"]  # a review of its own, with its own tests
# What a test needs, told by its fixtures and by what its module imports; `make quick` runs the others.
BOOKS = {"real_book", "built_mini_book", "mini_book"}
NEEDS = {
    "book": BOOKS | {"MiniBook"},
    "browser": {"browser"},
    "r": {"rscript"},
    "story": {"make_review", "three_versions", "follow", "repository"},
}
LONG = ("story", "book")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
BIB = "@article{invented2020, author={Ada Invented}, title={Nothing}, journal={None}, year={2020}}\n"
# The documents of the real review.
ARTICLE, SUPPLEMENT, SUMMARY = "als-review.pdf", "als-review-supplement.pdf", "als-review-summary.pdf"
WORD = "als-review.docx"


@dataclass
class MiniBook:
    """A book of its own: its data, its module, its pages."""

    root: Path

    def fill(self) -> "MiniBook":
        """Put the invented review, unless data are there, two chapters and the engine into a folder."""
        if not (self.root / "data").exists():
            shutil.copytree(ROOT / "tests/invented", self.root, dirs_exist_ok=True)
        # With what Python compiled of it, or each new book would have to compile it.
        shutil.copytree(ROOT / "livingreview", self.root / "livingreview")
        shutil.copytree(ROOT / "tests/mini_book", self.root, dirs_exist_ok=True)
        for name in ("requirements.txt", "CITATION.cff", "chapters/references.md"):
            shutil.copy(ROOT / name, self.root / name)
        self.write("references.bib", self.read("references.bib") + BIB)
        return self

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess:
        """Run Python with this book's own module and data."""
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), **environment},
            capture_output=True,
            text=True,
        )

    def build(self, *options: str, **environment: str) -> subprocess.CompletedProcess:
        """Build it with our command."""
        return self.run("-m", "livingreview", "build", *options, **environment)

    def plain(self) -> subprocess.CompletedProcess:
        """Build its pages with jupyter-book's own command."""
        command = "from jupyter_book.cli.main import main; main()"
        return self.run("-c", command, "build", ".")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the real review."""
    return ROOT


@pytest.fixture
def review(tmp_path, root) -> Path:
    """A copy of the invented review, whose trials do not exist."""
    # Without the times of the files, which nothing needs: hundreds of tests take a copy.
    return shutil.copytree(root / "tests/invented", tmp_path / "review", copy_function=shutil.copyfile)


@pytest.fixture
def screened(review, root) -> Path:
    """The same with queries of three sources, which find its first trials, and a decision on every record."""
    from invented_review import edit

    shutil.copytree(root / "tests/screened", review, dirs_exist_ok=True)
    alpha, beta = (review / f"data/trials/{trial_id}/trial.yml" for trial_id in ("alpha2001", "beta2002"))
    edit(alpha, "\nallocation:", "\nregistration: NCT00000101\nallocation:")
    edit(alpha, "kind: primary_abstract,", 'kind: primary_abstract, pmid: "101",')
    edit(beta, "kind: primary_abstract,", "kind: primary_abstract, doi: 10.1000/beta,")
    return review


@pytest.fixture
def mini_book(tmp_path) -> MiniBook:
    """A small book of the invented review, not built."""
    return MiniBook(tmp_path).fill()


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Have something made once for the whole run, by one process while the others wait, and give its path."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def once(name: str, make: Callable[[Path], object]) -> Path:
        made, half = shared / name, shared / f"half_{name}"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                shutil.rmtree(half, ignore_errors=True)
                make(half)
                half.rename(made)
        return made

    return once


@pytest.fixture(scope="session")
def built_mini_book(once) -> MiniBook:
    """The small book, built once for the whole run, for tests that only look at it."""

    def make(folder: Path) -> None:
        folder.mkdir()
        done = MiniBook(folder).fill().build()
        assert done.returncode == 0, done.stderr[-3000:]

    return MiniBook(once("mini_book", make))


@pytest.fixture
def book_to_change(built_mini_book, tmp_path) -> MiniBook:
    """A copy of the small book as built, to change and build again."""
    return MiniBook(shutil.copytree(built_mini_book.root, tmp_path / "book"))


@pytest.fixture(scope="session")
def real_book(root, once):
    """The real book, built once for the whole run."""
    from livingreview.book import build

    return pickle.loads(
        once("real_book", lambda path: path.write_bytes(pickle.dumps(build(root)))).read_bytes()
    )


@pytest.fixture(scope="session")
def pages(real_book) -> dict:
    """Every page of the real book as BeautifulSoup, by its path, read once by each process."""
    from bs4 import BeautifulSoup

    paths = sorted(real_book.html.parent.rglob("*.html"))
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "lxml") for path in paths}


@pytest.fixture(scope="session")
def pdf_pages(real_book, once) -> list[str]:
    """The words of each page of the real PDF, taken out once for the whole run."""
    from pypdf import PdfReader

    def make(path: Path) -> None:
        path.write_text(json.dumps([page.extract_text() for page in PdfReader(real_book.pdf).pages]))

    return json.loads(once("pdf_pages", make).read_text())


@pytest.fixture(scope="session")
def three_versions(once) -> Path:
    """An invented review with three versions and a draft, made once for the whole run."""
    from made_up import make_versions

    return once("versions", make_versions)


@pytest.fixture(scope="session")
def site(real_book):
    """The address of the real book, served on this machine."""
    from livingreview.book import server

    with server(real_book.html.parent, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def installed(program: str, packages: str) -> str:
    """Return the path of a program, or fail with what installs it."""
    path = shutil.which(program)
    if path is None:
        pytest.fail(f"{program} is not on PATH; install it: apt-get install {packages}")
    return path


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=installed("chromium", "chromium"), args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def rscript() -> str:
    """The path of Rscript."""
    return installed("Rscript", "r-base-core r-cran-metafor")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config) -> int:
    """One process more than there are cores, as tests wait for browsers and builds; the quick ones do not."""
    return (os.cpu_count() or 1) + (not config.option.markexpr)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Refuse the real evidence to a test that is not marked ``evidence``.

    A test of code runs on the invented review.  A marked test holds for any evidence: test_new_trial.py runs
    it on a copy of the review with a further trial.
    """
    from livingreview.evidence import load

    digest = load.data_state

    def refuse(root):
        assert root != ROOT, "only a test marked `evidence`, true of any evidence, reads the real evidence"
        return digest(root)

    with pytest.MonkeyPatch.context() as patch:
        if not (item.get_closest_marker("evidence") or BOOKS & set(item.fixturenames)):
            patch.setattr(load, "data_state", refuse)
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark each test with what it needs, and begin with what takes longest, so that no process ends alone.

    First the file that has the real book built, then the long stories, by which time the book is there, then
    what reads books. A file is tested by one process (--dist loadfile), so that what it builds is built once.
    """
    needs: dict[Path, set[str]] = {}
    for item in items:
        asked = {*item.fixturenames, *vars(item.module)}
        for need in [name for name, means in NEEDS.items() if means & asked]:
            item.add_marker(need)
        needs.setdefault(item.path, set()).update(mark.name for mark in item.iter_markers())

    def turn(item) -> tuple[bool, ...]:
        return item.path.name != "test_browser.py", *(need not in needs[item.path] for need in LONG)

    items.sort(key=turn)


def pytest_collection_finish():
    """Spare the collector of garbage the many objects that importing has made, which stay to the end.

    It also looks less often, or a tenth of the time of the tests would go to it.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
