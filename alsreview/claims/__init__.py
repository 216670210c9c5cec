"""Audits what published reviews print."""

from alsreview.claims.audit import VERDICTS, Audit, audit_claim
from alsreview.claims.reviews import claims

__all__ = ["VERDICTS", "Audit", "audit_claim", "claims"]
