"""The built book in a real browser, with the network shut: what a reader meets."""

import gzip
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Error

from livingreview.charts import theme
from livingreview.evidence import load_evidence
from livingreview.statistics import synthesise

PHONE = {"width": 375, "height": 720}
DESK = {"width": 1280, "height": 900}
# A phone, and a desk of 1280 pixels enlarged to 200 and to 400 %.
WIDTHS = (375, 640, 320)
FIRST_VIEW_LIMIT = 500_000
LOOK = Path(__file__).parent / "look.js"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + ";null"


class Visit:
    """A tab with every other host shut off; what was asked of these and what went wrong is kept."""

    def __init__(self, browser, site, **options):
        self.site, self.wrong = site, []
        self.context = browser.new_context(**options)
        self.context.add_init_script(path=LOOK)
        self.page = self.context.new_page()
        self.context.route("**/*", self._let)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.wrong.append(message.text))

    def _let(self, route):
        if route.request.url.startswith((self.site, "data:", "blob:")):
            route.continue_()
        else:
            self.wrong.append(route.request.url)
            route.abort()

    def open(self, name):
        """Open a page and draw its charts."""
        self.page.goto(f"{self.site}/{name}", wait_until="load")
        charts = self.page.locator(".lr-chart").all()
        for chart in charts:
            chart.scroll_into_view_if_needed()
            chart.locator("svg.marks").wait_for(state="visible", timeout=15_000)
        if charts:  # a page without one has asked for all it wants when it is loaded
            self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture
def visit(browser, site):
    """Open a page in a tab of its own, in which nothing may go wrong until the test ends."""
    opened = []

    def go(name, **options):
        opened.append(Visit(browser, site, **options))
        return opened[-1].open(name)

    yield go
    for each in opened:
        assert not each.wrong
        each.context.close()


@pytest.fixture(scope="module")
def names(real_book):
    """Every page; of those of trials, which have one form, the longest."""
    folder = real_book.html.parent
    # A redirect has nothing to read, and leads away while it is looked at.
    pages = [
        path for path in sorted(folder.rglob("*.html")) if 'http-equiv="refresh"' not in path.read_text()
    ]
    trials = sorted(folder.glob("chapters/trials/*.html"), key=lambda path: path.stat().st_size)
    return [path.relative_to(folder).as_posix() for path in pages if path not in trials[:-1]]


def test_every_page_is_accessible_in_light_and_dark_and_asks_no_other_host(browser, site, names):
    visit, found, charts = Visit(browser, site, viewport=DESK), {}, 0
    for name in names:
        page = visit.open(name)
        labels = page.locator(".lr-chart svg.marks[role=img]").evaluate_all(
            "all => all.map(x => x.ariaLabel)"
        )
        charts += len(labels)
        assert len(labels) == page.locator(".lr-chart").count(), name
        assert all(len(label) > 40 for label in labels), name
        faults = page.evaluate(AXE) or page.evaluate("look.structure()")
        # In the midst of a transition axe would see colours that nobody reads.
        page.add_style_tag(content="* { transition: none !important }")
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.locator(f"html[data-theme={scheme}]").wait_for()
            faults += [(scheme, *fault) for fault in page.evaluate("look.contrast()")]
        found[name] = [faults, page.evaluate("look.small()"), visit.wrong[:]]
        visit.wrong.clear()
    visit.context.close()
    assert charts and not {name: faults for name, faults in found.items() if any(faults)}


def test_every_page_fits_on_a_phone_and_on_a_desk_enlarged_fourfold(browser, site, names):
    visit = Visit(browser, site, viewport=PHONE, is_mobile=True, has_touch=True)
    found, smallest = {}, []
    for name in names:
        page = visit.open(name)
        smallest += page.evaluate("look.words()")
        found[name] = [page.evaluate("look.sideways()"), page.evaluate("look.small()"), visit.wrong[:]]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": PHONE["height"]})
            wider = page.evaluate("document.documentElement.scrollWidth") > width
            found[name].append([width] * wider)
        page.set_viewport_size(PHONE)
        visit.wrong.clear()
    visit.context.close()
    assert not {name: faults for name, faults in found.items() if any(faults)}
    assert min(smallest) >= 10.9


