"""A conclusion that the data no longer support stops every way of building the book, twice running."""

from conftest import STATEMENT

DECISION = """decision: overridden
proposed: very low
rating: moderate
by: Ada Reader
date: 2026-12-01
reason: To move the data
"""
SAID = "very uncertain about the effect of training, in 4 studies."


def test_a_flipped_verdict_stops_check_and_every_build_until_the_sentence_is_rewritten(book_to_change):
    book = book_to_change

    def page() -> str:
        return book.read("_build/html/index.html")

    assert SAID in page() and "lr-false" not in page()
    text = book.read("index.md")
    line = 1 + text[: text.index(STATEMENT)].count("\n") + 1
    fault = f'index.md:{line}: statement: no longer holds: function.verdict is "'
    book.write("data/certainty/function.yml", DECISION)
    # Twice running: a warning would stop the first build alone.
    for done in (book.plain(), book.build("--no-pdf")):
        assert done.returncode != 0 and fault in done.stdout + done.stderr
    done = book.run("-m", "livingreview", "check")
    assert done.returncode == 1 and done.stdout.startswith(fault), done.stdout

    done = book.build("--no-pdf", DRAFT="1")
    assert done.returncode == 0 and f"warning: {fault}" in done.stdout, done.stderr
    assert "\n1 statement does not hold; it is marked in the draft.\n" in done.stdout
    assert SAID in page() and "lr-false" in page()

    # An editor rewrites the sentence and its condition, and nothing else.
    new = STATEMENT.replace('"very uncertain"', '"probably improves"').replace(
        "The evidence is very uncertain about the effect of training", "Training probably improves function"
    )
    book.write("index.md", text.replace(STATEMENT, new))
    done = book.run("-m", "livingreview", "check")
    assert done.returncode == 0 and "not hold" not in done.stdout, done.stdout
