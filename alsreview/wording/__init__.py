"""Says results in words: captions, headlines, plain language."""

from alsreview.wording.claims import claim_facts, share_claims
from alsreview.wording.facts import evidence_facts, facts, share_evidence, share_facts
from alsreview.wording.origins import KIND_WORDS, SECOND_HAND, trace
from alsreview.wording.sentences import COMPARATOR, INTERVENTION, reported_words
from alsreview.wording.verdicts import verdict, verdict_plain

__all__ = [
    "COMPARATOR",
    "INTERVENTION",
    "KIND_WORDS",
    "SECOND_HAND",
    "claim_facts",
    "evidence_facts",
    "facts",
    "reported_words",
    "share_claims",
    "share_evidence",
    "share_facts",
    "trace",
    "verdict",
    "verdict_plain",
]
