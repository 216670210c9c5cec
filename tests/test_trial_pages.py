"""Every number of the book leads to a row of data, and every row to where it was read."""

import re
from datetime import date

import pytest
from bs4 import BeautifulSoup
from invented_review import LOW, appraise, edit

from livingreview.evidence import load_evidence
from livingreview.evidence.files import read_table
from livingreview.exhibits.places import lasting_address, registry_address, row_anchor
from livingreview.exhibits.trials import trial_parts
from livingreview.facts import review_facts
from livingreview.formats import MINUS
from livingreview.living.decisions import confirm_row, signed
from livingreview.reviews import Review
from livingreview.statistics import synthesise


def page(trial_id, root) -> BeautifulSoup:
    return BeautifulSoup("".join(part.html for part in trial_parts(Review(root), trial_id)), "html.parser")


@pytest.fixture(scope="module")
def evidence(root):
    return load_evidence(root)


@pytest.mark.evidence
def test_every_row_of_data_stands_on_its_trials_page_with_a_link_to_its_source(root, evidence):
    places = set()
    for trial_id, card in evidence.cards.items():
        parts = {
            part.name: BeautifulSoup(part.html, "html.parser") for part in trial_parts(Review(root), trial_id)
        }
        for table in ("arms.csv", "reported.csv"):  # rows of harms.csv that say the same share one
            path = root / "data" / "trials" / trial_id / table
            for place, row in read_table(path, table)[1] if path.is_file() else []:
                line = parts["rows"].find("tr", id=row_anchor(trial_id, f"{table}:{place}"))
                text = line.get_text(" ").replace(MINUS, "-")
                for name in ("n", "mean", "sd", "se", "estimate", "ci_low", "ci_high", "p"):
                    assert not row.get(name) or row[name] in text, (trial_id, table, place, name)
                address = lasting_address(card, row["source"])
                assert address and line.find("a", href=address), (trial_id, table, place)
                places.add(f"data/trials/{trial_id}/{table}:{place}")
        harms, text = evidence.harms[evidence.harms.trial_id == trial_id], parts["harms"].get_text(" ")
        said = [entry["text"] for key in ("adverse_events", "dropouts") for entry in card.get(key, [])]
        assert all(each in text for each in [*said, *harms.note.dropna()])
        assert all(evidence.protocol["harms"][harm]["words"] in text.lower() for harm in harms.harm)
    assert len(places) == len(evidence.results) + len(evidence.reported) > 0
    for analysis_id, choice in evidence.protocol["analyses"].items():
        if choice["synthesis"] == "pool":
            for alternative in (None, *choice.get("alternatives", {})):
                used = synthesise(analysis_id, evidence, alternative=alternative).trials.rows
                assert {place for each in used for place in each} <= places, (analysis_id, alternative)


def test_every_link_of_a_table_leads_to_a_page_a_row_or_a_section_that_is_there(pages):
    checked = {"trials/": 0, "#": 0, "../": 0}
    names = {path: {"", *(tag["id"] for tag in shown.select("[id]"))} for path, shown in pages.items()}
    for path, shown in pages.items():
        for link in shown.select(".lr-table a:not([href^=http])"):
            name, _, mark = link["href"].partition("#")
            target = (path.parent / name).resolve() if name else path
            assert mark in names[target], (path.name, link["href"])
            checked |= {start: n + link["href"].startswith(start) for start, n in checked.items()}
    assert all(checked.values()), checked


def test_a_trials_page_has_its_appraisal_with_every_answer_and_every_question_not_seen(review):
    assert "No result of this study has been assessed with RoB 2." in page("beta2002", review).text
    appraise(review, "beta2002", ("decline", 26, LOW), ("score", 26, {"1.2": "Y", "1.1": "PY"}))
    (part,) = [part for part in trial_parts(Review(review), "beta2002") if part.name == "bias"]
    shown = BeautifulSoup(part.html, "html.parser")
    judgements, answers, others = shown.find_all("table")
    assert "provisional, not confirmed by a named person" in shown.p.text
    rows, told = (
        [[cell.text for cell in row.find_all(["th", "td"])] for row in table.select("tbody tr")]
        for table in (judgements, answers)
    )
    assert rows[0][:2] == ["Decline, 26 weeks", "low"]
    assert rows[1][6] == "low to high: not assessable from the available reports"
    assert ["1.1", "Score, 26 weeks", "probably yes", "As told"] in [[row[0][:3], *row[1:4]] for row in told]
    unseen = [row[0][:3] for row in told if row[1:3] == ["Score, 26 weeks", "unanswered"]]
    assert unseen == rows[1][7].split(", ") and "1.3" in unseen and "1.1" not in unseen
    assert "Invented" in others.text, "the ratings of others stand beside it"


