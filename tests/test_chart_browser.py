"""Drawn charts in a real browser: the dark switch, a phone's width, and links to the trials."""

import shutil
from threading import Thread

import pytest
from test_browser import PHONE, Visit

from livingreview.book.serve import server
from livingreview.charts import theme
from livingreview.evidence import load_evidence
from livingreview.statistics import synthesise

COLOURS = """chart => [...chart.querySelectorAll('.lr-live text, .lr-live path, .lr-live line')]
  .flatMap(part => [getComputedStyle(part).fill, getComputedStyle(part).stroke])"""
SMALLEST = """chart => Math.min(...[...chart.querySelectorAll('.lr-live text')].filter(w => w.textContent)
  .map(w => [parseFloat(getComputedStyle(w).fontSize), w.getScreenCTM()])
  .map(([size, turned]) => size * Math.hypot(turned.a, turned.b)))"""


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.fixture
def visit(browser, site):
    opened = []

    def go(page, **options):
        opened.append(Visit(browser, site, **options))
        opened[-1].open(f"{site}/{page}")
        return opened[-1]

    yield go
    for each in opened:
        assert not each.away and not each.wrong
        each.context.close()


def test_the_switch_of_the_page_recolours_its_charts_at_once_and_back(visit):
    page = visit("chapters/exercise.html", color_scheme="light").page
    charts = page.locator(".lr-chart")
    bright = [chart.evaluate(COLOURS) for chart in charts.all()]
    assert all(rgb(theme.INK) in colours for colours in bright)
    switch = page.locator("button.theme-switch-button").first
    for _ in range(3):  # it goes through auto, light and dark
        switch.evaluate("button => button.click()")
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
    papers = page.evaluate("[document.body, ...document.querySelectorAll('.lr-live svg.marks')]"
                           ".map(node => getComputedStyle(node).backgroundColor)")  # fmt: skip
    assert set(papers) == {rgb(theme.DARK[theme.PAPER])}
    old = {rgb(colour) for colour in theme.DARK}
    for chart in charts.all():
        colours = set(chart.evaluate(COLOURS))
        assert rgb(theme.DARK[theme.INK]) in colours and not colours & old
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert [chart.evaluate(COLOURS) for chart in charts.all()] == bright


def test_a_turned_phone_gets_the_other_form_and_one_drawing(visit):
    page = visit("chapters/exercise.html", viewport={"width": 1280, "height": 900}).page
    forest = page.locator(".lr-chart:has(script.lr-spec-narrow)").first
    forest.scroll_into_view_if_needed()
    wide = forest.locator(".lr-live:not(.lr-narrow) svg.marks")
    assert wide.count() == 1 and forest.evaluate(SMALLEST) >= 10.9
    page.set_viewport_size(PHONE)
    forest.locator(".lr-narrow svg.marks").wait_for(state="visible")
    page.set_viewport_size({"width": 1280, "height": 900})
    wide.wait_for(state="visible")
    assert forest.locator(".lr-live").count() == 1


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, PHONE])
def test_a_click_on_a_trial_in_the_plot_leads_to_its_page(visit, viewport, root):
    trial = synthesise("exercise_function", load_evidence(root)).trials.iloc[0]
    page = visit("chapters/exercise.html", viewport=viewport).page
    name = page.locator(".lr-chart svg.marks text", has_text=trial.label).first
    assert name.evaluate("word => getComputedStyle(word).textDecorationLine") == "underline"
    name.hover()
    assert name.evaluate("word => getComputedStyle(word).cursor") == "pointer"
    name.click()
    page.wait_for_url(f"**/chapters/trials/{trial.trial_id}.html*")
    assert trial.label in page.locator("article h1").inner_text()
    # The same way for those who do not point: the table under the plot.
    page.go_back()
    link = page.locator(".lr-figure table a", has_text=trial.label).first
    assert link.get_attribute("href").startswith(f"trials/{trial.trial_id}.html")


def test_a_click_leads_to_the_page_of_the_same_version(browser, real_book, tmp_path, root):
    trial = synthesise("exercise_function", load_evidence(root)).trials.iloc[0]
    # As on the site, where each version is a folder.
    shutil.copytree(real_book.html.parent, tmp_path / "2099.1")
    with server(tmp_path, 0) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        site = f"http://127.0.0.1:{running.server_port}"
        visit = Visit(browser, site)
        visit.open(f"{site}/2099.1/chapters/exercise.html")
        visit.page.locator(".lr-chart svg.marks text", has_text=trial.label).first.click()
        visit.page.wait_for_url(f"**/2099.1/chapters/trials/{trial.trial_id}.html*")
        visit.context.close()
        running.shutdown()


def test_charts_wait_for_the_reader_and_share_one_script(browser, site):
    visit = Visit(browser, site, viewport={"width": 1280, "height": 500})
    visit.page.goto(f"{site}/chapters/sensitivity.html", wait_until="networkidle")
    charts = visit.page.locator(".lr-chart")
    assert visit.page.locator("script[src*='lr-charts.js'][defer]").count() == 1
    charts.first.scroll_into_view_if_needed()
    charts.first.locator("svg.marks").wait_for(state="visible")
    assert 0 < visit.page.locator(".lr-chart.lr-drawn").count() < charts.count()
    charts.last.scroll_into_view_if_needed()
    charts.last.locator("svg.marks").wait_for(state="visible")
    visit.context.close()


def test_without_scripts_a_chart_is_a_picture_in_a_file_of_its_own(browser, site):
    bare = Visit(browser, site, java_script_enabled=False)
    bare.page.goto(f"{site}/chapters/exercise.html")
    image = bare.page.locator(".lr-chart img.lr-static").first
    image.scroll_into_view_if_needed()
    bare.page.wait_for_load_state("networkidle")
    assert image.evaluate("image => image.complete && image.naturalWidth > 600")
    bare.context.close()


def test_a_wide_table_takes_the_margin_of_a_desk(visit):
    desk = visit("chapters/methods.html", viewport={"width": 1280, "height": 900}).page
    desk.evaluate("scrollTo(0, 0)")
    desk.locator(".bd-sidebar-secondary:not(.hide)").wait_for(state="attached")
    table = desk.locator(".lr-wide:not(details *, .lr-whatif *) > table").first
    table.scroll_into_view_if_needed()
    assert table.evaluate("table => table.offsetWidth > document.querySelector('.bd-article p').offsetWidth")
    desk.locator(".bd-sidebar-secondary.hide").wait_for(state="attached")


def test_a_formula_begins_on_a_phone_where_its_line_does_and_ends_on_it(visit):
    shown = visit("chapters/methods.html", viewport={"width": 375, "height": 720}).page
    places = """box => { const [line, words] = [box, box.querySelector('math').firstElementChild]
      .map(each => each.getBoundingClientRect()); return [line.left, words.left, words.right, line.right] }"""
    formulas = shown.locator(".lr-math").all()
    assert formulas
    for formula in formulas:
        found = formula.evaluate(places)
        assert found == sorted(found)
