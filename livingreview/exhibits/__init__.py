"""Puts together what a chapter shows: each figure with its words and numbers, and the tables."""

from livingreview.exhibits.bias import bias_answers_table, bias_figure, published_bias_table
from livingreview.exhibits.certainty import decisions_table, domains_table, rules_table, summary_of_findings
from livingreview.exhibits.checklist import checklist_table, open_items_table
from livingreview.exhibits.claims import (
    claims_table,
    nearest_table,
    queries_table,
    reviews_table,
    shared_trials_table,
)
from livingreview.exhibits.dictionary import dictionary_table, outcomes_table
from livingreview.exhibits.evidence import (
    alternatives_protocol_table,
    differences_table,
    protocol_table,
    sources_table,
)
from livingreview.exhibits.evidence_map import evidence_map_figure
from livingreview.exhibits.flow import flow_figure
from livingreview.exhibits.forest import forest_figure
from livingreview.exhibits.harms import harms_table
from livingreview.exhibits.history import contract_table, history_figure, moments_table, searches_table
from livingreview.exhibits.listing import applicability_table, trials_table
from livingreview.exhibits.meaning import meaning_table
from livingreview.exhibits.moderators import funnel_figure, moderator_figure, subgroups_table
from livingreview.exhibits.operating import operating_figure
from livingreview.exhibits.results import (
    alternatives_table,
    direction_figure,
    direction_table,
    missing_table,
    what_if_table,
)
from livingreview.exhibits.robustness import (
    influence_table,
    left_out_figure,
    moves_table,
    multiverse_figure,
)
from livingreview.exhibits.searches import search_queries_table, search_queries_text
from livingreview.exhibits.studies import (
    awaiting_table,
    excluded_table,
    ongoing_table,
    reports_table,
)
from livingreview.exhibits.suppositions import (
    completion_table,
    dropout_table,
    information_table,
    needed_results_table,
    trial_sizes_table,
)
from livingreview.exhibits.whatif import what_if_forest

__all__ = [
    "alternatives_protocol_table",
    "alternatives_table",
    "applicability_table",
    "awaiting_table",
    "bias_answers_table",
    "bias_figure",
    "published_bias_table",
    "checklist_table",
    "claims_table",
    "completion_table",
    "contract_table",
    "decisions_table",
    "differences_table",
    "dictionary_table",
    "direction_figure",
    "direction_table",
    "domains_table",
    "dropout_table",
    "evidence_map_figure",
    "excluded_table",
    "flow_figure",
    "forest_figure",
    "funnel_figure",
    "harms_table",
    "history_figure",
    "influence_table",
    "information_table",
    "left_out_figure",
    "meaning_table",
    "missing_table",
    "moderator_figure",
    "moments_table",
    "nearest_table",
    "moves_table",
    "multiverse_figure",
    "needed_results_table",
    "ongoing_table",
    "open_items_table",
    "operating_figure",
    "outcomes_table",
    "protocol_table",
    "queries_table",
    "reports_table",
    "reviews_table",
    "rules_table",
    "search_queries_table",
    "search_queries_text",
    "searches_table",
    "shared_trials_table",
    "sources_table",
    "subgroups_table",
    "summary_of_findings",
    "trial_sizes_table",
    "trials_table",
    "what_if_forest",
    "what_if_table",
]
