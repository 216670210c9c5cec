"""Holds the review to its data, and the engine to one pin."""

import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[1]


class ReviewTest(unittest.TestCase):
    def test_the_data_and_the_statements_hold(self):
        command = [sys.executable, "-m", "livingreview", "check"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_engine_is_pinned_in_one_file(self):
        names = ("*.txt", "*.toml", "*.cfg", "Makefile", ".github/workflows/*.yml")
        pinned = [
            path.relative_to(ROOT).as_posix()
            for name in names
            for path in ROOT.glob(name)
            if "livingreview==" in path.read_text(encoding="utf-8")
        ]
        self.assertEqual(pinned, ["requirements.txt"])


if __name__ == "__main__":
    unittest.main()
