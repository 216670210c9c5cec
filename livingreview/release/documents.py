"""Names the files that a whole build makes beside the pages, each with the words that offer it."""

from pathlib import Path

import yaml

ARTICLE, SUPPLEMENT, SUMMARY, WORD, DATA = ".pdf", "-supplement.pdf", "-summary.pdf", ".docx", "-data.zip"
WORDS = {
    ARTICLE: "The article as a PDF",
    SUPPLEMENT: "The supplement as a PDF",
    SUMMARY: "One page to print",
    WORD: "The article for Word, for comments",
    DATA: "The data",
}


def review_name(root: Path) -> str:
    """Return the short name of the review, with which the names of its files begin."""
    path = root / "data" / "protocol.yml"
    told = (
        yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if path.is_file() else {}
    )
    return str((told or {}).get("name", "review"))


def documents(root: Path) -> dict[str, str]:
    """Name the documents of the review in a folder, each with the words that offer it."""
    name = review_name(root)
    return {name + ending: words for ending, words in WORDS.items()}


def archive_name(root: Path, version) -> str:
    """Name the archive of a version."""
    return f"{review_name(root)}-{version}.zip"
