"""Sets the decision of a person beside what the rules propose."""

from dataclasses import dataclass

from alsreview.certainty.rules import Proposal, propose
from alsreview.certainty.verdict import verdict
from alsreview.effects.measures import measure_of
from alsreview.evidence import load_evidence
from alsreview.pooling import analysis, benefit, declared_thresholds, synthesise


@dataclass(frozen=True)
class Certainty:
    """The certainty of one analysis.

    Attributes
    ----------
    status : "not rated" (nothing to rate), "proposed" (no person has decided), "decided", or "outdated" (a
        person decided on another proposal than the rules now make, so the decision no longer holds)
    rating : as decided where decided, else as proposed
    decision : the content of ``data/certainty/<analysis_id>.yml``, or None
    gain : the effect, positive in favour of the intervention; None where only directions are known
    thresholds : every declared threshold of an important effect; empty where none is declared
    """

    proposal: Proposal
    decision: dict | None
    status: str
    gain: float | None = None
    thresholds: tuple[float, ...] = ()

    @property
    def rating(self) -> str | None:
        return self.decision["rating"] if self.status == "decided" else self.proposal.rating

    @property
    def verdict(self) -> str:
        """Return what may be said of the effect, as sure as the evidence is."""
        return verdict(self.rating, self.gain, self.thresholds)


def certainty(analysis_id: str, *, root=None) -> Certainty:
    """Give the proposed rating of an analysis and the decision that a person took on it, if any."""
    proposal = propose(analysis_id, root=root)
    evidence = load_evidence(root)
    decision = evidence.grade.decisions.get(analysis_id)
    choice, result = analysis(analysis_id, evidence), synthesise(analysis_id, root=evidence)
    gain = benefit(result, choice)[0] if result.k else None
    thresholds = declared_thresholds(result, choice, root=evidence) if result.k else ()
    return Certainty(proposal, decision, _status(proposal, decision), gain, thresholds)


def rated_analyses(*, root=None) -> list[str]:
    """List the analyses whose certainty is rated: one per outcome, so not the same outcome in other units."""
    analyses = load_evidence(root).protocol["analyses"]
    return [key for key, choice in analyses.items() if not getattr(measure_of(choice), "standardised", False)]


def analysis_of(question: str, domain: str, *, root=None) -> str | None:
    """Return the rated analysis of a question on a domain of outcomes, if there is one."""
    choices = load_evidence(root).protocol["analyses"]
    named = (key for key in rated_analyses(root=root) if choices[key]["question"] == question)
    return next((key for key in named if choices[key]["domain"] == domain), None)


def _status(proposal: Proposal, decision: dict | None) -> str:
    if decision is not None:
        return "decided" if decision["proposed"] == proposal.rating else "outdated"
    return "proposed" if proposal.rating else "not rated"
