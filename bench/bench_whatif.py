"""Times what a reader waits for when a unit is switched in the what-if forest, in a real browser.

Run it as ``python bench/bench_whatif.py``, or with ``make bench``. A page of seven units is opened from a
file; beside it an empty box is toggled, and a page can show nothing sooner than the screen's next frame.
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from livingreview.exhibits import what_if_forest
from livingreview.reviews import Review

ROOT = Path(__file__).resolve().parents[1]
TRIALS = {f"more20{i:02d}": 14 + 4 * i for i in range(3)}
TOGGLES, SLOWDOWN = 200, 4
FRAME = 1000 / 60  # ms, of a screen that shows 60 pictures a second
# From the event until the page is laid out anew: all that comes before the frame.
CLOCK = """([selector, times]) => {
    const boxes = [...document.querySelectorAll(selector)], spent = [];
    for (let i = 0; i < times; i += 1) {
        const began = performance.now();
        boxes[i % boxes.length].click();
        document.body.getBoundingClientRect();
        spent.push(performance.now() - began);
    }
    return spent.sort((a, b) => a - b);
}"""
# One such toggle is shorter than what the browser's clock tells apart.
EMPTY = """times => {
    const box = document.getElementById("empty"), began = performance.now();
    for (let i = 0; i < times; i += 1) { box.click(); document.body.getBoundingClientRect(); }
    return (performance.now() - began) / times;
}"""
PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8"><title>What if</title>
<link rel="stylesheet" href="review.css"><link rel="stylesheet" href="whatif.css"><body>{forest}
<input type="checkbox" id="empty"><script defer src="whatif.js"></script>"""


def page_in(folder: Path) -> str:
    """Write the forest of the invented review, with three trials more, and give its address."""
    review = folder / "review"
    shutil.copytree(ROOT / "tests" / "invented", review)
    for trial_id, mean in TRIALS.items():
        trial = review / "data" / "trials" / trial_id
        shutil.copytree(review / "data" / "trials" / "alpha2001", trial)
        arms = (trial / "arms.csv").read_text(encoding="utf-8")
        (trial / "arms.csv").write_text(arms.replace("26,16,20,4", f"26,16,{mean},4"), encoding="utf-8")
    for name in (
        "livingreview/book/static/review.css",
        "livingreview/book/static/whatif.css",
        "livingreview/book/whatif.js",
    ):
        shutil.copy(ROOT / name, folder)
    forest = what_if_forest(Review(review)["standardized"]).html
    (folder / "page.html").write_text(PAGE.format(forest=forest), encoding="utf-8")
    return (folder / "page.html").as_uri()


def spent(page, selector: str) -> tuple[float, float, float]:
    """Give the median, the 95th percentile and the slowest of the toggles, in milliseconds."""
    times = page.evaluate(CLOCK, [selector, TOGGLES])
    return times[TOGGLES // 2], times[int(TOGGLES * 0.95)], times[-1]


def main() -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox"]
        )
        page = browser.new_page()
        page.goto(page_in(Path(name)))
        units = page.locator(".lr-wi-units input").count()
        print(f"## The what-if forest: one toggle of {units} units, {TOGGLES} toggles, milliseconds\n")
        print("| processor | median | 95th of 100 | slowest | an empty box | toggle / frame |")
        print("|---|---:|---:|---:|---:|---:|")
        session = page.context.new_cdp_session(page)
        for rate, what in ((1, "as it is"), (SLOWDOWN, f"{SLOWDOWN} times slower")):
            session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
            middle, most, slowest = spent(page, ".lr-wi-units input")
            empty = page.evaluate(EMPTY, TOGGLES)
            print(
                f"| {what} | {middle:.1f} | {most:.1f} | {slowest:.1f} | {empty:.2f} | {middle / FRAME:.2f} |"
            )
        browser.close()


if __name__ == "__main__":
    main()
