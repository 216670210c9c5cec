"""Turns the review as it is, and as it was, into what changed between the two."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from alsreview.evidence import Evidence, find_root, load_evidence
from alsreview.facts import review_facts
from alsreview.release.diff.changes import FileChange, file_changes
from alsreview.release.diff.crossings import crossings
from alsreview.release.diff.past import Reference, data_at, find_reference, make_readable
from alsreview.release.results import results
from alsreview.reviews import Review
from alsreview.statements import Statement, overturned

# The columns of a state whose movement is told; the rest names the analysis, or follows from these.
MEASURED = (
    "k", "trials", "people", "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "i2", "missing_trials",
    "favours_intervention", "favours_comparator", "no_direction", "mixed", "unknown", "silent",
)  # fmt: skip
# A version may have kept none of these, and old rules may give none; then there is nothing to compare.
RATED = ("certainty", "certainty_status", "verdict")
# A version keeps ten digits.
_CLOSE = 1e-8


@dataclass(frozen=True)
class Analysis:
    """An analysis that changed.

    Attributes
    ----------
    before, after : its results, with the columns of `results`; None where it was or is not there
    moved : the columns of `MEASURED` and `RATED` that differ
    crossed : what its estimate or interval passed on the way
    """

    analysis_id: str
    title: str
    before: dict | None
    after: dict | None
    moved: tuple[str, ...]
    crossed: tuple[str, ...]


@dataclass(frozen=True)
class Diff:
    """What changed since a reference.

    Attributes
    ----------
    since : what it was compared with
    files, overturned : changed files, and statements of the present chapters that were true on the data of
        then and are false now; None where the commit of a version is not known here, so that its data were
        not seen
    analyses : those that changed
    still : the number of those that did not
    labels : trial id to label, of both sides
    """

    since: Reference
    files: tuple[FileChange, ...] | None
    overturned: tuple[Statement, ...] | None
    analyses: tuple[Analysis, ...]
    still: int
    labels: dict[str, str]

    @property
    def moved(self) -> bool:
        """Whether anything did."""
        return bool(self.files or self.analyses or self.overturned)


def diff(root: Path | None = None, since: str = "HEAD") -> Diff:
    """Compare the review with what it was at a commit or in a version.

    Data at a commit are read by the present code, so that what changed is the evidence; the results of a
    version are those that it published, so that a change of the code shows too.

    Parameters
    ----------
    root : folder of the review, a git repository
    since : anything that git takes for a commit, or a version such as ``"2026.1"``

    Raises
    ------
    ValueError, DataError
        When there is no such commit or version, or one of the two states cannot be read.
    """
    root = find_root(root)
    evidence, reference = load_evidence(root), find_reference(root, since)
    if not reference.commit:
        return _diff(reference, None, None, reference.kept, evidence, {})
    with data_at(root, reference.commit) as past:
        files = tuple(file_changes(past, root))
        # The same bytes, read by the same code, give the same results.
        if not files:
            kept = results(evidence) if reference.kept is None else reference.kept
            return _diff(reference, (), (), kept, evidence, {})
        make_readable(root, past, reference.words)
        then = load_evidence(past)
        facts = [review_facts(Review(each)) for each in (then, evidence)]
        kept = results(then) if reference.kept is None else reference.kept
        said = tuple(overturned(root, *facts))
        return _diff(reference, files, said, kept, evidence, _labels(then))


def _labels(evidence: Evidence) -> dict[str, str]:
    return dict(zip(evidence.trials.trial_id, evidence.trials.label, strict=True))


def _diff(
    since: Reference,
    files: tuple | None,
    said: tuple | None,
    before: pd.DataFrame,
    evidence: Evidence,
    labels: dict[str, str],
) -> Diff:
    after = results(evidence)
    ids = {*before.analysis_id, *after.analysis_id}
    analyses = _analyses(before, after, evidence)
    return Diff(since, files, said, analyses, len(ids) - len(analyses), labels | _labels(evidence))


def _analyses(before: pd.DataFrame, after: pd.DataFrame, evidence: Evidence) -> tuple[Analysis, ...]:
    old, new = (_by_id(frame) for frame in (before, after))
    compared = [*MEASURED, *(name for name in RATED if before[name].notna().any())]
    found = []
    for analysis_id in [*new, *(key for key in old if key not in new)]:
        one, other = old.get(analysis_id), new.get(analysis_id)
        if one is None or other is None:
            moved, crossed = (), ()
        else:
            moved = tuple(name for name in compared if not _same(one.get(name), other.get(name)))
            crossed = tuple(crossings(analysis_id, one, other, root=evidence))
        if one is None or other is None or moved:
            title = (other or one)["title"]
            found.append(Analysis(analysis_id, title, one, other, moved, crossed))
    return tuple(found)


def _by_id(frame: pd.DataFrame) -> dict[str, dict]:
    return {row["analysis_id"]: row for row in frame.to_dict("records")}


def _same(one, other) -> bool:
    if pd.isna(one) or pd.isna(other):
        return bool(pd.isna(one) and pd.isna(other))
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return abs(one - other) <= _CLOSE * max(1, abs(one), abs(other))
