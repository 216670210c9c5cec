"""The site: every version at its own address, byte for byte, and a way from each to the others."""

import errno
import json
import shutil
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from versions import STAMP, TITLE, archive, write_pages

from alsreview.book.site import build_site, layout
from alsreview.book.site.swap import replaced
from alsreview.release.archive import pack, write_sums
from alsreview.release.manifest import make_manifest

ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
URL = "https://review.example/als/"


@pytest.fixture
def home(review, root) -> Path:
    """The invented review as a repository that can be released."""
    shutil.copy(root / "CITATION.cff", review)
    (review / "requirements.txt").write_text("\n")
    return review


def add(home: Path, version: str, *pages: str, **options) -> Path:
    """Archive a version of a few pages."""
    folder = home.parent / "versions" / version
    write_pages(folder, version, ["index.html", *pages])
    return archive(home, version, folder, **options)


def add_three(home: Path) -> None:
    """Three versions: a page is renamed twice, and one is dropped."""
    add(home, "2026.9", "chapters/old.html", "chapters/dropped.html", estimate=1.0)
    add(home, "2026.10", "chapters/middle.html", moved={"chapters/old": "chapters/middle"}, estimate=2.0)
    add(home, "2027.1", "chapters/new.html", moved={"chapters/middle": "chapters/new"}, estimate=3.0)


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def draft(home: Path) -> Path:
    pages = home / "_build" / "html"
    pages.mkdir(parents=True)
    (pages / "index.html").write_text("a draft")
    (pages / ".buildinfo").write_text("not for readers")
    return pages


def test_each_version_is_its_archive_and_latest_is_the_newest(home):
    add_three(home)
    built = build_site(home)
    assert built.latest == "2027.1" and list(built.sizes) == ["2027.1", "2026.10", "2026.9"]
    for version in built.sizes:
        with zipfile.ZipFile(home / "_releases" / version / f"als-review-{version}.zip") as packed:
            assert files(built.folder / version) == {name: packed.read(name) for name in packed.namelist()}
    newest, latest = files(built.folder / "2027.1"), files(built.folder / "latest")
    assert newest.items() <= latest.items()
    stubs = {"chapters/old.html", "chapters/middle.html", "chapters/dropped.html"}
    assert set(latest) - set(newest) == stubs


def test_two_sites_of_the_same_archives_are_the_same(home, tmp_path):
    add_three(home)
    one = build_site(home, tmp_path / "one", url=URL).folder
    two = build_site(home, tmp_path / "two", url=URL).folder
    assert files(one) == files(two)


def test_the_list_of_versions_says_what_old_pages_need_to_know(home):
    add_three(home)
    said = json.loads((build_site(home).folder / "versions.json").read_text())
    assert (said["format"], said["title"], said["latest"]) == (1, TITLE, "2027.1")
    assert [each["path"] for each in said["versions"]] == ["2027.1/", "2026.10/", "2026.9/"]
    newest, _, oldest = said["versions"]
    assert newest["since"] == "" and newest["date"] == "2027-01-02" and newest["doi"] == ""
    assert oldest["evidence_hash"] == STAMP.evidence
    assert "chapters/old.html" in oldest["pages"] and "chapters/old.html" not in newest["pages"]
    assert oldest["answers"]["walking"].startswith("Walking: 1.00 points")
    assert "was 1.00 points" in oldest["since"] and "is now 3.00 points" in oldest["since"]


def test_a_page_that_is_gone_leads_along_the_chain_to_its_successor(home):
    add_three(home)
    latest = build_site(home).folder / "latest" / "chapters"
    old = (latest / "old.html").read_text()
    assert 'url=../chapters/new.html"' in old and 'href="../../2026.9/chapters/old.html"' in old
    dropped = (latest / "dropped.html").read_text()
    assert 'href="../index.html"' in dropped and "gone" in dropped and "refresh" not in dropped
    assert 'href="../../2026.9/chapters/dropped.html"' in dropped


def test_pages_that_moved_in_a_circle_end_at_the_first_page(home):
    add(home, "2026.1", "a.html", "b.html")
    add(home, "2026.2", moved={"a": "b", "b": "a"})
    assert 'href="index.html"' in (build_site(home).folder / "latest" / "a.html").read_text()


def test_text_of_a_version_is_shown_as_text(home):
    add_three(home)
    site = build_site(home, url=URL).folder
    pages = [site / name for name in ("index.html", "404.html", "versions/index.html", "feed.xml")]
    for path in [*pages, site / "latest" / "chapters" / "old.html"]:
        assert "<in>" not in path.read_text() and "&lt;in&gt;" in path.read_text(), path


def test_a_lost_page_has_plain_links_once_the_address_is_known(home):
    add(home, "2026.1")
    lost = (build_site(home, url=URL).folder / "404.html").read_text()
    assert 'href="/als/latest/index.html"' in lost and 'href="/als/versions/"' in lost
    assert "/als/" not in (build_site(home).folder / "404.html").read_text()


