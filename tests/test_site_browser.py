"""The site of three versions in a real browser: from each page a reader finds the right version."""

import shutil
from pathlib import Path
from threading import Thread

import pytest
from test_browser import PHONE, Visit
from versions import archive, head, stamped, write_pages

from alsreview.book.serve import server
from alsreview.book.site import build_site
from alsreview.book.versions import foot

PAGES = ["index.html", "chapters/number.html"]
FIRST, SECOND, THIRD = "2026.1", "2026.2", "2026.3"


def real_pages(folder: Path, version: str, book) -> None:
    """Take the pages of a book that was built as a draft, and give them a version's marks."""
    shutil.copytree(book.root / "_build" / "html", folder, ignore=shutil.ignore_patterns(".*", "*.pdf"))
    for path in folder.rglob("*.html"):
        page, text = path.relative_to(folder).as_posix(), path.read_text()
        draft = '\n<meta name="robots" content="noindex" />'
        assert draft in text and "als-versions.js" not in text
        script = f'<script defer src="{"../" * page.count("/")}_static/als-versions.js"></script>'
        text = text.replace(draft, head(stamped(version), page) + script)
        path.write_text(text.replace("</footer>", f"{foot(page)}</footer>", 1))


@pytest.fixture(scope="module")
def versions(tmp_path_factory, root, built_mini_book):
    """Three versions, the last two of real pages; each lacks a page that another one has."""
    home = tmp_path_factory.mktemp("site") / "review"
    shutil.copytree(root / "tests" / "invented", home)
    shutil.copy(root / "data" / "columns.yml", home / "data")
    shutil.copy(root / "CITATION.cff", home)
    (home / "requirements.txt").write_text("\n")
    first, second, third = (home.parent / version for version in (FIRST, SECOND, THIRD))
    write_pages(first, FIRST, ["index.html", "chapters/figure.html", "chapters/dropped.html"])
    archive(home, FIRST, first, 1.0)
    for folder, version, estimate in ((second, SECOND, 2.0), (third, THIRD, 3.0)):
        real_pages(folder, version, built_mini_book)
        if version == THIRD:
            shutil.copy(folder / "chapters" / "number.html", folder / "chapters" / "new.html")
        archive(home, version, folder, estimate, {"chapters/figure": "chapters/number"})
    return build_site(home).folder


