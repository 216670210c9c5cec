"""Certainty of the evidence: GRADE ratings proposed by declared rules, a person's decision, and harms."""

from livingreview.certainty.grade import (
    RATINGS,
    VERDICTS,
    Certainty,
    Input,
    analysis_of,
    certainty,
    certainty_inputs,
    judge,
    rated_analyses,
    verdict,
)
from livingreview.certainty.harms import SILENT, Harm, compared, harm_trials, harms
