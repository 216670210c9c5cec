"""Turns the review as it is, and as it was, into what moved between the two."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from alsreview.evidence import Evidence, find_root, load_evidence
from alsreview.release.diff.changes import FileChange, file_changes
from alsreview.release.diff.past import Reference, data_at, find_reference, make_readable
from alsreview.release.diff.sentences import SENTENCES, sentences
from alsreview.release.results import results
from alsreview.wording import crossings

# The columns of a state whose movement is told; the rest names the analysis, or follows from these.
MEASURED = (
    "k", "trials", "people", "estimate", "ci_low", "ci_high", "pi_low", "pi_high", "i2", "certainty",
    "certainty_status", "missing_trials", "favours_intervention", "favours_comparator", "no_direction",
    "mixed", "unknown", "silent",
)  # fmt: skip
# A version keeps ten digits.
_CLOSE = 1e-8


@dataclass(frozen=True)
class Sentence:
    """A sentence of the book that no longer says the same; None where the analysis was or is not there."""

    analysis_id: str
    title: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Analysis:
    """An analysis that moved.

    Attributes
    ----------
    before, after : its results, with the columns of `results`; None where it was or is not there
    moved : the columns of `MEASURED` that differ
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
    """What moved since a reference.

    Attributes
    ----------
    since : what it was compared with
    files : None where the commit of a version is not known here, so that its data were not seen
    analyses : those that moved
    still : the number of those that did not
    labels : trial id to label, of both sides
    """

    since: Reference
    files: tuple[FileChange, ...] | None
    analyses: tuple[Analysis, ...]
    still: int
    sentences: tuple[Sentence, ...]
    labels: dict[str, str]

    @property
    def moved(self) -> bool:
        """Whether anything did."""
        return bool(self.files or self.analyses or self.sentences)


def diff(root: Path | None = None, since: str = "HEAD") -> Diff:
    """Say what moved in the review since a commit or a version.

    Data at a commit are read by the present code, so that what moved is the evidence; the results of a
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
        return _moved(reference, None, _kept(reference), evidence)
    with data_at(root, reference.commit) as past:
        files = tuple(file_changes(past, root))
        if reference.kept is not None:
            return _moved(reference, files, _kept(reference), evidence)
        # The same bytes, read by the same code, give the same results.
        if not files:
            return Diff(reference, (), (), len(evidence.protocol["analyses"]), (), {})
        make_readable(root, past, reference.words)
        return _moved(reference, files, _computed(load_evidence(past)), evidence)


def _computed(evidence: Evidence) -> tuple[pd.DataFrame, dict, dict]:
    """Give results, sentences, and labels of trials."""
    labels = dict(zip(evidence.trials.trial_id, evidence.trials.label, strict=True))
    return results(evidence), sentences(evidence), labels


def _kept(since: Reference) -> tuple[pd.DataFrame, dict, dict]:
    """Give the same as a version published it, which kept one sentence of each pooled analysis."""
    told = since.kept[since.kept.verdict.notna()]
    return since.kept, {(row.analysis_id, "verdict_plain"): row.verdict for row in told.itertuples()}, {}


def _moved(since: Reference, files: tuple | None, past: tuple, evidence: Evidence) -> Diff:
    (before, old, labels), (after, new, known) = past, _computed(evidence)
    titles = {row.analysis_id: row.title for frame in (before, after) for row in frame.itertuples()}
    analyses, told = _analyses(before, after, evidence), _sentences(old, new, titles)
    return Diff(since, files, analyses, len(titles) - len(analyses), told, labels | known)


def _analyses(before: pd.DataFrame, after: pd.DataFrame, evidence: Evidence) -> tuple[Analysis, ...]:
    old, new = (_by_id(frame) for frame in (before, after))
    found = []
    for analysis_id in [*new, *(key for key in old if key not in new)]:
        one, other = old.get(analysis_id), new.get(analysis_id)
        if one is None or other is None:
            moved, crossed = (), ()
        else:
            moved = tuple(name for name in MEASURED if not _same(one.get(name), other.get(name)))
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


def _sentences(old: dict, new: dict, titles: dict) -> tuple[Sentence, ...]:
    """List the sentences that differ, of the kinds that both sides have kept."""
    kinds = {name for _, name in old} & {name for _, name in new}
    keys = [*new, *(key for key in old if key not in new)]
    return tuple(
        Sentence(key[0], titles[key[0]], key[1], old.get(key), new.get(key))
        for key in sorted(keys, key=lambda key: SENTENCES.index(key[1]))
        if key[1] in kinds and old.get(key) != new.get(key)
    )
