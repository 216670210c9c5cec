"""Says in words how records became studies: the boxes of the flow, and the sentences about them."""

import pandas as pd

from alsreview.evidence import BOXES, STREAMS, flow_counts, flow_faults, load_evidence
from alsreview.formats import count, is_missing, listed

NOT_RECORDED = "not recorded"
NO_SEARCH = "none run yet"
PART_WORDS = {
    "literature": "papers, abstracts and their records",
    "registry": "registry entries",
    "review": "rows of earlier reviews",
    "website": "other websites",
    "no_comparator": "no control or sham group seen",
    "breathing_muscles_alone": "breathing-muscle training alone",
    "allocation_unclear": "allocation not shown to be random",
    "historical_controls": "historical controls",
    "not_randomized": "allocation not random",
    "single_participant": "one participant alone",
    "mixed_diseases": "several diseases without results for ALS",
    "not_separable": "exercise not separable from another treatment",
    "never_started": "withdrawn before anybody took part",
    "not_a_trial": "no report of a trial",
    "other_question": "other people or another intervention",
    "known_trial": "another report of a trial that is here",
    "retracted": "retracted reports",
    "no_results_seen": "no results seen",
    "design_not_seen": "design not seen",
    "exercise": "exercise",
    "nibs": "brain stimulation",
    "both": "exercise with brain stimulation",
    "respiratory": "breathing muscles",
}


def checked_flow(root=None) -> pd.DataFrame:
    """Give the counts of the flow of studies, which must add up.

    Raises
    ------
    ValueError
        With the name of each box that does not follow from the others.
    """
    evidence = load_evidence(root)
    counts = flow_counts(evidence.screening, evidence.searches, evidence.candidates, evidence.reports)
    trials = evidence.trials[evidence.trials.unit.eq("trial") & evidence.trials.status.eq("included")]
    faults = flow_faults(counts, len(trials))
    if faults:
        raise ValueError("the flow of studies does not add up: " + "; ".join(faults))
    return counts


def count_words(n: int | None, stream: str, searched: bool) -> str:
    """Say a count of the flow; one that nobody recorded is said to be so, and is never zero."""
    if not is_missing(n):
        return str(n)
    return NO_SEARCH if stream == "own_searches" and not searched else NOT_RECORDED


def box_words(counts: pd.DataFrame, box: str, searched: bool, kind: str = "") -> list[str]:
    """Write the lines of a box: a count for each stream, and the parts of all of them.

    Parameters
    ----------
    counts : what `flow_counts` gives
    box : a key of ``BOXES``
    searched : whether a search of our own has been run
    kind : what the lines count, where a drawn box holds more than one kind
    """
    rows = counts[counts.box == box]
    whole = rows[rows.part == ""].iloc[0]
    names = {key: f"{kind}, {name.lower()}" if kind else name for key, name in STREAMS.items()}
    lines = [f"{name}: {count_words(whole[key], key, searched)}" for key, name in names.items()]
    parts = [f" {PART_WORDS[row.part]}: {row.total}" for row in rows.itertuples() if row.part]
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
        kinds = [f"{PART_WORDS[row.part]} {row.total}" for row in parts.itertuples()]
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


def search_words(searches: pd.DataFrame) -> str:
    """Say how many searches of our own there were, and the day of the last one."""
    if searches.empty:
        return "No search of our own has been run yet."
    return f"We have run {count(len(searches), 'search')}, the last on {max(searches.date):%-d %B %Y}."


def share_studies(glue, *, root=None) -> None:
    """Hand the counts of the flow of studies to ``myst_nb.glue``."""
    evidence, counts = load_evidence(root), checked_flow(root)
    for row in counts[counts.part == ""].itertuples():
        glue(f"flow.{row.box}", NOT_RECORDED if is_missing(row.total) else str(row.total), display=False)
    glue("flow.searches", search_words(evidence.searches), display=False)
