"""What a chapter shows holds the numbers of the analysis, on the invented review."""

import json

from bs4 import BeautifulSoup
from invented_review import cells, edit

from livingreview import exhibits
from livingreview.evidence import load_evidence
from livingreview.exhibits.forest import interval_figure
from livingreview.exhibits.trials import trial_parts
from livingreview.formats import number
from livingreview.reviews import Review
from livingreview.statistics import synthesise


def page(shown):
    return BeautifulSoup(shown._repr_html_(), "html.parser")


def test_the_forest_figure_lists_estimates_then_missing_trials_then_one_diamond(review):
    figure = exhibits.forest_figure(Review(review)["function"])
    table = cells(figure.table)
    assert list(table) == [
        "Alpha 2001", "Beta 2002", "Epsilon 2005", "Zeta 2006", "Kappa 2010",
        "Pooled, modified HK",
    ]  # fmt: skip
    own = synthesise("function", load_evidence(review))
    assert number(own.estimate, 2) in table["Pooled, modified HK"]
    assert f"{number(own.ci_low, 2)} to {number(own.ci_high, 2)}" in table["Pooled, modified HK"]
    steps = "difference in points lost per month × 26 weeks; sign reversed, because a higher value is worse"
    assert steps in table["Beta 2002"]
    assert "abstract" in table["Beta 2002"] and "meta-analysis (second-hand)" in table["Epsilon 2005"]
    assert "reports no difference; estimate in favour" in table["Zeta 2006"]
    # In the plot a dagger marks a second-hand estimate.
    drawn = [row for rows in figure.spec["datasets"].values() for row in rows if "label" in row]
    assert {row["label"] for row in drawn if row.get("note", "").endswith("\u2020")} == {"Epsilon 2005"}
    assert "\u2020 marks a figure taken from another review (second-hand)." in figure.caption
    caption = page(exhibits.direction_table(Review(review)["strength"])).caption.text
    assert "No result in the available reports of Alpha 2001, Beta 2002" in caption


def test_the_summary_of_findings_counts_studies_inside_a_composite_and_the_rules_have_their_cut_offs(review):
    # Alpha has 32 participants, Beta 50, and the composite of Gamma and Delta 40.
    found = cells(exhibits.summary_of_findings(Review(review), "exercise"))
    assert found["Function"][:2] == ["4 (3 estimates)", "122"]
    rules = cells(exhibits.rules_table(Review(review)))
    assert rules["inconsistency"][1:3] == ["25% or more", "1 level"]


def test_the_figure_of_one_trial_says_that_nothing_is_pooled(review):
    figure = exhibits.forest_figure(Review(review)["stimulation"])
    assert "the difference is −0.10 points lost per month in favour of stimulation" in figure.caption
    assert "pooled" not in figure.caption and list(cells(figure.table)) == ["Iota 2009"]


def test_changes_to_the_methods_are_listed_by_date_with_the_result_before_and_after(review):
    assert not page(exhibits.differences_table(Review(review))).select("tbody tr")
    later = "{date: 2020-03-02, what: Model, why: Few, before: <b>1</b>, after: x, analyses: [function]}"
    sooner = "{date: 2020-02-01, what: The window, why: Late visits, before: none, after: none}"
    edit(review / "data/protocol.yml", "questions:", f"changes: [{later}, {sooner}]\nquestions:")
    table = cells(exhibits.differences_table(Review(review)))
    assert list(table) == ["1 February 2020", "2 March 2020"]
    title = Review(review)["function"].choice["title"]
    assert table["2 March 2020"] == ["Model", "Few", title, "<b>1</b>", "x"]
    assert table["1 February 2020"][2] == "–"


NAME = (
    "Δοκιμή 2001, 试验一 2001, تجربة \u202eניסוי\u202c 2001 "
    + "Walking uphill " * 9
    + "\"<b>\" & 'x' $x$ | {{ y }} \\{z} <script>1</script> ```{raw} html\n# y``` [a](javascript:b)"
)


def named_exhibits(root) -> dict[str, BeautifulSoup]:
    function = Review(root)["function"]
    shown = {
        "forest": exhibits.forest_figure(function),
        "directions": exhibits.direction_figure(function),
        "left out": exhibits.left_out_figure(function),
        "bias": exhibits.bias_figure(Review(root)),
        "trials": exhibits.trials_table(Review(root)),
        "harms": exhibits.harms_table(Review(root), "exercise"),
        "findings": exhibits.summary_of_findings(Review(root), "exercise"),
    }
    parts = "".join(part.html for part in trial_parts(Review(root), "alpha2001"))
    pages = {name: page(each) for name, each in shown.items()}
    return pages | {"its page": BeautifulSoup(parts, "html.parser")}


def test_a_trial_of_any_name_changes_no_element_of_a_figure_table_or_page_and_is_shown_whole(review):
    card = review / "data/trials/alpha2001/trial.yml"
    # The address of a name in other letters carries a query, so the plain name has such letters too.
    edit(card, "label: Alpha 2001", "label: 试 2001")
    plain = named_exhibits(review)
    name = json.dumps(NAME, ensure_ascii=False)
    edit(card, "label: 试 2001", f"label: {name}")
    edit(card, "title: An invented trial", f"title: {name}")
    for exhibit, shown in named_exhibits(review).items():
        tags, expected = (
            [(tag.name, sorted(tag.attrs)) for tag in page.find_all() if tag.name != "wbr"]
            for page in (shown, plain[exhibit])
        )
        assert tags == expected, exhibit
        if exhibit != "findings":
            table = " ".join(cell.get_text() for cell in shown.select("tbody :is(th, td)"))
            assert " ".join(NAME.split()) in " ".join(table.split()), exhibit


# The small plot of an interval


def test_the_small_plot_says_its_numbers_and_an_analysis_without_an_estimate_has_none(review):
    own = Review(review)["function"].result
    svg = BeautifulSoup(interval_figure(Review(review)["function"]), "html.parser").svg
    gain, low, high = (number(value, 1) for value in (own.gain, own.gain_low, own.gain_high))
    assert f"{gain}, 95% CI {low} to {high} (points)" in svg["aria-label"]
    assert "The confidence interval includes" in svg["aria-label"] and "lr-very-low" in svg["class"]
    assert [end.text for end in svg.select(".lr-end")] == [low, high]
    assert interval_figure(Review(review)["strength"]) == ""
