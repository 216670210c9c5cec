"""Proposes GRADE ratings from declared rules; a person's decision is data."""

from alsreview.certainty.decision import Certainty, certainty, rated_analyses
from alsreview.certainty.harms import APART, SILENT, Harm, compared, harm_trials, harms
from alsreview.certainty.inputs import certainty_inputs
from alsreview.certainty.rules import DOMAINS, RATINGS, Domain, Proposal, judge, propose

__all__ = [
    "APART",
    "DOMAINS",
    "RATINGS",
    "SILENT",
    "Certainty",
    "Domain",
    "Harm",
    "Proposal",
    "certainty",
    "certainty_inputs",
    "compared",
    "harm_trials",
    "harms",
    "judge",
    "propose",
    "rated_analyses",
]
