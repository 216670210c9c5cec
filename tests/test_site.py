"""The site of all versions: from each page, also without scripts, a reader finds the right version."""

import json
import shutil
from threading import Thread
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from made_up import FIRST, SECOND, THIRD, git, make_review
from sphinx.errors import ExtensionError
from test_browser import Visit

from livingreview.book import server
from livingreview.book.site import LIST, build_site
from livingreview.book.versions import _check_moved, successor
from livingreview.release.archive import digests
from livingreview.release.records import read_records

URL = "https://example.org/als/"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def home(three_versions, tmp_path_factory):
    """Three versions, of which each lacks a page that another one has, and a draft."""
    return shutil.copytree(three_versions, tmp_path_factory.mktemp("site") / "review")


@pytest.fixture(scope="module")
def site(home):
    return build_site(home, url=URL)


# ---- files


def test_each_version_is_served_as_recorded_and_the_list_tells_what_frozen_pages_read(home, site):
    for record in read_records(home):
        assert record.differences(digests(site / record.version)) == []
    assert {*digests(site / THIRD).items()} <= {*digests(site / "latest").items()}
    assert "review-draft" in (site / "draft/index.html").read_text()
    told = json.loads((site / LIST).read_text())
    assert (told["format"], told["latest"]) == (1, THIRD)
    assert [each["version"] for each in told["versions"]] == [THIRD, SECOND, FIRST]
    for each in told["versions"]:
        assert set(each) == {"version", "date", "path", "doi", "evidence_hash", "answers", "since", "pages"}
        assert each["path"] == f"{each['version']}/"
        assert all((site / each["path"] / page).is_file() for page in each["pages"])
    assert told["versions"][0]["since"] == "" and "and is now" in told["versions"][2]["since"]


def test_feed_and_sitemap_announce_every_version(site):
    feed = ElementTree.parse(site / "feed.xml").getroot()
    assert feed.find(f"{ATOM}title").text.startswith('Walking & "waiting" <in> ALS')
    titles = [each.find(f"{ATOM}title").text for each in feed.findall(f"{ATOM}entry")]
    assert titles == [f"Version {each}" for each in (THIRD, SECOND, FIRST)]
    sitemap = (site / "sitemap.xml").read_text()
    assert f"<loc>{URL}{FIRST}/chapters/dropped.html</loc>" in sitemap and "search.html" not in sitemap


def test_what_is_no_site_and_what_cannot_be_replaced_whole_is_left_alone(home, site, tmp_path):
    (tmp_path / "mine").write_text("x")
    with pytest.raises(ValueError, match="holds something else than a site"):
        build_site(home, tmp_path)
    archive, before = home / f"_build/releases/{FIRST}/review-{FIRST}.zip", digests(site)
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-100])
    with pytest.raises(ValueError, match="damaged"):
        build_site(home, url=URL)
    archive.write_bytes(whole)
    assert digests(site) == before and [path.name for path in site.parent.glob(".site-*")] == []
    assert (tmp_path / "mine").read_text() == "x"


def test_a_fresh_clone_makes_the_same_site_and_without_a_version_the_draft_is_the_latest(
    home, site, tmp_path
):
    git(tmp_path, "clone", "-q", str(home), "clone")
    shutil.copytree(home / "_build/html", tmp_path / "clone/_build/html")
    assert digests(build_site(tmp_path / "clone", url=URL)) == digests(site)
    root = make_review(tmp_path / "review")
    with pytest.raises(ValueError, match="make book"):
        build_site(root)
    shutil.copytree(home / "_build/html", root / "_build/html")
    first = build_site(root)
    assert "review-draft" in (first / "latest/index.html").read_text() and not (first / "draft").exists()
    assert json.loads((first / LIST).read_text())["versions"] == []


# ---- pages


def test_a_page_that_moved_leads_to_its_successor_and_never_in_a_circle():
    assert successor("a", {"a": "b", "b": "c"}) == "c" and successor("a", {"a": "b", "b": "a"}) == ""
    for moved, fault in (
        ({"a": "b"}, "no page b"),
        ({"a": "b", "b": "a"}, "in a circle"),
        ({"here": "b"}, "still a page"),
    ):
        app = SimpleNamespace(config=SimpleNamespace(lr_moved=moved))
        with pytest.raises(ExtensionError, match=fault):
            _check_moved(app, SimpleNamespace(found_docs={"here"}))


