"""Shows how far an answer moves when trials, choices or models change."""

from alsreview.pooling import Regression, meta_regression
from alsreview.sensitivity.choices import alternatives, what_if_unread
from alsreview.sensitivity.dropouts import completion, dropout_cases
from alsreview.sensitivity.influence import baujat, influence
from alsreview.sensitivity.information import required_information
from alsreview.sensitivity.multiverse import Multiverse, multiverse
from alsreview.sensitivity.new_trial import change_our_mind, seen_sd, sized_trials, trial_sizes
from alsreview.sensitivity.rare import RareEvents, mantel_haenszel, peto
from alsreview.sensitivity.repeated import cumulative, leave_one_out, subsets
from alsreview.sensitivity.subgroups import Subgroups, subgroups

__all__ = [
    "Multiverse",
    "RareEvents",
    "Regression",
    "Subgroups",
    "alternatives",
    "baujat",
    "change_our_mind",
    "completion",
    "cumulative",
    "dropout_cases",
    "influence",
    "leave_one_out",
    "mantel_haenszel",
    "meta_regression",
    "multiverse",
    "peto",
    "required_information",
    "seen_sd",
    "sized_trials",
    "subgroups",
    "subsets",
    "trial_sizes",
    "what_if_unread",
]
