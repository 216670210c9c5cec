"""A living systematic review: its evidence, its statistics, its book."""

from livingreview.claims import audit_claim
from livingreview.effects import (
    hedges_g,
    log_odds_ratio,
    log_risk_ratio,
    mean_difference,
    risk_difference,
)
from livingreview.evidence import Evidence, load_evidence
from livingreview.reviews import Review
from livingreview.rob2 import rob2
from livingreview.schema import DataError
from livingreview.statistics import (
    begg,
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
    "DataError",
    "Evidence",
    "Review",
    "audit_claim",
    "begg",
    "egger",
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
    "pool",
    "pool_many",
    "risk_difference",
    "rob2",
    "subgroups",
    "subsets",
    "synthesise",
    "trim_and_fill",
]
