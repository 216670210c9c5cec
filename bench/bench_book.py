"""Times the book, and the first view of each page on a processor four times slower."""

import gzip
import shutil
import tempfile
from pathlib import Path
from statistics import median
from threading import Thread
from time import perf_counter

from playwright.sync_api import Browser, sync_playwright

from livingreview.book import build, server

ROOT = Path(__file__).resolve().parents[1]
UNCOPIED = shutil.ignore_patterns("_build", ".*", "__pycache__", "tests")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu"]
LARGEST = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
    .observe({ type: "largest-contentful-paint", buffered: true });
})"""


def timed_build(book: Path) -> str:
    began = perf_counter()
    built = build(book)
    parts = ", ".join(f"{part} {seconds:.1f}" for part, seconds in built.seconds.items())
    return f"{perf_counter() - began:6.1f} s  ({parts})"


def first_view(browser: Browser, address: str) -> tuple[float, int]:
    """Return the seconds to the largest contentful paint, and the bytes asked for, gzipped."""
    page, answers = browser.new_page(viewport={"width": 1280, "height": 900}), []
    page.on("response", lambda answer: answers.append(answer))
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(address, wait_until="networkidle")
    seconds = page.evaluate(LARGEST) / 1000
    size = sum(len(gzip.compress(answer.body())) for answer in list(answers) if answer.ok)
    page.close()
    return seconds, size


def print_views(html: Path) -> None:
    print("\n## Page, its first view, largest part of it (limits 1000 kB, 500 kB gzipped, 1.5 s)\n\n```")
    with server(html, 0) as running, sync_playwright() as driver:
        Thread(target=running.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for page in [html / "index.html", *sorted((html / "chapters").glob("*.html"))]:
            if 'http-equiv="refresh"' in page.read_text(encoding="utf-8"):
                continue  # an old address, which leads away
            name = page.relative_to(html).as_posix()
            address = f"http://127.0.0.1:{running.server_port}/{name}"
            seconds, sizes = zip(*(first_view(browser, address) for _ in range(3)), strict=True)
            weighs = f"{page.stat().st_size / 1000:6.0f} kB {max(sizes) / 1000:6.0f} kB gzipped"
            print(f"{name:<32} {weighs} {median(seconds):6.2f} s")
        browser.close()
        running.shutdown()
    print("```")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "book"
        shutil.copytree(ROOT, book, ignore=UNCOPIED)
        print("## The book\n\n```")
        print(f"cold book, pages and PDF {timed_build(book)}  (limit 40)")
        print(f"again, nothing changed   {timed_build(book)}  (limit 5)")
        print("```")
        print_views(book / "_build/html")
