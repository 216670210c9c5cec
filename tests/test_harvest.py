"""The harvest plot draws one bar per trial in the column of its direction."""

import math

import pandas as pd
import pytest
from alsreview.charts.harvest import WIDE
from alsreview.exhibits.harvest import outcome_trials
from bs4 import BeautifulSoup
from invented_review import edit

from alsreview.charts import Figure, harvest, harvest_alt
from alsreview.tables import html_table

BARE = ["domain", "label", "people", "direction", "basis"]
FOUND = pd.DataFrame(
    [
        ("Function", "Abel 2001", 60.0, "favours_intervention", "estimate"),
        ("Function", "Berg 2002", 30.0, "favours_intervention", "authors' statement"),
        ("Function", "Cole 2003", 15.0, "favours_comparator", "estimate"),
        ("Function", "Dahl 2004", math.nan, "unknown", "authors' statement"),
        ("Survival", "Abel 2001", 60.0, "unknown", "nothing seen"),
        ("Survival", "Berg 2002", 30.0, "mixed", "estimate"),
    ],
    columns=BARE,
)


def bars(frame: pd.DataFrame) -> dict[tuple, tuple]:
    """Give (outcome, trial) to (start, length, fill) of every bar drawn."""
    spec = harvest(frame, title="T").to_dict()
    return {
        (row["domain"], row["label"]): (row["x"], row["x2"] - row["x"], layer["mark"]["fill"])
        for layer in spec["layer"]
        if layer["mark"]["type"] == "rect"
        for row in spec["datasets"][layer["data"]["name"]]
    }


def words(frame: pd.DataFrame) -> list[str]:
    spec = harvest(frame, title="T")
    svg = BeautifulSoup(Figure(spec, "a", "c", html_table(frame, caption="t")).svg(), "html.parser")
    return [node.text for node in svg.find_all("text")]


def test_a_bar_stands_in_the_column_of_its_direction():
    starts = {key: bar[0] for key, bar in bars(FOUND).items()}
    assert starts == {
        ("Function", "Abel 2001"): WIDE.columns["favour"],
        ("Function", "Berg 2002"): WIDE.columns["favour"],
        ("Function", "Cole 2003"): WIDE.columns["against"],
        ("Function", "Dahl 2004"): WIDE.columns["unclear"],
        ("Survival", "Berg 2002"): WIDE.columns["unclear"],
    }


def test_a_bar_is_as_long_as_its_people_are_many_and_hollow_without_an_estimate():
    drawn = bars(FOUND)
    assert drawn["Function", "Abel 2001"][1] == WIDE.bar
    assert drawn["Function", "Berg 2002"][1] == WIDE.bar / 2
    hollow = {key[1] for key, bar in drawn.items() if bar[2] == "#ffffff"}
    assert hollow == {"Berg 2002", "Dahl 2004"}


def test_silent_trials_are_counted_and_people_printed():
    said = words(FOUND)
    assert "nothing seen: 1" in said
    assert {"Abel 2001 (60)", "Dahl 2004"} <= set(said)


def test_people_that_nobody_counted_still_leave_a_bar():
    drawn = bars(FOUND.assign(people=math.nan))
    assert all(bar[1] == 3 for bar in drawn.values())


def test_no_trial_draws_heads_and_says_so():
    assert "No trial in this analysis" in words(pd.DataFrame(columns=BARE).astype({"people": float}))
    assert harvest_alt(FOUND.iloc[:0]) == "No trial in this analysis."


def test_the_words_name_every_trial_outcome_by_outcome():
    assert harvest_alt(FOUND) == (
        "Function: in favour Abel 2001 and Berg 2002; against Cole 2003; no single direction Dahl 2004. "
        "Survival: no single direction Berg 2002."
    )


def test_a_trial_whose_only_result_is_of_another_comparison_is_silent_and_not_left_out(review):
    before = outcome_trials("exercise", review)
    card = review / "data/trials/zeta2006/trial.yml"
    late = "\n  late: {intervention: training, comparator: usual, kind: delayed_start}"
    edit(card, "kind: control}", "kind: control, until_weeks: 4}" + late)
    path = review / "data/trials/zeta2006/reported.csv"
    path.write_text(path.read_text().replace("training_vs_usual", "late"))
    after = outcome_trials("exercise", review)
    zeta = after[(after.trial_id == "zeta2006") & (after.domain == "Function")]
    assert list(zeta.basis) == ["nothing seen"]
    counted = [found.groupby("domain").label.nunique().to_dict() for found in (before, after)]
    assert counted[0] == counted[1] == {"Function": 6, "Strength": 6}


@pytest.mark.parametrize("text", ["</script><b>", '" onload="alert(1)', "<!--<script>", "试验一"])
def test_hostile_text_in_a_harvest_plot_adds_no_element(text):
    def tags(label):
        frame = FOUND.assign(label=label, domain=label)
        shown = Figure(harvest(frame, title="T"), harvest_alt(frame), "c", html_table(frame, caption="t"))
        return [tag.name for tag in BeautifulSoup(shown._repr_html_(), "html.parser").find_all()]

    assert tags(text) == tags("plain")
