"""Turns the archived versions into one site, in which each keeps its address and its bytes."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alsreview.book.site.entries import entries
from alsreview.book.site.pages import Life, root_files, stub_page
from alsreview.book.site.releases import Released, unpack_releases
from alsreview.book.site.stubs import stubs
from alsreview.book.site.swap import replaced
from alsreview.evidence import find_root, load_evidence
from alsreview.exhibits.searches import search_events
from alsreview.release import stamp
from alsreview.release.freshness import freshness
from alsreview.release.results import FOLDER as RESULTS

Echo = Callable[[str], None]
VERSION_LIMIT = 15_000_000  # bytes, our own
SITE_LIMIT = 1_000_000_000  # bytes, that of GitHub Pages
_WARN_FROM = 0.8
_ADDRESS = re.compile(r"https?://[^\s/?#\"<>]+(/[^\s?#\"<>]*)?")


@dataclass(frozen=True)
class Site:
    """Where the site is, its latest version (empty for a draft), and bytes of each version and of all."""

    folder: Path
    latest: str
    sizes: dict[str, int]
    size: int


def build_site(root=None, out=None, *, url: str = "", echo: Echo | None = None) -> Site:
    """Lay out the archived versions as a site; without any, the draft in ``_build/html``.

    Parameters
    ----------
    root : folder of the review; found upwards from the working folder unless given
    out : folder of the site, ``_build/site`` unless given; replaced as a whole
    url : address of the site; that of CITATION.cff unless given
    echo : is handed one line per finding, such as ``print``

    Raises
    ------
    ValueError
        When an archive is missing, damaged or changed, or the site cannot be written: nothing of the
        site that was there is lost.
    """
    root, echo = find_root(root), echo or (lambda line: None)
    out = Path(out) if out else root / "_build" / "site"
    said = stamp(root)
    url = _address(url or said.url)
    # Made absolute: the folder it is built in stands beside it, also when it is named ".".
    with replaced(out.resolve()) as folder:
        releases = unpack_releases(root, folder)
        _lay_latest(root, folder, releases)
        for name, text in root_files(said, entries(releases), url, _life(root)):
            _write(folder / name, text)
        for stub in stubs(releases) if releases else ():
            _write(folder / "latest" / stub.page, stub_page(stub, releases[0].manifest.title))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    site = Site(out, releases[0].version if releases else "", {r.version: r.size for r in releases}, size)
    _report(root, site, url, echo)
    return site


def _address(url: str) -> str:
    """Check the address of the site and end it with a slash."""
    if url and not _ADDRESS.fullmatch(url):
        raise ValueError(
            f"{url!r} is not the address of a site: expected https://host/ or https://host/folder/"
        )
    return f"{url.rstrip('/')}/" if url else ""


def _lay_latest(root: Path, folder: Path, releases: list[Released]) -> None:
    """Copy the newest version, or the draft, to the address that always has the latest."""
    draft = root / "_build" / "html"
    if releases:
        shutil.copytree(folder / releases[0].version, folder / "latest")
    elif (draft / "index.html").is_file():
        shutil.copytree(draft, folder / "latest", ignore=shutil.ignore_patterns(".*"))
    else:
        raise ValueError(
            "no version in _releases/ and no draft in _build/html; build the book first: make book"
        )


def _life(root: Path) -> Life:
    evidence = load_evidence(root)
    return Life(tuple(search_events(evidence.searches)), freshness(evidence))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _report(root: Path, site: Site, url: str, echo: Echo) -> None:
    """Say how large each version is, and what a reader would miss."""
    for version, size in site.sizes.items():
        echo(f"version {version:<8} {_mega(size)}")
        if size > VERSION_LIMIT:
            echo(f"warning: version {version} is over {_mega(VERSION_LIMIT).strip()}")
    echo(f"site             {_mega(site.size)}")
    if site.size > _WARN_FROM * SITE_LIMIT:
        used = f"{100 * site.size / SITE_LIMIT:.0f} %"
        echo(f"warning: the site takes {used} of the {_mega(SITE_LIMIT).strip()} that GitHub Pages allows")
    for path in sorted((root / RESULTS).glob("*.csv")):
        if path.stem not in site.sizes:
            echo(f"warning: version {path.stem} has no archive in _releases/, so it is not on the site")
    if not site.sizes:
        echo("no version is released yet: latest/ is the draft, without feed and sitemap")
    elif not url:
        echo("no address is known, so no feed and no sitemap: give --url, or url in CITATION.cff")


def _mega(size: int) -> str:
    return f"{size / 1e6:7.1f} MB"
