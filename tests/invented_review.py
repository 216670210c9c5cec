"""The invented review of ``tests/invented`` in a scratch folder, for tests to use and to break."""

import shutil
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.fixture
def review(tmp_path) -> Path:
    """A copy of the invented review, with the real dictionary."""
    root = tmp_path / "review"
    shutil.copytree(TESTS / "invented", root)
    shutil.copy(TESTS.parent / "data/columns.yml", root / "data/columns.yml")
    return root


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that must stand in a file once."""
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new))
