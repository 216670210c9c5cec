"""Proposes GRADE ratings from declared rules; a person's decision is data."""

from alsreview.certainty.decision import Certainty, certainty, rated_analyses
from alsreview.certainty.inputs import Input, certainty_inputs
from alsreview.certainty.rules import DOMAINS, RATINGS, Domain, Proposal, judge, propose
from alsreview.certainty.verdict import verdict

__all__ = [
    "DOMAINS",
    "RATINGS",
    "Certainty",
    "Domain",
    "Input",
    "Proposal",
    "certainty",
    "certainty_inputs",
    "judge",
    "propose",
    "rated_analyses",
    "verdict",
]
