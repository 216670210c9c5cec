"""The living review of exercise and brain stimulation in ALS: its evidence, its statistics, its book."""

from alsreview.claims import Audit, audit_claim
from alsreview.direction import directions
from alsreview.effects import (
    hedges_g,
    log_odds_ratio,
    log_ratio_of_means,
    log_risk_ratio,
    mean_difference,
    peto_log_odds_ratio,
    risk_difference,
)
from alsreview.evidence import Evidence, evidence_hash, load_evidence
from alsreview.kernel import pool_many
from alsreview.pooling import Pooled, Unpooled, pool, synthesise
from alsreview.schema import DataError
from alsreview.sensitivity import alternatives

__all__ = [
    "Audit",
    "DataError",
    "Evidence",
    "Pooled",
    "Unpooled",
    "alternatives",
    "audit_claim",
    "directions",
    "evidence_hash",
    "hedges_g",
    "load_evidence",
    "log_odds_ratio",
    "log_ratio_of_means",
    "log_risk_ratio",
    "mean_difference",
    "peto_log_odds_ratio",
    "pool",
    "pool_many",
    "risk_difference",
    "synthesise",
]
