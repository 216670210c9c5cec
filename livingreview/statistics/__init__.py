"""Meta-analysis: pooling, heterogeneity, sensitivity analyses, small-study effects, regression, direction."""

from livingreview.statistics.direction import count_directions, directions, people_behind, unread
from livingreview.statistics.further_trial import (
    change_our_mind,
    required_information,
    seen_sd,
    sized_trials,
    trial_sizes,
)
from livingreview.statistics.influence import influence, leave_one_out, subsets
from livingreview.statistics.kernel import INTERVALS, METHODS, Fits, pool_many, tau2_interval
from livingreview.statistics.mantel_haenszel import mantel_haenszel, peto
from livingreview.statistics.multiverse import Multiverse, multiverse
from livingreview.statistics.pooling import FEWEST_FOR_PREDICTION, Pooled, pool
from livingreview.statistics.regression import Regression, Subgroups, meta_regression, subgroups
from livingreview.statistics.sensitivity import alternatives, completion, dropout_cases, what_if_unread
from livingreview.statistics.simulation import operating_characteristics
from livingreview.statistics.small_study import begg, egger, trim_and_fill
from livingreview.statistics.synthesis import (
    Unpooled,
    absent_trials,
    analysis,
    synthesise,
    tally,
    why_missing,
)
from livingreview.statistics.thresholds import (
    WEEKS_PER_MONTH,
    Meaning,
    benefit,
    declared_thresholds,
    has_thresholds,
    mean_months,
    meaning,
    measured_meaning,
    months_asked,
    natural_decline,
    weighted_months,
)

__all__ = [
    "FEWEST_FOR_PREDICTION",
    "INTERVALS",
    "METHODS",
    "WEEKS_PER_MONTH",
    "Fits",
    "Meaning",
    "Multiverse",
    "Pooled",
    "Regression",
    "Subgroups",
    "Unpooled",
    "absent_trials",
    "alternatives",
    "analysis",
    "begg",
    "benefit",
    "change_our_mind",
    "completion",
    "count_directions",
    "declared_thresholds",
    "directions",
    "dropout_cases",
    "egger",
    "has_thresholds",
    "influence",
    "leave_one_out",
    "mantel_haenszel",
    "mean_months",
    "meaning",
    "measured_meaning",
    "meta_regression",
    "months_asked",
    "multiverse",
    "natural_decline",
    "operating_characteristics",
    "people_behind",
    "peto",
    "pool",
    "pool_many",
    "required_information",
    "seen_sd",
    "sized_trials",
    "subgroups",
    "subsets",
    "synthesise",
    "tally",
    "tau2_interval",
    "trial_sizes",
    "trim_and_fill",
    "unread",
    "weighted_months",
    "what_if_unread",
    "why_missing",
]
