"""Helps tests to break the invented review of ``tests/invented``."""

from pathlib import Path


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must stand in a file once."""
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new))
