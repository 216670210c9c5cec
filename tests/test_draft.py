"""A conclusion that the data no longer support stops every way of building the book, twice running."""

import shutil
import sys
from pathlib import Path

import pytest
from conftest import MiniBook

STATEMENT = """
:::{holds} function.verdict == "very uncertain"
The evidence is very uncertain about the effect of training, in {{ function.studies_counted }}.
:::
"""
FAULT = 'index.md:19: statement: no longer holds: function.verdict is "'
DECISION = """decision: overridden
proposed: {proposed}
rating: moderate
by: Ada Reader
date: 2026-12-01
reason: To move the data
"""


@pytest.fixture
def book(tmp_path, root) -> MiniBook:
    """A small book on the invented review, with a statement that holds."""
    shutil.copytree(root / "tests/invented", tmp_path, dirs_exist_ok=True)
    made = MiniBook(tmp_path).fill(root, analysis="function")
    made.write("index.md", made.read("index.md") + STATEMENT)
    return made


def plain(book: MiniBook, **environment):
    return book.run(str(Path(sys.executable).with_name("jupyter-book")), "build", ".", **environment)


def ours(book: MiniBook, **environment):
    return book.run("-m", "livingreview", "build", "--no-pdf", **environment)


def test_a_flipped_verdict_stops_check_and_every_build_until_the_sentence_is_rewritten(
    book, tmp_path_factory
):
    assert book.run("-m", "livingreview", "check").returncode == 0
    # A kernel as it comes with ipykernel, whatever the environment of these tests asks of it.
    chatty = tmp_path_factory.mktemp("ipython")
    (chatty / "profile_default").mkdir()
    (chatty / "profile_default/ipython_kernel_config.json").write_text('{"IPKernelApp": {"log_level": 30}}')
    done = plain(book, IPYTHONDIR=str(chatty))
    assert done.returncode == 0, done.stderr[-2000:]
    page = (book.root / "_build/html/index.html").read_text()
    assert "very uncertain about the effect of training, in 4 studies." in page and "lr-false" not in page
    assert "Kernel is running over TCP" not in done.stdout + done.stderr

    book.write("data/certainty/function.yml", DECISION.format(proposed="very low"))
    # Twice running: a warning would stop the first build alone.
    for build in (plain, ours):
        done = build(book)
        assert done.returncode != 0 and FAULT in done.stdout + done.stderr
    done = book.run("-m", "livingreview", "check")
    assert done.returncode == 1 and done.stdout.startswith(FAULT), done.stdout

    done = ours(book, DRAFT="1")
    assert done.returncode == 0, done.stderr[-2000:]
    for said in (done, book.run("-m", "livingreview", "check", DRAFT="1")):
        assert said.returncode == 0 and f"warning: {FAULT}" in said.stdout, said.stdout
        assert "\n1 statement does not hold; it is marked in the draft.\n" in said.stdout
    page = (book.root / "_build/html/index.html").read_text()
    assert "lr-false" in page and "very uncertain about the effect of training" in page

    # An editor rewrites the sentence and its condition, and nothing else.
    new = STATEMENT.replace('"very uncertain"', '"probably improves"').replace(
        "The evidence is very uncertain about the effect of training", "Training probably improves function"
    )
    book.write("index.md", book.read("index.md").replace(STATEMENT, new))
    done = ours(book)
    assert done.returncode == 0 and "not hold" not in done.stdout
    page = (book.root / "_build/html/index.html").read_text()
    assert "Training probably improves function, in 4 studies." in page and "lr-false" not in page
