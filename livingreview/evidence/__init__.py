"""Finds, reads and checks the data: the only package that opens its files."""

from livingreview.evidence.digest import build_digest, evidence_hash, find_root, place_titles
from livingreview.evidence.flow import BOXES, STREAMS, flow_counts
from livingreview.evidence.load import Evidence, check_evidence, load_evidence, published_by
from livingreview.evidence.records import open_needs
from livingreview.evidence.trials import arm_details, trial_status
