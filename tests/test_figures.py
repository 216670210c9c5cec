"""The figures beyond the forest plot: what they compute, what they say, and what they do with bad input."""

import pandas as pd
from invented_review import LOW, appraise, rows

from livingreview import exhibits
from livingreview.exhibits.sensitivity import seen_intervals, seen_spread
from livingreview.reviews import Review


def test_the_map_counts_what_the_evidence_holds(review):
    told = exhibits.evidence_map_figure(Review(review))
    # Alpha 32, Beta 50, Gamma 20, Delta 24, Zeta 60 and Kappa 16 people.
    assert rows(told.table)[0] == ["Function", "Training", "6", "4", "2", "0", "202"]
    assert told.alt.startswith("Training: function 4 with an estimate and 2 with a statement only, of 6;")


OPEN_TRIAL = {"2.1": "Y", "2.2": "Y", "4.1": "N", "4.2": "N", "4.3": "Y", "4.4": "PY", "1.1": "not_seen"}


def test_our_appraisal_is_shown_by_domain_as_judgements_or_ranges_with_what_was_not_seen(review):
    def rows_of_beta(figure) -> set[str]:
        marked = [row.get("label") for rows in figure.chart.to_dict()["datasets"].values() for row in rows]
        return {label for label in marked if label and label.startswith("Beta")}

    appraise(review, "beta2002", ("decline", 26, LOW), ("score", 26, OPEN_TRIAL))
    appraise(review, "alpha2001", ("score", 26, LOW))
    figure = exhibits.bias_figure(Review(review))
    absent = "Delta 2004, Eta 2007, Gamma 2003, Kappa 2010, Zeta 2006 and Iota 2009."
    assert figure.alt.endswith(f"Not assessed: {absent}")
    assert "All 3 assessments are provisional" in figure.caption
    told = {(row[0], row[1]): row[2:] for row in rows(figure.table)}
    assert told["Alpha 2001", "Score, 26 weeks"] == ["low"] * 6 + ["", "no, provisional"]
    beta = told["Beta 2002", "Score, 26 weeks"]
    some = "at least some concerns"
    assert beta[:6] == ["low to high", "low to high", "low to high", some, "low to high", some]
    assert beta[6] == "1.1, 1.2, 1.3, 2.3, 2.4, 2.5, 2.6, 2.7, 3.1, 3.2, 3.3, 3.4, 4.5, 5.1, 5.2, 5.3"
    assert told["Gamma 2003", "not yet assessed"][5] == "not assessed"
    # Two results of a trial that look different have their own rows in the chart, two that look alike one.
    assert rows_of_beta(figure) == {"Beta 2002: Decline, 26 weeks", "Beta 2002: Score, 26 weeks"}
    appraise(review, "beta2002", ("decline", 26, OPEN_TRIAL), ("score", 26, OPEN_TRIAL))
    assert rows_of_beta(exhibits.bias_figure(Review(review))) == {"Beta 2002"}


def test_a_caption_concludes_from_the_numbers_drawn():
    drawn = pd.DataFrame({"estimate": [1.0, 2.0], "ci_low": [-1.0, 0.5], "ci_high": [3.0, 4.0]})
    assert seen_intervals(drawn) == "1 of the 2 confidence intervals include no effect."
    assert seen_intervals(drawn[:1]) == "Every confidence interval includes no effect."
    assert seen_intervals(drawn[1:]) == "No confidence interval includes no effect."
    assert "from 1.00 to 2.00, and their confidence intervals from −1.00 to 4.00." in seen_spread(drawn)
