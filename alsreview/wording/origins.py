"""Says where the numbers of a result were read, and leads from the result back to each of them."""

from alsreview.evidence import load_evidence
from alsreview.formats import interval, listed, number, percent
from alsreview.pooling import Pooled, analysis, synthesise

KIND_WORDS = {
    "primary_fulltext": "full paper",
    "primary_table": "table of the paper",
    "primary_abstract": "abstract",
    "registry": "registry",
    "secondary_meta_analysis": "meta-analysis (second-hand)",
    "secondary_review": "review (second-hand)",
    "news": "news report",
}
SECOND_HAND = ("secondary_meta_analysis", "secondary_review", "news")


_TOLD = (
    "arm", "contrast", "outcome", "timepoint_weeks", "n", "mean", "sd", "se", "estimate", "ci_low", "ci_high",
)  # fmt: skip


def origin_words(result) -> str:
    """Say how much of a pooled result's weight comes from each kind of source."""
    trials = result.trials
    if not len(trials):
        return "No number was used."
    if not isinstance(result, Pooled):
        return f"Where it was read: {listed([KIND_WORDS[kind] for kind in trials.source_kind])}."
    shares = trials.weight.groupby(trials.source_kind).sum().sort_values(ascending=False)
    parts = [f"{percent(share)} {KIND_WORDS[kind]}" for kind, share in shares.items()]
    return f"By the kind of source it was read in, the weight is {listed(parts)}."


def trace(analysis_id: str, *, root=None) -> list[str]:
    """Follow a result to its sources: pooled value, weights, effects, conversions, rows, sources.

    Parameters
    ----------
    analysis_id : key of ``protocol.yml``
    root : folder of the review

    Returns
    -------
    the chain, one line per step, indented by depth
    """
    evidence = load_evidence(root)
    choice, result = analysis(analysis_id, evidence), synthesise(analysis_id, root=root)
    lines = [f"{analysis_id}: {choice['title']}"]
    if isinstance(result, Pooled):
        limits = interval(result.ci_low, result.ci_high, 4)
        how = f"{result.method}, {result.interval}, k = {result.k}"
        lines.append(f"  pooled {number(result.estimate, 4)} ({limits}) {choice['unit']}; {how}")
    else:
        lines.append(f"  not pooled: {result.why}")
    for row in result.trials.itertuples():
        lines += _trial_lines(evidence, row, isinstance(result, Pooled))
    return lines


def _trial_lines(evidence, row, pooled: bool) -> list[str]:
    weight = f"; weight {percent(row.weight, 1)}" if pooled else ""
    limits = interval(row.ci_low, row.ci_high, 4)
    lines = [f"  {row.trial_id}: yi {number(row.yi, 4)} ({limits}), vi {number(row.vi, 4)}{weight}"]
    lines += [f"    step: {step}" for step in row.steps]
    for place in row.rows:
        file, _, line = place.rpartition(":")
        frame = evidence.arms if file.endswith("arms.csv") else evidence.reported
        (found,) = frame[(frame.file == file) & (frame.line == int(line))].to_dict("records")
        lines += _row_lines(evidence, place, found)
    return lines


def _row_lines(evidence, place: str, row: dict) -> list[str]:
    values = ", ".join(f"{key} {_plain(row[key])}" for key in _TOLD if key in row and row[key] == row[key])
    source = evidence.cards[row["trial_id"]]["sources"][row["source"]]
    named = {"doi": "doi:", "pmid": "PubMed ", "url": ""}
    address = " ".join(f"{before}{source[key]}" for key, before in named.items() if key in source)
    return [
        f"    row: {place}: {values}",
        f"      read in: {KIND_WORDS[source['kind']]}, {row['locator']}; {address}; seen {source['seen']}",
    ]


def _plain(value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
