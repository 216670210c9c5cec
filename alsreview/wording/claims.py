"""Gives what a chapter says about the published claims."""

from alsreview.claims import VERDICTS, claims
from alsreview.evidence import load_evidence
from alsreview.formats import MINUS, is_missing


def claim_facts(*, root=None) -> dict[str, str]:
    """Count the claims by verdict and give the printed estimate, verdict and arithmetic of each.

    Returns
    -------
    name to text
        ``claims.total``, ``claims.reviews``, ``claims.<verdict>`` with underscores, ``claims.queries``,
        ``claims.event_trials`` (trials whose data count events of function), and for each claim
        ``<claim_id>.estimate``, ``.verdict`` and ``.arithmetic``.
    """
    evidence, found = load_evidence(root), claims(root=root)
    counts = {verdict: int(found.verdict.eq(verdict).sum()) for verdict in VERDICTS}
    named = {f"claims.{verdict.replace(' ', '_')}": str(n) for verdict, n in counts.items()}
    named |= {
        "claims.total": str(len(found)),
        "claims.reviews": str(len(evidence.reviews)),
        "claims.queries": str(counts["impossible"] + counts["inconsistent"]),
        "claims.event_trials": str(_event_trials(evidence) or "none"),
    }
    for row in found.itertuples():
        estimate = "not seen" if is_missing(row.estimate) else row.estimate
        named[f"{row.claim_id}.estimate"] = estimate.replace("-", MINUS)
        named[f"{row.claim_id}.verdict"] = row.verdict
        named[f"{row.claim_id}.arithmetic"] = " ".join(row.findings)
    return named


def _event_trials(evidence) -> int:
    """Count the trials with people who had an event of function, which a ratio of risks needs."""
    domains = {key: outcome["domain"] for key, outcome in evidence.outcomes["outcomes"].items()}
    function = evidence.arms.outcome.map(domains).eq("function")
    return evidence.arms[function & evidence.arms.events.notna()].trial_id.nunique()


def share_claims(glue, *, root=None) -> None:
    """Hand the facts about the published claims to ``myst_nb.glue``."""
    for name, text in claim_facts(root=root).items():
        glue(name, text, display=False)
