"""Turns arms, or effects as reported, into effects and their sampling variances."""

from alsreview.effects.conversions import (
    months_from_weeks,
    sd_from_se,
    se_from_ci,
    se_from_p,
    slope_to_points,
    smd_from_md,
)
from alsreview.effects.two_arms import (
    hedges_g,
    log_odds_ratio,
    log_ratio_of_means,
    log_risk_ratio,
    mean_difference,
    peto_log_odds_ratio,
    risk_difference,
)

__all__ = [
    "hedges_g",
    "log_odds_ratio",
    "log_ratio_of_means",
    "log_risk_ratio",
    "mean_difference",
    "months_from_weeks",
    "peto_log_odds_ratio",
    "risk_difference",
    "sd_from_se",
    "se_from_ci",
    "se_from_p",
    "slope_to_points",
    "smd_from_md",
]
