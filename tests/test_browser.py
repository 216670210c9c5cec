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
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + ";null"
# It would otherwise ask for the style sheets once more, and for an imported one at the wrong place.
ASK_AXE = """([place, rules]) => axe.run(place, {
  preload: false, resultTypes: ["violations", "incomplete"], ...rules
}).then(done => {
  // Of words in the colour of their ground axe is not sure; we are.
  const unseen = node => node.any.some(check => check.data && check.data.messageKey === "equalRatio");
  const doubts = done.incomplete.map(fault => ({...fault, nodes: fault.nodes.filter(unseen)}));
  return [...done.violations, ...doubts].flatMap(fault => fault.nodes.map(node => [fault.id, node.target]));
})"""
STRUCTURE = ["html", {"rules": {"color-contrast": {"enabled": False}}}]
# Reading the contrast of every word takes nine tenths of the time; words that look the same have the same.
COLOURS = ["[data-look]", {"runOnly": ["color-contrast"]}]
MARK_LOOKS = """() => {
  const met = new Set();
  for (const node of document.body.querySelectorAll("*")) {
    delete node.dataset.look;
    if (![...node.childNodes].some(part => part.nodeType === Node.TEXT_NODE && part.data.trim())) continue;
    const {color, fontSize, fontWeight} = getComputedStyle(node), grounds = new Set();
    for (let above = node; above; above = above.parentElement) {
      const {backgroundColor, backgroundImage, opacity} = getComputedStyle(above);
      grounds.add([backgroundColor, backgroundImage, opacity].join());
    }
    const look = [color, fontSize, fontWeight, node.checkVisibility(), ...grounds].join();
    if (!met.has(look)) node.dataset.look = "first";
    met.add(look);
  }
}"""
# Links within the text are as high as its lines; what stands alone is as large as a fingertip.
SMALL = """[...document.querySelectorAll("button, summary, select, input, [role=button]")].filter(node => {
  const box = (node.closest("label") || node).getBoundingClientRect();
  return node.checkVisibility() && box.width > 0 && Math.min(box.width, box.height) < 43.5;
}).map(node => node.outerHTML.slice(0, 120))"""
# Boxes that scroll sideways, and the smallest words of what is drawn in them, as large as they are seen.
SIDEWAYS = """[...document.querySelectorAll(".lr-chart")]
  .filter(box => box.clientWidth && box.scrollWidth > box.clientWidth)
  .map(box => box.querySelector("svg.marks").getAttribute("aria-label"))"""
WORDS = """[...document.querySelectorAll(".lr-chart .lr-live text")].filter(word => word.textContent)
  .map(word => [parseFloat(getComputedStyle(word).fontSize), word.getScreenCTM()])
  .map(([size, turned]) => size * Math.hypot(turned.a, turned.b))"""
MOVING = """[...document.querySelectorAll("*")].filter(node => {
  const style = getComputedStyle(node);
  const longest = (times) => Math.max(...times.split(",").map(parseFloat));
  return longest(style.transitionDuration) > .001 || longest(style.animationDuration) > .001;
}).map(node => node.outerHTML.slice(0, 80))"""


class Visit:
    """A tab with every other host shut off; what was asked of these and what went wrong is kept."""

    def __init__(self, browser, site, **options):
        self.site, self.wrong = site, []
        self.context = browser.new_context(**options)
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
        faults = page.evaluate(AXE) or page.evaluate(ASK_AXE, STRUCTURE)
        # In the midst of a transition axe would see colours that nobody reads.
        page.add_style_tag(content="* { transition: none !important }")
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.locator(f"html[data-theme={scheme}]").wait_for()
            page.evaluate(MARK_LOOKS)
            faults += [(scheme, *fault) for fault in page.evaluate(ASK_AXE, COLOURS)]
        found[name] = [faults, page.evaluate(SMALL), visit.wrong[:]]
        visit.wrong.clear()
    visit.context.close()
    assert charts and not {name: faults for name, faults in found.items() if any(faults)}


