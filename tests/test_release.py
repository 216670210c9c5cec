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
    lines = [
        line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] not in " #"
    ]
    assert len(lines) > 50
    assert all(re.match(r"[\w.\[\]-]+==[^\s;]+", line) for line in lines)
    assert "://" not in "".join(line for line in lines)
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.txt").read_text())
    assert all("--hash=sha256:" in entry for entry in entries if not entry.startswith("#"))


def test_every_direct_dependency_says_why_it_is_there():
    text = (ROOT / "pyproject.toml").read_text()
    for line in re.findall(r'^  ".*$', text, re.MULTILINE):
        assert re.search(r",\s+# \w+", line), line


def test_the_readme_is_short_and_names_the_commands():
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) < 100
    assert "make book" in readme and "make test" in readme
