"""Shows how records became studies: the flow diagram, its counts and its words."""

import pandas as pd

from livingreview.charts import Figure, flow
from livingreview.evidence import BOXES, STREAMS, Evidence, flow_counts, flow_faults
from livingreview.exhibits.words import part_words
from livingreview.formats import count, is_missing, listed
from livingreview.reviews import Review
from livingreview.tables import Table, table

NOT_RECORDED = "not recorded"
NO_SEARCH = "no search yet"
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
    """Show how records became studies, as PRISMA 2020 draws it for a review that is updated.

    Raises
    ------
    ValueError
        With the name of each box that does not follow from the others.
    """
    counts, evidence = checked_flow(review.evidence), review.evidence
    searched, retrieved = not evidence.searches.empty, retrieved_words(evidence)
    boxes = [
        {
            "row": row,
            "column": column,
            "heading": BOXES[box],
            "lines": (*box_words(counts, box, searched), *([retrieved] if box == "included" else [])),
        }
        for row, column, box in FLOW_PLACES
        if box in set(counts.box)
    ]
    waiting = [
        line
        for box, kind in NOT_YET.items()
        if box in set(counts.box)
        for line in box_words(counts, box, searched, kind)
    ]
    boxes.append({"row": 2, "column": "side", "heading": "Not yet included", "lines": tuple(waiting)})
    included = counts[counts.box.eq("included") & counts.part.eq("")].total.iloc[0]
    caption = (
        f"{count(included, 'study')} {'is' if included == 1 else 'are'} included. Each box counts "
        "the records identified before any search of our own and those from our searches; "
        "counts that were not kept are shown as not recorded. "
        "Abstracts and registry entries count as reports."
    )
    if "sought" in set(counts.box):
        caption += (
            " A trial is included if an abstract, a table or a registry record of it was available, even "
            "if the full report was not."
        )
    shown = pd.DataFrame(boxes)
    return Figure(
        flow(shown, title="Flow of studies"),
        f"{flow_words(counts, searched)} {retrieved[0].upper()}{retrieved[1:]}.",
        caption,
        flow_table(counts, searched),
        narrow=flow(shown, title="Flow of studies", narrow=True),
    )


def flow_table(counts: pd.DataFrame, searched: bool) -> Table:
    """Print the counts of the flow of studies, each box followed by its parts."""
    rows = [
        {"what": f"\u2003{row.words}" if row.part else BOXES[row.box]}
        | {key: count_words(getattr(row, key), key, searched) for key in STREAMS}
        | {"total": NOT_RECORDED if is_missing(row.total) else str(row.total)}
        for row in counts.itertuples()
    ]
    columns = {"Box": "what"} | {name: key for key, name in STREAMS.items()} | {"Total": "total"}
    return table("Flow of records, in numbers", rows, columns)


def checked_flow(evidence: Evidence) -> pd.DataFrame:
    """Give the counts of the flow of studies, which must add up, with the ``words`` of each part.

    Raises
    ------
    ValueError
        With the name of each box that does not follow from the others.
    """
    counts = flow_counts(evidence.screening, evidence.searches, evidence.candidates, evidence.reports)
    trials = evidence.trials[evidence.trials.unit.eq("trial") & evidence.trials.status.eq("included")]
    faults = flow_faults(counts, len(trials))
    if faults:
        raise ValueError("the flow of studies does not add up: " + "; ".join(faults))
    return counts.assign(words=counts.part.map(part_words(evidence.protocol)))


def count_words(n: int | None, stream: str, searched: bool) -> str:
    """Say a count of the flow; one that nobody recorded is said to be so, and is never zero."""
    if not is_missing(n):
        return str(n)
    return NO_SEARCH if stream == "own_searches" and not searched else NOT_RECORDED


def box_words(counts: pd.DataFrame, box: str, searched: bool, kind: str = "") -> list[str]:
    """Write the lines of a box: a count for each stream, and the parts of all of them.

    Parameters
    ----------
    counts : what `checked_flow` gives
    box : a key of ``BOXES``
    searched : whether a search of our own has been run
    kind : what the lines count, where a drawn box holds more than one kind
    """
    rows = counts[counts.box == box]
    whole = rows[rows.part == ""].iloc[0]
    names = {key: f"{kind}, {name.lower()}" if kind else name for key, name in STREAMS.items()}
    lines = [f"{name}: {count_words(whole[key], key, searched)}" for key, name in names.items()]
    parts = [f" {row.words}: {row.total}" for row in rows.itertuples() if row.part]
    if searched and not is_missing(whole.total):
        return [*lines, f"{kind or 'In'} {'in all' if kind else 'all'}: {whole.total}", *parts]
    # With one stream its parts stand right under it.
    return [lines[0], *parts, *lines[1:]]


def flow_words(counts: pd.DataFrame, searched: bool) -> str:
    """Say what the flow diagram shows, box by box."""
    boxes = counts[counts.part == ""].set_index("box").total
    said = []
    for box, name in ((box, name) for box, name in BOXES.items() if box in boxes):
        parts = counts[(counts.box == box) & (counts.part != "")]
        kinds = [f"{row.words} {row.total}" for row in parts.itertuples()]
        number = NOT_RECORDED if is_missing(boxes[box]) else boxes[box]
        said.append(f"{name}: {number}" + (f" ({listed(kinds)})." if kinds else "."))
    return " ".join([*said, "" if searched else "No search of our own has been run yet."]).strip()


def retrieved_words(evidence) -> str:
    """Count the full articles among the sources of the included studies, each once."""
    included = evidence.screening.trial_id[evidence.screening.decision == "included"]
    read = evidence.sources[
        evidence.sources.kind.eq("primary_fulltext") & evidence.sources.trial_id.isin(included)
    ]
    return f"full articles retrieved: {len(read.doi.fillna(read.pmid).fillna(read.url).unique())}"
