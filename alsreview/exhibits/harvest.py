"""Shows the harvest plot of a question: every outcome at a glance."""

import pandas as pd

from alsreview.charts import NARROW, Figure, harvest, harvest_alt
from alsreview.direction import directions
from alsreview.evidence import load_evidence
from alsreview.exhibits.places import to_row
from alsreview.exhibits.seen import seen_outcomes
from alsreview.formats import number
from alsreview.tables import Table, html_table
from alsreview.wording import reported_words


def harvest_figure(question: str, *, root=None) -> Figure:
    """Show which way every trial of a question points, outcome by outcome, in one plot."""
    found = outcome_trials(question, root)
    asked = load_evidence(root).protocol["questions"][question]
    what = asked["intervention"]
    caption = (
        "Each bar is a trial whose comparison counts, longer with more people. "
        f"The right column points towards {what}, the left one away from it. "
        "Filled bars rest on an estimate; hollow ones are authors' statements, which give no direction. "
        f"{seen_outcomes(found)}"
    )
    title = f"{asked['label']}: every outcome"
    return Figure(
        harvest(found, title=title),
        harvest_alt(found),
        caption,
        _table(found, title),
        narrow=harvest(found, title=title, width=NARROW),
    )


def outcome_trials(question: str, root) -> pd.DataFrame:
    """Stack the directions of all outcomes; one analysis speaks for each domain."""
    evidence = load_evidence(root)
    analyses = evidence.protocol["analyses"]
    domains: dict[str, str] = {}
    for analysis_id, choice in analyses.items():
        if choice["question"] == question:
            domains.setdefault(choice["domain"], analysis_id)
    frames = [
        directions(analysis_id, root=root).assign(domain=domain.capitalize())
        for domain, analysis_id in domains.items()
    ]
    found = pd.concat(frames, ignore_index=True)
    return found[found.eligible].reset_index(drop=True)


def _table(found: pd.DataFrame, title: str) -> Table:
    # The plot counts the silent trials; a row for each would say nothing more.
    told = found[found.basis != "nothing seen"]
    rows = told.assign(said=[reported_words(row) for row in told.itertuples()])
    columns = {
        "domain": "Outcome",
        "label": "Trial",
        "people": "People",
        "outcome_label": "Measured as",
        "said": "What it reports",
    }
    return html_table(
        rows,
        caption=f"{title}: what each trial reports",
        columns=columns,
        formats={"people": lambda n: number(n, 0)},
        links={"label": to_row},
        row_header="label",
    )