@pytest.mark.parametrize("name", ["index", "chapters/exercise", "chapters/nibs"])
def test_the_first_view_of_a_chapter_weighs_less_than_its_limit(browser, site, name):
    page, answers = browser.new_page(), []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{site}/{name}.html", wait_until="networkidle")
    weight = sum(len(gzip.compress(answer.body())) for answer in answers if answer.ok)
    assert 50_000 < weight < FIRST_VIEW_LIMIT
    page.close()


@pytest.mark.parametrize(("viewport", "screens"), [(DESK, 1), ({"width": 390, "height": 844}, 2)])
def test_both_answers_stand_on_the_first_screen_of_a_desk_and_the_first_two_of_a_phone(
    visit, viewport, screens
):
    answers = visit("index.html", viewport=viewport).locator(".lr-answer").all()
    assert len(answers) == 2
    for answer in answers:
        for place in (*answer.locator("dd").all(), answer.locator("svg.lr-interval")):
            box = place.bounding_box()
            assert 0 < box["y"] + box["height"] <= screens * viewport["height"]


def test_without_motion_wanted_nothing_moves(visit):
    assert visit("index.html", reduced_motion="reduce").evaluate("look.moving()") == []


def test_a_script_that_is_not_ours_does_not_run(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/index.html")
    with pytest.raises(Error, match="Content Security Policy"):
        page.add_script_tag(content="window.ran = true")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<b onclick=\"ran = true\">press</b>')")
    page.locator("b", has_text="press").evaluate("node => node.click()")
    assert page.evaluate("window.ran") is None
    page.close()


def test_charts_and_citations_are_there_without_scripts(browser, site):
    bare = browser.new_page(java_script_enabled=False)
    bare.goto(f"{site}/chapters/exercise.html")
    picture = bare.locator(".lr-chart img.lr-static").first
    picture.scroll_into_view_if_needed()
    bare.wait_for_load_state("networkidle")
    assert picture.is_visible() and picture.evaluate("image => image.naturalWidth > 600")
    offer = bare.locator("details.lr-cite-here").first
    offer.locator("summary").click()
    assert offer.locator(".lr-copy").first.is_visible() and not offer.get_by_role("button").count()
    bare.close()


def test_a_citation_is_copied_with_the_keyboard_alone(visit):
    allowed = ["clipboard-read", "clipboard-write"]
    page = visit("chapters/exercise.html", viewport=PHONE, permissions=allowed)
    offer = page.locator(".bd-article >> details.lr-cite-here").last
    offer.locator("summary").focus()
    page.keyboard.press("Enter")
    button = offer.get_by_role("button").first
    page.keyboard.press("Tab")
    assert button.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="Copied").wait_for(state="attached", timeout=5_000)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert " ".join(copied.split()) == offer.locator(".lr-copy").first.text_content()


# Charts


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def test_the_switch_of_the_page_recolours_its_charts_at_once_and_back(visit):
    page = visit("chapters/exercise.html", color_scheme="light")
    bright = page.evaluate("look.colours()")
    assert bright and all(rgb(theme.INK) in colours for colours in bright)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")  # as the theme's switch does
    for colours in page.evaluate("look.colours()"):
        assert rgb(theme.DARK[theme.INK]) in colours and not set(colours) & set(map(rgb, theme.DARK))
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert page.evaluate("look.colours()") == bright


def test_a_turned_phone_gets_the_other_form_and_one_drawing(visit):
    page = visit("chapters/exercise.html", viewport=DESK)
    forest = page.locator(".lr-chart:has(script.lr-spec-narrow)").first
    forest.scroll_into_view_if_needed()
    wide = forest.locator(".lr-live:not(.lr-narrow) svg.marks")
    assert wide.count() == 1
    page.set_viewport_size(PHONE)
    forest.locator(".lr-narrow svg.marks").wait_for(state="visible")
    page.set_viewport_size(DESK)
    wide.wait_for(state="visible")
    assert forest.locator(".lr-live").count() == 1


def test_a_click_on_a_trial_in_the_plot_leads_to_its_page(visit, root):
    trial = synthesise("exercise_function", load_evidence(root)).trials.iloc[0]
    page = visit("chapters/exercise.html", viewport=PHONE)
    page.locator(".lr-chart svg.marks text", has_text=trial.label).first.click()
    page.wait_for_url(f"**/chapters/trials/{trial.trial_id}.html*")
    assert trial.label in page.locator("article h1").inner_text()
