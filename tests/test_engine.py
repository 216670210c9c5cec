"""The engine holds for any review: no word of this review's question stands in its files."""

import re

import pytest

OURS = re.compile(
    r"\b(als|alsfrs\w*|alsaq\w*|amyotroph\w*|exercis\w*|programmes?|stimulation|rtms|tdcs|tsms|nibs|sham|riluzole"
    r"|seizures?|lunetta\w*|banos\w*)\b",
    re.IGNORECASE,
)


def lines_with(words: re.Pattern, files: dict[str, str]) -> list[str]:
    """Give every line of some texts in which one of the words stands, with its place."""
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if words.search(line)
    ]


@pytest.fixture(scope="module")
def texts(root):
    """The files of the engine that are text."""
    found = {}
    for path in sorted((root / "livingreview").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and b"\0" not in path.read_bytes():
            found[path.relative_to(root).as_posix()] = path.read_text(encoding="utf-8")
    return found


def test_no_word_of_this_review_stands_in_the_engine(texts):
    assert {"livingreview/evidence/columns.yml", "livingreview/book/documents/sheet.typ"} <= set(texts)
    assert lines_with(OURS, texts) == []


def test_the_words_are_found_where_they_stand(root):
    chapter = (root / "chapters/exercise.md").read_text(encoding="utf-8")
    assert lines_with(OURS, {"a": "Nothing.\nThe ALSFRS-R fell."}) == ["a:2: The ALSFRS-R fell."]
    assert lines_with(OURS, {"chapter": chapter})
