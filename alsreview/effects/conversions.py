"""Turns what papers print (SE, interval, p, slope) into the quantities that measures need.

Each conversion has a name, so that a row can say which it went through. Every function takes
numbers or arrays of one shape, gives floats or arrays of that shape, and raises ValueError, naming
the element, when the input is impossible.
"""

import numpy as np
from scipy.special import ndtri, stdtrit

from alsreview.effects.two_arms import g_from_d, numbers, plain, require

DAYS_PER_MONTH = 30.4375  # 365.25 / 12


def sd_from_se(se, n):
    """Compute an arm's standard deviation from the standard error of its mean, se * sqrt(n).

    References
    ----------
    Cochrane Handbook, section 6.5.2.2.
    """
    se, n = numbers(se=se, n=n)
    require("se", se, se > 0, "above 0")
    require("n", n, n >= 2, "at least 2")
    return plain(se * np.sqrt(n))[0]


def se_from_ci(low, high, level=0.95, df=None):
    """Compute a standard error from confidence limits that are symmetric about the estimate.

    ``df`` are the degrees of freedom of the t distribution behind the interval; normal by default.
    Limits of ratios must be given as logs.

    References
    ----------
    Cochrane Handbook, section 6.3.1.
    """
    low, high, level = numbers(low=low, high=high, level=level)
    require("high", high, high > low, "above low")
    require("level", level, (level > 0) & (level < 1), "between 0 and 1")
    return plain((high - low) / (2 * _quantile((1 + level) / 2, df)))[0]


def se_from_p(estimate, p, df=None):
    """Compute a standard error from an estimate and its two-sided p; ``df`` as in `se_from_ci`.

    An exact p is needed: a bound such as "<0.001" bounds the standard error only.

    References
    ----------
    Cochrane Handbook, section 6.3.1.
    """
    estimate, p = numbers(estimate=estimate, p=p)
    require("estimate", estimate, estimate != 0, "other than 0, which has p = 1 whatever its SE")
    require("p", p, (p > 0) & (p < 1), "between 0 and 1")
    return plain(np.abs(estimate) / -_quantile(p / 2, df))[0]


def months_from_weeks(weeks):
    """Convert weeks to months of 30.4375 days."""
    (weeks,) = numbers(weeks=weeks)
    require("weeks", weeks, weeks > 0, "above 0")
    return plain(weeks * 7 / DAYS_PER_MONTH)[0]


def slope_to_points(difference_per_month, se_per_month, weeks):
    """Compute the difference, and its SE, that a difference in slopes makes over some weeks.

    The sign stays: a slope counted as points lost must be turned by the caller.

    Parameters
    ----------
    difference_per_month, se_per_month : points per month of 30.4375 days
    weeks : time over which the slope runs

    Returns
    -------
    difference, se : points
    """
    difference, se, weeks = numbers(
        difference_per_month=difference_per_month, se_per_month=se_per_month, weeks=weeks
    )
    require("se_per_month", se, se > 0, "above 0")
    months = months_from_weeks(weeks)
    return plain(difference * months, se * months)


def smd_from_md(md, se, n_i, n_c):
    """Compute Hedges' g and its variance from a mean difference and its standard error.

    Through t = md / se and d = t * sqrt(1/n_i + 1/n_c), which supposes that the SE came from the
    pooled standard deviation; then as `hedges_g`. An adjusted SE gives too large a g.

    References
    ----------
    Cochrane Handbook, section 6.5.2.3; Hedges (1981), doi:10.3102/10769986006002107.
    """
    md, se, n_i, n_c = numbers(md=md, se=se, n_i=n_i, n_c=n_c)
    require("se", se, se > 0, "above 0")
    require("n_i", n_i, n_i >= 2, "at least 2")
    require("n_c", n_c, n_c >= 2, "at least 2")
    return plain(*g_from_d(md / se * np.sqrt(1 / n_i + 1 / n_c), n_i, n_c))


def _quantile(probability, df):
    if df is None:
        return ndtri(probability)
    (df,) = numbers(df=df)
    require("df", df, df > 0, "above 0")
    return stdtrit(df, probability)
