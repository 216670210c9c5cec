"""Finding the way through the built book: search, pages before and after, how we know, and paper."""

import re

from bs4 import BeautifulSoup


def test_a_word_of_a_chapter_and_a_term_are_found_by_search(browser, site):
    page = browser.new_page()
    for word, found in {"stretching": "exercise.html", "theta burst": "glossary.html"}.items():
        page.goto(f"{site}/search.html?q={word}")
        # Results arrive one by one.
        page.locator(f"#search-results li a[href*='{found}']").first.wait_for(timeout=15_000)
    page.close()


def test_every_chapter_leads_to_the_one_before_and_the_one_after(real_book):
    folder = real_book.html.parent
    ends = []
    for path in [folder / "index.html", *sorted((folder / "chapters").glob("*.html"))]:
        page = BeautifulSoup(path.read_text(), "lxml")
        if page.select('meta[http-equiv="refresh"]'):
            continue
        for way, other in (("left-prev", "right-next"), ("right-next", "left-prev")):
            link = page.select_one(f".prev-next-footer a.{way}")
            if link is None:
                ends.append((path.name, way))
                continue
            target = BeautifulSoup((path.parent / link["href"].partition("#")[0]).read_text(), "lxml")
            back = target.select_one(f".prev-next-footer a.{other}")["href"].partition("#")[0]
            assert back.rpartition("/")[2] == path.name
    assert len(ends) == 2, "only the first page has none before it, and only the last none after"


def test_paper_shows_the_text_with_its_title_and_nothing_to_click(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/chapters/exercise.html")
    page.emulate_media(media="print")
    for shown in ("article h1", "article p", "table.lr-table", ".lr-stamp"):
        assert page.locator(f"{shown}:visible").count(), shown
    for hidden in (".prev-next-footer", "#jb-print-docs-body", ".bd-sidebar-primary", ".lr-copy-button"):
        locator = page.locator(hidden)
        assert not locator.count() or not locator.first.is_visible(), hidden
    expanded = "e => getComputedStyle(e, '::after').content"
    said = page.locator("a.lr-term abbr[title]").first.evaluate(expanded)
    assert re.fullmatch(r'" \(" attr\(title\) "\)"|" \([A-Z].*\)"', said), said
    page.close()