def test_a_source_is_named_by_its_most_lasting_address():
    sources = {
        "abstract": {"kind": "primary_abstract", "cite": "x", "doi": "10.1/x", "pmid": "1", "url": "u"},
        "copy": {"kind": "primary_abstract", "cite": "x", "url": "https://a.example/copy"},
        "record": {"kind": "registry", "url": "https://b.example/NCT04393467"},
        "review": {"kind": "secondary_review", "url": "https://c.example/review"},
    }
    card = {"registration": "NCT04393467", "sources": sources}
    assert {name: lasting_address(card, name) for name in sources} == {
        "abstract": "https://doi.org/10.1/x",
        "copy": "https://doi.org/10.1/x",
        "record": "https://clinicaltrials.gov/study/NCT04393467",
        "review": "https://c.example/review",
    }
    assert registry_address('NCT1"><script>') is None


def test_the_counter_never_claims_a_second_reading_that_was_not_made(review):
    def checked() -> int:
        return review_facts(Review(review))["review.rows_checked"]

    assert checked() == 0
    person = signed("Ada Reader", "Compared with Table 2", date(2026, 12, 1))
    confirm_row(review, "data/trials/beta2002/arms.csv:2", person, {})
    assert checked() == 1
    shown = page("beta2002", review).get_text(" ")
    assert "1 of the 6 rows has been checked against its source by a person" in shown
    # Whoever checked a card has checked all its rows.
    card = review / "data/trials/alpha2001/trial.yml"
    edit(card, "{extracted: nobody}", "{extracted: nobody, checked: somebody else}")
    held = load_evidence(review)
    rows = [*held.results.trial_id, *held.reported.trial_id]
    assert checked() == 1 + rows.count("alpha2001")


def test_sorting_and_filtering_the_list_of_trials_which_stands_whole_without_scripts(browser, site, evidence):
    listed = evidence.trials[evidence.trials.status == "included"]
    address = f"{site}/chapters/studies.html"
    tab = browser.new_page(java_script_enabled=False)
    tab.goto(address)
    tables = tab.locator("table.lr-table", has=tab.locator("caption", has_text="Included studies"))
    assert tables.first.locator("tbody tr:visible").count() == len(listed)
    assert tab.locator(".lr-filters, .lr-sort").count() == 0
    tab.close()
    tab = browser.new_page()
    tab.goto(address)
    rows, filters = tab.locator("table.lr-sortable >> nth=0 >> tbody tr"), tab.locator(".lr-filters").first
    people = tab.get_by_role("button", name="Participants")
    people.focus()
    for way, most in (("ascending", listed.people.min()), ("descending", listed.people.max())):
        tab.keyboard.press("Enter")
        assert tab.locator("th", has=people).get_attribute("aria-sort") == way
        assert rows.locator("th").first.inner_text() in set(listed.label[listed.people == most])
    question = listed.question.iloc[0]
    chosen = listed[listed.question == question]
    filters.get_by_label("Intervention").select_option(evidence.protocol["questions"][question]["label"])
    assert rows.locator("visible=true").count() == len(chosen)
    filters.get_by_label("Participants from").fill("30")
    shown = f"{(chosen.people >= 30).sum()} of {len(listed)} shown"
    assert filters.locator("[role=status]").inner_text() == shown
    tab.close()


def test_hostile_data_is_text_on_the_built_page_in_a_browser(mini_book, browser):
    """No script, directive, fence or template of the data is ever run."""
    card = min((mini_book.root / "data" / "trials").glob("*/trial.yml"))
    hostile = "<script>window.taken = 1</script> ```{raw} html <b>b</b>``` {{ 7 * 7 }} =cmd()"
    card.write_text(
        re.sub("^(title|label): .*$", lambda key: f'{key[1]}: "{hostile}"', card.read_text(), flags=re.M)
    )
    mini_book.write("index.md", "# A book of trials\n")
    chapters = "  - glob: chapters/trials/*\n  - file: chapters/references\n"
    mini_book.write("_toc.yml", f"format: jb-book\nroot: index\nchapters:\n{chapters}")
    (mini_book.root / "chapters" / "number.md").unlink()
    assert mini_book.build("--no-pdf").returncode == 0
    tab = browser.new_page()
    for name in (f"chapters/trials/{card.parent.name}.html", "index.html"):
        tab.goto((mini_book.root / "_build" / "html" / name).as_uri())
        assert tab.evaluate("window.taken") is None
        assert hostile in " ".join(tab.locator("body").inner_text().split())
    tab.close()
