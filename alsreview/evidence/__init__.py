"""Finds, reads and checks the data: the only package that opens its files."""

from alsreview.evidence.check import check_evidence
from alsreview.evidence.checklist import open_needs, place_titles
from alsreview.evidence.digest import build_digest, evidence_hash, find_root
from alsreview.evidence.flow import BOXES, STREAMS, flow_counts, flow_faults
from alsreview.evidence.load import Evidence, load_evidence, published_by
from alsreview.evidence.read import trial_year
from alsreview.evidence.trials import arm_details, trial_status

__all__ = [
    "BOXES",
    "STREAMS",
    "Evidence",
    "arm_details",
    "build_digest",
    "check_evidence",
    "evidence_hash",
    "find_root",
    "flow_counts",
    "flow_faults",
    "load_evidence",
    "open_needs",
    "place_titles",
    "published_by",
    "trial_status",
    "trial_year",
]
