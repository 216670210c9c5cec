"""Checks the reporting checklist: each item answered once, and each answer a heading that exists."""

import re
from pathlib import Path

from livingreview.schema import Fault

FILE = "data/checklist.yml"


def checklist_faults(checklist: dict, lines: dict) -> list[Fault]:
    """List items given twice, and items that are neither answered nor open.

    Parameters
    ----------
    checklist, lines : what was read of ``checklist.yml``
    """
    items = checklist.get("items")
    faults, seen = [], []
    for index, item in enumerate(items if isinstance(items, list) else []):
        if not isinstance(item, dict):
            continue
        line = lines.get(("items", index), 1)
        # An element of an item has no number of its own, so its topic tells it from the others.
        name = "topic" if item.get("item") == "element" else "item"
        key = (item.get("guideline"), item.get(name))
        if key in seen:
            faults.append(
                Fault(FILE, line, f"items.{index}.{name}", f"expected each item once, found {key[1]!r} again")
            )
        seen.append(key)
        if not {"answered", "not_yet"} & set(item):
            message = "expected where it is reported, or under not_yet what is missing, found neither"
            faults.append(Fault(FILE, line, f"items.{index}.answered", message))
        if "also" in item and "answered" not in item:
            faults.append(
                Fault(FILE, line, f"items.{index}.also", "expected a first place before a second, found none")
            )
    return faults


def open_needs(evidence) -> dict[str, str]:
    """Return why each need of an item is not met by the evidence; a need that is met is left out."""
    told = {
        "search": (evidence.searches.empty, "No search of our own has been run"),
        "screeners": (evidence.screening["by"].isna().any(), "Who screened some records was not recorded"),
        "confirmed_ratings": (
            not evidence.grade.decisions,
            "No rating of certainty has been confirmed by a person",
        ),
    }
    return {need: why for need, (is_open, why) in told.items() if is_open}


def headings(root: Path) -> set[str]:
    """Return every page of the book, and every heading on it as ``page#heading``."""
    return set(place_titles(root))


def place_titles(root: Path) -> dict[str, str]:
    """Return the title of every page of the book, and the words of every heading by ``page#heading``."""
    # docutils, which names the headings in the built pages, takes longer to import than to use.
    from docutils.nodes import make_id

    found = {}
    for page, titles in written_titles(root).items():
        # Of two headings of one name the address leads to the first.
        named = {f"{page}#{make_id(title)}": _plain(title) for title in reversed(titles)}
        found |= {page: _plain(titles[0]) if titles else ""} | named
    return found


def written_titles(root: Path) -> dict[str, list[str]]:
    """Return the headings of every page of the book as they are written."""
    paths = [root / "index.md", *sorted((root / "chapters").glob("*.md"))]
    return {
        path.relative_to(root).with_suffix("").as_posix(): _titles(path.read_text(encoding="utf-8"))
        for path in paths
        if path.is_file()
    }


def _titles(text: str) -> list[str]:
    """Return the headings of a chapter; a line of code that begins with # is none."""
    text = re.sub(r"^(`{3,}|~{3,}|:{3,}).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#{1,6} +(.+?) *#*$", text, flags=re.MULTILINE)


def _plain(title: str) -> str:
    """Remove the marks of emphasis and code from a heading."""
    return re.sub(r"[*`]", "", title)
