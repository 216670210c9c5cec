"""Turn the analyses into the table that a version keeps, and put such tables in a row: what changed when."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from itertools import pairwise, product
from pathlib import Path

import pandas as pd

from livingreview.certainty import VERDICTS, certainty
from livingreview.effects.measures import measure_of
from livingreview.evidence import Evidence, evidence_hash, published_by
from livingreview.evidence.format import RENAMED
from livingreview.evidence.load import RELEASES as FOLDER
from livingreview.evidence.load import released_versions
from livingreview.formats import count, interval, is_missing, listed, number
from livingreview.statistics import Pooled, count_directions, directions, synthesise, tally, unread

PRESENT = "present draft"
CLOSE = 1e-9  # results of two processors agree to this, relative to their size
COLUMNS = [
    "analysis_id", "title", "role", "unit", "k", "trials", "people", "estimate", "ci_low", "ci_high",
    "pi_low", "pi_high", "i2", "tau2", "method", "interval", "trial_ids", "missing_trials", "missing_people",
    "favours_intervention", "favours_comparator", "no_direction", "mixed", "unknown", "silent", "certainty",
    "certainty_status", "verdict", "bottom_line", "evidence_hash", "date",
]  # fmt: skip


@lru_cache(maxsize=4)
def results(evidence: Evidence) -> pd.DataFrame:
    """Return the result of every analysis of the protocol, in its order; nobody changes the frame in place.

    Returns
    -------
    one row per analysis
        ``k`` counts estimates; ``estimate`` and its limits are those of the one study where nothing is
        pooled; what an analysis does not have is missing; ``favours_intervention`` to ``silent`` count trials
        by direction; ``bottom_line`` (the conclusions as published) and ``date`` are filled when a version
        keeps them.
    """
    rows = [
        {"analysis_id": analysis_id, "title": choice["title"], "role": choice["role"]}
        | _result(analysis_id, choice, evidence)
        | count_directions(directions(analysis_id, evidence))
        | _certainty(analysis_id, evidence)
        for analysis_id, choice in evidence.protocol["analyses"].items()
    ]
    return pd.DataFrame(rows).assign(evidence_hash=evidence_hash(evidence.root)).reindex(columns=COLUMNS)


def _result(analysis_id: str, choice: dict, evidence: Evidence) -> dict:
    if choice["synthesis"] != "pool":
        return {}
    result, absent = synthesise(analysis_id, evidence), unread(analysis_id, evidence)
    found = {"unit": choice["unit"], "k": 0, "trials": 0, "people": 0, "trial_ids": ""}
    found |= {"missing_trials": len(absent), "missing_people": absent.people.sum()}
    if len(result.trials):
        counts, only = tally(result.trials, evidence), result.trials.iloc[0]
        found |= {"k": counts["units"], "trials": counts["trials"], "people": counts["people"]}
        found |= {"estimate": only.yi, "ci_low": only.ci_low, "ci_high": only.ci_high}
        found["trial_ids"] = " ".join(result.trials.trial_id)
    if isinstance(result, Pooled):
        numbers = ("estimate", "ci_low", "ci_high", "i2", "tau2", "method", "interval")
        found |= {name: getattr(result, name) for name in numbers}
        found["pi_low"], found["pi_high"] = result.prediction
    # Ratios are analysed as logarithms, and kept as the ratios that readers are told.
    printed, effects = measure_of(choice).printed, ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
    return found | {name: printed(found[name]) for name in effects if found.get(name) is not None}


def _certainty(analysis_id: str, evidence: Evidence) -> dict:
    """Return rating, status and verdict; nothing where the review has no rules for a rating."""
    if not evidence.grade.rules:
        return {}
    found = certainty(analysis_id, evidence)
    return {"certainty": found.rating, "certainty_status": found.status, "verdict": found.verdict}


# ---- what versions kept


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


def differing(
    old: pd.DataFrame, new: pd.DataFrame, columns: Iterable[str], close: float = CLOSE
) -> dict[str, dict[str, tuple]]:
    """Return for each analysis the columns in which two tables differ, with both values; None where missing.

    Numbers differ by more than ``close`` of their size.
    """
    before, after = (frame.astype(object).where(frame.notna(), None) for frame in (old, new))
    before, after = ({row["analysis_id"]: row for row in each.to_dict("records")} for each in (before, after))
    found = {analysis_id: {} for analysis_id in after | before}
    for analysis_id, name in product(found, columns):
        one, other = (rows.get(analysis_id, {}).get(name) for rows in (before, after))
        words = isinstance(one, str | None) or isinstance(other, str | None)
        if one != other if words else not math.isclose(one, other, rel_tol=close, abs_tol=close):
            found[analysis_id][name] = (one, other)
    return found


# ---- what changed


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


def moves(old: pd.DataFrame, new: pd.DataFrame, labels: dict[str, str]) -> list[Move]:
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
            then, now = ([] if is_missing(each.trial_ids) else each.trial_ids.split() for each in (past, row))
            gained = tuple(labels.get(each, each) for each in now if each not in then)
            lost = tuple(labels.get(each, each) for each in then if each not in now)
            found.append(Move(row.title, "result", _said(past), _said(row), gained, lost))
        elif _rating(past) != _rating(row):
            found.append(Move(row.title, "certainty", _rating(past), _rating(row)))
        elif row.verdict != past.verdict and not pd.isna([row.verdict, past.verdict]).any():
            found.append(Move(row.title, "verdict", past.verdict, row.verdict))
    return found


def _rating(row) -> str:
    return "not rated" if is_missing(row.certainty) else row.certainty


def _said(row) -> str:
    if is_missing(row.estimate):
        unused = f"{count(row.missing_trials, 'trial')} could not be used"
        return f"no estimate ({unused if row.missing_trials else 'no eligible trial'})"
    people = listed([count(row.trials, "trial"), count(row.people, "participant")])
    return f"{number(row.estimate)} {row.unit} ({interval(row.ci_low, row.ci_high)}; {people})"


def answers(frame: pd.DataFrame) -> dict[str, str]:
    """Say the result of each primary analysis in one sentence, by its id."""
    primary = frame[frame.role == "primary"]
    return {row.analysis_id: f"{row.title}: {_said(row)}." for row in primary.itertuples()}


def since(old: pd.DataFrame, new: pd.DataFrame) -> str:
    """Say in one sentence how the primary answers changed, for a reader who opens a past version."""
    said = []
    for move in moves(old, new, {}):
        what = move.title if move.what == "result" else f"{move.title}: {move.what}"
        units = {"with": move.gained, "without": move.lost}
        studies = "".join(f", {word} {listed(list(names))}" for word, names in units.items() if names)
        was = f"{what} was {move.before}, and is now {move.after}{studies}"
        said.append(was if move.before else f"{move.title} is new: {move.after}")
    return f"{'; '.join(said)}." if said else "The main answers are the same."


# ---- retrospective updates, versions and the present text in a row


def history(evidence: Evidence) -> pd.DataFrame:
    """Return the results at every moment, oldest first.

    Returns
    -------
    one row per moment and analysis
        ``moment`` names it, ``kind`` is "replay", "version" or "present", then the columns of a version's
        results. The present text is left out where the last version says the same.
    """
    kept, now = kept_results(evidence.root), results(evidence)
    moments = [(f"end of {year}", "replay", frame) for year, frame in replays(evidence).groupby("year")]
    moments += [(version, "version", frame) for version, frame in kept.items()]
    if not kept or _told_apart(list(kept.values())[-1], now):
        moments.append((PRESENT, "present", now))
    parts = [frame[COLUMNS].astype(object).assign(moment=name, kind=kind) for name, kind, frame in moments]
    told = pd.concat(parts, ignore_index=True)[["moment", "kind", *COLUMNS]]
    # Readers look for an analysis by the name it has now.
    return told.assign(title=told.groupby("analysis_id").title.transform("last"))


def _told_apart(kept: pd.DataFrame, now: pd.DataFrame) -> bool:
    """Tell whether a reader is told something else; the day, the code behind it and the words may differ."""
    # A version from before verdicts were kept says nothing of them.
    apart = ["evidence_hash", "date", "bottom_line", *(["verdict"] if kept.verdict.isna().all() else [])]
    now = from_text(to_text(now))  # an empty text is a missing value there
    if list(kept.analysis_id) != list(now.analysis_id):
        return True
    return any(differing(kept, now, [name for name in COLUMNS if name not in apart]).values())


def moved(told: pd.DataFrame, labels: dict[str, str]) -> dict[str, list[Move]]:
    """List for each moment of the history the `moves` since the one before."""
    frames = [("", told.iloc[:0]), *told.groupby("moment", sort=False)]
    return {moment: moves(old, new, labels) for (_, old), (moment, new) in pairwise(frames)}


@lru_cache(maxsize=4)
def replays(evidence: Evidence) -> pd.DataFrame:
    """Return the results of every retrospective update: ``year``, then the columns of a version's results.

    Each is computed anew in each build and never stored, so it follows a correction of today's reading.  It
    is no version: nobody could have read it then, so it has no number, no address and no citation.
    """
    years, written = evidence.protocol.get("replays", []), evidence.protocol["specified"].year
    if years != sorted(set(years)) or years[-1:] >= [written]:
        raise ValueError(
            "data/protocol.yml: replays: expected years in order, each once and all before "
            f"{written}, found {', '.join(map(str, years))}"
        )
    told = [results(published_by(evidence, year)).assign(year=year, evidence_hash=None) for year in years]
    frame = pd.concat(told, ignore_index=True) if told else results(evidence).iloc[:0].assign(year=None)
    return frame[["year", *frame.columns.drop("year")]]
