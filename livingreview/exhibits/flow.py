"""Shows how records became studies: the flow diagram, its counts and its words."""

import pandas as pd

from livingreview.charts import Figure, flow
from livingreview.evidence import BOXES, STREAMS, Evidence, flow_counts
from livingreview.exhibits.words import part_words
from livingreview.formats import count, is_missing, listed
from livingreview.reviews import Review
from livingreview.tables import Table, table

NOT_RECORDED = "not recorded"
FLOW_PLACES = [
    (0, "main", "identified"),
    (0, "side", "removed"),
    (1, "main", "judged"),
    (1, "side", "excluded"),
    (2, "main", "remaining"),
    (3, "main", "sought"),
    (3, "side", "not_retrieved"),
    (4, "main", "included"),
]
NOT_YET = {"ongoing": "Ongoing", "awaiting": "Awaiting classification", "waiting": "Awaiting screening"}


def flow_figure(review: Review) -> Figure:
    """Show how records became studies, as PRISMA 2020 draws it for a review that is updated."""
    evidence, counts = review.evidence, checked_flow(review.evidence)
    searched, retrieved, here = not evidence.searches.empty, _retrieved_words(evidence), set(counts.box)
    boxes = []
    for row, column, box in FLOW_PLACES:
        if box in here:
            lines = _box_lines(counts, box, searched) + ([retrieved] if box == "included" else [])
            boxes.append({"row": row, "column": column, "heading": BOXES[box], "lines": lines})
    waiting = [
        line
        for box, kind in NOT_YET.items()
        if box in here
        for line in _box_lines(counts, box, searched, kind)
    ]
    boxes.append({"row": 2, "column": "side", "heading": "Not yet included", "lines": waiting})
    included = counts[counts.box.eq("included") & counts.part.eq("")].total.iloc[0]
    caption = (
        f"{count(included, 'study')} {'is' if included == 1 else 'are'} included. Each box counts "
        "the records identified before any search of our own and those from our searches; "
        "counts that were not kept are shown as not recorded. "
        "Abstracts and registry entries count as reports."
    )
    if "sought" in here:
        caption += (
            " A trial is included if an abstract, a table or a registry record of it was available, even "
            "if the full report was not."
        )
    shown, title = pd.DataFrame(boxes), "Flow of studies"
    return Figure(
        flow(shown, title=title),
        f"{_flow_words(counts, searched)} {retrieved[0].upper()}{retrieved[1:]}.",
        caption,
        _flow_table(counts, searched),
        narrow=flow(shown, title=title, narrow=True),
    )


def checked_flow(evidence: Evidence) -> pd.DataFrame:
    """Return the counts of the flow of studies, with the ``words`` of each part.

    Raises
    ------
    ValueError
        When the review holds trials without a record of screening.
    """
    counts = flow_counts(evidence.screening, evidence.searches, evidence.candidates, evidence.reports)
    trials = evidence.trials[evidence.trials.unit.eq("trial") & evidence.trials.status.eq("included")]
    found = counts[counts.box.eq("included") & counts.part.eq("")].total.item()
    if found != len(trials):
        told = f"expected {len(trials)} records of included trials, as in data/trials, found {found}"
        raise ValueError(f"data/screening.csv: {told}")
    return counts.assign(words=counts.part.map(part_words(evidence.protocol)))


def _count_words(n: int | None, stream: str, searched: bool) -> str:
    """Say a count; one that nobody recorded is said to be so, and is never zero."""
    if is_missing(n):
        return "no search yet" if stream == "own_searches" and not searched else NOT_RECORDED
    return str(n)


def _box_lines(counts: pd.DataFrame, box: str, searched: bool, kind: str = "") -> list[str]:
    """Write a count for each stream and the parts of all; ``kind`` is what a box of several kinds counts."""
    rows = counts[counts.box == box]
    whole = rows[rows.part == ""].iloc[0]
    lines = [
        f"{f'{kind}, {name.lower()}' if kind else name}: {_count_words(whole[key], key, searched)}"
        for key, name in STREAMS.items()
    ]
    parts = [f" {row.words}: {row.total}" for row in rows.itertuples() if row.part]
    if searched and not is_missing(whole.total):
        return [*lines, f"{kind or 'In'} {'in all' if kind else 'all'}: {whole.total}", *parts]
    # With one stream its parts stand right under it.
    return [lines[0], *parts, *lines[1:]]


def _flow_words(counts: pd.DataFrame, searched: bool) -> str:
    """Say what the flow diagram shows, box by box."""
    said = []
    for box, rows in counts.groupby("box", sort=False):
        kinds = [f"{row.words} {row.total}" for row in rows.itertuples() if row.part]
        total = _count_words(rows.total.iloc[0], "total", searched)
        said.append(f"{BOXES[box]}: {total}" + (f" ({listed(kinds)})." if kinds else "."))
    return " ".join(said if searched else [*said, "No search of our own has been run yet."])


def _flow_table(counts: pd.DataFrame, searched: bool) -> Table:
    """Print the counts, each box followed by its parts."""
    columns = {name: key for key, name in STREAMS.items()} | {"Total": "total"}
    rows = [
        {"what": f"\u2003{row.words}" if row.part else BOXES[row.box]}
        | {key: _count_words(getattr(row, key), key, searched) for key in columns.values()}
        for row in counts.itertuples()
    ]
    return table("Flow of records, in numbers", rows, {"Box": "what"} | columns)


def _retrieved_words(evidence: Evidence) -> str:
    """Count the full articles among the sources of the included studies, each once."""
    included = evidence.screening.trial_id[evidence.screening.decision == "included"]
    full = evidence.sources.kind.eq("primary_fulltext") & evidence.sources.trial_id.isin(included)
    read = evidence.sources[full]
    return f"full articles retrieved: {len(read.doi.fillna(read.pmid).fillna(read.url).unique())}"
