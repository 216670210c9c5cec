"""What every review is held to: its ``tests`` import this case, and may add their own."""

import subprocess
import sys
import unittest

from livingreview.evidence import find_root
from livingreview.instance.engine import LOCK, PIN, read_pin

_MADE = {"_build", ".git", ".venv", "__pycache__"}
_LARGEST = 1_000_000  # bytes of a file that a person would write a pin into


class ReviewTest(unittest.TestCase):
    """The data are well formed, the statements hold, the book builds, and the engine is pinned once."""

    @classmethod
    def setUpClass(cls):
        cls.root = find_root()

    def test_the_data_are_well_formed_and_the_statements_hold(self):
        self._succeeds("check")

    def test_the_book_builds(self):
        self._succeeds("build", "--no-pdf")

    def test_the_engine_is_pinned_in_one_file(self):
        commit = read_pin(self.root).rpartition("@")[2].strip()
        pinned = []
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root)
            if _MADE.isdisjoint(name.parts) and path.is_file() and path.stat().st_size < _LARGEST:
                text = path.read_text(encoding="utf-8", errors="replace")
                pinned += [name.as_posix()] if PIN.search(text) or commit in text else []
        self.assertEqual(pinned, [LOCK], "expected the pin of the engine in one file")

    def _succeeds(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "livingreview", *words], cwd=self.root, capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
