"""The what-if forest in a real browser: it shows what `pool` gives, whatever is chosen and however."""

import json
import random
import re
import shutil
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from invented_review import edit

from livingreview.charts import with_pictures
from livingreview.evidence import load_evidence
from livingreview.exhibits import what_if_forest
from livingreview.exhibits.whatif import METHODS, offered_units
from livingreview.exhibits.words import INTERVAL_WORDS, METHOD_WORDS
from livingreview.formats import MINUS, interval, number, percent
from livingreview.reviews import Review
from livingreview.statistics import pool, synthesise

NAMES = ["\u201cQ\u201d <b>$x$</b> | " + "n" * 200, "Ωμέγα 試験 2012", "ניסוי 2013"]
ROWS = ("units", "people", "estimate", "interval", "prediction", "i2", "tau2")
PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8"><title>What if</title>
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="review.css"><link rel="stylesheet" href="whatif.css">
<body><main><h1>What if</h1>{}</main><script defer src="whatif.js"></script>"""


def write_page(root, review, **means):
    """Add trials like Alpha 2001 but for their names and means, and write the forest on a page of its own."""
    for (trial_id, mean), label in zip(means.items(), NAMES, strict=False):
        folder = shutil.copytree(review / "data/trials/alpha2001", review / "data/trials" / trial_id)
        edit(folder / "trial.yml", "label: Alpha 2001", f"label: {json.dumps(label)}")
        edit(folder / "arms.csv", "26,16,20,4", f"26,16,{mean},4")
    shown = with_pictures(what_if_forest(Review(review)["function"], Review(review)["standardized"]).html)
    for name in ("static/review.css", "static/whatif.css", "whatif.js"):
        shutil.copy(root / "livingreview/book" / name, review)
    (review / "page.html").write_text(PAGE.format(shown), encoding="utf-8")
    return review


@pytest.fixture(scope="module")
def more(tmp_path_factory, root):
    """The invented review with three more trials: six units in points, and seven in standard deviations."""
    review = shutil.copytree(root / "tests/invented", tmp_path_factory.mktemp("whatif") / "review")
    return write_page(root, review, lambda2011=21, mu2012=14, xi2014=30)


class Forest:
    """The page of a review, opened from its file."""

    def __init__(self, browser, review, **options):
        self.review, self.wrong = review, []
        self.address = (review / "page.html").as_uri()
        self.page = browser.new_context(**options).new_page()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.open()

    def open(self, mark=""):
        self.page.goto("about:blank")
        self.page.goto(self.address + mark)

    def box(self, trial_id):
        return self.page.locator(f'.lr-wi-units input[value="{trial_id}"]')

    def choose(self, words):
        self.page.locator(".lr-wi-radio", has_text=re.compile(f"^{re.escape(words)}$")).click()

    def said(self):
        return re.sub("[\u2066-\u2069]", "", self.page.get_by_role("status").inner_text())

    def units_in(self):
        return self.page.locator(".lr-wi-units :checked").evaluate_all("all => all.map(x => x.value)")

    def values(self):
        """Give the numbers of the reader's choice, at full length, and the text of each row."""
        cells = self.page.locator(".lr-wi-table tbody td:nth-child(3)").evaluate_all(
            "all => all.map(x => [[...x.querySelectorAll('data')].map(y => +y.value), x.innerText])"
        )
        full, text = zip(*cells, strict=True)
        return dict(zip(ROWS, full, strict=True)), dict(zip(ROWS, text, strict=True))


@pytest.fixture
def forest(browser, more):
    opened = Forest(browser, more)
    yield opened
    assert not opened.wrong
    opened.page.context.close()


