"""Turn the analyses into the table that a version keeps, and two such tables into what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path

import pandas as pd

from livingreview.certainty import VERDICTS, certainty
from livingreview.evidence import Evidence, evidence_hash
from livingreview.evidence.format import RENAMED
from livingreview.evidence.load import RELEASES as FOLDER
from livingreview.evidence.load import released_versions
from livingreview.formats import count, interval, is_missing, listed, number
from livingreview.statistics import Pooled, count_directions, directions, synthesise, tally, unread

COLUMNS = [
    "analysis_id", "title", "role", "unit", "k", "trials", "people", "estimate", "ci_low", "ci_high",
    "pi_low", "pi_high", "i2", "tau2", "method", "interval", "trial_ids", "missing_trials", "missing_people",
    "favours_intervention", "favours_comparator", "no_direction", "mixed", "unknown", "silent", "certainty",
    "certainty_status", "verdict", "bottom_line", "evidence_hash", "date",
]  # fmt: skip


def results(evidence: Evidence) -> pd.DataFrame:
    """Return the result of every analysis of the protocol, in its order.

    Returns
    -------
    one row per analysis
        ``k`` counts estimates; ``estimate`` and its limits are those of the one study where nothing is
        pooled; what an analysis does not have is missing; ``favours_intervention`` to ``silent`` count trials
        by direction; ``bottom_line`` (the conclusions as published) and ``date`` are filled when a version
        keeps them.
    """
    return _results(evidence).copy()


@lru_cache(maxsize=4)
def _results(evidence) -> pd.DataFrame:
    # A page asks again and again; the evidence is frozen, so the answer is too.
    rows = [
        {"analysis_id": analysis_id, "title": choice["title"], "role": choice["role"]}
        | _result(analysis_id, choice, evidence)
        | count_directions(directions(analysis_id, evidence))
        | _certainty(analysis_id, evidence)
        for analysis_id, choice in evidence.protocol["analyses"].items()
    ]
    return pd.DataFrame(rows).assign(evidence_hash=evidence_hash(evidence.root)).reindex(columns=COLUMNS)


def _result(analysis_id: str, choice: dict, evidence) -> dict:
    if choice["synthesis"] != "pool":
        return {}
    result, absent = synthesise(analysis_id, evidence), unread(analysis_id, evidence)
    found = {"unit": choice["unit"], "k": 0, "trials": 0, "people": 0}
    found |= {"missing_trials": len(absent), "missing_people": absent.people.sum()}
    found["trial_ids"] = " ".join(result.trials.trial_id) if len(result.trials) else ""
    if len(result.trials):
        counts, only = tally(result.trials, evidence), result.trials.iloc[0]
        found |= {"k": counts["units"], "trials": counts["trials"], "people": counts["people"]}
        found |= {"estimate": only.yi, "ci_low": only.ci_low, "ci_high": only.ci_high}
    if isinstance(result, Pooled):
        numbers = ("estimate", "ci_low", "ci_high", "i2", "tau2", "method", "interval")
        found |= {name: getattr(result, name) for name in numbers}
        found["pi_low"], found["pi_high"] = result.prediction
    return found


def _certainty(analysis_id: str, evidence) -> dict:
    """Return rating, status and verdict; nothing where the review has no rules for a rating."""
    if not evidence.grade.rules:
        return {}
    found = certainty(analysis_id, evidence)
    return {"certainty": found.rating, "certainty_status": found.status, "verdict": found.verdict}


def to_text(frame: pd.DataFrame) -> str:
    """Write results as CSV; ten digits, since the last ones differ between processors."""
    return frame.to_csv(index=False, float_format="%.10g", lineterminator="\n")


def from_text(text: str) -> pd.DataFrame:
    """Read results as a version kept them; columns that it did not have yet are missing values.

    The first version kept a sentence as its verdict: that is what it published, so it is its bottom line. Its
    intervals have the name that they have now.
    """
    # A hash may consist of digits alone, which would be read as a number.
    words = dict.fromkeys(("trial_ids", "verdict", "bottom_line", "evidence_hash", "date"), str)
    frame = pd.read_csv(StringIO(text), dtype=words).reindex(columns=COLUMNS)
    sentence = frame.verdict.notna() & ~frame.verdict.isin(VERDICTS)
    published = frame.bottom_line.astype(object).where(~sentence, frame.verdict)
    named = frame.interval.replace(RENAMED)
    return frame.assign(verdict=frame.verdict.where(~sentence), bottom_line=published, interval=named)


def kept_results(root: Path) -> dict[str, pd.DataFrame]:
    """Read the results that each version kept in ``data/releases``, oldest first."""
    paths = {version: root / FOLDER / f"{version}.csv" for version in released_versions(root)}
    return {version: from_text(path.read_text(encoding="utf-8")) for version, path in paths.items()}


def answers(frame: pd.DataFrame) -> dict[str, str]:
    """Say the result of each primary analysis in one sentence, by its id."""
    primary = frame[frame.role == "primary"]
    return {row.analysis_id: f"{row.title}: {_said(row)}." for row in primary.itertuples()}


@dataclass(frozen=True)
class Move:
    """A change in a primary analysis: its "result" (with studies gained and lost), "certainty" or "verdict".

    ``before`` is empty for a new analysis.
    """

    title: str
    what: str
    before: str
    after: str
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def moves(old: pd.DataFrame, new: pd.DataFrame, labels: Mapping[str, str]) -> list[Move]:
    """List the primary analyses whose printed result, certainty or verdict changed.

    ``labels`` maps the id of a trial to its name; an id without one stands for itself.
    """
    before = {row.analysis_id: row for row in old[old.role == "primary"].itertuples()}
    found = []
    for row in new[new.role == "primary"].itertuples():
        past = before.get(row.analysis_id)
        if past is None:
            found.append(Move(row.title, "result", "", _said(row)))
        elif _said(past) != _said(row):
            ids = [[] if is_missing(each.trial_ids) else each.trial_ids.split() for each in (past, row)]
            gained, lost = (
                tuple(labels.get(each, each) for each in some if each not in others)
                for some, others in (ids[::-1], ids)
            )
            found.append(Move(row.title, "result", _said(past), _said(row), gained, lost))
        elif _rating(past) != _rating(row):
            found.append(Move(row.title, "certainty", _rating(past), _rating(row)))
        elif row.verdict != past.verdict and not pd.isna([row.verdict, past.verdict]).any():
            found.append(Move(row.title, "verdict", past.verdict, row.verdict))
    return found


def since(old: pd.DataFrame, new: pd.DataFrame) -> str:
    """Say in one sentence how the primary answers changed, for a reader who opens a past version."""
    said = [_moved_words(move) for move in moves(old, new, {})]
    return f"{'; '.join(said)}." if said else "The main answers are the same."


def _moved_words(move: Move) -> str:
    if not move.before:
        return f"{move.title} is new: {move.after}"
    what = move.title if move.what == "result" else f"{move.title}: {move.what}"
    units = {"with": move.gained, "without": move.lost}
    studies = "".join(f", {word} {listed(list(names))}" for word, names in units.items() if names)
    return f"{what} was {move.before}, and is now {move.after}{studies}"


def _rating(row) -> str:
    return "not rated" if is_missing(row.certainty) else row.certainty


def _said(row) -> str:
    if is_missing(row.estimate):
        unused = f"{count(row.missing_trials, 'trial')} could not be used"
        return f"no estimate ({unused if row.missing_trials else 'no eligible trial'})"
    people = listed([count(row.trials, "trial"), count(row.people, "participant")])
    return f"{number(row.estimate)} {row.unit} ({interval(row.ci_low, row.ci_high)}; {people})"
