"""Certainty of the evidence: GRADE ratings proposed by declared rules, a person's decision, and harms."""

from livingreview.certainty.grade import (
    DOMAINS,
    RATINGS,
    VERDICTS,
    Certainty,
    Domain,
    Proposal,
    analysis_of,
    can_judge,
    certainty,
    judge,
    propose,
    rated_analyses,
    verdict,
)
from livingreview.certainty.harms import SILENT, Harm, compared, harm_trials, harms
from livingreview.certainty.inputs import Input, certainty_inputs
