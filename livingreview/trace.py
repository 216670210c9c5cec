"""Follows a result back to its sources: effects, conversions, rows, and the place where each was read."""

from livingreview.effects.measures import measure_of
from livingreview.effects.sources import KIND_WORDS
from livingreview.formats import count, interval, is_missing, number, percent
from livingreview.reviews import Analysis
from livingreview.statistics import Pooled

_TOLD = (
    "arm", "contrast", "outcome", "timepoint_weeks", "n", "mean", "sd", "se", "estimate", "ci_low", "ci_high",
    "direction", "p",
)  # fmt: skip


def trace(analysis: Analysis) -> list[str]:
    """Follow a result to its sources: pooled value, weights, effects, conversions, directions, rows, sources.

    Returns
    -------
    the chain, one line per step, indented by depth
    """
    choice, result = analysis.choice, analysis.synthesis
    lines = [f"{analysis.id}: {choice['title']}"]
    if isinstance(result, Pooled):
        measure = measure_of(choice)
        estimate, *limits = map(measure.printed, (result.estimate, result.ci_low, result.ci_high))
        unit = f"{measure.label}, from the logarithms below" if measure.ratio else choice["unit"]
        how = f"{result.method}, {result.interval}, k = {result.k}"
        lines.append(f"  pooled {number(estimate, 4)} ({interval(*limits, 4)}) {unit}; {how}")
    else:
        lines.append(f"  not pooled: {result.why}")
    for row in result.trials.itertuples():
        lines += _trial_lines(analysis.evidence, row, isinstance(result, Pooled))
    return lines + _direction_lines(analysis, set(result.trials.get("trial_id", [])))


def _trial_lines(evidence, row, pooled: bool) -> list[str]:
    weight = f"; weight {percent(row.weight, 1)}" if pooled else ""
    limits = interval(row.ci_low, row.ci_high, 4)
    lines = [f"  {row.trial_id}: yi {number(row.yi, 4)} ({limits}), vi {number(row.vi, 4)}{weight}"]
    lines += [f"    step: {step}" for step in row.steps]
    return [*lines, *_rows_lines(evidence, row.rows)]


def _direction_lines(analysis: Analysis, used: set[str]) -> list[str]:
    """Follow what stands beside a synthesis: the directions of other trials, and trials without a result."""
    evidence, eligible = analysis.evidence, analysis.unavailable.to_dict("records")
    apart = used | {row["trial_id"] for row in eligible}
    other = [
        row
        for row in analysis.directions.to_dict("records")
        if row["trial_id"] not in apart and not row["eligible"] and row["rows"]
    ]
    lines = [] if used or eligible else ["  no trial was eligible"]
    if eligible and not any(row["rows"] for row in eligible):
        rest = "the other " if used else "the "
        lines.append(f"  no result was seen in {rest}{count(len(eligible), 'eligible trial')}")
    for row in sorted(eligible, key=lambda row: not row["rows"]):
        sources = count(len(evidence.cards[row["trial_id"]]["sources"]), "source")
        nothing = f"eligible, no result seen in its {sources} (data/trials/{row['trial_id']}/trial.yml)"
        said = _direction(row) if row["rows"] else nothing
        lines += [f"  {row['trial_id']}: {said}", *_rows_lines(evidence, row["rows"] or ())]
    for row in other:
        lines += [f"  {row['trial_id']}: not counted, {row['note']}", *_rows_lines(evidence, row["rows"])]
    return lines


def _direction(row: dict) -> str:
    week = "" if is_missing(row["timepoint_weeks"]) else f", week {row['timepoint_weeks']:g}"
    return f"direction {row['direction'].replace('_', ' ')} ({row['basis']}; {row['outcome_label']}{week})"


def _rows_lines(evidence, places: tuple[str, ...]) -> list[str]:
    lines = []
    for place in places:
        file, _, line = place.rpartition(":")
        frame = evidence.results if file.endswith("arms.csv") else evidence.reported
        (row,) = frame[(frame.file == file) & (frame.line == int(line))].to_dict("records")
        told = ((key, row[key]) for key in _TOLD if key in row and not is_missing(row[key]))
        lines.append(f"    row: {place}: {', '.join(f'{key} {_plain(value)}' for key, value in told)}")
        source = evidence.cards[row["trial_id"]]["sources"][row["source"]]
        lines.append(f"      read in: {KIND_WORDS[source['kind']]}, {row['locator']}; {_address(source)}")
    return lines


def _address(source: dict) -> str:
    named = {"doi": "doi:", "pmid": "PubMed ", "url": ""}
    address = " ".join(f"{before}{source[key]}" for key, before in named.items() if key in source)
    return f"{address}; seen {source['seen']}"


def _plain(value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
