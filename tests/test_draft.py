"""A conclusion that the data no longer support stops every way of building the book, twice running."""

import re

from livingreview.__main__ import main

DECISION = """decision: overridden
proposed: very low
rating: moderate
by: Ada Reader
date: 2026-12-01
reason: To move the data
"""
SAID = "very uncertain about the effect of training, in 4 studies."


def test_a_flipped_verdict_stops_check_and_every_build_until_the_sentence_is_rewritten(
    book_to_change, monkeypatch, capsys
):
    book = book_to_change
    monkeypatch.chdir(book.root)

    def page() -> str:
        return book.read("_build/html/index.html")

    assert SAID in page() and "lr-false" not in page()
    text = book.read("index.md")
    statement = re.search(":::{holds}.*?\n:::", text, re.S)[0]
    line = 1 + text[: text.index(statement)].count("\n")
    fault = f'index.md:{line}: statement: no longer holds: function.verdict is "'
    book.write("data/certainty/function.yml", DECISION)
    # Twice running: a warning would stop the first build alone.
    for done in (book.plain(), book.build("--no-pdf")):
        assert done.returncode != 0 and fault in done.stdout + done.stderr
    assert main(["check"]) == 1 and capsys.readouterr().out.startswith(fault)

    done = book.build("--no-pdf", DRAFT="1")
    assert done.returncode == 0 and f"warning: {fault}" in done.stdout, done.stderr
    assert "\n1 statement does not hold; it is marked in the draft.\n" in done.stdout
    assert SAID in page() and "lr-false" in page()

    # An editor rewrites the sentence and its condition, and nothing else.
    new = statement.replace('"very uncertain"', '"probably improves"').replace(
        "The evidence is very uncertain about the effect of training", "Training probably improves function"
    )
    book.write("index.md", text.replace(statement, new))
    assert main(["check"]) == 0 and "not hold" not in capsys.readouterr().out
