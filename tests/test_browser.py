"""The built book in a real browser, with the network shut: what a reader meets."""

import gzip
from dataclasses import dataclass
from pathlib import Path

import axe_playwright_python
import pytest
from bs4 import BeautifulSoup

from livingreview.charts import theme
from livingreview.evidence import load_evidence
from livingreview.statistics import synthesise

PHONE = {"width": 375, "height": 720}
DESK = {"width": 1280, "height": 900}
LOOKS = {"desk": {"viewport": DESK}, "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True}}
# A phone, and a desk of 1280 pixels enlarged to 200 and to 400 %.
WIDTHS = (375, 640, 320)
FIRST_VIEW_LIMIT = 500_000
ANSWERS = ["Bottom line", "Effect on function", "Harms", "Certainty", "Evidence"]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + ";null"
# It would otherwise ask for the style sheets once more, and for an imported one at the wrong place.
# Of words in the colour of their ground axe is not sure; we are.
ASK_AXE = """rules => axe.run(document, {
  preload: false, resultTypes: ["violations", "incomplete"], ...rules
}).then(done => {
  const unseen = node => node.any.some(check => check.data && check.data.messageKey === "equalRatio");
  const doubts = done.incomplete.map(fault => ({...fault, nodes: fault.nodes.filter(unseen)}));
  return [...done.violations, ...doubts];
})"""
# Colours are the same on a phone, and nothing but them differs in the dark.
RULES = {"desk": {}, "phone": {"rules": {"color-contrast": {"enabled": False}}}}
COLOURS = {"runOnly": ["color-contrast"]}
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
INTRUDE = """() => {
  const script = document.createElement("script");
  script.textContent = "window.ran = true";
  document.head.append(script);
  const picture = document.createElement("div");
  picture.innerHTML = '<button onclick="window.ran = true">press</button>';
  document.body.append(picture);
  picture.firstChild.click();
}"""


class Visit:
    """One page opened with every other host shut off; what went wrong is kept."""

    def __init__(self, browser, site, **options):
        self.away, self.wrong, self.bodies = [], [], {}
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.context.route("**/*", lambda route: self._let(route, site))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on("response", lambda answer: self.bodies.setdefault(answer.url, answer))

    def _let(self, route, site):
        if route.request.url.startswith((site, "data:", "blob:")):
            route.continue_()
        else:
            self.away.append(route.request.url)
            route.abort()

    def _hear(self, message):
        if message.type == "error":
            self.wrong.append(message.text)

    def open(self, address):
        self.page.goto(address, wait_until="load")
        charts = self.page.locator(".lr-chart").all()
        for chart in charts:
            chart.scroll_into_view_if_needed()
            chart.locator("svg.marks").wait_for(state="visible", timeout=15_000)
        if charts:  # a page without one has asked for all it wants when it is loaded
            self.page.wait_for_load_state("networkidle")

    def gzipped(self):
        self.page.wait_for_load_state("networkidle")
        return sum(len(gzip.compress(answer.body())) for answer in list(self.bodies.values()) if answer.ok)


@pytest.fixture(scope="session")
def addresses(site, real_book):
    """Every page; of those of trials, which have one form, the longest."""
    folder = real_book.html.parent
    # A redirect has nothing to read, and leads away while it is looked at.
    pages = [
        path for path in sorted(folder.rglob("*.html")) if 'http-equiv="refresh"' not in path.read_text()
    ]
    trials = [path for path in pages if path.parent.name == "trials"]
    trials.sort(key=lambda path: path.stat().st_size)
    return [f"{site}/{path.relative_to(folder).as_posix()}" for path in pages if path not in trials[:-1]]


@dataclass
class Seen:
    """What one page did as it was read to its end."""

    away: list
    wrong: list
    charts: int
    labels: list
    faults: list
    widths: dict
    small: list
    sideways: list
    words: list


def faults(page, rules):
    """What axe finds wrong in a page: the rule that is broken, and its place."""
    found = page.evaluate(ASK_AXE, rules)
    return [(fault["id"], node["target"]) for fault in found for node in fault["nodes"]]


def read(visit, address, look):
    """Read one page to its end, and ask axe, the widths and the sizes of what can be pressed."""
    visit.away, visit.wrong = [], []
    visit.open(address)
    page, size = visit.page, visit.page.viewport_size
    drawn = page.locator(".lr-chart svg.marks").all()
    labels = [(chart.get_attribute("role"), chart.get_attribute("aria-label")) for chart in drawn]
    found = page.evaluate(AXE) or faults(page, RULES[look])
    widths, small = {}, page.evaluate(SMALL)
    sideways, words = page.evaluate(SIDEWAYS), page.evaluate(WORDS)
    if look == "phone":
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": PHONE["height"]})
            widths[width] = page.evaluate("document.documentElement.scrollWidth")
        page.set_viewport_size(size)
    else:
        # In the midst of a transition axe would see colours that nobody reads.
        page.add_style_tag(content="* { transition: none !important }")
        page.emulate_media(color_scheme="dark")
        page.locator("html[data-theme=dark]").wait_for()
        found += [("dark", *fault) for fault in faults(page, COLOURS)]
        page.emulate_media(color_scheme="light")
    charts = page.locator(".lr-chart").count()
    return Seen(visit.away, visit.wrong, charts, labels, found, widths, small, sideways, words)


@pytest.fixture(scope="session", params=LOOKS)
def seen(request, browser, site, addresses):
    """Every page in one look."""
    visit = Visit(browser, site, **LOOKS[request.param])
    yield {address: read(visit, address, request.param) for address in addresses}
    visit.context.close()


def test_every_chart_is_drawn_and_says_what_it_shows(seen):
    for address, page in seen.items():
        assert len(page.labels) == page.charts, address
        assert all(role == "img" and len(label) > 40 for role, label in page.labels), address
    assert sum(page.charts for page in seen.values()) > 0


def test_no_page_asks_another_host_or_breaks_its_policy(seen):
    assert not {address: page.away for address, page in seen.items() if page.away}
    assert not {address: page.wrong for address, page in seen.items() if page.wrong}


def test_axe_finds_no_fault_in_any_page(seen):
    assert not {address: page.faults for address, page in seen.items() if page.faults}


def test_whatever_can_be_pressed_is_large_enough_for_an_unsteady_hand(seen):
    assert not {address: page.small for address, page in seen.items() if page.small}


def test_no_page_is_wider_than_a_phone_or_than_a_desk_enlarged_fourfold(seen):
    for address, page in seen.items():
        assert all(asked <= width for width, asked in page.widths.items()), (address, page.widths)


def test_no_chart_scrolls_sideways_and_its_words_are_at_least_eleven_px(seen):
    assert not {address: page.sideways for address, page in seen.items() if page.sideways}
    smallest = {address: min(page.words) for address, page in seen.items() if page.words}
    assert smallest and not {address: size for address, size in smallest.items() if size < 10.9}


@pytest.mark.parametrize("page", ["index", "chapters/exercise", "chapters/nibs"])
def test_the_first_view_of_a_chapter_weighs_less_than_its_limit(browser, site, page):
    visit = Visit(browser, site)
    visit.page.goto(f"{site}/{page}.html", wait_until="networkidle")
    assert 50_000 < visit.gzipped() < FIRST_VIEW_LIMIT
    visit.context.close()


@pytest.mark.parametrize(
    ("viewport", "screens"), [({"width": 1280, "height": 900}, 1), ({"width": 390, "height": 844}, 2)]
)
def test_both_answers_stand_on_the_first_screen_of_a_desk_and_the_first_two_of_a_phone(
    browser, site, viewport, screens
):
    visit = Visit(browser, site, viewport=viewport)
    visit.page.goto(f"{site}/index.html", wait_until="networkidle")
    answers = visit.page.locator(".lr-answer").all()
    assert len(answers) == 2
    for answer in answers:
        assert [term.text_content() for term in answer.locator("dt").all()] == ANSWERS
        plot = answer.locator("svg.lr-interval")
        assert plot.is_visible() and "95% CI" in plot.get_attribute("aria-label")
        for place in [*answer.locator("dd").all(), plot]:
            box = place.bounding_box()
            assert box["height"] > 10 and box["y"] + box["height"] <= screens * viewport["height"]
            assert box["x"] >= 0 and box["x"] + box["width"] <= viewport["width"]
    first, second = (answer.bounding_box() for answer in answers)
    assert (first["y"] == second["y"]) == (screens == 1)  # side by side, or one below the other
    visit.context.close()


def test_without_motion_wanted_nothing_moves(browser, site):
    visit = Visit(browser, site, reduced_motion="reduce")
    visit.page.goto(f"{site}/index.html")
    assert visit.page.evaluate(MOVING) == []
    visit.context.close()


def test_every_page_has_one_policy_before_anything_that_it_governs(real_book):
    for path in real_book.html.parent.rglob("*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "lxml")
        (tag,) = page.select('meta[http-equiv="Content-Security-Policy"]')
        assert [node.name for node in tag.find_previous_siblings()] == ["meta"], path
        assert "unsafe-eval" not in tag["content"], path
        scripts = next(part for part in tag["content"].split("; ") if part.startswith("script-src"))
        assert "unsafe-inline" not in scripts and "http" not in tag["content"], path
        assert not [name for node in page.find_all(True) for name in node.attrs if name.startswith("on")], (
            path
        )


def test_a_script_that_is_not_ours_does_not_run(browser, site):
    visit = Visit(browser, site)
    visit.page.goto(f"{site}/index.html")
    visit.page.evaluate(INTRUDE)
    assert visit.page.evaluate("window.ran") is None
    assert len(visit.wrong) == 2 and all("Content Security Policy" in words for words in visit.wrong)
    visit.context.close()


def test_charts_and_citations_are_there_without_scripts_and_charts_on_paper(browser, site):
    address = f"{site}/chapters/exercise.html"
    bare = Visit(browser, site, java_script_enabled=False)
    bare.page.goto(address)
    picture = bare.page.locator(".lr-chart img.lr-static").first
    picture.scroll_into_view_if_needed()
    bare.page.wait_for_load_state("networkidle")
    assert picture.is_visible() and picture.evaluate("image => image.naturalWidth > 600")
    offer = bare.page.locator("details.lr-cite-here").first
    offer.locator("summary").click()
    assert offer.locator(".lr-copy").first.is_visible() and not offer.get_by_role("button").count()
    bare.context.close()
    printed = Visit(browser, site)
    printed.open(address)
    printed.page.emulate_media(media="print")
    assert printed.page.locator(".lr-chart img.lr-static").first.is_visible()
    assert not printed.page.locator(".lr-chart .lr-live").first.is_visible()
    assert not printed.page.locator("details.lr-cite-here").first.is_visible()
    printed.context.close()


@pytest.mark.parametrize("clipboard", ["here", "shut"])
def test_a_citation_is_copied_with_the_keyboard_alone(browser, site, clipboard):
    visit = Visit(browser, site, viewport=PHONE, permissions=["clipboard-read", "clipboard-write"])
    page, got = visit.page, "navigator.clipboard.readText()"
    if clipboard == "shut":
        page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        page.add_init_script("addEventListener('copy', () => { window.copied = String(getSelection()); })")
        got = "window.copied"
    page.goto(f"{site}/chapters/exercise.html")
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
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"] and not visit.wrong
    visit.context.close()


# Charts


COLOURED = """chart => [...chart.querySelectorAll('.lr-live text, .lr-live path, .lr-live line')]
  .flatMap(part => [getComputedStyle(part).fill, getComputedStyle(part).stroke])"""


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
    bright = [chart.evaluate(COLOURED) for chart in charts.all()]
    assert all(rgb(theme.INK) in colours for colours in bright)
    switch = page.locator("button.theme-switch-button").first
    for _ in range(3):  # it goes through auto, light and dark
        switch.evaluate("button => button.click()")
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
    old = {rgb(colour) for colour in theme.DARK}
    for chart in charts.all():
        colours = set(chart.evaluate(COLOURED))
        assert rgb(theme.DARK[theme.INK]) in colours and not colours & old
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert [chart.evaluate(COLOURED) for chart in charts.all()] == bright


def test_a_turned_phone_gets_the_other_form_and_one_drawing(visit):
    page = visit("chapters/exercise.html", viewport=DESK).page
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
    page = visit("chapters/exercise.html", viewport=viewport).page
    name = page.locator(".lr-chart svg.marks text", has_text=trial.label).first
    assert name.evaluate("word => getComputedStyle(word).textDecorationLine") == "underline"
    name.click()
    page.wait_for_url(f"**/chapters/trials/{trial.trial_id}.html*")
    assert trial.label in page.locator("article h1").inner_text()
    # The same way for those who do not point: the table under the plot.
    page.go_back()
    link = page.locator(".lr-figure table a", has_text=trial.label).first
    assert link.get_attribute("href").startswith(f"trials/{trial.trial_id}.html")
