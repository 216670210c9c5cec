"""Says what the article and the summary print: what the configuration names, or else pages of the book."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml


def outlines(root: Path, declared: Mapping | None) -> dict:
    """Return ``lr_documents``; unless declared, the article prints every page and the summary the first.

    Parameters
    ----------
    root : folder of the review, whose ``_toc.yml`` lists the pages
    declared : ``lr_documents`` of ``_config.yml``
    """
    path = root / "_toc.yml"
    pages = list(_pages(yaml.safe_load(path.read_text(encoding="utf-8")))) if path.is_file() else []
    return {"article": pages, "summary": pages[:1]} | dict(declared or {})


def _pages(entry) -> Iterator[str]:
    """Walk through a table of contents, each page before those below it; patterns name no page."""
    if isinstance(entry, list):
        for each in entry:
            yield from _pages(each)
    elif isinstance(entry, dict):
        for key, value in entry.items():
            if key in ("root", "file"):
                yield str(value).removesuffix(".md")
            elif key != "options":
                yield from _pages(value)
