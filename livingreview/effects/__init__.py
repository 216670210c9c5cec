"""Effect measures: two arms, or an effect as reported, become an effect and its sampling variance."""

from livingreview.effects.effect_sizes import (
    hedges_g,
    log_odds_ratio,
    log_risk_ratio,
    mean_difference,
    months_from_weeks,
    risk_difference,
    sd_from_se,
    se_from_ci,
    smd_from_md,
)
