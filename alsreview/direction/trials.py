"""Says which way each trial points, without pooling (SWiM: synthesis without meta-analysis)."""

import re
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

import pandas as pd

from alsreview.direction.rows import COLUMNS, contrast_rows, mixed_row, nothing_row, outcomes_of
from alsreview.evidence import load_evidence
from alsreview.pooling import absent_trials, analysis

_YEAR = re.compile(r"(\d{4})\w?$")


def directions(analysis_id: str, *, root=None, every_outcome: bool = False) -> pd.DataFrame:
    """Tabulate the direction of effect of every randomized trial of a question.

    The direction is the sign of an estimate, whatever its p value: at one outcome and time, of that which a
    synthesis takes. What authors state without an estimate is shown and gives no direction. Which result of a
    trial stands for it is fixed before its direction is looked at: an eligible comparison, the outcome that
    the protocol prefers, an estimate before a bare statement, the time nearest to half a year or to the end
    of a course that ends before. Where no outcome is preferred, the results of that standing and time must
    agree, or the trial is mixed. A trial that has an eligible comparison never stands with another one.

    Parameters
    ----------
    analysis_id : key of ``protocol.yml``
    root : folder of the review
    every_outcome : one row per trial, comparison, outcome and time of the domain, composites included,
        instead of the one that the protocol prefers

    Returns
    -------
    one row per trial (or per trial and outcome)
        ``direction`` is "favours_intervention", "favours_comparator", "no_direction" (an estimate of
        exactly zero), "mixed" (outcomes of the domain that disagree) or "unknown"; ``counted`` says
        whether the row enters a count of directions, ``eligible`` whether its comparison may.

    Notes
    -----
    After Campbell et al. (2020), SWiM, BMJ 368:l6890.
    """
    return _directions(load_evidence(root), analysis_id, every_outcome)


def unread(analysis_id: str, *, root=None) -> pd.DataFrame:
    """Give what the eligible trials report that the analysis could not use, one row per trial."""
    absent = absent_trials(analysis_id, root=root)
    found = directions(analysis_id, root=root)
    return found[found.trial_id.isin(absent.trial_id)].reset_index(drop=True)


@lru_cache(maxsize=64)
def _directions(evidence, analysis_id: str, every_outcome: bool) -> pd.DataFrame:
    # Chapters ask again and again; the evidence is frozen, so the answer is too.
    choice = analysis(analysis_id, evidence)
    outcomes = outcomes_of(evidence, choice)

    rows = []
    for trial in _trials(evidence, choice, every_outcome).to_dict("records"):
        contrasts = evidence.rows["contrasts"].get(trial["trial_id"], [])
        asked = [contrast for contrast in contrasts if contrast["kind"] in choice["contrast_kinds"]]
        found = [
            row
            for contrast in (contrasts if every_outcome else asked or contrasts)
            for row in contrast_rows(evidence, trial, contrast, choice, outcomes)
            if every_outcome or row["first"]
        ]
        rows += found or ([nothing_row(trial, bool(asked))] if trial["unit"] == "trial" else [])
    rows.sort(key=lambda row: (_by_year(row), row["rank"]))
    if not every_outcome:
        rows = [_one(list(same), choice) for _, same in groupby(rows, itemgetter("trial_id"))]
    rows.sort(key=lambda row: (not row["counted"], _by_year(row)))
    # Without a trial a column has no type, and would not be taken for a condition.
    return pd.DataFrame(rows, columns=COLUMNS).astype({"counted": bool, "eligible": bool})


def _one(rows: list[dict], choice: dict) -> dict:
    """Keep the result that stands for a trial; call a trial mixed whose outcomes disagree."""
    first = rows[0]
    if choice.get("direction_outcomes"):
        return first
    # Results of one standing are alike in all of their rank but its last part, the source.
    alike = [row for row in rows if row["rank"][:-1] == first["rank"][:-1]]
    return mixed_row(alike) if len({row["direction"] for row in alike}) > 1 else first


def people_behind(found: pd.DataFrame) -> pd.Series:
    """Give the people behind each direction: those that its row counts, else those randomized."""
    return found.n.fillna(found.people)


def count_directions(found: pd.DataFrame) -> dict[str, int]:
    """Count the trials by direction.

    Of the trials whose comparison is eligible, ``unknown`` ones report something without a direction and
    ``silent`` ones nothing; all others are ``not_counted``.
    """
    counts = found[found.counted].direction.value_counts()
    keys = ("favours_intervention", "favours_comparator", "no_direction", "mixed")
    silent = found.eligible & (found.basis == "nothing seen")
    unknown = found.eligible & ~silent & (found.direction == "unknown")
    return {key: int(counts.get(key, 0)) for key in keys} | {
        "unknown": int(unknown.sum()),
        "silent": int(silent.sum()),
        "not_counted": int((~found.counted & ~unknown & ~silent).sum()),
    }


def _by_year(row: dict) -> tuple[bool, str]:
    # A trial id ends in its year, which orders a table better than the author's name.
    year = _YEAR.search(row["trial_id"])
    return year is None, year[1] + row["trial_id"] if year else ""


def _trials(evidence, choice: dict, composites: bool) -> pd.DataFrame:
    trials = evidence.trials
    kept = trials.question.eq(choice["question"]) & trials.status.eq("included")
    return trials[kept & (trials.unit.eq("trial") | composites)]
