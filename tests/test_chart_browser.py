"""Drawn charts in a real browser: the dark switch, a phone's width, and links to the trials."""

import pytest
from test_browser import PHONE, Visit

from livingreview.charts import theme
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
    trial = synthesise("exercise_function", root=root).trials.iloc[0]
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
