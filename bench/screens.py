"""Takes pictures of every chapter and of three trial pages: on a desk, on a phone, in the dark, on paper.

Run it as ``make screens``; it needs chromium on PATH and writes into ``_build/screens``.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, sync_playwright

from livingreview.book import build
from livingreview.book.serve import server

ROOT = Path(__file__).resolve().parents[1]
SCREENS = ROOT / "_build" / "screens"
TRIALS = ("lunetta2016", "dalbellohaas2007", "zanette2008")
LOOKS = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 375, "height": 720}, "is_mobile": True, "has_touch": True},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "print": {"viewport": {"width": 794, "height": 1123}},
}


def pages(html: Path) -> Iterator[Path]:
    """Yield the pages to look at, as paths within the book."""
    for path in sorted(html.rglob("*.html")):
        if path.parent.name != "trials" or path.stem in TRIALS:
            yield path.relative_to(html)


def take(browser: Browser, site: str, page: Path, look: str) -> None:
    """Take one picture of a whole page, once its charts are drawn."""
    # Without motion nothing is caught half open.
    context = browser.new_context(**LOOKS[look], reduced_motion="reduce")
    shown = context.new_page()
    shown.goto(f"{site}/{page.as_posix()}", wait_until="networkidle")
    for chart in shown.locator(".lr-chart").all():
        chart.scroll_into_view_if_needed()
        chart.locator("svg.marks").wait_for(state="visible")
    shown.evaluate("scrollTo(0, 0)")
    if look == "print":
        shown.emulate_media(media="print")
    # What lies outside of the window may not have been painted: the window takes the whole page.
    shown.set_viewport_size(shown.viewport_size | {"height": shown.evaluate("document.body.scrollHeight")})
    shown.wait_for_timeout(300)
    shown.screenshot(path=SCREENS / look / f"{page.stem}.png", full_page=True)
    context.close()


def main() -> None:
    """Take every picture anew."""
    built = build(ROOT)
    shutil.rmtree(SCREENS, ignore_errors=True)
    with server(built.html.parent, 0) as running, sync_playwright() as driver:
        Thread(target=running.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for page in pages(built.html.parent):
            for look in LOOKS:
                take(browser, f"http://127.0.0.1:{running.server_port}", page, look)
        browser.close()
        running.shutdown()
    print(f"{len(list(SCREENS.rglob('*.png')))} pictures in {SCREENS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
