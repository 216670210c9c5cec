"""A living systematic review: its evidence, its statistics, its book."""

from livingreview.claims import Audit, audit_claim
from livingreview.effects import (
    hedges_g,
    log_odds_ratio,
    log_risk_ratio,
    mean_difference,
    peto_log_odds_ratio,
    risk_difference,
)
from livingreview.evidence import Evidence, evidence_hash, load_evidence
from livingreview.schema import DataError
from livingreview.statistics import (
    Pooled,
    Unpooled,
    alternatives,
    begg,
    directions,
    egger,
    influence,
    leave_one_out,
    mantel_haenszel,
    meta_regression,
    peto,
    pool,
    pool_many,
    subgroups,
    subsets,
    synthesise,
    trim_and_fill,
)

__all__ = [
    "Audit",
    "DataError",
    "Evidence",
    "Pooled",
    "Unpooled",
    "alternatives",
    "audit_claim",
    "begg",
    "directions",
    "egger",
    "evidence_hash",
    "hedges_g",
    "influence",
    "leave_one_out",
    "load_evidence",
    "log_odds_ratio",
    "log_risk_ratio",
    "mantel_haenszel",
    "mean_difference",
    "meta_regression",
    "peto",
    "peto_log_odds_ratio",
    "pool",
    "pool_many",
    "risk_difference",
    "subgroups",
    "subsets",
    "synthesise",
    "trim_and_fill",
]
