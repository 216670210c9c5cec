"""The built book in a real browser, with the network shut: what a reader meets."""

import gzip

import pytest

PHONE = {"width": 375, "height": 720}
FIRST_PAGE_LIMIT = 1_200_000


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
        charts = self.page.locator(".als-chart").all()
        for chart in charts:
            chart.scroll_into_view_if_needed()
            chart.locator("svg.marks").wait_for(state="visible", timeout=15_000)
        if charts:  # a page without one has asked for all it wants when it is loaded
            self.page.wait_for_load_state("networkidle")

    def gzipped(self):
        self.page.wait_for_load_state("networkidle")
        return sum(len(gzip.compress(answer.body())) for answer in self.bodies.values() if answer.ok)


@pytest.fixture(scope="session")
def addresses(site, real_book):
    folder = real_book.html.parent
    return [f"{site}/{path.relative_to(folder).as_posix()}" for path in sorted(folder.rglob("*.html"))]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_chart_is_drawn_with_no_error_and_no_other_host(browser, site, addresses, scheme):
    if scheme == "dark":  # a trial's page has no chart, and its text is looked at in the light
        addresses = [address for address in addresses if "/trials/" not in address]
    charts = 0
    visit = Visit(browser, site, color_scheme=scheme, viewport={"width": 1280, "height": 900})
    for address in addresses:
        visit.open(address)
        assert not visit.away and not visit.wrong, (address, visit.away, visit.wrong)
        drawn = visit.page.locator(".als-chart svg.marks")
        assert drawn.count() == visit.page.locator(".als-chart").count()
        for chart in drawn.all():
            assert chart.get_attribute("role") == "img"
            assert len(chart.get_attribute("aria-label")) > 40
        charts += drawn.count()
    visit.context.close()
    assert charts > 0


def test_no_page_is_wider_than_a_phone(browser, site, addresses):
    visit = Visit(browser, site, viewport=PHONE, is_mobile=True, has_touch=True)
    for address in addresses:
        visit.open(address)
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], (address, width)
    visit.context.close()


def test_the_first_page_weighs_less_than_its_limit(browser, site):
    visit = Visit(browser, site)
    visit.open(f"{site}/index.html")
    assert 50_000 < visit.gzipped() < FIRST_PAGE_LIMIT
    visit.context.close()


def test_charts_show_without_scripts_and_on_paper(browser, site, addresses):
    address = next(address for address in addresses if address.endswith("exercise.html"))
    bare = Visit(browser, site, java_script_enabled=False)
    bare.page.goto(address)
    assert bare.page.locator(".als-chart img.als-static").first.is_visible()
    bare.context.close()
    printed = Visit(browser, site)
    printed.open(address)
    printed.page.emulate_media(media="print")
    assert printed.page.locator(".als-chart img.als-static").first.is_visible()
    assert not printed.page.locator(".als-chart .als-live").first.is_visible()
    printed.context.close()


@pytest.mark.parametrize("clipboard", ["here", "shut"])
def test_a_citation_is_copied_with_the_keyboard_alone(browser, site, clipboard):
    visit = Visit(browser, site, viewport=PHONE, permissions=["clipboard-read", "clipboard-write"])
    if clipboard == "shut":
        visit.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        visit.page.add_init_script(
            "addEventListener('copy', () => { window.copied = String(getSelection()); })"
        )
    visit.page.goto(f"{site}/chapters/exercise.html")
    for part in (".als-figure >> nth=0", ".bd-article"):
        offer = visit.page.locator(f"{part} >> details.als-cite-here").last
        offer.locator("summary").focus()
        visit.page.keyboard.press("Enter")
        text, button = offer.locator(".als-copy").first, offer.get_by_role("button").first
        for target in (offer.locator("summary"), button, offer.locator("a").last):
            assert target.bounding_box()["height"] >= 44
        visit.page.keyboard.press("Tab")
        assert button.evaluate("button => button === document.activeElement")
        visit.page.keyboard.press("Enter")
        visit.page.get_by_role("status").filter(has_text="Copied").wait_for(state="attached", timeout=5_000)
        got = "window.copied" if clipboard == "shut" else "navigator.clipboard.readText()"
        assert " ".join(visit.page.evaluate(got).split()) == text.text_content()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not visit.wrong
    visit.context.close()


def test_a_citation_can_be_read_without_scripts_and_is_not_on_paper(browser, site):
    visit = Visit(browser, site, java_script_enabled=False)
    visit.page.goto(f"{site}/chapters/exercise.html")
    offer = visit.page.locator("details.als-cite-here").first
    offer.locator("summary").click()
    assert offer.locator(".als-copy").first.is_visible() and not offer.get_by_role("button").count()
    visit.page.emulate_media(media="print")
    assert not offer.is_visible()
    visit.context.close()
