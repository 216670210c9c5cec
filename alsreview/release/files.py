"""Writes what a release changes in the repository: results, citation, changelog."""

import json
import re
from pathlib import Path

from alsreview.facts import review_facts
from alsreview.release.results import FOLDER, results, to_text
from alsreview.reviews import Review
from alsreview.statements import conclusions

UNRELEASED = "Unreleased"
_HEADING = re.compile(r"^## (.+)$", re.M)


def write_release_files(root: Path, version: str, date: str) -> None:
    """Make a folder say that it is a version.

    Parameters
    ----------
    root : folder of the review
    version, date : what it becomes, and the day, as year-month-day
    """
    _replace(root / "CITATION.cff", r"^version: .*$", f'version: "{version}"')
    _replace(root / "CITATION.cff", r"^date-released: .*$", f"date-released: {date}")
    # The DOI of the version before is not this one's; identifiers, which hold the one for all, stay.
    _drop_doi(root / "CITATION.cff")
    _replace(root / "pyproject.toml", r'^version = ".*"$', f'version = "{version}"')
    _replace(root / "CHANGELOG.md", _HEADING.pattern, f"## {version}")
    deposit = root / ".zenodo.json"
    if deposit.is_file():
        said = json.loads(deposit.read_text(encoding="utf-8")) | {
            "version": version,
            "publication_date": date,
        }
        deposit.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    kept = root / FOLDER / f"{version}.csv"
    kept.parent.mkdir(exist_ok=True)
    frame = results(root)
    said = conclusions(root, review_facts(Review(root)))
    frame = frame.assign(bottom_line=frame.analysis_id.map(said), date=date)
    kept.write_text(to_text(frame), encoding="utf-8")


def changelog_fault(root: Path) -> str:
    """Say what keeps the changelog from becoming a version's; nothing when it is ready."""
    path = root / "CHANGELOG.md"
    if not path.is_file():
        return "CHANGELOG.md: not found; expected a heading '## Unreleased' and what a reader would notice"
    _, heading, rest = (_HEADING.split(path.read_text(encoding="utf-8"), maxsplit=1) + ["", ""])[:3]
    # A number of 0 marks the draft before the first release, which was never one itself.
    if heading != UNRELEASED and not heading.endswith(".0"):
        found = f"'## {heading}'" if heading else "no heading"
        return f"CHANGELOG.md: expected '## {UNRELEASED}' on top, found {found}: say what changed"
    if not _HEADING.split(rest)[0].strip():
        return f"CHANGELOG.md: nothing stands under '## {heading}': say what a reader would notice"
    return ""


def _drop_doi(path: Path) -> None:
    path.write_text(re.sub(r"^doi: .*\n", "", path.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8")


def _replace(path: Path, pattern: str, line: str) -> None:
    """Replace the first line that fits; a file without one is a fault, not a file to leave as it is."""
    text, n = re.subn(pattern, lambda _: line, path.read_text(encoding="utf-8"), count=1, flags=re.M)
    if not n:
        raise ValueError(f"{path.name}: expected a line {line!r} could replace, found none")
    path.write_text(text, encoding="utf-8")
