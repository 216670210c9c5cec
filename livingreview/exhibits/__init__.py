"""Puts together what a chapter shows: each figure with its words and numbers, and the tables."""

from livingreview.exhibits.bias import bias_answers_table, bias_figure, published_bias_table
from livingreview.exhibits.certainty import decisions_table, domains_table, rules_table, summary_of_findings
from livingreview.exhibits.claims import (
    claims_table,
    nearest_table,
    queries_table,
    reviews_table,
    shared_trials_table,
)
from livingreview.exhibits.flow import flow_figure
from livingreview.exhibits.forest import forest_figure
from livingreview.exhibits.harms import harms_table
from livingreview.exhibits.history import contract_table, history_figure, moments_table, searches_table
from livingreview.exhibits.methods import (
    alternatives_protocol_table,
    checklist_table,
    dictionary_table,
    differences_table,
    open_items_table,
    outcomes_table,
    protocol_table,
    search_queries_table,
    search_queries_text,
    sources_table,
)
from livingreview.exhibits.results import (
    alternatives_table,
    direction_figure,
    direction_table,
    funnel_figure,
    meaning_table,
    missing_table,
    moderator_figure,
    subgroups_table,
    what_if_table,
)
from livingreview.exhibits.sensitivity import (
    completion_table,
    dropout_table,
    influence_table,
    information_table,
    left_out_figure,
    moves_table,
    multiverse_figure,
    needed_results_table,
    operating_figure,
    trial_sizes_table,
)
from livingreview.exhibits.studies import (
    applicability_table,
    awaiting_table,
    evidence_map_figure,
    excluded_table,
    ongoing_table,
    reports_table,
    trials_table,
)
from livingreview.exhibits.whatif import what_if_forest

# What a review's own module lends to its chapters: the functions, not the modules they stand in.
__all__ = [name for name, value in globals().items() if callable(value)]
