"""Says results in words: captions, headlines, plain language."""

from alsreview.wording.certainty import (
    certainty_words,
    cut_words,
    decline_words,
    levels_words,
    standing_words,
    statement,
    value_words,
)
from alsreview.wording.claims import claim_facts, share_claims
from alsreview.wording.crossings import crossings
from alsreview.wording.evidence import evidence_facts, share_evidence
from alsreview.wording.facts import facts, share_facts
from alsreview.wording.harms import HARM_WORDS, STATEMENT_WORDS, harm_sentences
from alsreview.wording.operating import operating_facts, share_operating, true_difference
from alsreview.wording.origins import KIND_WORDS, SECOND_HAND, trace
from alsreview.wording.plain import plain_facts, share_plain
from alsreview.wording.robustness import robustness_facts, share_robustness
from alsreview.wording.sentences import COMPARATOR, INTERVENTION, assumed_trials, reported_words
from alsreview.wording.studies import (
    NOT_RECORDED,
    PART_WORDS,
    box_words,
    checked_flow,
    count_words,
    flow_words,
    retrieved_words,
    share_studies,
)
from alsreview.wording.verdicts import verdict, verdict_plain

__all__ = [
    "COMPARATOR",
    "HARM_WORDS",
    "INTERVENTION",
    "KIND_WORDS",
    "NOT_RECORDED",
    "PART_WORDS",
    "SECOND_HAND",
    "STATEMENT_WORDS",
    "assumed_trials",
    "box_words",
    "certainty_words",
    "checked_flow",
    "claim_facts",
    "count_words",
    "crossings",
    "cut_words",
    "decline_words",
    "evidence_facts",
    "facts",
    "flow_words",
    "harm_sentences",
    "levels_words",
    "operating_facts",
    "plain_facts",
    "reported_words",
    "retrieved_words",
    "robustness_facts",
    "share_claims",
    "share_evidence",
    "share_facts",
    "share_operating",
    "share_plain",
    "share_robustness",
    "share_studies",
    "standing_words",
    "statement",
    "trace",
    "true_difference",
    "value_words",
    "verdict",
    "verdict_plain",
]
