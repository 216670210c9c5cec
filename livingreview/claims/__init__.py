"""Audits what published reviews print."""

from livingreview.claims.audit import VERDICTS, audit_claim, claims
