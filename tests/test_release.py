"""One version, said the same everywhere."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_the_version_in_the_citation_is_the_newest_heading_of_the_changelog():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    headings = re.findall(r"^## (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert citation["version"] == [heading for heading in headings if heading != "Unreleased"][0]
    assert re.fullmatch(r"\d{4}\.\d+", citation["version"])


def test_every_package_of_the_lock_is_pinned_and_hashed():
    text = (ROOT / "requirements.txt").read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert len(entries) > 50 and "://" not in "".join(entries)
    for entry in entries:
        assert re.match(r"[\w.\[\]-]+==[^\s;]+", entry) and "--hash=sha256:" in entry, entry
