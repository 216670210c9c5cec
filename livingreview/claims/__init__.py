"""Audits what published reviews print."""

from livingreview.claims.audit import VERDICTS, Audit, audit_claim, claims