@pytest.fixture(scope="module")
def host(versions, tmp_path_factory):
    """A host with the site in a folder of it, as on GitHub Pages, and also at its root."""
    served = tmp_path_factory.mktemp("host")
    shutil.copytree(versions, served, dirs_exist_ok=True)
    shutil.copytree(versions, served / "als")
    with server(served, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()


@pytest.fixture
def place(host):
    """The address of the site."""
    return f"{host}als/"


@pytest.fixture
def visit(browser, host, place):
    """Open a page; in the end no other host was asked."""
    opened = []

    def visit_page(page, within=place, **options):
        here = Visit(browser, host, **options)
        opened.append(here)
        here.page.goto(within + page, wait_until="networkidle")
        return here

    yield visit_page
    for here in opened:
        here.context.close()
        assert not here.away


def test_an_old_version_says_first_of_all_what_is_newer(visit, place):
    here = visit(f"{SECOND}/chapters/number.html#the-number")
    banner = here.page.locator("article.bd-article > :first-child")
    assert banner.get_attribute("role") == "status"
    text = banner.inner_text()
    assert text.startswith(
        f"This is version {SECOND} of 2026-01-03. Version {THIRD} is newer. Walking was 2.00"
    )
    here.page.emulate_media(media="print")
    assert banner.is_visible()
    here.page.emulate_media(media="screen")
    banner.get_by_role("link").click()
    here.page.wait_for_url(f"{place}latest/chapters/number.html#the-number")
    assert not here.wrong


@pytest.mark.parametrize(
    "page", [f"{THIRD}/index.html", "latest/index.html", "latest/", "latest/genindex.html"]
)
def test_the_latest_version_has_no_banner_but_the_switcher(visit, page):
    here = visit(page)
    assert here.page.locator(".als-newer").count() == 0
    assert f"Version {THIRD}" in here.page.locator(".als-versions summary").inner_text()
    assert not here.wrong


def test_the_switcher_goes_to_the_same_page_with_the_keyboard_alone(visit, place):
    here = visit("latest/chapters/number.html#the-number")
    here.page.locator(".als-versions summary").focus()
    here.page.keyboard.press("Enter")
    names = here.page.locator(".als-versions li a").all_inner_texts()
    assert [name.split()[0] for name in names] == ["Latest", THIRD, SECOND, FIRST, "All"]
    assert here.page.locator(".als-versions [aria-current]").inner_text().startswith("Latest")
    here.page.keyboard.press("Escape")
    assert not here.page.locator(".als-versions ul").is_visible()
    here.page.keyboard.press("Enter")
    for _ in range(3):
        here.page.keyboard.press("Tab")
    here.page.keyboard.press("Enter")
    here.page.wait_for_url(f"{place}{SECOND}/chapters/number.html#the-number")
    assert not here.wrong


def test_the_switcher_goes_to_the_first_page_where_this_one_is_missing(visit, place):
    here = visit(f"{THIRD}/chapters/new.html")
    here.page.locator(".als-versions summary").click()
    here.page.get_by_role("link", name=f"{FIRST} of").click()
    here.page.wait_for_url(f"{place}{FIRST}/index.html")
    # It asked for no page that is not there.
    assert not here.wrong


def test_targets_are_large_and_nothing_is_wider_than_a_phone(visit):
    here = visit(f"{SECOND}/chapters/number.html", viewport=PHONE, is_mobile=True, has_touch=True)
    here.page.locator(".als-versions summary").click()
    for target in here.page.locator(
        ".als-versions summary, .als-versions a, .als-newer a, .als-all-versions a"
    ).all():
        box = target.bounding_box()
        assert box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    for page in (f"{SECOND}/index.html", "versions/", "latest/chapters/dropped.html", "nowhere"):
        here = visit(page, viewport=PHONE, is_mobile=True, has_touch=True)
        assert here.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for link in here.page.locator(".ways a").all():
            assert link.bounding_box()["height"] >= 44


def test_a_deep_link_of_an_old_version_survives(visit, place):
    here = visit(f"{FIRST}/chapters/figure.html")
    here.page.locator(".als-newer a").click()
    here.page.wait_for_url(f"{place}latest/chapters/number.html")
    kept = visit("latest/chapters/figure.html#the-number")
    kept.page.wait_for_url(f"{place}latest/chapters/number.html#the-number")
    gone = visit("latest/chapters/dropped.html")
    assert "no longer has this page" in gone.page.locator("main").inner_text()
    gone.page.get_by_role("link", name=f"version {FIRST}").click()
    gone.page.wait_for_url(f"{place}{FIRST}/chapters/dropped.html")


def test_the_root_leads_to_the_latest_and_keeps_the_place(visit, place):
    visit("#the-number").page.wait_for_url(f"{place}latest/index.html#the-number")


def test_a_lost_page_of_a_version_is_offered_in_the_latest(visit, place):
    here = visit(f"{FIRST}/chapters/number.html")
    said = here.page.locator("main")
    assert f"Version {FIRST} of the review has no page" in said.inner_text()
    here.page.get_by_role("link", name="This page in the latest").click()
    here.page.wait_for_url(f"{place}latest/chapters/number.html")


@pytest.mark.parametrize(
    "page", ["nowhere", "chapters/number.html", "latest/a/b/c/d.html", "2031.7/x/y.html", "_static/"]
)
def test_a_lost_page_at_any_depth_leads_back(visit, place, page):
    here = visit(page)
    links = here.page.locator(".ways a")
    assert links.all_inner_texts() == [f"The latest version ({THIRD})", "All versions"]
    assert ("There is no version 2031.7" in here.page.locator("main").inner_text()) == page.startswith("2031")
    links.last.click()
    here.page.wait_for_url(f"{place}versions/")


def test_a_lost_page_leads_back_where_the_site_is_the_whole_host(visit, host):
    here = visit("2031.7/x/y.html", host)
    here.page.get_by_role("link", name="The latest version").click()
    here.page.wait_for_url(f"{host}latest/index.html")


def test_without_scripts_every_way_is_a_plain_link(visit, place):
    bare = {"java_script_enabled": False}
    root = visit("", **bare)
    root.page.wait_for_url(f"{place}latest/index.html")
    root.page.get_by_role("link", name="All versions").click()
    root.page.wait_for_url(f"{place}versions/")
    root.page.get_by_role("link", name=f"Read version {FIRST}").click()
    root.page.wait_for_url(f"{place}{FIRST}/index.html")
    moved = visit("latest/chapters/figure.html", **bare)
    moved.page.wait_for_url(f"{place}latest/chapters/number.html")
    lost = visit(f"{FIRST}/nowhere.html", **bare).page.locator("main").inner_text()
    assert "No version of the review has a page at this address" in lost and "versions/" in lost


def test_canonical_addresses_point_to_the_version_also_from_the_latest(visit, place):
    for page in PAGES:
        for folder in (THIRD, "latest"):
            here = visit(f"{folder}/{page}")
            canonical = here.page.evaluate("document.querySelector('link[rel=canonical]').href")
            assert canonical == f"{place}{THIRD}/{page}"


def test_a_version_outside_of_its_site_asks_for_no_list(browser, versions):
    with server(versions / SECOND, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{running.server_port}/"
        here = Visit(browser, address)
        here.page.goto(f"{address}index.html", wait_until="networkidle")
        assert not here.wrong and not any("versions.json" in asked for asked in here.bodies)
        here.context.close()
        running.shutdown()


def test_a_draft_has_no_link_out_of_its_folder(built_mini_book):
    pages = built_mini_book.root / "_build" / "html"
    for page in (pages / "index.html", pages / "chapters" / "number.html"):
        text = page.read_text()
        assert '<meta name="robots" content="noindex" />' in text
        assert "als-version" not in text.replace("als-versions.js", "") and "canonical" not in text
        assert "versions/" not in text