def test_every_page_fits_on_a_phone_and_on_a_desk_enlarged_fourfold(browser, site, names):
    visit = Visit(browser, site, viewport=PHONE, is_mobile=True, has_touch=True)
    found, smallest = {}, []
    for name in names:
        page = visit.open(name)
        smallest += page.evaluate(WORDS)
        found[name] = [page.evaluate(SIDEWAYS), page.evaluate(SMALL), visit.wrong[:]]
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
        plot = answer.locator("svg.lr-interval")
        assert plot.is_visible() and "95% CI" in plot.get_attribute("aria-label")
        places = [*answer.locator("dd").all(), plot]
        assert len(places) == 6
        for place in places:
            box = place.bounding_box()
            assert box["height"] > 10 and box["y"] + box["height"] <= screens * viewport["height"]
            assert box["x"] >= 0 and box["x"] + box["width"] <= viewport["width"]
    first, second = (answer.bounding_box() for answer in answers)
    assert (first["y"] == second["y"]) == (screens == 1)  # side by side, or one below the other


def test_without_motion_wanted_nothing_moves(visit):
    assert visit("index.html", reduced_motion="reduce").evaluate(MOVING) == []


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


@pytest.mark.parametrize("clipboard", ["here", "shut"])
def test_a_citation_is_copied_with_the_keyboard_alone(visit, clipboard):
    page = visit("search.html", viewport=PHONE, permissions=["clipboard-read", "clipboard-write"])
    got = "navigator.clipboard.readText()"
    if clipboard == "shut":
        page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        page.add_init_script("addEventListener('copy', () => { window.copied = String(getSelection()); })")
        got = "window.copied"
    page.goto(page.url.replace("search", "chapters/exercise"))
    offer = page.locator(".bd-article >> details.lr-cite-here").last
    offer.locator("summary").focus()
    page.keyboard.press("Enter")
    button = offer.get_by_role("button").first
    for target in (offer.locator("summary"), button, offer.locator("a").last):
        assert target.bounding_box()["height"] >= 44
    page.keyboard.press("Tab")
    assert button.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="Copied").wait_for(state="attached", timeout=5_000)
    assert " ".join(page.evaluate(got).split()) == offer.locator(".lr-copy").first.text_content()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


# Charts


COLOURED = """chart => [...chart.querySelectorAll('.lr-live text, .lr-live path, .lr-live line')]
  .flatMap(part => [getComputedStyle(part).fill, getComputedStyle(part).stroke])"""


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def test_the_switch_of_the_page_recolours_its_charts_at_once_and_back(visit):
    page = visit("chapters/exercise.html", color_scheme="light")
    charts = page.locator(".lr-chart")
    bright = [chart.evaluate(COLOURED) for chart in charts.all()]
    assert all(rgb(theme.INK) in colours for colours in bright)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")  # as the theme's switch does
    old = {rgb(colour) for colour in theme.DARK}
    for chart in charts.all():
        colours = set(chart.evaluate(COLOURED))
        assert rgb(theme.DARK[theme.INK]) in colours and not colours & old
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert [chart.evaluate(COLOURED) for chart in charts.all()] == bright


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


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_a_click_on_a_trial_in_the_plot_leads_to_its_page(visit, viewport, root):
    trial = synthesise("exercise_function", load_evidence(root)).trials.iloc[0]
    page = visit("chapters/exercise.html", viewport=viewport)
    name = page.locator(".lr-chart svg.marks text", has_text=trial.label).first
    assert name.evaluate("word => getComputedStyle(word).textDecorationLine") == "underline"
    name.click()
    page.wait_for_url(f"**/chapters/trials/{trial.trial_id}.html*")
    assert trial.label in page.locator("article h1").inner_text()
    # The same way for those who do not point: the table under the plot.
    page.go_back()
    link = page.locator(".lr-figure table a", has_text=trial.label).first
    assert link.get_attribute("href").startswith(f"trials/{trial.trial_id}.html")