def test_what_a_reader_chooses_by_clicks_is_what_pool_gives(forest):
    dice, state = random.Random(6), {"measure": "function", "interval": "hk_adhoc", "method": "REML"}
    words = {
        "measure": {"function": "points", "standardized": "standard deviations"},
        "interval": INTERVAL_WORDS,
        "method": METHOD_WORDS,
    }
    offered = {key: offered_units(Review(forest.review)[key]) for key in words["measure"]}
    seen = set()
    while len(seen) < 30:
        units = offered[state["measure"]]
        kind = dice.choice(["unit", "unit", "unit", "interval", "method", "measure"])
        if kind == "unit":
            forest.box(dice.choice(list(units.trial_id))).click()
        else:
            state[kind] = dice.choice(METHODS if kind == "method" else list(words[kind]))
            forest.choose(words[kind][state[kind]])
        units = offered[state["measure"]]
        chosen = units[units.trial_id.isin(forest.units_in())]
        if len(chosen) > 1:
            seen.add((*state.values(), *chosen.trial_id))
            same_as_pool(forest, chosen, method=state["method"], interval=state["interval"])


def same_as_pool(forest, chosen, **options):
    """Hold the numbers, the words and the weights of the reader's choice against Python's."""
    want = pool(chosen.yi, chosen.vi, trials=chosen, **options)
    full, text = forest.values()
    got = [x for key in ("estimate", "interval", "prediction", "i2", "tau2") for x in full[key]]
    exact = [want.estimate, want.ci_low, want.ci_high, *want.prediction, want.i2, want.tau2]
    assert got == pytest.approx([x for x in exact if x == x], rel=1e-6, abs=1e-6)
    said = {"units": str(want.k), "estimate": number(want.estimate), "i2": percent(want.i2)}
    said |= {"interval": interval(want.ci_low, want.ci_high), "prediction": interval(*want.prediction)}
    assert {key: text[key] for key in said} == said
    weights = forest.page.locator(".lr-wi-weight data").evaluate_all("all => all.map(x => +x.value)")
    assert weights == pytest.approx(list(want.trials.weight), abs=1e-6)


def test_the_page_says_what_changed_and_pools_nothing_of_one_study_or_none(forest):
    own = synthesise("function", load_evidence(forest.review))
    assert "primary analysis" in forest.said() and number(own.estimate) in forest.said()
    forest.box("beta2002").click()
    now = pool(*own.trials[own.trials.trial_id != "beta2002"][["yi", "vi"]].to_numpy().T)
    said = forest.said()
    assert said.startswith("Beta 2002 is left out.")
    assert f"goes from {number(own.estimate)} to {number(now.estimate)} points" in said
    assert interval(now.ci_low, now.ci_high) in said
    forest.page.get_by_role("button").click()
    units = offered_units(Review(forest.review)["function"])
    for trial_id in units.trial_id[1:]:
        forest.box(trial_id).click()
    full, text = forest.values()
    assert full["estimate"] == [units.yi[0]] and "not pooled" in text["estimate"]
    assert full["interval"] == pytest.approx([units.ci_low[0], units.ci_high[0]])
    assert not full["i2"] and not full["prediction"] and "nothing is pooled" in forest.said()
    forest.box(units.trial_id[0]).click()
    assert forest.values()[0]["estimate"] == [] and forest.values()[1]["units"] == "0"


def test_the_keyboard_alone_reaches_and_changes_everything(forest):
    page, reached = forest.page, []
    page.locator("h1").click()
    for _ in range(30):
        page.keyboard.press("Tab")
        focus = page.evaluate("(x => [x.tagName, x.type, x.value].join(' '))(document.activeElement)")
        if focus.startswith("BODY"):
            break
        reached.append(focus)
        if focus == "INPUT checkbox beta2002":
            page.keyboard.press("Space")
    assert not forest.box("beta2002").is_checked() and "Beta 2002 is left out" in forest.said()
    units = offered_units(Review(forest.review)["function"])
    assert sum("checkbox" in each for each in reached) == len(units)
    assert sum("radio" in each for each in reached) == 3 and any("BUTTON" in each for each in reached)
    for words, key in (("modified HK", "ArrowRight"), ("points", "ArrowDown"), ("REML", "ArrowDown")):
        page.get_by_role("radio", name=words, exact=True).focus()
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.checked")
    assert page.get_by_role("radio", name="HK", exact=True).is_checked()
    page.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert forest.said().startswith("This is the primary analysis again.")