def test_feed_and_sitemap_hold_absolute_addresses(home):
    add_three(home)
    site = build_site(home, url=URL.rstrip("/")).folder
    feed = ElementTree.parse(site / "feed.xml").getroot()
    links = [link.get("href") for link in feed.iter(f"{ATOM}link")]
    assert f"{URL}2026.9/index.html" in links and all(link.startswith(URL) for link in links)
    stamps = [entry.find(f"{ATOM}updated").text for entry in feed.iter(f"{ATOM}entry")]
    assert stamps[0] == feed.find(f"{ATOM}updated").text == "2027-01-02T00:00:00+00:00"
    ids = [node.text for node in feed.iter(f"{ATOM}id")]
    assert len(set(ids)) == 4
    listed = {node.text for node in ElementTree.parse(site / "sitemap.xml").getroot().iter(f"{MAP}loc")}
    assert f"{URL}latest/chapters/new.html" in listed and f"{URL}2026.9/chapters/old.html" in listed
    assert f"{URL}latest/chapters/old.html" not in listed
    assert f"Sitemap: {URL}sitemap.xml" in (site / "robots.txt").read_text()
    # Where the site stands is no part of what an entry is.
    moved = build_site(home, url="https://elsewhere.example/").folder / "feed.xml"
    assert [node.text for node in ElementTree.parse(moved).getroot().iter(f"{ATOM}id")] == ids


def test_without_an_address_feed_and_sitemap_are_left_out_and_that_is_said(home):
    add(home, "2026.1")
    said = []
    site = build_site(home, echo=said.append).folder
    assert not (site / "feed.xml").exists() and not (site / "sitemap.xml").exists()
    assert any("--url" in line for line in said)
    assert "://" not in (site / "index.html").read_text()


@pytest.mark.parametrize(
    "url", ["review.example", "ftp://review.example/", 'https://a.b/"><x>', "https://a.b/?c"]
)
def test_what_is_no_address_of_a_site_is_refused(home, url):
    add(home, "2026.1")
    with pytest.raises(ValueError, match="not the address of a site"):
        build_site(home, url=url)


def test_without_archives_the_draft_is_the_latest(home):
    draft(home)
    said = []
    built = build_site(home, url=URL, echo=said.append)
    assert files(built.folder / "latest") == {"index.html": b"a draft"}
    listed = json.loads((built.folder / "versions.json").read_text())
    assert listed["versions"] == [] and listed["latest"] == "" and built.latest == ""
    assert "No version has been released" in (built.folder / "versions" / "index.html").read_text()
    assert any("draft" in line for line in said)


def test_with_neither_archive_nor_draft_the_way_out_is_said(home):
    with pytest.raises(ValueError, match="make book"):
        build_site(home)


def test_a_release_in_the_making_is_no_version(home):
    add(home, "2026.1")
    shutil.copytree(home / "_releases" / "2026.1", home / "_releases" / ".making-x")
    assert list(build_site(home).sizes) == ["2026.1"]


def refused(home: Path, match: str) -> None:
    """Expect a refusal by name that leaves the site as it was."""
    before = files(home / "_build" / "site")
    assert before
    with pytest.raises(ValueError, match=match):
        build_site(home)
    assert files(home / "_build" / "site") == before
    assert [path.name for path in (home / "_build").iterdir()] == ["site"]


def test_a_corrupted_archive_is_refused_by_name(home):
    path = add(home, "2026.1")
    build_site(home)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused(home, r"als-review-2026\.1\.zip: its checksum")
    write_sums(path.parent)  # the damage was there before the sums were made
    refused(home, r"als-review-2026\.1\.zip: (damaged|not the archive)")
    path.write_bytes(path.read_bytes()[:100])
    write_sums(path.parent)
    refused(home, r"als-review-2026\.1\.zip: not the archive")


def test_a_tampered_file_is_refused_by_name(home):
    path = add(home, "2026.1", "chapters/old.html")
    build_site(home)
    folder = home.parent / "versions" / "2026.1"
    (folder / "chapters" / "old.html").write_text("better numbers")
    pack(folder, path, STAMP.seconds)
    write_sums(path.parent)
    refused(home, r"als-review-2026\.1\.zip: chapters/old\.html: differs")


def test_every_archive_at_fault_is_named_at_once(home):
    for version in ("2026.1", "2026.2", "2026.3"):
        add(home, version)
    build_site(home)
    for version in ("2026.1", "2026.3"):
        (home / "_releases" / version / f"als-review-{version}.zip").write_bytes(b"not much")
    refused(home, r"(?s)2026\.1\.zip.*2026\.3\.zip")


def test_an_archive_without_manifest_or_results_is_refused(home):
    path = add(home, "2026.1")
    build_site(home)
    folder = home.parent / "versions" / "2026.1"
    (folder / "manifest.json").unlink()
    pack(folder, path, STAMP.seconds)
    write_sums(path.parent)
    refused(home, r"als-review-2026\.1\.zip.*not the archive of a version.*manifest")
    path.with_name("SHA256SUMS").unlink()
    refused(home, "no SHA256SUMS")