# ---- in a browser


@pytest.fixture(scope="module")
def place(site, tmp_path_factory):
    """The address of the site in a folder of a host, as on GitHub Pages."""
    served = tmp_path_factory.mktemp("host")
    shutil.copytree(site, served / "als")
    shutil.copy(site / "404.html", served)
    with server(served, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/als/"
        running.shutdown()


@pytest.fixture
def visit(browser, place):
    """Open a page; in the end no other host was asked."""
    opened = []

    def visit_page(page, **options):
        here = Visit(browser, place.removesuffix("als/"), **options)
        opened.append(here)
        here.page.goto(place + page, wait_until="networkidle")
        return here

    yield visit_page
    for here in opened:
        here.context.close()
        assert not [each for each in here.wrong if each.startswith("http")]


def test_an_old_version_tells_first_of_all_what_is_newer_and_a_draft_what_to_cite(visit, place):
    here = visit(f"{SECOND}/chapters/number.html#top")
    banner = here.page.locator("article.bd-article > :first-child")
    text = banner.inner_text()
    assert text.startswith(f"This is version {SECOND} of ") and f"Version {THIRD} is newer." in text
    assert "and is now" in text, "how the answer changed"
    banner.get_by_role("link").click()
    # The page is gone: its stub leads on to its successor.
    here.page.wait_for_url(f"{place}latest/chapters/last.html#top")
    assert not here.wrong
    draft = visit("draft/index.html").page
    banner = draft.locator(".lr-newer")
    assert "This is an unreleased draft." in banner.inner_text()
    banner.get_by_role("link", name=f"Read version {THIRD}").click()
    draft.wait_for_url(f"{place}{THIRD}/")


def test_the_switcher_goes_to_the_same_page_with_the_keyboard_alone(visit, place):
    here = visit("latest/index.html#top")
    assert here.page.locator(".lr-newer").count() == 0
    here.page.locator(".lr-versions summary").focus()
    here.page.keyboard.press("Enter")
    names = here.page.locator(".lr-versions li a").all_inner_texts()
    assert [name.split()[0] for name in names] == ["Latest", THIRD, SECOND, FIRST, "All"]
    here.page.keyboard.press("Escape")
    assert not here.page.locator(".lr-versions ul").is_visible()
    here.page.keyboard.press("Enter")
    for _ in range(3):
        here.page.keyboard.press("Tab")
    here.page.keyboard.press("Enter")
    here.page.wait_for_url(f"{place}{SECOND}/index.html#top")
    assert not here.wrong
    gone = visit(f"{THIRD}/chapters/last.html")
    gone.page.locator(".lr-versions summary").click()
    gone.page.get_by_role("link", name=f"{FIRST} of").click()
    gone.page.wait_for_url(f"{place}{FIRST}/index.html")
    assert not gone.wrong, "it asked for no page that is not there"


def test_a_lost_page_leads_to_its_last_version_or_back(visit, place):
    gone = visit("latest/chapters/dropped.html")
    gone.page.get_by_role("link", name=f"version {FIRST}").click()
    gone.page.wait_for_url(f"{place}{FIRST}/chapters/dropped.html")
    for page in ("nowhere", "2031.7/x/y.html", f"{FIRST}/chapters/last.html"):
        here = visit(page).page
        links = here.locator(".ways a")
        assert links.all_inner_texts()[-2:] == [f"The latest version ({THIRD})", "All versions"]
        unknown = "There is no version 2031.7" in here.locator("main").inner_text()
        assert unknown == page.startswith("2031")
    here.get_by_role("link", name="This page in the latest").click()
    here.wait_for_url(f"{place}latest/chapters/last.html")


def test_without_scripts_every_way_is_a_plain_link(visit, place):
    bare = {"java_script_enabled": False}
    root = visit("", **bare)
    root.page.wait_for_url(f"{place}latest/index.html")
    everything = visit("versions/", **bare)
    assert everything.page.locator("h1").inner_text() == "All versions"
    everything.page.get_by_role("link", name=f"Read version {FIRST}").click()
    everything.page.wait_for_url(f"{place}{FIRST}/index.html")
    visit("latest/chapters/number.html", **bare).page.wait_for_url(f"{place}latest/chapters/last.html")