def test_a_choice_can_be_shared_by_its_address(forest):
    forest.box("beta2002").click()
    forest.choose("HK")
    forest.choose("Paule-Mandel")
    forest.page.wait_for_url(re.compile("#whatif-function--.*tau2-PM"))
    full, shared = forest.values(), forest.page.url
    assert forest.page.locator("a.lr-wi-link").evaluate("link => link.href") == shared
    forest.open()
    assert forest.values() != full
    forest.open(shared[len(forest.address) :])
    assert forest.values() == full and forest.said().startswith("This is the choice in the address.")


BAD = [
    "#whatif-function--in-nobody1900",
    "#whatif-function--tau2-__proto__",
    "#whatif-function--in-" + quote("<img src=x onerror=alert(1)>"),
    "#whatif-function--%zz=%",
]


def test_a_bad_address_is_ignored_and_said(forest):
    before = forest.values()
    for mark in BAD:
        forest.open(mark)
        assert forest.values() == before
        assert forest.said().startswith("The address asks for a choice that this page does not have"), mark
        assert not forest.page.locator("main img[onerror]").count()


def test_without_scripts_and_on_paper_the_figure_and_the_table_stand_there(browser, more):
    bare = Forest(browser, more, java_script_enabled=False)
    assert bare.page.locator(".lr-whatif-static img").is_visible()
    assert f"{MINUS} Beta 2002" in bare.page.locator(".lr-whatif-static table").inner_text()
    assert not bare.page.locator(".lr-wi-live").count() and not bare.page.locator(".lr-whatif b").count()
    bare.page.context.close()
    full = Forest(browser, more)
    assert full.page.locator(".lr-wi-units bdi").all_inner_texts()[-3:] == NAMES
    assert not full.page.locator(".lr-whatif b").count()
    full.page.emulate_media(media="print")
    assert full.page.locator(".lr-whatif-static img").is_visible()
    full.page.context.close()


def test_the_page_rounds_an_exact_half_as_python_does(browser, root, review):
    # 20.125 - 18 lies exactly between 2.12 and 2.13; 12.625 - 18 = -5.375 between -5.38 and -5.37.
    forest = Forest(browser, write_page(root, review, lambda2011=20.125, mu2012=12.625))
    words = dict(zip(forest.units_in(), forest.page.locator(".lr-wi-words").all_inner_texts(), strict=True))
    for trial_id, half, printed in (("lambda2011", 2.125, "2.13"), ("mu2012", -5.375, "−5.38")):
        assert words[trial_id].startswith(f"{printed} (") and number(half) == printed
    forest.page.context.close()


def test_too_few_units_are_not_switched_and_one_that_shares_people_with_another_is_not_offered(review):
    said = BeautifulSoup(what_if_forest(Review(review)["stimulation"]).html, "html.parser")
    assert not said.select("script, .lr-whatif")
    assert "nothing is pooled" in said.text and "at present there is 1" in said.text
    # Epsilon 2005 pools Gamma 2003 and Delta 2004, and is one of the units in points.
    units = set(offered_units(Review(review)["function"]).trial_id)
    assert "epsilon2005" in units and not units & {"gamma2003", "delta2004"}


def test_on_the_real_page_a_toggle_gives_what_pool_gives(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/chapters/exercise.html")
    units = offered_units(Review()["exercise_function"])
    page.locator(f'.lr-wi-units input[value="{units.trial_id[0]}"]').click()
    found = page.locator(".lr-wi-table tr:nth-child(4) td:nth-child(3) data").evaluate_all(
        "all => all.map(x => +x.value)"
    )
    want = pool(units.yi[1:], units.vi[1:])
    assert found == pytest.approx([want.ci_low, want.ci_high], abs=1e-6)
    page.close()
