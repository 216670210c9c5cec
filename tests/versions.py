"""Makes small archived versions of a review, in the layout that a release has."""

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd

from alsreview.book.versions import foot, head
from alsreview.release import Stamp
from alsreview.release.archive import archive_name, pack, write_sums
from alsreview.release.manifest import NAME, make_manifest
from alsreview.release.results import COLUMNS, to_text

TITLE = 'Walking & "waiting" <in> ALS'
DAY = 86_400
STAMP = Stamp(
    title=TITLE,
    version="2026.1",
    authors=("Nobody",),
    doi="",
    concept_doi="",
    url="",
    evidence="0123456789abcdef",
    seconds=1_767_225_600,  # 2026-01-01
    commit="c" * 40,
    released=True,
)
PAGE = """<!DOCTYPE html>
<html lang="en" data-content_root="{up}"><head><meta charset="utf-8"><title>{name}</title>{head}
<script defer src="{up}_static/als-versions.js"></script></head>
<body><main><div class="header-article-items__start"></div>
<article class="bd-article"><h1 id="top">{name} in {version}</h1></article></main>{foot}</body></html>
"""
SCRIPT = Path(__file__).parents[1] / "alsreview" / "book" / "versions.js"


def result(estimate: float) -> pd.DataFrame:
    """One primary analysis of one invented trial."""
    row = {"analysis_id": "walking", "title": "Walking", "role": "primary", "unit": "points", "k": 1}
    row |= {"trials": 1, "people": 20, "estimate": estimate, "ci_low": -1.0, "ci_high": 9.0}
    return pd.DataFrame([row]).reindex(columns=COLUMNS)


def stamped(version: str) -> Stamp:
    """What a version says of itself; each is a day older than the next."""
    year, number = map(int, version.split("."))
    return replace(STAMP, version=version, seconds=STAMP.seconds + ((year - 2026) * 365 + number) * DAY)


def write_pages(folder: Path, version: str, pages: list[str]) -> None:
    """Write pages that carry what the extension puts into real ones."""
    for page in pages:
        said = {"head": head(stamped(version), page), "foot": foot(page), "version": version}
        path = folder / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format(up="../" * page.count("/") or "./", name=path.stem, **said))
    (folder / "_static").mkdir(exist_ok=True)
    shutil.copy(SCRIPT, folder / "_static" / "als-versions.js")


def archive(root: Path, version: str, folder: Path, estimate: float = 4.0, moved=None, results="") -> Path:
    """Pack a folder of pages as a version of the review; ``results`` is what it keeps, as text."""
    data = folder / "data" / "releases"
    data.mkdir(parents=True, exist_ok=True)
    (data / f"{version}.csv").write_text(results or to_text(result(estimate)))
    (folder / "als-review.pdf").write_bytes(f"%PDF {version}".encode())
    manifest = make_manifest(folder, stamped(version), root / "requirements.txt", moved or {})
    (folder / NAME).write_text(manifest.to_json())
    place = root / "_releases" / version
    place.mkdir(parents=True, exist_ok=True)
    pack(folder, place / archive_name(version), stamped(version).seconds)
    shutil.copy(folder / NAME, place)
    write_sums(place)
    return place / archive_name(version)
