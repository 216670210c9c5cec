"""Turns the trials of one question into one synthesis."""

from alsreview.pooling.course import Course, course
from alsreview.pooling.meaning import (
    Meaning,
    benefit,
    mean_months,
    meaning,
    months_asked,
    months_measured,
    natural_decline,
)
from alsreview.pooling.pooled import Pooled, pool
from alsreview.pooling.regression import Regression, meta_regression
from alsreview.pooling.synthesis import Unpooled, absent_trials, analysis, synthesise, tally, why_missing

__all__ = [
    "Course",
    "Meaning",
    "Pooled",
    "Regression",
    "Unpooled",
    "absent_trials",
    "analysis",
    "benefit",
    "course",
    "mean_months",
    "meaning",
    "meta_regression",
    "months_asked",
    "months_measured",
    "natural_decline",
    "pool",
    "synthesise",
    "tally",
    "why_missing",
]
