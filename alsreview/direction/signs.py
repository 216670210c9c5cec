"""Tests the signs of estimates, and combines p values where every one of them is exact."""

import re
from dataclasses import dataclass
from math import isfinite, log, nan

import pandas as pd
from scipy.special import bdtr, betaincinv, chdtrc

from alsreview.formats import count, is_missing, listed

SIGNS = {"favours_intervention": 1, "favours_comparator": -1}
FEWEST = 5  # directions that a sign test needs
EXACT = re.compile(r"0?\.\d*[1-9]\d*|0?\.\d*[1-9]\d*[eE]-\d+|1(\.0*)?")


@dataclass(frozen=True)
class SignTest:
    """A test of whether estimates fall on both sides of zero alike.

    Attributes
    ----------
    n : trials with an estimate on one side of zero
    favour : of these, on the side of the intervention
    p : two-sided, exact; NaN where no test is made
    low, high : Clopper-Pearson limits of the proportion in favour; NaN where no test is made
    why_not : why no test is made, as a sentence; empty where it is
    """

    n: int
    favour: int
    p: float
    low: float
    high: float
    why_not: str = ""


@dataclass(frozen=True)
class CombinedP:
    """Fisher's combination of one-sided p values, or why there is none.

    Attributes
    ----------
    p : of no effect in favour in any trial; NaN where not every p is exact
    k : trials combined
    why_not : the reason, as a sentence; empty where combined
    """

    p: float
    k: int
    why_not: str


def sign_test(found: pd.DataFrame, level: float = 0.95) -> SignTest:
    """Test the signs of the estimates of eligible trials, whatever their p values.

    A trial without an estimate has an unknown sign and stays outside, and so does an estimate of exactly
    zero or a trial whose outcomes disagree.

    Below `FEWEST` directions no test is made: all of four on one side would still give p 0.125.

    Parameters
    ----------
    found : one row per trial, as :func:`alsreview.direction.directions` gives them
    level : of the interval, between 0 and 1

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26; McKenzie & Brennan, Cochrane Handbook, chapter 12.
    """
    signed = found[found.counted & (found.basis == "estimate") & found.direction.isin(list(SIGNS))]
    n, favour = len(signed), int((signed.direction == "favours_intervention").sum())
    if n < FEWEST:
        told = "no trial gave one" if not n else f"only {count(n, 'trial')} gave one"
        why_not = f"No sign test is made with fewer than five directions; {told}."
        return SignTest(n, favour, nan, nan, nan, why_not)
    return SignTest(n, favour, _binomial_p(favour, n), *exact_limits(favour, n, level))


def exact_limits(favour: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Compute the Clopper-Pearson limits of a proportion; NaN for no trial.

    Raises
    ------
    ValueError
        When the counts are no count and its part, or the level is not between 0 and 1.
    """
    if not 0 <= favour <= n:
        raise ValueError(f"a proportion needs 0 <= count <= n, got {favour} of {n}")
    if not (isfinite(level) and 0 < level < 1):
        raise ValueError(f"level: must be between 0 and 1, got {level}")
    if n == 0:
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    low = betaincinv(favour, n - favour + 1, tail) if favour else 0.0
    high = betaincinv(favour + 1, n - favour, 1 - tail) if favour < n else 1.0
    return float(low), float(high)


def _binomial_p(favour: int, n: int) -> float:
    # At one half the two tails are alike, so twice the smaller one is the exact two-sided p.
    return min(1.0, 2 * float(bdtr(min(favour, n - favour), n, 0.5)))


def combine_p(found: pd.DataFrame) -> CombinedP:
    """Combine the p values of the eligible trials by Fisher's method, if every one of them is exact.

    Each two-sided p is made one-sided by its sign. A trial that reports a result without an estimate, or
    with a p such as "<0.05", stops the combination: what is left would be the trials that print one.

    Parameters
    ----------
    found : one row per trial, as :func:`alsreview.direction.directions` gives them
    """
    told = found[found.eligible & (found.basis != "nothing seen")]
    fit = (told.basis == "estimate") & told.direction.isin(list(SIGNS)) & told.p.map(_is_exact)
    if len(told) < 2 or not fit.all():
        lack = listed(list(told.label[~fit.astype(bool)]))
        lacking = (
            f"No exact p value with a sign was seen for {lack}."
            if lack
            else "There are fewer than two trials."
        )
        return CombinedP(float("nan"), 0, lacking)
    sides = zip(told.p, told.direction, strict=True)
    ones = [float(p) / 2 if SIGNS[way] > 0 else 1 - float(p) / 2 for p, way in sides]
    return CombinedP(float(chdtrc(2 * len(ones), -2 * sum(map(log, ones)))), len(ones), "")


def _is_exact(p) -> bool:
    return not is_missing(p) and EXACT.fullmatch(p) is not None
