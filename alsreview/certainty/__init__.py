"""Proposes GRADE ratings from declared rules; a person's decision is data."""

from alsreview.certainty.decision import Certainty, analysis_of, certainty, rated_analyses
from alsreview.certainty.harms import SILENT, Harm, compared, harm_trials, harms
from alsreview.certainty.inputs import Input, certainty_inputs
from alsreview.certainty.rules import DOMAINS, RATINGS, Domain, Proposal, can_judge, judge, propose
from alsreview.certainty.verdict import verdict

__all__ = [
    "DOMAINS",
    "RATINGS",
    "SILENT",
    "Certainty",
    "Domain",
    "Harm",
    "Input",
    "Proposal",
    "analysis_of",
    "can_judge",
    "certainty",
    "certainty_inputs",
    "compared",
    "harm_trials",
    "harms",
    "judge",
    "propose",
    "rated_analyses",
    "verdict",
]
