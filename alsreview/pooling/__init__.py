"""Turns the trials of one question into one synthesis."""

from alsreview.pooling.meaning import (
    Meaning,
    benefit,
    declared_thresholds,
    has_thresholds,
    mean_months,
    meaning,
    measured_meaning,
    months_asked,
    natural_decline,
    weighted_months,
)
from alsreview.pooling.pooled import FEWEST_FOR_PREDICTION, Pooled, pool
from alsreview.pooling.regression import Regression, meta_regression
from alsreview.pooling.synthesis import Unpooled, absent_trials, analysis, synthesise, tally, why_missing

__all__ = [
    "FEWEST_FOR_PREDICTION",
    "Meaning",
    "Pooled",
    "Regression",
    "Unpooled",
    "absent_trials",
    "analysis",
    "benefit",
    "declared_thresholds",
    "has_thresholds",
    "mean_months",
    "meaning",
    "measured_meaning",
    "meta_regression",
    "months_asked",
    "natural_decline",
    "pool",
    "synthesise",
    "tally",
    "weighted_months",
    "why_missing",
]
