"""Times the site of 20 archived versions, and says how that compares with unpacking and copying alone.

Run it as ``python bench/bench_site.py``, or with ``make bench``; it takes the pages of ``_build/html``, which
it builds first if they are missing, and works in a temporary folder.
"""

import shutil
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from alsreview.book import build
from alsreview.book.site import build_site
from alsreview.release import stamp
from alsreview.release.archive import archive_name, pack, write_sums
from alsreview.release.manifest import NAME, make_manifest
from alsreview.release.results import FOLDER, results, to_text

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = [f"2026.{number}" for number in range(1, 21)]
WITHIN = ("CITATION.cff", "requirements.txt", "data")


def make_review(home: Path) -> None:
    """Lay out what the site asks of the review, with an archive of each version."""
    for name in WITHIN:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, home / name)
    said, table = stamp(ROOT), to_text(results(ROOT))
    pages = home.parent / "pages"
    shutil.copytree(ROOT / "_build" / "html", pages, ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(ROOT / "data", pages / "data")
    for version in VERSIONS:
        kept = pages / FOLDER / f"{version}.csv"
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(table)
        made = make_manifest(pages, replace(said, version=version), ROOT / "requirements.txt", {})
        (pages / NAME).write_text(made.to_json())
        place = home / "_releases" / version
        place.mkdir(parents=True)
        pack(pages, place / archive_name(version), said.seconds)
        write_sums(place)


def plain_seconds(home: Path, target: Path) -> float:
    """Time unpacking each archive and copying the last one, with nothing checked."""
    began = perf_counter()
    for version in VERSIONS:
        with zipfile.ZipFile(home / "_releases" / version / archive_name(version)) as archive:
            archive.extractall(target / version)
    shutil.copytree(target / VERSIONS[-1], target / "latest")
    return perf_counter() - began


def site_seconds(home: Path) -> float:
    began = perf_counter()
    build_site(home)
    return perf_counter() - began


if __name__ == "__main__":
    if not (ROOT / "_build" / "html" / "als-review.pdf").is_file():
        build(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "review"
        home.mkdir()
        make_review(home)
        size = (home / "_releases" / VERSIONS[0] / archive_name(VERSIONS[0])).stat().st_size
        plain, site = plain_seconds(home, Path(folder) / "plain"), site_seconds(home)
        print(f"site of {len(VERSIONS)} versions, {size / 1e6:.1f} MB each   {site:6.1f} s")
        print(f"unpacked and copied alone       {plain:6.1f} s, {site / plain:.1f} times less")