def test_an_archive_without_its_results_is_refused(home):
    add(home, "2026.1")
    build_site(home)
    folder = home.parent / "versions" / "2026.1"
    (folder / "data" / "releases" / "2026.1.csv").unlink()
    manifest = make_manifest(folder, STAMP, home / "requirements.txt", {})
    (folder / "manifest.json").write_text(manifest.to_json())
    place = home / "_releases" / "2026.1"
    pack(folder, place / "als-review-2026.1.zip", STAMP.seconds)
    write_sums(place)
    refused(home, r"als-review-2026\.1\.zip: no data/releases/2026\.1\.csv")


def test_an_archive_of_another_version_than_its_name_says_is_refused(home):
    path = add(home, "2026.1")
    build_site(home)
    shutil.copytree(path.parent, home / "_releases" / "2026.2")
    wrong = home / "_releases" / "2026.2" / path.name
    wrong.rename(wrong.with_name("als-review-2026.2.zip"))
    write_sums(wrong.parent)
    refused(home, r"als-review-2026\.2\.zip: holds version 2026\.1, expected 2026\.2")


def test_two_archives_of_one_version_are_refused(home):
    path = add(home, "2026.1")
    build_site(home)
    shutil.copy(path, path.with_name("als-review-2026.1 (1).zip"))
    write_sums(path.parent)
    refused(home, r"als-review-2026\.1 \(1\)\.zip: expected als-review-2026\.1\.zip alone")
    path.with_name("als-review-2026.1 (1).zip").unlink()
    write_sums(path.parent)
    shutil.copytree(path.parent, home / "_releases" / "again")
    refused(home, "_releases/again/als-review-2026.1.zip: expected als-review-again.zip")


def test_a_version_without_its_archive_is_not_dropped_in_silence(home):
    path = add(home, "2026.1")
    add(home, "2026.2")
    build_site(home)
    path.unlink()
    refused(home, r"als-review-2026\.1\.zip: not found")
    shutil.rmtree(path.parent)
    (home / "data" / "releases").mkdir()
    (home / "data" / "releases" / "2026.1.csv").write_text("kept")
    said = []
    build_site(home, echo=said.append)
    assert any("2026.1 has no archive" in line for line in said)


def test_a_full_disk_leaves_the_old_site(home, monkeypatch):
    add(home, "2026.1")
    build_site(home)
    add(home, "2026.2")
    write, calls = layout._write, []

    def full(path, text):
        calls.append(path)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, text)

    monkeypatch.setattr(layout, "_write", full)
    refused(home, "not written, so it is as it was.*No space left")


def test_a_folder_that_is_no_site_is_never_replaced(home):
    add(home, "2026.1")
    with pytest.raises(ValueError, match="something else than a site"):
        build_site(home, home)
    with pytest.raises(ValueError, match="is a file"):
        build_site(home, home / "CITATION.cff")
    assert (home / "data" / "columns.yml").is_file()


def test_a_site_is_made_by_one_run_at_a_time(tmp_path):
    out = tmp_path / "site"
    with replaced(out) as folder:
        (folder / "versions.json").write_text("{}")
        with pytest.raises(ValueError, match="another run"), replaced(out):
            pass
    assert (out / "versions.json").is_file()


def test_what_a_stopped_run_left_is_swept_or_put_back(tmp_path):
    left, moved = tmp_path / ".site-new", tmp_path / ".site-old"
    for folder in (left, moved):
        (folder / "latest").mkdir(parents=True)
        (folder / "versions.json").write_text("{}")
    with pytest.raises(ValueError, match="no good"), replaced(tmp_path / "site") as folder:
        assert not any(folder.iterdir())
        raise ValueError("no good")
    assert (tmp_path / "site" / "versions.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_sizes_are_reported_and_large_ones_warned_of(home, monkeypatch):
    add(home, "2026.1")
    said = []
    build_site(home, echo=said.append)
    assert any(line.startswith("version 2026.1") for line in said)
    assert not any("warning" in line for line in said)
    monkeypatch.setattr(layout, "VERSION_LIMIT", 1000)
    monkeypatch.setattr(layout, "SITE_LIMIT", 20_000)
    build_site(home, echo=said.append)
    assert any("warning: version 2026.1 is over" in line for line in said)
    assert any("GitHub Pages" in line for line in said)


def test_two_hundred_versions_make_one_site(home):
    versions = [f"{year}.{number}" for year in range(2020, 2040) for number in range(1, 11)]
    for number, version in enumerate(versions):
        add(home, version, f"chapters/only{number}.html", estimate=float(number))
    built = build_site(home, url=URL)
    assert list(built.sizes) == versions[::-1]
    assert (built.folder / "latest" / "chapters" / "only0.html").is_file()
    listed = json.loads((built.folder / "versions.json").read_text())["versions"]
    assert len(listed) == 200 and listed[-1]["date"] < listed[0]["date"]
