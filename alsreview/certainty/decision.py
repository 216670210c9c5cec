"""Sets the decision of a person beside what the rules propose."""

from dataclasses import dataclass

from alsreview.certainty.rules import Proposal, propose
from alsreview.effects.measures import measure_of
from alsreview.evidence import load_evidence


@dataclass(frozen=True)
class Certainty:
    """The certainty of one analysis.

    Attributes
    ----------
    status : "not rated" (nothing to rate), "proposed" (no person has decided), "decided", or "outdated" (a
        person decided on another proposal than the rules now make, so the decision no longer holds)
    rating : as decided where decided, else as proposed
    decision : the content of ``data/certainty/<analysis_id>.yml``, or None
    """

    proposal: Proposal
    decision: dict | None
    status: str

    @property
    def rating(self) -> str | None:
        return self.decision["rating"] if self.status == "decided" else self.proposal.rating


def certainty(analysis_id: str, *, root=None) -> Certainty:
    """Give the proposed rating of an analysis and the decision that a person took on it, if any."""
    proposal = propose(analysis_id, root=root)
    decision = load_evidence(root).grade.decisions.get(analysis_id)
    return Certainty(proposal, decision, _status(proposal, decision))


def rated_analyses(*, root=None) -> list[str]:
    """List the analyses whose certainty is rated: one per outcome, so not the same outcome in other units."""
    analyses = load_evidence(root).protocol["analyses"]
    return [key for key, choice in analyses.items() if not getattr(measure_of(choice), "standardised", False)]


def _status(proposal: Proposal, decision: dict | None) -> str:
    if decision is not None:
        return "decided" if decision["proposed"] == proposal.rating else "outdated"
    return "proposed" if proposal.rating else "not rated"
