"""Shows the evidence as a whole: when the trials were published, and which outcomes they speak of."""

import pandas as pd

from livingreview.charts import BASES, Figure, evidence_map, evidence_map_alt
from livingreview.formats import number
from livingreview.reviews import Review
from livingreview.tables import Table, html_table


def evidence_map_figure(review: Review) -> Figure:
    """Show how many trials of each intervention speak of each outcome, and in what way."""
    found = pd.concat(
        [
            outcome_trials(review, question).assign(group=asked["label"])
            for question, asked in review.questions.items()
        ],
        ignore_index=True,
    )
    # A trial with two comparisons is one trial, and counts by the best that it offers.
    best = found.assign(rank=found.basis.map(list(BASES).index)).sort_values("rank", kind="stable")
    best = best.drop_duplicates(["group", "domain", "label"]).sort_index()
    title = "Outcomes reported, by intervention"
    return Figure(
        evidence_map(best, title=title),
        evidence_map_alt(best),
        _map_caption(best),
        _cells(best, title),
        narrow=evidence_map(best, title=title, narrow=True),
    )


def _map_caption(found: pd.DataFrame) -> str:
    silent = (found.basis == "nothing seen").sum()
    return (
        f"The available reports give no result for {silent} of {len(found)} combinations of study and "
        "outcome, which does not mean that these outcomes were not measured. A filled square is an estimate, "
        "an open square a statement without one, and a dot no result in the available reports. A blank cell "
        "is an outcome that is not part of the question."
    )


def _cells(found: pd.DataFrame, title: str) -> Table:
    rows = [
        {"group": group, "domain": domain, "trials": len(cell)}
        | {basis: int((cell.basis == basis).sum()) for basis in BASES}
        | {"people": cell.people.sum()}
        for (group, domain), cell in found.groupby(["group", "domain"], sort=False)
    ]
    columns = {
        "domain": "Outcome",
        "group": "Intervention",
        "trials": "Trials",
        "estimate": "With an estimate",
        "authors' statement": "With a statement only",
        "nothing seen": "No result available",
        "people": "Participants",
    }
    formats = {"people": lambda people: number(people, 0)}
    return html_table(pd.DataFrame(rows), caption=title, columns=columns, formats=formats)


def outcome_trials(review: Review, question: str) -> pd.DataFrame:
    """Stack the directions of all outcomes; one analysis speaks for each domain."""
    domains: dict[str, pd.DataFrame] = {}
    for analysis in review.values():
        if analysis.choice["question"] == question:
            domains.setdefault(analysis.choice["domain"], analysis.directions)
    frames = [found.assign(domain=domain.capitalize()) for domain, found in domains.items()]
    found = pd.concat(frames, ignore_index=True)
    return found[found.eligible].reset_index(drop=True)
