"""The one door to the results: a review, its analyses, and the result of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import nan
from pathlib import Path

import pandas as pd

from livingreview.certainty import Certainty, certainty
from livingreview.certainty.harms import Harm, harms
from livingreview.evidence import Evidence, load_evidence
from livingreview.statistics import (
    FEWEST_FOR_PREDICTION,
    Meaning,
    Pooled,
    Unpooled,
    analysis,
    benefit,
    count_directions,
    declared_thresholds,
    directions,
    measured_meaning,
    synthesise,
    tally,
    unread,
)
from livingreview.statistics.regression import Moderator, moderators


@dataclass(frozen=True, eq=False)
class Result:
    """The result of an analysis: the same attributes whether pooled, single or empty.

    Attributes
    ----------
    k : estimates; a composite of several trials counts once
    studies, participants : trials behind them, those inside a composite included, and participants analysed
    estimate, ci_low, ci_high : in the unit of the analysis, intervention minus comparator; NaN without one
    p, tau2, i2, q, q_p : NaN where nothing is pooled
    pi_low, pi_high : prediction interval; NaN below five studies
    gain, gain_low, gain_high : the same effect, positive in favour of the intervention
    trials : one row per estimate, as `livingreview.statistics.synthesise` gives them
    """

    k: int
    studies: int
    participants: int
    estimate: float = nan
    ci_low: float = nan
    ci_high: float = nan
    p: float = nan
    tau2: float = nan
    i2: float = nan
    q: float = nan
    q_p: float = nan
    pi_low: float = nan
    pi_high: float = nan
    gain: float = nan
    gain_low: float = nan
    gain_high: float = nan
    trials: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)


@dataclass(frozen=True, eq=False)
class Analysis:
    """One analysis of the protocol on the evidence of a review."""

    id: str
    evidence: Evidence = field(repr=False)

    @cached_property
    def choice(self) -> dict:
        """The choices of the protocol, with the intervention and the comparator in words."""
        return analysis(self.id, self.evidence)

    @property
    def synthesis(self) -> Pooled | Unpooled:
        """The synthesis behind the result, with its method and the weights of its estimates."""
        return synthesise(self.id, self.evidence)

    @cached_property
    def result(self) -> Result:
        return self.under(None)

    @property
    def alternatives(self) -> tuple[str, ...]:
        return tuple(self.choice.get("alternatives", ()))

    def under(self, alternative: str | None) -> Result:
        """Return the result under an alternative of the protocol, or under its own choice."""
        found = synthesise(self.id, self.evidence, alternative)
        if not found.k:
            return Result(0, 0, 0, trials=found.trials)
        counts = tally(found.trials, self.evidence)
        if isinstance(found, Pooled):
            names = ["estimate", "ci_low", "ci_high", "p", "tau2", "i2", "q", "q_p"]
            names += ["pi_low", "pi_high"] if found.k >= FEWEST_FOR_PREDICTION else []
            own = {name: getattr(found, name) for name in names}
        else:
            only = found.trials.iloc[0]
            own = {"estimate": only.yi, "ci_low": only.ci_low, "ci_high": only.ci_high}
        gains = dict(zip(("gain", "gain_low", "gain_high"), benefit(found, self.choice), strict=True))
        return Result(found.k, counts["trials"], counts["people"], **own, **gains, trials=found.trials)

    @cached_property
    def moderators(self) -> dict[str, Moderator]:
        """The regressions and subgroups that the protocol declares; none where nothing is pooled."""
        return moderators(self) if self.result.k > 1 else {}

    @cached_property
    def directions(self) -> pd.DataFrame:
        return directions(self.id, self.evidence)

    @cached_property
    def direction_counts(self) -> dict[str, int]:
        return count_directions(self.directions)

    @cached_property
    def unavailable(self) -> pd.DataFrame:
        """The eligible trials whose result could not be used, with what they report."""
        return unread(self.id, self.evidence)

    @cached_property
    def certainty(self) -> Certainty:
        """The rating and its status; not rated where the review has no rules."""
        return certainty(self.id, self.evidence)

    @property
    def verdict(self) -> str:
        return self.certainty.verdict

    @cached_property
    def meaning(self) -> Meaning:
        """The expected decline and the derived thresholds over the time measured."""
        return measured_meaning(self.synthesis, self.choice, self.evidence)

    @cached_property
    def thresholds(self) -> tuple[float, ...]:
        """Every declared threshold of an important effect, smallest first."""
        return declared_thresholds(self.synthesis, self.choice, self.evidence)


class Review(Mapping):
    """The analyses of a review, by the names that its protocol gives them.

    Parameters
    ----------
    source : folder of the review, read and checked when it is first asked for, or its evidence; by default
        the folder that holds the working one
    """

    def __init__(self, source: Path | Evidence | None = None):
        self._source = source

    @cached_property
    def evidence(self) -> Evidence:
        return self._source if isinstance(self._source, Evidence) else load_evidence(self._source)

    @cached_property
    def _analyses(self) -> dict[str, Analysis]:
        return {key: Analysis(key, self.evidence) for key in self.evidence.protocol["analyses"]}

    def __getitem__(self, analysis_id: str) -> Analysis:
        if analysis_id not in self._analyses:
            known = ", ".join(self._analyses)
            raise ValueError(f"unknown analysis {analysis_id!r}; protocol.yml has {known}")
        return self._analyses[analysis_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._analyses)

    def __len__(self) -> int:
        return len(self._analyses)

    @property
    def questions(self) -> dict[str, dict]:
        return self.evidence.protocol["questions"]

    def harms(self, question: str) -> dict[str, Harm]:
        """Return what the trials of a question report on each harm."""
        return harms(question, self.evidence)
