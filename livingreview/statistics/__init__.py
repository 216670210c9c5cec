"""Meta-analysis: pooling, heterogeneity, sensitivity analyses, small-study effects, regression, direction."""

from livingreview.statistics.direction import count_directions, directions, people_behind, unread
from livingreview.statistics.further_trial import (
    change_our_mind,
    required_information,
    seen_sd,
    sized_trials,
    trial_sizes,
)
from livingreview.statistics.kernel import INTERVALS, METHODS, Fits, pool_many
from livingreview.statistics.multiverse import multiverse
from livingreview.statistics.pooling import FEWEST_FOR_PREDICTION, Pooled, mantel_haenszel, peto, pool
from livingreview.statistics.regression import Regression, Subgroups, meta_regression, subgroups
from livingreview.statistics.sensitivity import (
    alternatives,
    completion,
    dropout_cases,
    influence,
    leave_one_out,
    subsets,
    what_if_unread,
)
from livingreview.statistics.small_study import begg, egger, trim_and_fill
from livingreview.statistics.synthesis import (
    Meaning,
    Unpooled,
    absent_trials,
    analysis,
    benefit,
    declared_thresholds,
    has_thresholds,
    meaning,
    measured_meaning,
    months_asked,
    natural_decline,
    synthesise,
    tally,
    weighted_months,
    why_missing,
)
