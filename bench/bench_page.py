"""Weighs each page and its first view, and times the largest part of it on a processor four times slower.

Run it as ``python bench/bench_page.py``, or with ``make bench``; it takes the pages of ``_build/html``, which
it builds first if they are missing, and needs chromium on PATH.
"""

import gzip
import shutil
from pathlib import Path
from statistics import median
from threading import Thread

from playwright.sync_api import Browser, sync_playwright

from livingreview.book import build, server

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
SLOWER, TIMES = 4, 3
BYTES, SECONDS, PAGE = 500_000, 1.5, 1_000_000
LARGEST = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
    .observe({ type: "largest-contentful-paint", buffered: true });
})"""


def first_view(browser: Browser, address: str) -> tuple[float, int]:
    """Return the seconds to the largest contentful paint, and the bytes asked for, gzipped."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, answers = context.new_page(), []
    page.on("response", lambda answer: answers.append(answer))
    slow = context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="networkidle")
    seconds = page.evaluate(LARGEST) / 1000
    bytes_ = sum(len(gzip.compress(answer.body())) for answer in list(answers) if answer.ok)
    context.close()
    return seconds, bytes_


def main() -> None:
    """Print a line for each page: what it weighs and how long it takes, each as a share of its limit."""
    if not (HTML / "index.html").is_file():
        build(ROOT)
    print(f"## First view of a page, processor {SLOWER} times slower, median of {TIMES}\n\n```")
    with server(HTML, 0) as running, sync_playwright() as driver:
        Thread(target=running.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for page in [HTML / "index.html", *sorted((HTML / "chapters").glob("*.html"))]:
            if 'http-equiv="refresh"' in page.read_text(encoding="utf-8"):
                continue  # an old address, which leads away
            name = page.relative_to(HTML).as_posix()
            address = f"http://127.0.0.1:{running.server_port}/{name}"
            views = [first_view(browser, address) for _ in range(TIMES)]
            seconds, bytes_ = median(view[0] for view in views), max(view[1] for view in views)
            size = page.stat().st_size
            print(
                f"{name:<32} page {size / 1000:4.0f} kB ({size / PAGE:4.2f} of its limit)  "
                f"first view {bytes_ / 1000:4.0f} kB gzipped ({bytes_ / BYTES:4.2f})  "
                f"largest part {seconds:4.2f} s ({seconds / SECONDS:4.2f})"
            )
        browser.close()
        running.shutdown()
    print("```")


if __name__ == "__main__":
    main()
